"""Business time: how long somebody has worked between two moments, and when a span of work is over. Pure.

All arithmetic is in UTC. A calendar's local periods become UTC intervals day by day: a minute counts when the local
clock shows a working minute, so a period over a change of the clocks counts the minutes that really pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from handoff.core.pack import Owners, Rota, WorkingTime
from handoff.core.working_hours import DAYS, Period, days_of, period_of, period_text, public_holidays, zone_of

Interval = tuple[datetime, datetime]
"""From the first moment until before the second, both UTC."""
LONGEST_REST = 3 * 366
"""A calendar in which nobody works for so many days on end counts as one without working hours."""
_ROUND_THE_CLOCK: tuple[tuple[Period, ...], ...] = (((0, 24 * 60),),) * 7
_WEEKEND = (5, 6)
_DAY = timedelta(days=1)
_HALF_DAY = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When somebody works. `week` holds the periods of Monday to Sunday, a weekend rota's among them.

    On public holidays of `country` and on `closed` days nobody works, the rota neither.
    """

    zone: str = "UTC"
    week: tuple[tuple[Period, ...], ...] = _ROUND_THE_CLOCK
    country: str | None = None
    subdivision: str | None = None
    closed: tuple[date, ...] = ()

    @staticmethod
    def of(working: WorkingTime | None, rota: Rota | None = None) -> "Calendar":
        """A calendar of the pack, with the hours of a weekend rota; None: round the clock, in UTC.

        Raises ValueError, one sentence, for a zone, day or period that cannot be read.
        """
        if working is None:
            return ALWAYS
        holidays = working.holidays
        return _built(
            zone=working.zone,
            hours=tuple(working.hours.items()),
            rota=rota.hours if rota else (),
            country=holidays.country if holidays else None,
            subdivision=holidays.subdivision if holidays else None,
            closed=tuple(sorted(working.closed)),
        )

    @property
    def always(self) -> bool:
        """Whether every moment counts."""
        return self.week == _ROUND_THE_CLOCK and not self.country and not self.closed

    def document(self) -> dict[str, Any]:
        """As JSON, to be kept with an entry: its clock does not change when the pack does."""
        return {
            "zone": self.zone,
            "hours": {DAYS[n]: [period_text(p) for p in periods] for n, periods in enumerate(self.week)},
            "country": self.country,
            "subdivision": self.subdivision,
            "closed": [day.isoformat() for day in self.closed],
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> "Calendar":
        """The calendar of a `document`. Raises ValueError when it is none."""
        try:
            hours = tuple((str(day), tuple(periods)) for day, periods in document["hours"].items())
            closed = tuple(date.fromisoformat(day) for day in document["closed"])
            country, subdivision = document["country"], document["subdivision"]
            return _built(
                zone=document["zone"], hours=hours, rota=(), country=country, subdivision=subdivision, closed=closed
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"this is no calendar: {error!r}") from None

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The UTC moment at which `span` of working time after `start` is over; no time at all is over at once.

        Raises ValueError when there is no working hour for years, for a negative span, or a start without a zone.
        """
        moment = _utc(start)
        if span < timedelta(0):
            raise ValueError("a span of working time cannot be negative")
        if not span or self.always:
            return moment + span
        rest = 0
        for day in _days(moment):
            worked = _worked(self, day)
            for begins, ends in ((max(since, moment), until) for since, until in worked if until > moment):
                if ends - begins >= span:
                    return begins + span
                span -= ends - begins
            rest = 0 if worked else rest + 1
            if rest > LONGEST_REST:
                break
        raise ValueError(f"the calendar in {self.zone} has no working hour for years after {moment:%Y-%m-%d}")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments; none when the end is not after the start."""
        return sum((until - since for since, until in self.intervals(start, end)), timedelta(0))

    def intervals(self, start: datetime, end: datetime) -> list[Interval]:
        """What counts between two moments, in order; intervals that touch are one."""
        first, last = _utc(start), _utc(end)
        if last <= first:
            return []
        if self.always:
            return [(first, last)]
        found: list[Interval] = []
        for since, until in (interval for day in _days(first, last) for interval in _worked(self, day)):
            begins, ends = max(since, first), min(until, last)
            if begins >= ends:
                continue
            if found and found[-1][1] == begins:
                begins = found.pop()[0]
            found.append((begins, ends))
        return found

    def local(self, moment: datetime) -> datetime:
        """A moment as this calendar's people read it."""
        return moment.astimezone(zone_of(self.zone))


ALWAYS = Calendar()
"""Round the clock."""


def calendar_of(owners: Owners, role_id: str, person_id: str) -> Calendar:
    """The person's calendar, else the role's, else the company's, else round the clock; with the hours of the
    role's weekend rota for whoever takes turns in it.

    Somebody whom only the CRM names has the role's. Raises ValueError as `Calendar.of`.
    """
    role, person = owners.roles.get(role_id), owners.people.get(person_id)
    names = (person.calendar if person else None, role.calendar if role else None, owners.calendar)
    working = next((owners.calendars[name] for name in names if name in owners.calendars), None)
    rota = role.weekend if role else None
    return Calendar.of(working, rota if rota and person_id in rota.people else None)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: business time counts from moments, not from readings")
    return moment.astimezone(UTC)


def _days(first: datetime, last: datetime | None = None) -> Iterator[date]:
    """The days of UTC from a moment on, or until another."""
    day = first.date()
    while last is None or day <= last.date():
        yield day
        day += _DAY


@lru_cache(maxsize=512)
def _built(
    *,
    zone: str,
    hours: tuple[tuple[str, tuple[str, ...]], ...],
    rota: tuple[str, ...],
    country: str | None,
    subdivision: str | None,
    closed: tuple[date, ...],
) -> Calendar:
    zone_of(zone)
    week: list[list[Period]] = [[] for _ in DAYS]
    for days, periods in hours:
        for day in days_of(days):
            week[day] += [period_of(period) for period in periods]
    for day in _WEEKEND:
        week[day] += [period_of(period) for period in rota]
    merged = tuple(_merged(periods) for periods in week)
    return Calendar(zone=zone, week=merged, country=country, subdivision=subdivision, closed=closed)


def _merged(periods: list[Period]) -> tuple[Period, ...]:
    """In order, without overlaps: a minute counts once, whoever wrote it down twice."""
    found: list[Period] = []
    for start, end in sorted(periods):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


@lru_cache(maxsize=16384)
def _worked(calendar: Calendar, day: date) -> tuple[Interval, ...]:
    """What is worked within one day of UTC, in order: never across a change of the clocks."""
    found: list[Interval] = []
    for since, until, offset in _offsets(calendar.zone, day):
        local = (since + offset).date()
        while (midnight := datetime.combine(local, time(), UTC) - offset) < until:
            for start, end in _periods(calendar, local):
                begins = max(midnight + timedelta(minutes=start), since)
                ends = min(midnight + timedelta(minutes=end), until)
                if begins < ends:
                    found.append((begins, ends))
            local += _DAY
    return tuple(found)


def _periods(calendar: Calendar, day: date) -> tuple[Period, ...]:
    """When people work on one local day."""
    periods = calendar.week[day.weekday()]
    if not periods or day in calendar.closed:
        return ()
    free = calendar.country and day in public_holidays(calendar.country, calendar.subdivision, day.year)
    return () if free else periods


@lru_cache(maxsize=16384)
def _offsets(zone: str, day: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """One day of UTC in pieces between changes of a zone's clocks, each with its offset from UTC."""
    start = datetime.combine(day, time(), UTC)
    edges = [start]
    for since, until in pairwise((start, start + _HALF_DAY, start + _DAY)):
        if _offset(zone, since) != _offset(zone, until):
            edges.append(_change(zone, since, until))
    edges.append(start + _DAY)
    return tuple((since, until, _offset(zone, since)) for since, until in pairwise(edges) if since < until)


def _change(zone: str, since: datetime, until: datetime) -> datetime:
    """The second at which a zone's offset becomes another, between two moments with different ones."""
    before = _offset(zone, since)
    low, high = 0, int((until - since).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, since + timedelta(seconds=middle)) == before:
            low = middle
        else:
            high = middle
    return since + timedelta(seconds=high)


def _offset(zone: str, moment: datetime) -> timedelta:
    return moment.astimezone(zone_of(zone)).utcoffset() or timedelta(0)
