"""Delivering one handoff: each deal once, whatever the services answer (laws 1 to 4, RR1 to RR6)."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import Refused, Transient, UnknownOutcome
from handoff.core.handoff import EffectState
from handoff.core.violation import Failure
from handoff.ledger.deliver import Delivered
from handoff.ledger.outcome import Held, Later
from tests.unit.ledger.bench import CREATING, Bench


def service_of(call: str, bench: Bench) -> Any:
    return bench.asana if call in ("create_project", "create_task") else bench.stripe


def test_a_deal_is_delivered_in_six_calls_and_a_second_time_costs_none(bench: Bench):
    assert bench.deliver() == Delivered()
    assert bench.stripe.log == ["create_invoice", "add_lines", "invoice", "finalize"]
    assert bench.asana.log == ["create_project", "create_task"]
    bench.assert_once()


@pytest.mark.parametrize("call", CREATING)
def test_a_lost_reply_never_doubles(bench: Bench, call: str):
    service_of(call, bench).after[call] = [UnknownOutcome("reply lost", service="x")]
    assert isinstance(bench.deliver(), Later)
    assert bench.deliver_until_done() == Delivered()
    bench.assert_once()


@pytest.mark.parametrize("call", CREATING)
@pytest.mark.parametrize("hours", [19, 21, 25, 24 * 8])
def test_a_lost_reply_never_doubles_however_old_its_key(bench: Bench, call: str, hours: int):
    service_of(call, bench).after[call] = [UnknownOutcome("reply lost", service="x")]
    bench.deliver()
    bench.time.forward(hours * 3600)
    assert bench.deliver_until_done() == Delivered()
    bench.assert_once()


@pytest.mark.parametrize("call", CREATING)
def test_a_request_that_never_arrived_is_sent_again(bench: Bench, call: str):
    service_of(call, bench).before[call] = [UnknownOutcome("connection reset", service="x")]
    bench.deliver()
    bench.time.forward(25 * 3600)
    assert bench.deliver_until_done() == Delivered()
    bench.assert_once()


@pytest.mark.parametrize("call", CREATING)
def test_a_call_that_was_not_done_is_simply_made_later(bench: Bench, call: str):
    service_of(call, bench).before[call] = [Transient("too many requests", service="x", retry_after=3)]
    later = bench.deliver()
    assert isinstance(later, Later)
    assert later.at == bench.time.at + timedelta(seconds=3)
    assert EffectState.PLANNED in bench.states().values()
    assert bench.deliver() == Delivered()
    bench.assert_once()


@pytest.mark.parametrize("call", CREATING)
def test_a_lost_reply_followed_by_a_busy_service_is_still_unknown(bench: Bench, call: str):
    service = service_of(call, bench)
    service.after[call] = [UnknownOutcome("reply lost", service="x")]
    bench.deliver()
    service.before[call] = [Transient("too many requests", service="x")]
    bench.deliver()
    assert EffectState.UNKNOWN in bench.states().values()
    assert bench.deliver_until_done() == Delivered()
    bench.assert_once()


@pytest.mark.parametrize("call", CREATING[:3])
def test_a_refusal_caused_by_our_own_lost_send_is_adopted(bench: Bench, call: str):
    bench.stripe.after[call] = [UnknownOutcome("reply lost", service="x")]
    bench.deliver()
    bench.stripe.before[call] = [Refused("already finalised", service="x", status=400)]
    assert bench.deliver() == Delivered()
    bench.assert_once()


@pytest.mark.parametrize(
    ("call", "failure"),
    [*((c, Failure.BILLING_REFUSED) for c in CREATING[:3]), ("create_project", Failure.TRACKER_REFUSED)],
)
def test_a_refusal_holds_the_deal_with_the_service_s_words(bench: Bench, call: str, failure: Failure):
    service_of(call, bench).before[call] = [Refused("no such thing", service="x", status=400)]
    held = bench.deliver()
    assert isinstance(held, Held)
    assert (held.failure, held.seen) == (failure, "no such thing")
    again = bench.deliver()
    assert isinstance(again, Held), "a refused effect is not tried again by itself"
    assert again.failure == failure
