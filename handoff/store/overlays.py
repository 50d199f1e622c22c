"""Corrections as they are stored, and stored deals with the corrections that lie over them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.correction import LIVE, OverlayState
from handoff.core.handoff import HandoffState
from handoff.store.desk_tables import overlay
from handoff.store.handoffs import chunks, content_of
from handoff.store.tables import handoff

Overlay = Mapping[str, str | None]
"""Deal field -> corrected text, None: empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A deal out of the store: what was read, from where, and what was laid over it. Never one without the other."""

    content: Mapping[str, Any]
    source: str
    overlay: Overlay


def as_known(tx: sa.Connection, row: sa.Row[Any]) -> Stored:
    """A handoff's deal as we know it now: its latest snapshot under the corrections that hold."""
    found = content_of(tx, row.snapshot_id)
    laid = laid_by_deal(tx, [row.deal_id]).get(row.deal_id, {})
    return Stored(content=found.content, source=found.source, overlay=laid)


def all_known(tx: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[Stored]:
    """The same for rows that carry `content` and `source` (see `handoffs.with_content`), in their order."""
    laid = laid_by_deal(tx, [row.deal_id for row in rows])
    return [Stored(content=row.content, source=row.source, overlay=laid.get(row.deal_id, {})) for row in rows]


def as_planned(tx: sa.Connection, row: sa.Row[Any]) -> Stored:
    """A handoff's deal as it was planned: the snapshot of then under the corrections of then."""
    found = content_of(tx, row.planned_snapshot_id)
    return Stored(content=found.content, source=found.source, overlay=row.planned_overlay or {})


def standing(tx: sa.Connection, deal_id: str) -> list[sa.Row[Any]]:
    """A deal's corrections whose values may stand in it: the live ones, and those that retired."""
    states = [*LIVE, OverlayState.RETIRED]
    query = sa.select(overlay).where(overlay.c.deal_id == deal_id, overlay.c.state.in_(states))
    return list(tx.execute(query.order_by(overlay.c.id)))


def laid_by_deal(tx: sa.Connection, deal_ids: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """The corrections that hold, by deal; deals without any are left out."""
    found: dict[str, dict[str, str | None]] = {}
    for deal_id, rows in live(tx, deal_ids).items():
        if own := laid(rows):
            found[deal_id] = own
    return found


def laid(rows: Iterable[Any]) -> dict[str, str | None]:
    """What lies over a deal: its active corrections."""
    return {row.field: row.value for row in rows if row.state == OverlayState.ACTIVE}


def live(tx: sa.Connection, deal_ids: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """The corrections that still decide something, by deal, oldest first."""
    found: dict[str, list[sa.Row[Any]]] = {}
    for part in chunks(deal_ids):
        query = sa.select(overlay).where(overlay.c.deal_id.in_(part), overlay.c.state.in_(LIVE))
        for row in tx.execute(query.order_by(overlay.c.id)):
            found.setdefault(row.deal_id, []).append(row)
    return found


def to_settle(tx: sa.Connection) -> list[str]:
    """Deals with a live correction that come to the gate, or were delivered and changed since."""
    compared = sa.func.coalesce(handoff.c.compared_snapshot_id, handoff.c.planned_snapshot_id)
    changed = sa.and_(handoff.c.state == HandoffState.DELIVERED, handoff.c.snapshot_id != compared)
    query = (
        sa.select(overlay.c.deal_id)
        .join(handoff, handoff.c.deal_id == overlay.c.deal_id)
        .where(overlay.c.state.in_(LIVE), sa.or_(handoff.c.state == HandoffState.PULLED, changed))
    )
    return sorted(set(tx.execute(query).scalars()))


def add(tx: sa.Connection, **values: Any) -> None:
    """Write a correction down."""
    tx.execute(sa.insert(overlay).values(**values))


def change(tx: sa.Connection, number: int, **values: Any) -> None:
    """Change what is known of a correction."""
    tx.execute(sa.update(overlay).where(overlay.c.id == number).values(**values))


def end(tx: sa.Connection, number: int, state: OverlayState, at: datetime, why: str) -> None:
    """A correction decides nothing any more."""
    change(tx, number, state=state, ended_at=at, ended_why=why)
