"""What people have decided or asked about entries and that still stands: what a why card must say besides the rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.label_decision import LabelDecision
from handoff.store import label_decisions
from handoff.store.desk_tables import approval, overlay, pause, question, waiver
from handoff.store.handoffs import chunks


@dataclass(slots=True, kw_only=True)
class Situation:
    """Of one entry, at a moment. `pause`: the one that is on; `proposed`: corrections that wait for a second person.

    `approvals` wait for a yes, `approved` have it; `corrected`: the corrections that hold; `labels`: those decided on.
    """

    approvals: list[sa.Row[Any]] = field(default_factory=list)
    questions: list[sa.Row[Any]] = field(default_factory=list)
    waivers: list[sa.Row[Any]] = field(default_factory=list)
    proposed: list[sa.Row[Any]] = field(default_factory=list)
    approved: list[sa.Row[Any]] = field(default_factory=list)
    corrected: list[sa.Row[Any]] = field(default_factory=list)
    labels: tuple[LabelDecision, ...] = ()
    pause: sa.Row[Any] | None = None


_STANDING: tuple[tuple[sa.Table, dict[str, str]], ...] = (
    (approval, {"requested": "approvals", "approved": "approved"}),
    (waiver, {"active": "waivers"}),
    (overlay, {"proposed": "proposed", "active": "corrected"}),
)
"""Table -> the states in which its rows stand -> where."""


def of_entries(tx: sa.Connection, entries: Sequence[sa.Row[Any]], now: datetime) -> dict[int, Situation]:
    """The situation of each of these entries, by its id; a few queries, however many entries."""
    labels = label_decisions.in_use(tx) if entries else ()
    found = {row.id: Situation(labels=labels) for row in entries}
    by_deal = {row.deal_id: found[row.id] for row in entries}
    episodes = {row.id: row.episode for row in entries}
    for part in chunks(list(by_deal)):
        for table, into in _STANDING:
            standing = sa.select(table).where(table.c.deal_id.in_(part), table.c.state.in_(into))
            for row in tx.execute(standing.order_by(table.c.id)):
                getattr(by_deal[row.deal_id], into[row.state]).append(row)
    for numbers in chunks(list(found)):
        asked = question.c.state.in_(["open", "expired"])  # a late answer is an answer, too
        for row in tx.execute(sa.select(question).where(question.c.entry_id.in_(numbers), asked)):
            if row.episode == episodes[row.entry_id]:
                found[row.entry_id].questions.append(row)
        on = (pause.c.since <= now, pause.c.until > now, pause.c.ended_at.is_(None))
        for row in tx.execute(sa.select(pause).where(pause.c.entry_id.in_(numbers), *on).order_by(pause.c.until)):
            if row.episode == episodes[row.entry_id]:
                found[row.entry_id].pause = row
    return found
