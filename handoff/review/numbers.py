"""The numbers: how well deals are handed off, in charts and tables.

Everybody who is signed in may look: totals over the whole company, by owner, rule and field. What stands in a deal, as
a label that no set knows, is told only to who may read an entry of it.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import APIRouter, Query
from starlette.responses import Response

from handoff.core.errors import UsageError
from handoff.core.period import Period
from handoff.report import scoreboard
from handoff.report.charts.every import NAMES, Reading, chart, charts
from handoff.report.charts.look import Look, Scheme, Size
from handoff.report.journeys import billing_zone, verdicts
from handoff.report.stats import stats
from handoff.report.visible import sees_all, visible_to
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn, Visit

router = APIRouter()

_MOST_ROWS = 8
"""Rows of a table that are seen at once; the others are a click away."""
_WEEKS = (52, 13, 4, 1)
Day = Annotated[str | None, Query(max_length=40)]


@router.get("/numbers")
def numbers(visit: SignedIn, since: Day = None, until: Day = None) -> Response:
    """The scoreboard of a period; of all time when a day is none, and why."""
    now, wrong = visit.site.clock.now(), None
    try:
        period = _period(visit, since, until, now)
    except UsageError as error:
        period, wrong = _period(visit, None, None, now), str(error)
    with visit.site.store.read() as tx:
        judged = list(verdicts(tx, period))
        found = stats(tx, visit.pack, period, now, judged)
        drawn = charts(replace(_reading(tx, visit, period, now), answers=found.answers, judged=judged))
    return pages.page(
        visit,
        "numbers.html",
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        wrong=wrong,
        given={"since": since or "", "until": until or ""},
        period=period,
        spans=list(_spans(period, now)),
        query="".join(f"&{name}={day}" for name, day in (("since", period.since), ("until", period.until)) if day),
        figures=scoreboard.figures(found),
        tables=scoreboard.tables(found),
        charts=drawn,
        look=Look,
        most=_MOST_ROWS,
    )


@router.get("/numbers/{name}.svg")
def picture(
    visit: SignedIn,
    name: str,
    *,
    since: Day = None,
    until: Day = None,
    scheme: Scheme = Scheme.LIGHT,
    size: Size = Size.WIDE,
) -> Response:
    """One chart as a picture."""
    if name not in NAMES:
        raise NothingThereError("There is no such chart.")
    now = visit.site.clock.now()
    period = _period(visit, since, until, now)
    with visit.site.store.read() as tx:
        found = chart(_reading(tx, visit, period, now), name)
    if found is None or found.picture is None:
        raise NothingThereError("There is nothing to draw yet.")
    return Response(found.svg(Look(scheme=scheme, size=size)), media_type="image/svg+xml")


def _reading(tx: sa.Connection, visit: Visit, period: Period, now: datetime) -> Reading:
    owners, person = visit.pack.owners, visit.who.person
    readable = None if sees_all(owners, person) else visible_to(visit.pack, person)
    return Reading(tx=tx, pack=visit.pack, period=period, now=now, readable=readable)


def _spans(period: Period, now: datetime) -> Iterator[tuple[str, str, bool]]:
    """Periods that people ask for: what each is called, its address, and whether it is the one that is shown."""
    yield "All time", "/numbers", period.since is None and period.until is None
    today = now.astimezone(ZoneInfo(period.zone)).date()
    for weeks in _WEEKS:
        since = today - timedelta(weeks=weeks)
        yield (
            "1 week" if weeks == 1 else f"{weeks} weeks",
            f"/numbers?since={since}",
            period.since == since and period.until is None,
        )


def _period(visit: Visit, since: str | None, until: str | None, now: datetime) -> Period:
    """Days of the billing zone; an empty field is no day."""
    try:
        return Period.of(since or None, until or None, billing_zone(visit.pack), now)
    except UsageError as error:
        raise UsageError(str(error).replace("--since", "The first day,").replace("--until", "the last day,")) from None
