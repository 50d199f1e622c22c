"""Entries, their violations and notices."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_number
from handoff.core.violation import Violation
from handoff.store import sought
from handoff.store.desk_tables import notice
from handoff.store.handoffs import LostRaceError, chunks
from handoff.store.tables import entry, handoff, violation


def of_deals(tx: sa.Connection, deal_ids: Sequence[str], *, for_update: bool = False) -> dict[str, sa.Row[Any]]:
    """Entries by deal id, whatever their state.

    `for_update`: nobody else changes them before this transaction ends (PostgreSQL); locked in one order by all.
    """
    found = {}
    for part in chunks(sorted(deal_ids) if for_update else deal_ids):
        query = sa.select(entry).where(entry.c.deal_id.in_(part))
        rows = tx.execute(query.order_by(entry.c.deal_id).with_for_update() if for_update else query)
        found.update({row.deal_id: row for row in rows})
    return found


def lock(tx: sa.Connection, deal_ids: Sequence[str]) -> None:
    """Lock the entries of deals before their handoffs are changed, as every decision does (PostgreSQL).

    In two orders, a run and a person who decides could each wait for the other.
    """
    of_deals(tx, deal_ids, for_update=True)


def by_id(tx: sa.Connection, number: int, *, for_update: bool = False) -> sa.Row[Any]:
    """One entry; `for_update`: no other transaction changes it before this one ends (PostgreSQL)."""
    query = sa.select(entry).where(entry.c.id == number)
    return tx.execute(query.with_for_update() if for_update else query).one()


def opened(tx: sa.Connection, **values: Any) -> int:
    """Add an entry; returns its number."""
    found = sought.of_handoff(tx, values["handoff_id"])
    return int(tx.execute(sa.insert(entry).values(**values, **found).returning(entry.c.id)).scalar_one())


def change(tx: sa.Connection, row: sa.Row[Any], **values: Any) -> None:
    """Change an entry that is still as we read it; LostRaceError when somebody else has changed it."""
    changed = tx.execute(
        sa.update(entry)
        .where(entry.c.id == row.id, entry.c.row_version == row.row_version)
        .values(row_version=row.row_version + 1, **values)
    )
    if changed.rowcount != 1:
        raise LostRaceError(f"entry {row.id} changed under us")


def put_violations(tx: sa.Connection, entry_id: int, episode: int, violations: Sequence[Violation]) -> None:
    """Make these the entry's current violations; earlier ones stay, marked as past."""
    tx.execute(sa.update(violation).where(violation.c.entry_id == entry_id, violation.c.current).values(current=False))
    tx.execute(
        sa.insert(violation),
        [
            {
                "entry_id": entry_id,
                "episode": episode,
                "current": True,
                "rule": v.rule,
                "field": v.field,
                "seen": v.seen,
                "allowed": v.allowed,
                "message": v.message,
                "judged": v.judged,
            }
            for v in violations
        ],
    )


def violations_of(tx: sa.Connection, entry_ids: Sequence[int]) -> dict[int, list[sa.Row[Any]]]:
    """The current violations of each entry, in the order they were found."""
    found: dict[int, list[sa.Row[Any]]] = {number: [] for number in entry_ids}
    for part in chunks(entry_ids):
        query = sa.select(violation).where(violation.c.entry_id.in_(part), violation.c.current)
        for row in tx.execute(query.order_by(violation.c.id)):
            found[row.entry_id].append(row)
    return found


def notify(tx: sa.Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Put notices into the outbox, in the transaction that is their reason; one that is there already stays alone.

    Returns how many are new.
    """
    keys = [row["dedupe_key"] for row in rows]
    there = set(tx.execute(sa.select(notice.c.dedupe_key).where(notice.c.dedupe_key.in_(keys))).scalars())
    new = {row["dedupe_key"]: row for row in rows if row["dedupe_key"] not in there}
    if new:
        tx.execute(sa.insert(notice), list(new.values()))
    return len(new)


def called(name: str) -> sa.ColumnElement[bool]:
    """The entry of that name (E-000123, 123), or of the deal with that id."""
    number = entry_number(name)
    return entry.c.deal_id == name if number is None else sa.or_(entry.c.id == number, entry.c.deal_id == name)


def listed(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    """Entries with their handoff's account, amount and billing key, oldest due first."""
    return list(tx.execute(_LISTED.where(*where)))


_LISTED = (
    sa.select(
        entry,
        handoff.c.account_name,
        handoff.c.deal_name,
        handoff.c.amount,
        handoff.c.amount_minor,
        handoff.c.currency,
        handoff.c.state.label("handoff_state"),
        handoff.c.snapshot_id,
    )
    .join(handoff, handoff.c.id == entry.c.handoff_id)
    .order_by(entry.c.due_at, entry.c.id)
)


def open_entries(tx: sa.Connection) -> list[sa.Row[Any]]:
    """All open entries, oldest due first."""
    return listed(tx, entry.c.state == EntryState.OPEN)


def with_rule(rule: str) -> sa.ColumnElement[bool]:
    """Entries that have a current violation of a rule, judged or not."""
    return entry.c.id.in_(sa.select(violation.c.entry_id).where(violation.c.current, violation.c.rule == rule))
