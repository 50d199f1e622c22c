"""Deals in the order of their stamps, over pages that the org may forget: none is passed, none is told twice.

A read resumes at the second of the last stamp, not behind the last (SystemModstamp, Id): Salesforce compares whole
seconds, and a row of that second with a smaller id may be committed later (docs/decisions/0009).
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from connectors.errors import Refused, UnknownOutcome
from connectors.ports import Body
from connectors.salesforce_errors import LOST_PAGE, SERVICE

RESTARTS = 3
"""How often a read starts anew without having got any further, when Salesforce forgets its page (services.md 40)."""

Version = tuple[str, datetime | None]


def in_order(
    ask: Callable[[datetime | None], Iterator[list[Body]]], now: Callable[[], datetime | None], host: str
) -> Iterator[tuple[list[Body], datetime | None, str | None]]:
    """Pages of new rows, each with the stamp and id up to which all has been told by then; None: no further.

    `ask` gives the pages of rows changed since a moment (None: all), `now` the org's own time. Never told is a stamp
    later than the query began: a row that changes while pages are read moves ahead of others that are not read yet.
    """
    seen: set[Version] = set()
    resume: datetime | None = None
    in_vain = 0
    while True:
        pages = ask(resume)
        began = now()
        try:
            for rows in filter(None, pages):
                fresh = [row for row in rows if version(row) not in seen]
                last = _last_in_order(rows, began)
                resume = max((one for one in (resume, stamp(last)) if one), default=None)
                seen |= {version(row) for row in fresh}
                seen = {one for one in seen if not _before_second(one, resume)}
                if fresh:
                    in_vain = 0
                    yield fresh, stamp(last), last["Id"] if last else None
            return
        except Refused as error:
            if error.code != LOST_PAGE:
                raise
        in_vain += 1
        if in_vain > RESTARTS:
            why = f"{host} forgot the page we were reading, {in_vain} times. Run again later."
            raise UnknownOutcome(why, service=SERVICE, code=LOST_PAGE)


def stamp(row: Body | None) -> datetime | None:
    """When the org last wrote the row (UTC)."""
    text = row.get("SystemModstamp") if row else None
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def version(row: Body) -> Version:
    """A row's id and stamp: read again, the same version is the same row."""
    return row["Id"], stamp(row)


def _last_in_order(rows: list[Body], began: datetime | None) -> Body | None:
    """The last row that stands where it stood when the query began; without a time of the org, the last."""
    if began is None:
        return rows[-1]
    return next((row for row in reversed(rows) if (at := stamp(row)) and at <= began), None)


def _before_second(one: Version, resume: datetime | None) -> bool:
    """Whether a read that resumes there can no longer meet this version of a row."""
    return resume is not None and one[1] is not None and one[1] < resume.replace(microsecond=0)
