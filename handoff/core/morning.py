"""When somebody's working day has begun, by their calendar: the moment for a digest. Pure."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handoff.core.pack import Owners, Person
from handoff.core.pack.owners import WorkingTime

BEGINS = 8
"""The local hour from which on a digest goes out."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKEND = 5


def zone_of(owners: Owners, person: str) -> ZoneInfo:
    """The zone in which a person reads times: that of their calendar, else of the company's, else UTC."""
    calendar = _calendar(owners, owners.people.get(person))
    try:
        return ZoneInfo(calendar.zone) if calendar else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a pack with such a zone is refused elsewhere
        return ZoneInfo("UTC")


def morning(owners: Owners, person: str, now: datetime) -> date | None:
    """The local day of a person whose working day has begun by `now` (UTC); None before eight, on days off, away."""
    local = now.astimezone(zone_of(owners, person))
    day, known = local.date(), owners.people.get(person)
    if local.hour < BEGINS or (known and any(gone.first <= day <= gone.last for gone in known.absent)):
        return None
    if known and known.left and day >= known.left:
        return None
    return day if _works(_calendar(owners, known), day) else None


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in a zone, which is said: `2026-11-25 09:00 CET`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _calendar(owners: Owners, person: Person | None) -> WorkingTime | None:
    named = (person.calendar if person else None) or owners.calendar
    return owners.calendars.get(named) if named else None


def _works(calendar: WorkingTime | None, day: date) -> bool:
    """Without a calendar, Monday to Friday."""
    if calendar is None:
        return day.weekday() < _WEEKEND
    if day in calendar.closed or not any(day.weekday() in _weekdays(days) for days in calendar.hours):
        return False
    public = calendar.holidays
    return public is None or day not in _public(public.country, public.subdivision, day.year)


def _weekdays(days: str) -> set[int]:
    """`mon-fri`, `sat`, `sun-thu` as numbers, Monday being 0; what cannot be read is no day."""
    first, _, last = days.strip().lower().partition("-")
    if first not in _DAYS or (last and last not in _DAYS):
        return set()
    start = _DAYS.index(first)
    return {(start + step) % 7 for step in range((_DAYS.index(last or first) - start) % 7 + 1)}


@cache
def _public(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - a sixth of a second, only for calendars that name a country

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        return frozenset()
