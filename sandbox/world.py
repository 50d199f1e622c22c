"""What the three services share: clock, seed rows, the options of this run and the vendors' rate limits."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.seed import Seed

STRIPE_TEST_RATE = 25.0
"""Requests a second that Stripe allows in test mode (docs.stripe.com/rate-limits)."""
ASANA_PAID_RATE = 1500.0
"""Requests a minute on Asana's paid plans (developers.asana.com/docs/rate-limits)."""
ASANA_WINDOW_S = 10
"""Asana counts by the minute but judges more often; how often is not published, so this is our guess."""


@dataclass(slots=True)
class Allowance:
    """A token bucket in real time: `rate` requests a second, `burst` of them at once."""

    rate: float
    burst: float
    left: float
    since: float
    charge_refused: bool = False
    """Whether a refused request counts too, so that a client that ignores Retry-After digs itself in."""

    def take(self, requests: int, now: float) -> float:
        """0 when these requests may pass (and are counted), else the seconds until they may."""
        self.left = min(self.burst, self.left + (now - self.since) * self.rate)
        self.since = now
        if self.left >= requests:
            self.left -= requests
            return 0.0
        wait = (requests - self.left) / self.rate
        if self.charge_refused:
            self.left = max(-self.burst, self.left - requests)
        return wait


@dataclass(kw_only=True)
class World:
    """One sandbox run. `seed`: file stem (sObject or vendor object) -> rows, as the files hold them."""

    clock: Clock = field(default_factory=Clock)
    seed: Seed = field(default_factory=dict)
    delay_ms: int = 0
    """How long every call waits before it is answered."""
    vendor_limits: bool = False
    """Whether the vendors' rate limits are on."""
    stripe_rate: float = STRIPE_TEST_RATE
    """Requests a second for each Stripe account, while `vendor_limits`."""
    asana_rate: float = ASANA_PAID_RATE
    """Requests a minute for each Asana token, while `vendor_limits`."""
    token_lifetime_s: float = 7200
    """How long a Salesforce access token lives, by `clock`."""
    urls: dict[str, str] = field(default_factory=dict)
    """Service name -> the root URL it is reached at, without a slash at the end; known before `build` is called."""
    orders: dict[str, Callable[[Any], None]] = field(default_factory=dict)
    """`POST /_control` order -> what follows it, as an app offers it; it raises ValueError, having changed nothing."""
    ticks: Callable[[], float] = time.monotonic
    """What the rate limits are measured by: seconds that only run forward."""
    _allowances: dict[tuple[str, str], Allowance] = field(default_factory=dict)

    def wait_for(self, service: str, credential: str, requests: int = 1) -> float:
        """Count these requests against the vendor's limit: 0 when they may pass, else the seconds to wait."""
        if not self.vendor_limits:
            return 0.0
        allowance = self._allowances.get((service, credential))
        if allowance is None:
            allowance = self._allowances[service, credential] = self._full(service)
        return allowance.take(requests, self.ticks())

    def _full(self, service: str) -> Allowance:
        if service == "stripe":
            burst = max(1.0, self.stripe_rate)
            return Allowance(self.stripe_rate, burst, left=burst, since=self.ticks())
        burst = max(1.0, self.asana_rate / 60 * ASANA_WINDOW_S)
        return Allowance(self.asana_rate / 60, burst, left=burst, since=self.ticks(), charge_refused=True)
