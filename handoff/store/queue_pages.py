"""Pages of the queue: entries behind a place in an order, and what they come to, in queries that large stores bear."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.store.sought import folded
from handoff.store.tables import SUMMED_BY, UNREADABLE, entry, event, violation

Condition = sa.ColumnElement[bool]
LARGEST_NUMBER = 2**31 - 1
_ALIKE = entry.alias("alike")


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
    Sort.AMOUNT: (entry.c.sought_currency, entry.c.sought_minor, entry.c.id),
    Sort.ACCOUNT: (entry.c.sought_account, entry.c.id),
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
    query = sa.select(*(column.label(f"k{n}") for n, column in enumerate(columns))).where(*where)
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
    query = sa.select(entry.c.id).where(*where)
    return list(tx.execute(query.order_by(entry.c.due_at, entry.c.id).limit(most)).scalars())


def tally(tx: sa.Connection, where: Sequence[Condition], now: datetime) -> list[sa.Row[Any]]:
    """What matching entries come to, by person, role and currency."""
    minor, whose = entry.c.sought_minor, [entry.c[name] for name in SUMMED_BY]
    query = sa.select(
        *whose,
        entry.c.sought_currency.label("currency"),
        sa.func.count().label("deals"),
        sa.func.sum(sa.case((minor > UNREADABLE, 1), else_=0)).label("readable"),
        sa.func.sum(sa.case((minor > UNREADABLE, minor), else_=0)).label("minor"),
        sa.func.sum(sa.case((sa.and_(entry.c.due_at < now, entry.c.state == EntryState.OPEN), 1), else_=0)).label(
            "late"
        ),
    )
    return list(tx.execute(query.where(*where).group_by(*whose)))


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


def called(text: str, state: EntryState | None) -> Condition:
    """Entries in a state (None: in any) whose deal's id begins with a text, or in whose names it stands."""
    in_deal = _ALIKE.c.sought_deal.contains(folded(text), autoescape=True)
    return _alike(state, _in_account(text), in_deal, _ALIKE.c.deal_id.startswith(text, autoescape=True))


def of_account(text: str, state: EntryState | None) -> Condition:
    """Entries in a state (None: in any) in whose account's name a text stands."""
    return _alike(state, _in_account(text))


def _in_account(text: str) -> Condition:
    return _ALIKE.c.sought_account.contains(folded(text), autoescape=True)


def _alike(state: EntryState | None, *ways: Condition) -> Condition:
    """A query of its own: an index answers it alone, which the one around it would pass over for its order."""
    query = sa.select(_ALIKE.c.id).where(sa.or_(*ways))
    return entry.c.id.in_(query.where(_ALIKE.c.state == state) if state else query)
