"""One token bucket per service: requests leave at the vendor's rate, evenly, whatever number of threads asks."""

import threading
import time
from collections.abc import Callable

from connectors.errors import NotSent

BURST_SECONDS = 0.05
"""How much unused rate may be caught up at once; more would break a limit that is counted second by second."""
LONGEST_WAIT = 20.0
"""Seconds. Whoever would wait longer is sent back to plan it: what it wants to send would be stale by then."""


class TokenBucket:
    """Lets `rate` requests a second pass, shared by all threads; a batch of n actions takes n, as vendors count.

    A caller reserves its moment under the lock and waits for it outside, so a late thread delays nobody else.
    """

    def __init__(
        self,
        rate: float,
        *,
        service: str = "the service",
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0:
            raise ValueError(f"a rate of {rate} requests a second lets nothing pass")
        self.rate = rate
        self._spacing = 1 / rate
        self._slack = max(0.0, BURST_SECONDS - self._spacing)
        self._service = service
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free = clock()

    def take(self, requests: int = 1) -> None:
        """Wait until `requests` more may be sent; raises NotSent when that would take longer than LONGEST_WAIT."""
        with self._lock:
            now = self._clock()
            first = max(self._free, now - self._slack)
            wait = first + (requests - 1) * self._spacing - now
            if wait > LONGEST_WAIT:
                why = f"the rate limit lets nothing pass for {wait:.0f} s; nothing was sent."
                raise NotSent(why, service=self._service, code="rate_limit", retry_after=wait)
            self._free = first + requests * self._spacing
        if wait > 0:
            self._sleep(wait)

    def hold_off(self, seconds: float) -> None:
        """Let nobody pass for `seconds`: the service said that we are too fast."""
        with self._lock:
            self._free = max(self._free, self._clock() + seconds)
