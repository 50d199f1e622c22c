"""Counts API requests over the last 24 hours, as the org's daily limit does."""

from collections import deque
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.salesforce.errors import no_calls_left

DAY = timedelta(hours=24)


class Usage:
    """Requests by the minute they came in, so that a day of them stays small."""

    def __init__(self, clock: Clock, most: int) -> None:
        self.clock = clock
        self.most = most
        self._minutes: deque[tuple[datetime, int]] = deque()
        self._total = 0

    def used(self) -> int:
        """Requests in the 24 hours up to now."""
        before = self.clock.now() - DAY
        while self._minutes and self._minutes[0][0] <= before:
            self._total -= self._minutes.popleft()[1]
        return self._total

    def count(self, *, limited: bool) -> None:
        """Count one request. Raises ApiError (403) when limits are on and none is left."""
        if limited and self.used() >= self.most:
            raise no_calls_left()
        minute = self.clock.now().replace(second=0, microsecond=0)
        if self._minutes and self._minutes[-1][0] == minute:
            minute, counted = self._minutes.pop()
            self._minutes.append((minute, counted + 1))
        else:
            self._minutes.append((minute, 1))
        self._total += 1

    def header(self) -> str:
        """The value of Sforce-Limit-Info."""
        return f"api-usage={self.used()}/{self.most}"
