"""What holds the open entries: their current violations, each with its deal's account, money and due time."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.store.handoffs import chunks
from handoff.store.tables import entry, handoff, snapshot, violation


def holding(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    """Each judged violation of each open entry, in the order of the entries. `where`: which of them."""
    columns = (
        entry.c.id,
        entry.c.deal_id,
        entry.c.handoff_id,
        entry.c.row_version,
        entry.c.owner_name,
        entry.c.due_at,
        violation.c.rule,
        violation.c.field,
        violation.c.seen,
        handoff.c.account_id,
        handoff.c.account_name,
        handoff.c.deal_name,
        handoff.c.amount_minor,
        handoff.c.currency,
        handoff.c.state.label("handoff_state"),
        snapshot.c.source,
    )
    query = (
        sa.select(*columns)
        .join(violation, violation.c.entry_id == entry.c.id)
        .join(handoff, handoff.c.id == entry.c.handoff_id)
        .join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
        .where(entry.c.state == EntryState.OPEN, violation.c.current, violation.c.judged, *where)
    )
    return list(tx.execute(query.order_by(entry.c.id, violation.c.id)))


def open_numbers(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> set[int]:
    """The numbers of open entries."""
    return set(tx.scalars(sa.select(entry.c.id).where(entry.c.state == EntryState.OPEN, *where)))


def owned_by(owner: str) -> sa.ColumnElement[bool]:
    """Entries of an owner: person, name or e-mail."""
    return sa.or_(entry.c.person == owner, entry.c.owner_name == owner, entry.c.owner_email == owner)


def saying(seen: str) -> sa.ColumnElement[bool]:
    """Violations that saw a text."""
    return violation.c.seen == seen


def named(numbers: Sequence[int]) -> sa.ColumnElement[bool]:
    """Entries of these numbers, which must fit one statement."""
    return entry.c.id.in_(numbers)


def keys_of(tx: sa.Connection, handoff_ids: Sequence[int], key: str) -> dict[int, str]:
    """Handoff -> what stands in a field of its snapshot, such as the id of its billing contact; the empty left out.

    A field of another row is named with its way there: `Owner.Name`.
    """
    found: dict[int, str] = {}
    for part in chunks(handoff_ids):
        value = snapshot.c.content[tuple(key.split("."))].as_string()
        query = sa.select(handoff.c.id, value.label("found")).join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
        found |= {row.id: row.found for row in tx.execute(query.where(handoff.c.id.in_(part))) if row.found}
    return found
