"""Counts working minutes one by one: what `business_time` must equal, and shares no line with."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import holidays

ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "America/Anchorage",
    "America/Asuncion",
    "America/Chicago",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Amman",
    "Asia/Beirut",
    "Asia/Dubai",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Dublin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Honolulu",
    "Pacific/Kiritimati",
]
PLACES = [("DE", "BE"), ("DE", "BY"), ("US", "NY"), ("US", None), ("JP", None), ("GB", "SCT"), ("IN", None)]
_SHIFTS = [  # minutes of the day
    [(540, 1020)],
    [(540, 750), (810, 1080)],
    [(0, 1440)],
    [(0, 360), (1320, 1440)],
    [(90, 150), (165, 181), (1380, 1440)],
    [(30, 180)],
]
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(eq=False)
class Hours:
    """Working hours as minutes per weekday; `flags` caches one byte per minute of a local day."""

    zone: str
    week: list[list[tuple[int, int]]]
    rota: list[tuple[int, int]]
    place: tuple[str, str | None] | None
    closed: set[date]
    flags: dict[date, bytes] = field(default_factory=dict)
    minutes: dict[date, bytes] = field(default_factory=dict)

    def yaml(self) -> dict[str, Any]:
        """The same, as owners.yaml says it."""
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        found: dict[str, Any] = {
            "zone": self.zone,
            "hours": {names[n]: [text(p) for p in periods] for n, periods in enumerate(self.week) if periods},
            "closed": sorted(self.closed),
        }
        if self.place:
            found["holidays"] = {"country": self.place[0], "subdivision": self.place[1]}
        return found

    def of_local_day(self, day: date) -> bytes:
        """One byte per minute of a local day: whether it is worked."""
        if day not in self.flags:
            table = bytearray(1440)
            free = day in self.closed or (self.place is not None and day in holiday_list(*self.place))
            weekday = day.weekday()
            for start, end in [] if free else self.week[weekday] + (self.rota if weekday >= 5 else []):
                table[start:end] = b"\x01" * (end - start)
            self.flags[day] = bytes(table)
        return self.flags[day]

    def of_day(self, day: date) -> bytes:
        """One byte per minute of a day of UTC: whether the local minute is worked."""
        if day not in self.minutes:
            local = local_minutes(self.zone, day)
            self.minutes[day] = b"".join(self.of_local_day(d)[first : first + count] for d, first, count in local)
        return self.minutes[day]

    def count(self, start: datetime, end: datetime) -> int:
        """Working minutes between two whole minutes of UTC."""
        total, day = 0, start.date()
        while day <= end.date():
            first = minute_of(start) if day == start.date() else 0
            last = minute_of(end) if day == end.date() else 1440
            total += self.of_day(day)[first:last].count(1)
            day += _DAY
        return total

    def after(self, start: datetime, wanted: int) -> datetime:
        """The end of the `wanted`-th working minute after a start."""
        day, minute = start.date(), minute_of(start)
        while True:
            left = self.of_day(day)[minute:].count(1)
            if left >= wanted:
                break
            wanted, day, minute = wanted - left, day + _DAY, 0
        table = self.of_day(day)
        while wanted:
            wanted -= table[minute]
            minute += 1
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + minute * _MINUTE


def text(period: tuple[int, int]) -> str:
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in period)


def minute_of(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


@cache
def holiday_list(country: str, subdivision: str | None) -> Any:
    return holidays.country_holidays(country, subdiv=subdivision, years=range(2007, 2033))


@cache
def local_minutes(zone: str, day: date) -> list[tuple[date, int, int]]:
    """A day of UTC minute by minute, as runs (local day, first minute, how many) of what the local clock shows.

    An hour whose ends are 59 minutes apart on the same local day runs through; any other is asked minute by minute.
    """
    info, moment, runs = ZoneInfo(zone), datetime(day.year, day.month, day.day, tzinfo=UTC), []
    for _ in range(24):
        first, last = moment.astimezone(info), (moment + 59 * _MINUTE).astimezone(info)
        if first.date() == last.date() and minute_of(last) - minute_of(first) == 59:
            runs.append((first.date(), minute_of(first), 60))
        else:
            shown = [(moment + n * _MINUTE).astimezone(info) for n in range(60)]
            runs += [(local.date(), minute_of(local), 1) for local in shown]
        moment += 60 * _MINUTE
    return runs


@cache
def changes(zone: str) -> list[date]:
    """The days around which a zone's clocks change, 2008 to 2031."""
    info, day, found = ZoneInfo(zone), datetime(2008, 1, 1, 12, tzinfo=UTC), []
    while day.year < 2031:
        if day.astimezone(info).utcoffset() != (day + _DAY).astimezone(info).utcoffset():
            found.append(day.date())
        day += _DAY
    return found


def some_hours(random: Random, zone: str) -> Hours:
    """Random working hours in a zone; some day of the week is worked."""
    week = [random.choice(_SHIFTS) if random.random() < 0.7 else [] for _ in range(7)]
    week[random.randrange(7)] = random.choice(_SHIFTS)
    rota = random.choice([[], [(600, 720), (900, 930)]])
    place = random.choice([None, *PLACES])
    closed = {date(2008, 1, 1) + random.randrange(23 * 365) * _DAY for _ in range(300)}
    return Hours(zone=zone, week=week, rota=rota, place=place, closed=closed)


def some_start(random: Random, zone: str) -> datetime:
    """A minute near a change of the clocks, near a leap day or a year's end, or anywhere."""
    near = [*changes(zone)[-12:], *(date(year, 2, 28) for year in (2024, 2028)), date(2026, 12, 30), date(2027, 12, 31)]
    kind = random.random()
    if kind < 0.85:
        day = random.choice(near) + random.randint(-2, 1) * _DAY
    else:
        day = date(2008, 1, 10) + random.randrange(22 * 365) * _DAY
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + random.randrange(1440) * _MINUTE
