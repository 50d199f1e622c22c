"""Pages of the queue: entries behind a place in an order, and what they come to, in queries that large stores bear."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.store.tables import entry, event, handoff, violation

Condition = sa.ColumnElement[bool]
_LONGEST_NAME = 80
_UNREADABLE = -(2**62)
"""Where an amount stands that cannot be read: below all others."""
LARGEST_NUMBER = 2**31 - 1


class Sort(StrEnum):
    """What a queue is ordered by."""

    DUE = "due"
    OPENED = "opened"
    AMOUNT = "amount"  # within a currency: amounts of two currencies have no order
    ACCOUNT = "account"


Key = tuple[datetime | int | str, ...]
"""Where an entry stands in an order, ending with its number: two entries are never in the same place."""

_ORDERS: dict[Sort, tuple[sa.ColumnElement[Any], ...]] = {
    Sort.DUE: (entry.c.due_at, entry.c.id),
    Sort.OPENED: (entry.c.opened_at, entry.c.id),
    Sort.AMOUNT: (
        sa.func.coalesce(handoff.c.currency, ""),
        sa.func.coalesce(handoff.c.amount_minor, sa.literal_column(str(_UNREADABLE), sa.BigInteger)),
        entry.c.id,
    ),
    Sort.ACCOUNT: (
        sa.func.lower(sa.func.substr(sa.func.coalesce(handoff.c.account_name, ""), 1, _LONGEST_NAME)),
        entry.c.id,
    ),
}
SHAPES: dict[Sort, tuple[type, ...]] = {
    Sort.DUE: (datetime, int),
    Sort.OPENED: (datetime, int),
    Sort.AMOUNT: (str, int, int),
    Sort.ACCOUNT: (str, int),
}
"""The types of the keys of each order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entry numbers in order, with the keys of the first and the last; whether there is more on either side."""

    numbers: tuple[int, ...]
    first: Key | None = None
    last: Key | None = None
    more_before: bool = False
    more_after: bool = False


def page(
    tx: sa.Connection,
    where: Sequence[Condition],
    *,
    sort: Sort,
    descending: bool,
    size: int,
    after: Key | None = None,
    before: Key | None = None,
) -> Page:
    """One page: the first, the one after a place, or the one before it. Cost does not grow with how far in it lies."""
    columns = _ORDERS[sort]
    place, backwards = (before, True) if before else (after, False)
    down = descending != backwards
    query = sa.select(*(column.label(f"k{n}") for n, column in enumerate(columns))).select_from(_JOINED).where(*where)
    if place is not None:
        here = sa.tuple_(*columns)
        there = sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(place, columns, strict=True)))
        query = query.where(here < there if down else here > there)
    rows = list(tx.execute(query.order_by(*(c.desc() if down else c for c in columns)).limit(size + 1)))
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page(numbers=())
    return Page(
        numbers=tuple(row[-1] for row in rows),
        first=tuple(rows[0]),
        last=tuple(rows[-1]),
        more_before=more if backwards else place is not None,
        more_after=place is not None if backwards else more,
    )


def numbers(tx: sa.Connection, where: Sequence[Condition], *, most: int) -> list[int]:
    """The numbers of matching entries, first due first, and not more than `most` of them."""
    query = sa.select(entry.c.id).select_from(_JOINED).where(*where)
    return list(tx.execute(query.order_by(entry.c.due_at, entry.c.id).limit(most)).scalars())


def tally(tx: sa.Connection, where: Sequence[Condition], now: datetime) -> list[sa.Row[Any]]:
    """What matching entries come to, by person, role and currency."""
    whose = (entry.c.person, entry.c.owner_name, entry.c.role, handoff.c.currency)
    query = sa.select(
        *whose,
        sa.func.count().label("deals"),
        sa.func.count(handoff.c.amount_minor).label("readable"),
        sa.func.coalesce(sa.func.sum(handoff.c.amount_minor), 0).label("minor"),
        sa.func.sum(sa.case((sa.and_(entry.c.due_at < now, entry.c.state == EntryState.OPEN), 1), else_=0)).label(
            "late"
        ),
    )
    return list(tx.execute(query.select_from(_JOINED).where(*where).group_by(*whose)))


def stamp(tx: sa.Connection) -> tuple[int, int]:
    """Changes with whatever changes who holds what and why: each transition has its event, each verdict its rows."""
    return tx.execute(sa.select(sa.func.max(event.c.seq))).scalar() or 0, (
        tx.execute(sa.select(sa.func.max(violation.c.id))).scalar() or 0
    )


def among(tx: sa.Connection, wanted: Sequence[int]) -> Condition:
    """Entries of these numbers, however many: one parameter."""
    if tx.dialect.name == "sqlite":
        each = sa.func.json_each(json.dumps(list(wanted))).table_valued("value")
        return entry.c.id.in_(sa.select(each.c.value))
    return entry.c.id == sa.any_(sa.literal(list(wanted), sa.ARRAY(sa.Integer)))


def containing(tx: sa.Connection, column: sa.ColumnElement[Any], text: str) -> Condition:
    """A column in which a text stands, in large letters or small."""
    # SQLite's LIKE knows no other way, and is quick only without lower().
    plain = tx.dialect.name == "sqlite"
    return column.contains(text, autoescape=True) if plain else column.icontains(text, autoescape=True)


_JOINED = sa.join(entry, handoff, handoff.c.id == entry.c.handoff_id)
