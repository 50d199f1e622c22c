"""An entry's clock: how much of its owner's time is counted, what is left, when it is due. Pauses do not count.

An entry keeps the calendar that it was opened with, whatever becomes of the pack. Entries from before business time
have no calendar: theirs counts every hour, for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handoff.core.business_time import ALWAYS, Calendar, Interval

WARNINGS = (50, 80)
"""Percent of the response time at which the owner is warned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryClock:
    """What an entry's clock counts: `span` of working time, from when its owner had it.

    `place`: how far down the chain the owner stands. `turn`: how often somebody else has become its owner in this
    episode. `elapsed`: it was opened before business time, and counts every hour.
    """

    calendar: Calendar
    span: timedelta
    since: datetime
    place: int = 0
    turn: int = 0
    elapsed: bool = False

    def document(self) -> dict[str, Any]:
        """As JSON, for the column `clock`."""
        return {
            "calendar": self.calendar.document(),
            "minutes": round(self.span.total_seconds() / 60),
            "since": self.since.isoformat(),
            "place": self.place,
            "turn": self.turn,
            "elapsed": self.elapsed,
        }

    def moment(self, pauses: Sequence[Interval], span: timedelta | None = None) -> datetime:
        """When so much of it is counted (default: all), the pauses left out. Raises ValueError as `Calendar.add`."""
        at, left = self.since, self.span if span is None else span
        for begins, ends in pauses:
            if ends <= at:
                continue
            counted = self.calendar.between(at, begins)
            if counted >= left:
                break
            left -= counted
            at = ends
        return self.calendar.add(at, left)

    def counted(self, pauses: Sequence[Interval], until: datetime) -> list[Interval]:
        """What was counted until a moment: the calendar's working time without the pauses."""
        found: list[Interval] = []
        at = self.since
        for begins, ends in pauses:
            if ends <= at:
                continue
            found += self.calendar.intervals(at, min(begins, until))
            at = ends
        return found + self.calendar.intervals(at, until)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """An entry's clock at a moment. All moments UTC; `warnings`: percent -> when; `left` is never negative."""

    clock: EntryClock
    at: datetime
    intervals: tuple[Interval, ...]
    left_out: tuple[Interval, ...]
    counted: timedelta
    left: timedelta
    warnings: Mapping[int, datetime]
    due: datetime
    paused_until: datetime | None

    @property
    def overdue(self) -> bool:
        """Whether the owner's time is over."""
        return self.due <= self.at and self.paused_until is None


def clock_of(row: Any) -> EntryClock:
    """The clock of an entry. Raises ValueError when what is stored cannot be read."""
    if not row.clock:
        span = (row.first_due_at or row.due_at) - row.opened_at
        return EntryClock(calendar=ALWAYS, span=span, since=row.opened_at, elapsed=True)
    kept = row.clock
    try:
        since = datetime.fromisoformat(kept["since"]) if kept.get("since") else row.opened_at
        span = timedelta(minutes=int(kept["minutes"]))
        place, turn = int(kept.get("place") or 0), int(kept.get("turn") or 0)
        calendar = Calendar.from_document(kept["calendar"])
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"what is kept of its clock cannot be read ({error!r})") from None
    return EntryClock(
        calendar=calendar, span=span, since=since, place=place, turn=turn, elapsed=bool(kept.get("elapsed"))
    )


def as_kept(row: Any) -> EntryClock:
    """The clock of an entry that is to begin anew; of one that cannot be read, no more than a turn it never had."""
    try:
        return clock_of(row)
    except ValueError:
        return EntryClock(calendar=ALWAYS, span=timedelta(0), since=row.opened_at, turn=row.row_version)


def begun(calendar: Calendar, hours: int, at: datetime, **others: Any) -> EntryClock:
    """A clock of so many hours that begins now. A calendar in which nobody ever works is no reason to lose an entry."""
    clock = EntryClock(calendar=calendar, span=timedelta(hours=hours), since=at, **others)
    try:
        clock.moment(())
    except ValueError:
        return EntryClock(calendar=ALWAYS, span=timedelta(hours=hours), since=at, **others)
    return clock


def spans(pauses: Sequence[Any]) -> list[Interval]:
    """Rows of the table `pause` as spans in order; what overlaps is one, what ended before it began is none."""
    found: list[Interval] = []
    for begins, ends in sorted((p.since, min(p.until, p.ended_at or p.until)) for p in pauses):
        if ends <= begins:
            continue
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ends))
        else:
            found.append((begins, ends))
    return found


def state_of(row: Any, pauses: Sequence[Any], at: datetime) -> ClockState:
    """The clock of an entry (a row of it, the pauses of its episode) at a moment. Raises ValueError as `clock_of`."""
    clock, out = clock_of(row), spans(pauses)
    intervals = clock.counted(out, at)
    counted = sum((until - since for since, until in intervals), timedelta(0))
    return ClockState(
        clock=clock,
        at=at,
        intervals=tuple(intervals),
        left_out=tuple((begins, min(ends, at)) for begins, ends in out if begins < at and ends > clock.since),
        counted=counted,
        left=max(timedelta(0), clock.span - counted),
        warnings={percent: clock.moment(out, clock.span * percent / 100) for percent in WARNINGS},
        due=clock.moment(out) if out else row.due_at,
        paused_until=next((ends for begins, ends in out if begins <= at < ends), None),
    )


def columns(clock: EntryClock, pauses: Sequence[Interval] = ()) -> dict[str, Any]:
    """The columns of an entry that a clock fills."""
    return {"clock": clock.document(), "due_at": clock.moment(pauses)}
