"""What the three services share: clock, seed rows and the options of this run."""

from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.seed import Seed

STRIPE_TEST_RATE = 25.0
"""Requests a second that Stripe allows in test mode (docs.stripe.com/rate-limits)."""
ASANA_PAID_RATE = 1500.0
"""Requests a minute on Asana's paid plans (developers.asana.com/docs/rate-limits)."""


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
    """Requests a second, while `vendor_limits`."""
    asana_rate: float = ASANA_PAID_RATE
    """Requests a minute, while `vendor_limits`."""
    token_lifetime_s: float = 7200
    """How long a Salesforce access token lives, by `clock`."""
    urls: dict[str, str] = field(default_factory=dict)
    """Service name -> the root URL it is reached at, without a slash at the end; known before `build` is called."""
