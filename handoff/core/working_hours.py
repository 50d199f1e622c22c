"""What a calendar of owners.yaml says, read: days of the week, periods of a day, time zones, public holidays. Pure."""

import re
from datetime import date
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Period = tuple[int, int]
"""Minutes after the local midnight: from the first, until before the second (at most 1440)."""
_PERIOD = re.compile(r"([01]\d|2[0-4]):([0-5]\d)\s*-\s*([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY = 24 * 60


def days_of(text: str) -> tuple[int, ...]:
    """`mon-fri`, `sat` or `sun-thu` as weekdays, Monday being 0. Raises ValueError."""
    first, dash, last = text.strip().lower().partition("-")
    if first not in DAYS or (dash and last not in DAYS):
        raise ValueError(f"{text!r} is no day of the week: write mon, or a range such as mon-fri")
    start = DAYS.index(first)
    end = DAYS.index(last) if dash else start
    return tuple((start + step) % 7 for step in range((end - start) % 7 + 1))


def period_of(text: str) -> Period:
    """`09:00-12:30` as minutes of the day. Raises ValueError when it is unreadable, empty or runs backwards."""
    found = _PERIOD.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no period of a day: write it as 09:00-12:30")
    hour, minute, end_hour, end_minute = (int(part) for part in found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if end > _DAY:
        raise ValueError(f"{text!r} goes beyond the day: end it at 24:00")
    if end <= start:
        raise ValueError(f"{text!r} ends before it begins: write a night as 22:00-24:00 and, a day later, 00:00-06:00")
    return start, end


def period_text(period: Period) -> str:
    """A period as people write it."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in period)


def overlapping(periods: list[Period]) -> tuple[Period, Period] | None:
    """The first two periods of one day that share a minute."""
    ordered = sorted(periods)
    return next(((one, two) for one, two in pairwise(ordered) if two[0] < one[1]), None)


@cache
def zone_of(name: str) -> ZoneInfo:
    """A zone of the time-zone database. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of the database is an OSError
        raise ValueError(f"{name!r} is no time zone: write a name such as Europe/Berlin") from None


@cache
def public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year. Raises ValueError for a country or subdivision that nobody knows."""
    import holidays  # noqa: PLC0415 - a sixth of a second, only for calendars that name a country

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        where = f"{country}, subdivision {subdivision}" if subdivision else country
        raise ValueError(f"no public holidays are known for {where}") from None


def holiday_countries() -> dict[str, list[str]]:
    """The countries (ISO 3166-1) whose holidays are known, each with its subdivisions and their other names."""
    from holidays.utils import list_supported_countries  # noqa: PLC0415 - as above

    return list_supported_countries(include_aliases=True)
