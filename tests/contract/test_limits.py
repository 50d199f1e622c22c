"""Connectors against the vendors' rate limits: kept to, none is met; exceeded, everybody waits as told."""

from collections.abc import Callable, Iterator

import pytest

import connectors
from connectors.asana_tracker import AsanaTracker
from connectors.errors import Transient
from connectors.rates import TokenBucket
from connectors.stripe_billing import StripeBilling
from handoff.core.settings import Settings
from tests.contract.small_org import settings_of
from tests.running_sandbox import RunningSandbox, running_sandbox

ASANA_A_MINUTE, STRIPE_A_SECOND = 1, 25


@pytest.fixture(scope="module")
def strict() -> Iterator[RunningSandbox]:
    with running_sandbox(limits="vendor", asana_rate=ASANA_A_MINUTE, stripe_rate=STRIPE_A_SECOND) as box:
        yield box


@pytest.fixture
def settings(strict: RunningSandbox) -> Settings:
    return settings_of(strict)


def too_fast(act: Callable[[], object]) -> Transient:
    with pytest.raises(Transient, match="asks us to wait") as raised:  # noqa: PT012 - one of many is refused
        for _ in range(500):
            act()
    return raised.value


def test_a_connector_that_keeps_to_the_rate_is_never_told_to_wait(settings: Settings, strict: RunningSandbox) -> None:
    stripe = connectors.open_billing(settings)
    for _ in range(2 * STRIPE_A_SECOND):
        stripe.check()
    assert stripe.calls == strict.calls("stripe")["GET /v1/account"] == 2 * STRIPE_A_SECOND


def test_stripe_tells_a_connector_that_is_too_fast_to_wait() -> None:
    with running_sandbox(limits="vendor", stripe_rate=STRIPE_A_SECOND) as box:
        rushing = TokenBucket(10_000, sleep=lambda _: None)
        stripe = StripeBilling(box.env["HANDOFF_STRIPE_KEY"], box.env["HANDOFF_STRIPE_URL"], rushing)
        assert too_fast(stripe.check).status == 429


def test_asana_tells_for_how_long_and_nothing_more_is_sent_before(settings: Settings, strict: RunningSandbox) -> None:
    waited: list[float] = []
    rushing = TokenBucket(10_000, sleep=waited.append)
    token = settings.asana_token.get_secret_value() if settings.asana_token else ""
    asana = AsanaTracker(token, settings.asana_url, rushing, workspace=settings.asana_workspace or "")
    error = too_fast(asana.users)
    assert error.retry_after
    assert error.retry_after > 30
    calls = sum(strict.calls("asana").values())
    with pytest.raises(Transient, match="nothing was sent") as raised:
        asana.users()
    assert raised.value.retry_after == pytest.approx(error.retry_after, abs=2)
    assert sum(strict.calls("asana").values()) == calls
