"""What somebody chose for a bulk action, as it was when they looked: entry numbers with their row versions."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import sqlalchemy as sa
from starlette.datastructures import QueryParams

from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.review.access import Visit
from handoff.review.queue_address import Asked, asked
from handoff.review.queue_counts import counts_of
from handoff.review.queue_filter import Reader, conditions
from handoff.store import entries, queue_pages
from handoff.store.handoffs import chunks
from handoff.store.tables import entry

MOST = 10_000
"""Entries that one action touches: more are taken in several."""
_SEEN = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})")
_UNREADABLE = "The choice of entries cannot be read: open the queue, and choose again."

Seen = tuple[int, int]
"""An entry's number, and the row version that somebody looked at."""


def ticked(texts: Sequence[str]) -> list[Seen]:
    """The entries that were ticked. Raises UsageError for what is none."""
    found: dict[int, int] = {}
    for text in texts:
        parts = _SEEN.fullmatch(text)
        if parts is None:
            raise UsageError(_UNREADABLE)
        found[int(parts[1])] = int(parts[2])
    return list(found.items())


def packed(seen: Sequence[Seen]) -> str:
    """A choice in one field of a form: `12.0-13.4`."""
    return "-".join(f"{number}.{version}" for number, version in seen)


def unpacked(text: str) -> list[Seen]:
    """The same, read. Raises UsageError for anything else, and for more than one action takes."""
    found = ticked(text.split("-")) if text else []
    if len(found) > MOST:
        raise UsageError(_UNREADABLE)
    return found


def wanted(matching: str) -> Asked:
    """The view of a queue page, as its form carries it. Raises UsageError for one that cannot be read."""
    try:
        pairs = parse_qsl(matching.removeprefix("?"), strict_parsing=True, max_num_fields=30) if matching else []
    except ValueError:
        raise UsageError(_UNREADABLE) from None
    return asked(QueryParams(pairs))


def matching(visit: Visit, reader: Reader, want: Asked) -> list[Seen]:
    """Open entries that a view shows on all its pages, first due first, and not more than one action takes."""
    cause = None
    if want.cause:
        known = counts_of(visit).causes(visit, (reader.person, want.tab), [reader.sees(want.tab or "all")], many=False)
        cause = known.find(want.cause) if known else None
    with visit.site.store.read() as tx:
        where = conditions(tx, visit, reader, want, cause)
        return _seen(tx, queue_pages.numbers(tx, [*where, entry.c.state == EntryState.OPEN], most=MOST))


def of_cause(visit: Visit, reader: Reader, numbers: Sequence[int]) -> list[Seen]:
    """Those open entries of a cause that somebody may read, first due first."""
    with visit.site.store.read() as tx:
        where = [reader.visible, entry.c.state == EntryState.OPEN, queue_pages.among(tx, numbers)]
        return _seen(tx, queue_pages.numbers(tx, where, most=MOST))


def readable(tx: sa.Connection, reader: Reader, seen: Sequence[Seen]) -> list[sa.Row[Any]]:
    """The entries of a choice that somebody may read, as they are now; of any other nothing is said."""
    found: dict[int, sa.Row[Any]] = {}
    for part in chunks([number for number, _ in seen]):
        found |= {row.id: row for row in entries.listed(tx, entry.c.id.in_(part), reader.visible)}
    return [found[number] for number, _ in seen if number in found]


def people(visit: Visit) -> list[tuple[str, str]]:
    """To whom an entry can be given today: id and name, by name."""
    today = visit.site.clock.now().date()
    found = [
        (key, person.name)
        for key, person in visit.pack.owners.people.items()
        if (person.left is None or person.left > today)
        and not any(absence.first <= today <= absence.last for absence in person.absent)
    ]
    return sorted(found, key=lambda pair: pair[1])


def _seen(tx: sa.Connection, numbers: Sequence[int]) -> list[Seen]:
    versions: dict[int, int] = {}
    for part in chunks(numbers):
        query = sa.select(entry.c.id, entry.c.row_version).where(entry.c.id.in_(part))
        versions |= {row.id: row.row_version for row in tx.execute(query)}
    return [(number, versions[number]) for number in numbers if number in versions]
