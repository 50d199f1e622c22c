"""When somebody's working day has begun, by their calendar: the moment for a digest. Pure."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from handoff.core.pack import Owners, Person
from handoff.core.pack.owners import WorkingTime
from handoff.core.working_hours import days_of, public_holidays
from handoff.core.working_hours import zone_of as zone_named

BEGINS = 8
"""The local hour from which on a digest goes out."""
_WEEKEND = 5


def zone_of(owners: Owners, person: str) -> ZoneInfo:
    """The zone in which a person reads times: of their calendar, their role's, the company's, else UTC."""
    calendar = _calendar(owners, person)
    try:
        return zone_named(calendar.zone if calendar else "UTC")
    except ValueError:  # a pack with such a zone is refused elsewhere
        return zone_named("UTC")


def morning(owners: Owners, person: str, now: datetime) -> date | None:
    """The local day of a person whose working day has begun by `now` (UTC); None before eight, on days off, away."""
    local = now.astimezone(zone_of(owners, person))
    day = local.date()
    if local.hour < BEGINS or _away(owners.people.get(person), day):
        return None
    return day if _works(_calendar(owners, person), day) else None


def local(moment: datetime, zone: ZoneInfo) -> str:
    """A moment in a zone, which is said: `2026-11-25 09:00 CET`."""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _away(person: Person | None, day: date) -> bool:
    if person is None:
        return False
    return any(gone.first <= day <= gone.last for gone in person.absent) or (
        person.left is not None and day >= person.left
    )


def _calendar(owners: Owners, person: str) -> WorkingTime | None:
    known = owners.people.get(person)
    roles = [role.calendar for role in owners.roles.values() if role.person == person]
    names = (known.calendar if known else None, *roles, owners.calendar)
    return next((owners.calendars[name] for name in names if name in owners.calendars), None)


def _works(calendar: WorkingTime | None, day: date) -> bool:
    """Without a calendar, Monday to Friday."""
    if calendar is None:
        return day.weekday() < _WEEKEND
    public = calendar.holidays
    try:
        if day in calendar.closed or not any(day.weekday() in days_of(days) for days in calendar.hours):
            return False
        return public is None or day not in public_holidays(public.country, public.subdivision, day.year)
    except ValueError:  # as above
        return False
