"""The clock, an argument everywhere, so that no test sleeps or patches time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The wall clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What time it is (UTC), and how to wait (seconds)."""

    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
