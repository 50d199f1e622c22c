"""Published reports, and what happened to entries since: the audit is asked by its numbers, which only grow."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from handoff.store.events import Author, Event, append
from handoff.store.tables import event

PUBLISHED, REMOVED, WHOLE = "published", "removed", "report:whole"
_LOOKED_AT = 50
"""Publications of a subject in which one of an earlier day is looked for."""


def subject_of(person: str | None) -> str:
    """The subject of a report's events: of one owner's, or of the whole."""
    return WHOLE if person is None else f"report:{person}"


def publish(tx: sa.Connection, author: Author, person: str | None, day: date, entries: int) -> None:
    """Write down that a report was published; `day`: the day it is of."""
    new = {"day": day.isoformat(), "entries": entries}
    append(tx, author, [Event(subject=subject_of(person), what=PUBLISHED, new=new)])


def days(tx: sa.Connection) -> set[str]:
    """The days of which a report was ever published, as 2026-11-24."""
    query = sa.select(event.c.new).where(event.c.subject == WHOLE, event.c.what == PUBLISHED)
    return {new["day"] for new in tx.execute(query).scalars()}


def removed(tx: sa.Connection, author: Author, gone: Sequence[str]) -> None:
    """Write down that the reports of some days were deleted."""
    append(tx, author, [Event(subject=WHOLE, what=REMOVED, old={"day": day}) for day in gone])


def last(tx: sa.Connection, person: str | None, *, before: date | None = None) -> sa.Row[Any] | None:
    """The event of the last report; `before`: of an earlier day than this. None when there is none."""
    query = sa.select(event).where(event.c.subject == subject_of(person), event.c.what == PUBLISHED)
    rows = tx.execute(query.order_by(event.c.seq.desc()).limit(_LOOKED_AT))
    return next((row for row in rows if before is None or row.new["day"] < before.isoformat()), None)


def of_entries_since(tx: sa.Connection, seq: int, what: Sequence[str]) -> list[sa.Row[Any]]:
    """Events of these kinds that entries had after an event, oldest first."""
    later = (event.c.seq > seq, event.c.what.in_(what), event.c.subject.startswith("entry:"))
    return list(tx.execute(sa.select(event).where(*later).order_by(event.c.seq)))
