"""The sandbox's own clock, shared by the three services: it runs with the real one but can be set and shifted."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Real time plus an offset, so that a test ages tokens and idempotency keys without sleeping."""

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The current moment, in UTC with its zone."""
        return datetime.now(UTC) + self._offset

    def shift(self, seconds: float) -> None:
        """Move the clock forward by so many seconds, or back when negative."""
        self._offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Make it `moment` now; the clock runs on from there. Raises ValueError when the moment has no zone."""
        if moment.tzinfo is None:
            raise ValueError("The moment to set the clock to has no time zone; write it as 2026-01-31T09:00:00Z.")
        self._offset = moment.astimezone(UTC) - datetime.now(UTC)
