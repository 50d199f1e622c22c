"""Moments as the person who must act reads them: in their own zone, and in UTC."""

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from handoff.core.pack import Owners
from handoff.report.wording import utc

_UTC = "UTC"


def local(at: datetime, zone: str) -> str:
    """`2026-11-25 10:00 Europe/Berlin (09:00 UTC)`; the day is said twice only where it is another one."""
    known = _zone(zone)
    if known is None or zone == _UTC:
        return utc(at)
    there = at.astimezone(known)
    same_day = there.date() == at.date()
    return (
        f"{there:%Y-%m-%d %H:%M} {zone} ({at:%H:%M} UTC)" if same_day else f"{there:%Y-%m-%d %H:%M} {zone} ({utc(at)})"
    )


def brief(at: datetime, zone: str, now: datetime) -> str:
    """`Wed 25 Nov, 10:00`, for where the zone is said once for many; with its year where that is another one."""
    known = _zone(zone)
    there, today = (each.astimezone(known) if known else each for each in (at, now))
    return f"{there:%a %-d %b, %H:%M}" if there.year == today.year else f"{there:%-d %b %Y, %H:%M}"


def zone_of(owners: Owners, person_id: str, role: str | None = None, clock: Any = None) -> str:
    """The zone in which somebody works: of the calendar that an entry's clock kept, else of the pack's, or UTC."""
    kept = clock.get("calendar") if isinstance(clock, dict) and not clock.get("elapsed") else None
    if isinstance(kept, dict) and isinstance(zone := kept.get("zone"), str):
        return zone
    person, known_role = owners.people.get(person_id), owners.roles.get(role or "")
    name = (person and person.calendar) or (known_role and known_role.calendar) or owners.calendar
    calendar = owners.calendars.get(name) if name else None
    return calendar.zone if calendar else _UTC


@cache
def _zone(name: str) -> ZoneInfo | None:
    """None for a name that is no zone: a pack's mistake is no reason to say nothing."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
