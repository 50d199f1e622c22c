"""One line of the queue as a person reads it: the deal, why it is held, whose it is, how late, and what is special."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryKind, EntryState, entry_name
from handoff.core.handoff import HandoffState
from handoff.core.money import Money, is_currency
from handoff.report.wording import duration, times
from handoff.store import entries, handoffs, situations
from handoff.store.situations import Situation
from handoff.store.tables import entry

KINDS = {EntryKind.APPROVAL.value: "needs a yes or no", EntryKind.EXCEPTION.value: "needs a decision"}
"""What an entry or a rule asks for, where that is more than to put something right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is special about an entry. `tone`: bad, warn, good or nothing; `title`: the same, at length."""

    text: str
    tone: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry in the queue. `more`: violations besides the one that is shown."""

    number: int
    version: int
    account: str | None
    deal: str | None
    deal_id: str
    money: Money | None
    message: str
    more: int
    owner: str
    mine: bool
    state: str
    due: datetime
    late: str | None
    opened: datetime
    marks: tuple[Mark, ...]

    @property
    def name(self) -> str:
        """E-000123."""
        return entry_name(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What some entries come to."""

    deals: int
    money: tuple[Money, ...]
    unreadable: int
    late: int


def lines(
    tx: sa.Connection, numbers: Sequence[int], own: frozenset[str], now: datetime, *, rule: str = ""
) -> list[Line]:
    """The lines of entries, in the order of `numbers`; a handful of queries. `own`: the reader's names in the store.

    `rule`: what it says is shown first where it holds the deal.
    """
    rows = {row.id: row for part in handoffs.chunks(numbers) for row in entries.listed(tx, entry.c.id.in_(part))}
    violations = entries.violations_of(tx, list(rows))
    about = situations.of_entries(tx, list(rows.values()), now)
    ordered = {n: sorted(found, key=lambda v: (not v.judged, v.rule != rule)) for n, found in violations.items()}
    return [_line(rows[n], ordered[n], about[n], own, now) for n in numbers if n in rows]


def summed(rows: Sequence[Any]) -> Sum:
    """The sum of what `queue_pages.tally` gives; currencies are never added up, and the commonest comes first."""
    minor: dict[str, int] = {}
    count: dict[str, int] = {}
    readable = 0
    for row in rows:
        if row.readable and is_currency(row.currency or ""):
            minor[row.currency] = minor.get(row.currency, 0) + int(row.minor)
            count[row.currency] = count.get(row.currency, 0) + row.readable
            readable += row.readable
    deals = sum(row.deals for row in rows)
    ordered = sorted(minor, key=lambda currency: (-count[currency], currency))
    return Sum(
        deals=deals,
        money=tuple(Money(minor=minor[currency], currency=currency) for currency in ordered),
        unreadable=deals - readable,
        late=sum(int(row.late) for row in rows),
    )


def money_of(row: Any) -> Money | None:
    """A deal's amount; None when it cannot be read."""
    if row.amount_minor is None or not is_currency(row.currency or ""):
        return None
    return Money(minor=row.amount_minor, currency=row.currency)


def _line(row: Any, violations: Sequence[Any], about: Situation, own: frozenset[str], now: datetime) -> Line:
    first = next(iter(violations), None)
    is_open = row.state == EntryState.OPEN
    late = duration(int((now - row.due_at).total_seconds())) if is_open and row.due_at < now else None
    return Line(
        number=row.id,
        version=row.row_version,
        account=row.account_name,
        deal=row.deal_name,
        deal_id=row.deal_id,
        money=money_of(row),
        message=first.message if first else "",
        more=max(0, len(violations) - 1),
        owner=row.owner_name,
        mine=row.person in own,
        state=row.state,
        due=row.due_at,
        late=late,
        opened=row.opened_at,
        marks=tuple(_marks(row, about, late)) if is_open else (Mark(text=row.state, tone=_TONES.get(row.state, "")),),
    )


_TONES = {EntryState.RELEASED.value: "good"}


def _marks(row: Any, about: Situation, late: str | None) -> list[Mark]:
    found = []
    if late:
        found.append(Mark(text="overdue", tone="bad", title=f"overdue for {late}"))
    if row.handoff_state == HandoffState.PULLED:
        found.append(Mark(text="queued", tone="good", title="the next run judges it again, within 5 minutes"))
    if row.level:
        found.append(Mark(text="escalated", tone="warn", title=f"escalated {times(row.level)}"))
    if about.pause is not None:
        found.append(Mark(text="paused", title=f"its clock stands still: {about.pause.reason}"))
    if row.kind in KINDS:
        found.append(Mark(text=KINDS[row.kind]))
    if about.proposed:
        found.append(Mark(text="waits for a second person", tone="warn"))
    if about.questions:
        found.append(Mark(text="question open"))
    return found
