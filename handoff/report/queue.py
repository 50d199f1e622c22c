"""Entries as people and programs see them: the list that the queue commands and the report share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name
from handoff.core.money import Money, MoneyError
from handoff.core.violation import Violation
from handoff.report.causes import HeldDeal
from handoff.report.wording import violation_document
from handoff.store import entries, handoffs
from handoff.store.desk_tables import approval
from handoff.store.tables import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEntry:
    """An entry with its deal. `amount` in minor units, None when it cannot be read; times UTC.

    `kind`: what it asks of its owner (None: opened before kinds); `level`: how often it escalated.
    """

    entry: str
    deal_id: str
    status: EntryState
    owner: str
    email: str
    role: str
    opened: datetime
    due: datetime
    released: datetime | None
    episode: int
    amount: int | None
    currency: str | None
    deal_name: str | None
    account_name: str | None
    violations: tuple[Violation, ...]
    kind: str | None = None
    level: int = 0

    def document(self) -> dict[str, Any]:
        """The contract of `queue list --json`."""
        return {
            "entry": self.entry,
            "deal_id": self.deal_id,
            "status": self.status.value,
            "owner": self.owner,
            "role": self.role,
            "opened": self.opened.isoformat(),
            "due": self.due.isoformat(),
            "episode": self.episode,
            "kind": self.kind,
            "level": self.level,
            "amount": self.amount,
            "currency": self.currency,
            "violations": [violation_document(v) for v in self.violations],
        }

    @property
    def money(self) -> Money | None:
        """The amount with its currency; None when either cannot be read."""
        if self.amount is None or self.currency is None:
            return None
        try:
            Money.parse("0", self.currency)
        except MoneyError:
            return None
        return Money(minor=self.amount, currency=self.currency)

    def held_deal(self) -> HeldDeal:
        """As the reports count it."""
        return HeldDeal(
            deal_id=self.deal_id,
            deal_name=self.deal_name,
            account_name=self.account_name,
            owner=self.owner,
            email=self.email,
            role=self.role,
            amount=self.money,
            violations=self.violations,
            entry=self.entry,
            due=self.due,
            opened=self.opened,
        )


def listed(
    tx: sa.Connection, *, rule: str | None = None, owner: str | None = None, all_states: bool = False
) -> list[QueueEntry]:
    """Entries, oldest due first; open ones only unless `all_states`. `owner`: person, name or e-mail."""
    where: list[sa.ColumnElement[bool]] = [] if all_states else [entry.c.state == EntryState.OPEN]
    if rule:
        where.append(entries.with_rule(rule))
    if owner:
        where.append(sa.or_(entry.c.person == owner, entry.c.owner_name == owner, entry.c.owner_email == owner))
    return _with_violations(tx, entries.listed(tx, *where))


def found(tx: sa.Connection, name: str) -> QueueEntry | None:
    """The entry of that name (E-000123, 123) or of that deal; None when there is none."""
    return next(iter(_with_violations(tx, entries.listed(tx, entries.called(name)))), None)


def approvals_waiting(tx: sa.Connection) -> dict[str, int]:
    """Person -> how many approvals are asked of them and neither given nor declined, most first."""
    count = sa.func.count()
    query = sa.select(approval.c.person, count).where(approval.c.state == "requested").group_by(approval.c.person)
    return {row[0]: row[1] for row in tx.execute(query.order_by(count.desc(), approval.c.person))}


def numbered(tx: sa.Connection, numbers: Sequence[int]) -> dict[int, QueueEntry]:
    """Entries by their number, whatever their state."""
    found: dict[int, QueueEntry] = {}
    for part in handoffs.chunks(numbers):
        rows = entries.listed(tx, entry.c.id.in_(part))
        found.update(zip((row.id for row in rows), _with_violations(tx, rows), strict=True))
    return found


def _with_violations(tx: sa.Connection, rows: Sequence[sa.Row[Any]]) -> list[QueueEntry]:
    violations = entries.violations_of(tx, [row.id for row in rows])
    return [_entry(row, violations[row.id]) for row in rows]


def _entry(row: sa.Row[Any], violations: Sequence[sa.Row[Any]]) -> QueueEntry:
    return QueueEntry(
        entry=entry_name(row.id),
        deal_id=row.deal_id,
        status=EntryState(row.state),
        owner=row.owner_name,
        email=row.owner_email,
        role=row.role,
        opened=row.opened_at,
        due=row.due_at,
        released=row.released_at,
        episode=row.episode,
        amount=row.amount_minor,
        currency=row.currency,
        deal_name=row.deal_name,
        account_name=row.account_name,
        kind=row.kind,
        level=row.level,
        violations=tuple(
            Violation(rule=v.rule, field=v.field, seen=v.seen, allowed=v.allowed, message=v.message, judged=v.judged)
            for v in violations
        ),
    )
