"""A period of whole days in one zone, as `--since` and `--until` name it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from handoff.core.errors import UsageError

_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)
"""What is outside is a typing error, and would not fit a timestamp of every zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first moment of `since` to the last of `until`, days of `zone`; None: without a bound."""

    zone: str
    since: date | None = None
    until: date | None = None

    @classmethod
    def of(cls, since: str | None, until: str | None, zone: str, now: datetime) -> "Period":
        """Read both days; UsageError in one sentence when one is none, lies ahead, or both are the wrong way round."""
        first, last = _day("--since", since), _day("--until", until)
        if first and last and first > last:
            raise UsageError(f"--since {first} is after --until {last}: name the earlier day first.")
        today = now.astimezone(ZoneInfo(zone)).date()
        if first and first > today:
            raise UsageError(f"--since {first} lies ahead (today is {today} in {zone}): name a day that has begun.")
        return cls(zone=zone, since=first, until=last)

    @property
    def begin(self) -> datetime | None:
        """Its first moment, UTC."""
        return first_moment(self.since, self.zone) if self.since else None

    @property
    def end(self) -> datetime | None:
        """The first moment after it, UTC."""
        return first_moment(self.until + timedelta(days=1), self.zone) if self.until else None

    def holds(self, at: datetime) -> bool:
        """Whether a moment is in it."""
        begin, end = self.begin, self.end
        return (begin is None or at >= begin) and (end is None or at < end)


def first_moment(day: date, zone: str) -> datetime:
    """The first moment of a day in a zone, UTC."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not _FIRST <= found <= _LAST:
        raise UsageError(f"{option} {text!r} is no day of this calendar: write it as 2026-11-24.") from None
    return found
