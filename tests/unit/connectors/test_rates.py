"""The token bucket: the vendor's rate, evenly, for all threads together."""

import threading
from dataclasses import dataclass, field

import pytest

from connectors.errors import Transient
from connectors.rates import TokenBucket


@dataclass
class Time:
    """A clock that only waiting moves."""

    now: float = 1_000.0
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def bucket(rate: float, time: Time) -> TokenBucket:
    return TokenBucket(rate, clock=time.clock, sleep=time.sleep)


@pytest.mark.parametrize("rate", [2.5, 25.0, 100.0, 1000.0])
def test_under_demand_requests_leave_at_exactly_the_rate(rate: float) -> None:
    time = Time()
    limited = bucket(rate, time)
    for _ in range(501):
        limited.take()
    assert time.now - 1_000.0 == pytest.approx(500 / rate)


def test_a_batch_counts_as_its_actions() -> None:
    time = Time()
    limited = bucket(10, time)
    limited.take(5)
    assert time.now == pytest.approx(1_000.4)
    limited.take()
    assert time.now == pytest.approx(1_000.5)


def test_unused_rate_is_not_saved_up_beyond_the_burst() -> None:
    time = Time()
    limited = bucket(100, time)
    time.now += 3_600
    start = time.now
    for _ in range(105):
        limited.take()
    assert time.now - start >= 0.99


def test_threads_share_one_bucket_and_wait_without_holding_it() -> None:
    waits: list[float] = []
    together = threading.Barrier(16)

    def wait(seconds: float) -> None:
        waits.append(seconds)
        together.wait(timeout=10)  # passes only if fifteen others may reserve while this one waits

    limited = TokenBucket(10, clock=lambda: 5.0, sleep=wait)
    limited.take()
    threads = [threading.Thread(target=limited.take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(waits) == pytest.approx([n / 10 for n in range(1, 17)])


def test_a_service_that_says_too_fast_stops_everybody_for_a_while() -> None:
    time = Time()
    limited = bucket(100, time)
    limited.hold_off(7)
    limited.take()
    assert time.now == pytest.approx(1_007.0)


def test_whoever_would_wait_too_long_is_sent_back_without_taking_a_place() -> None:
    time = Time()
    limited = bucket(100, time)
    limited.hold_off(60)
    for _ in range(5):
        with pytest.raises(Transient) as raised:
            limited.take()
        assert raised.value.retry_after == pytest.approx(60)
    assert time.waits == []
    time.now += 60
    limited.take()
    assert time.waits == []


def test_a_rate_that_lets_nothing_pass_is_refused() -> None:
    with pytest.raises(ValueError, match="lets nothing pass"):
        TokenBucket(0)
