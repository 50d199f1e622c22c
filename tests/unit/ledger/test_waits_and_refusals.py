"""Delivering one handoff: when it waits, when it is a person's, and what is compared before it is final."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.errors import AuthFailed, ConnectorError, NotSent, Refused, Transient, UnknownOutcome
from handoff.core.handoff import EffectState
from handoff.core.pack import Starts
from handoff.core.violation import Failure
from handoff.ledger.attempt import _SEND_WITHIN
from handoff.ledger.deliver import Delivered, deliver
from handoff.ledger.outcome import Held, Later
from handoff.store import runs
from tests.unit.ledger.bench import CREATING, SETTLE, Bench


def test_a_cached_500_is_answered_by_a_look_and_a_new_key(bench: Bench):
    bench.stripe.before["create_invoice"] = [UnknownOutcome("500", service="x", status=500, replayed=True)]
    bench.deliver()
    assert bench.deliver() == Delivered()
    assert "invoices_of" in bench.stripe.log
    bench.assert_once()


def test_a_draft_that_differs_is_never_finalised(tmp_path: Path):
    bench = Bench(tmp_path, expected=1499)
    held = bench.deliver()
    assert isinstance(held, Held)
    assert held.failure == Failure.DRAFT_DIFFERS
    assert "1500 at Stripe, 1499 in the deal" in held.seen
    assert "finalize" not in bench.stripe.log
    bench.store.close()


def test_two_projects_with_our_mark_are_a_person_s_choice(bench: Bench):
    bench.asana.after["create_project"] = [UnknownOutcome("reply lost", service="x")]
    bench.deliver()
    (project,) = bench.asana.project_rows.values()
    bench.asana.project_rows["99"] = {**project, "gid": "99"}
    bench.time.forward(SETTLE + 1)
    held = bench.deliver()
    assert isinstance(held, Held)
    assert held.failure == Failure.AMBIGUOUS_LOOK_UP
    assert "99" in held.seen


def test_the_tracker_is_not_asked_before_it_has_settled(tmp_path: Path):
    bench = Bench(tmp_path, lag=SETTLE - 1)
    bench.asana.after["create_project"] = [UnknownOutcome("reply lost", service="x")]
    later = bench.deliver()
    assert isinstance(later, Later)
    assert later.settling
    bench.time.forward(SETTLE / 2)
    again = bench.deliver()
    assert isinstance(again, Later)
    assert again.settling
    assert "projects" not in bench.asana.log
    assert bench.deliver_until_done() == Delivered()
    bench.assert_once()
    bench.store.close()


def test_what_a_dead_process_left_is_looked_for_once_its_time_to_send_and_to_settle_are_over(tmp_path: Path):
    """It may have slept, and sent until its deadline: only from then on does the tracker's time to settle count."""
    bench = Bench(tmp_path, lag=SETTLE - 1)
    bench.asana.after["create_project"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        bench.deliver()
    fence = _SEND_WITHIN.total_seconds()
    bench.time.forward(SETTLE + fence - 1)
    later = bench.deliver()
    assert isinstance(later, Later)
    assert later.settling
    assert "projects" not in bench.asana.log
    bench.time.forward(2)
    assert bench.deliver() == Delivered()
    bench.assert_once()
    bench.store.close()


def test_an_unknown_outcome_settles_from_when_it_came(tmp_path: Path):
    """Waits for the rate and between tries lie between the intent and the bytes."""
    bench = Bench(tmp_path, lag=SETTLE - 1)
    bench.asana.waits["create_project"] = 25.0
    bench.asana.after["create_project"] = [UnknownOutcome("reply lost", service="x")]
    assert isinstance(bench.deliver(), Later)
    bench.time.forward(SETTLE - 1)
    bench.deliver()
    assert "projects" not in bench.asana.log
    bench.time.forward(2)
    assert bench.deliver() == Delivered()
    bench.assert_once()
    bench.store.close()


def test_wrong_credentials_stop_the_service_for_this_run(bench: Bench):
    bench.stripe.before["create_invoice"] = [AuthFailed("wrong key", service="x")]
    run = bench.delivery()
    assert isinstance(deliver(run, bench.handoff_id, "cus_1"), Later)
    assert run.breaker.outages == {"stripe:default": "x: wrong key"}
    calls = bench.stripe.calls
    deliver(run, bench.handoff_id, "cus_1")
    assert bench.stripe.calls == calls


def test_an_effect_that_keeps_failing_for_a_day_is_a_person_s(bench: Bench):
    outcome: Any = None
    for _ in range(12):
        bench.stripe.before["create_invoice"] = [UnknownOutcome("no answer", service="x")]
        outcome = bench.deliver()
        bench.stripe.before["invoices_of"] = [UnknownOutcome("no answer", service="x")]
        bench.time.forward(3 * 3600)
    assert isinstance(outcome, Held)
    assert outcome.failure == Failure.ATTEMPTS_EXHAUSTED


def test_a_stopped_step_sends_nothing(bench: Bench):
    bench.stops = {"track": SimpleNamespace(actor="bo", why="audit", at=datetime(2026, 3, 1, tzinfo=UTC))}
    later = bench.deliver()
    assert isinstance(later, Later)
    assert later.reason == "stopped by bo: audit"
    assert bench.asana.log == []
    assert bench.states()["finalize"] == EffectState.CONFIRMED


def test_a_project_waits_for_its_kickoff_date(bench: Bench):
    bench.starts = Starts.KICKOFF_DATE_REACHED
    later = bench.deliver()
    assert isinstance(later, Later)
    assert later.reason == "waits for the kick-off date 2026-03-10"
    bench.time.forward(9 * 24 * 3600)
    assert bench.deliver() == Delivered()


def test_a_halt_finishes_nothing_new(bench: Bench):
    run = bench.delivery()
    run.halt.set()
    later = deliver(run, bench.handoff_id, "cus_1")
    assert isinstance(later, Later)
    assert bench.stripe.calls == 0


def test_a_process_that_slept_between_intent_and_sending_sends_nothing(bench: Bench):
    def asleep() -> datetime:
        asleep.calls += 1  # type: ignore[attr-defined]
        return bench.time.at + timedelta(seconds=30 * asleep.calls)  # type: ignore[attr-defined]

    asleep.calls = 0  # type: ignore[attr-defined]
    run = replace(bench.delivery(), clock=replace(bench.time.clock, now=asleep))
    assert isinstance(deliver(run, bench.handoff_id, "cus_1"), Later)
    assert bench.stripe.calls == 0


def stop_before_finalising(bench: Bench) -> None:
    """A first run that verifies the draft and comes no further."""
    bench.stripe.before["finalize"] = [Transient("too many requests", service="x")]
    assert isinstance(bench.deliver(), Later)
    assert bench.states()["verify"] == EffectState.CONFIRMED


def test_a_draft_that_was_edited_after_it_was_verified_is_never_finalised(bench: Bench):
    stop_before_finalising(bench)
    (invoice,) = bench.stripe.invoice_rows.values()
    invoice["lines"]["data"].append({"amount": 1})
    held = bench.deliver()
    assert isinstance(held, Held)
    assert held.failure == Failure.DRAFT_DIFFERS
    assert invoice["status"] == "draft"
    invoice["lines"]["data"].pop()
    assert bench.deliver() == Delivered()


def test_a_draft_that_cannot_be_compared_again_waits(bench: Bench):
    stop_before_finalising(bench)
    bench.stripe.before["invoice"] = [Transient("too many requests", service="x")]
    later = bench.deliver()
    assert isinstance(later, Later)
    assert bench.states()["finalize"] == EffectState.PLANNED
    assert bench.deliver() == Delivered()
    bench.assert_once()


def test_a_refused_verification_is_still_called_a_draft_that_differs(tmp_path: Path):
    bench = Bench(tmp_path, expected=1499)
    bench.deliver()
    again = bench.deliver()
    assert isinstance(again, Held)
    assert again.failure == Failure.DRAFT_DIFFERS
    bench.store.close()


def test_a_stop_counts_for_the_next_deal_of_a_run_that_has_begun(bench: Bench):
    run = bench.delivery()
    with bench.store.write() as tx:
        runs.stop(tx, runs.WHOLE_LINE, "bo", bench.time.at, "audit")
    later = deliver(run, bench.handoff_id, "cus_1")
    assert isinstance(later, Later)
    assert later.reason == "stopped by bo: audit"
    assert bench.stripe.calls == bench.asana.calls == 0


def test_one_last_failure_is_an_outage_of_the_run_until_a_call_succeeds(bench: Bench):
    bench.stripe.before["create_invoice"] = [UnknownOutcome("no answer", service="x")]
    run = bench.delivery()
    deliver(run, bench.handoff_id, "cus_1")
    assert run.breaker.outages == {"stripe:default": "x: no answer"}
    assert deliver(run, bench.handoff_id, "cus_1") == Delivered()
    assert run.breaker.outages == {}


def test_a_wait_of_our_own_says_nothing_of_the_service(bench: Bench):
    bench.stripe.before["create_invoice"] = [NotSent("our rate", service="x")]
    run = bench.delivery()
    assert isinstance(deliver(run, bench.handoff_id, "cus_1"), Later)
    assert run.breaker.outages == {}
    assert bench.states()["invoice"] == EffectState.PLANNED


@pytest.mark.parametrize("last", [Transient, Refused, NotSent])
@pytest.mark.parametrize("call", CREATING)
def test_a_try_that_may_have_been_done_is_never_forgotten_for_the_answer_to_the_next(
    bench: Bench, call: str, last: type[ConnectorError]
):
    """As the retry layer tells it: an earlier try of the same call had no answer, the last one this one."""
    error = last("no", service="x", status=400)
    error.maybe_done = True
    service: Any = bench.asana if call in ("create_project", "create_task") else bench.stripe
    service.after[call] = [error]
    outcome = bench.deliver()
    if last is not Refused:
        assert isinstance(outcome, Later)
        assert EffectState.UNKNOWN in bench.states().values()
    bench.time.forward(25 * 3600)
    assert bench.deliver_until_done() == Delivered()
    bench.assert_once()


def test_two_drafts_with_our_mark_are_a_person_s_choice_even_where_stripe_refuses(bench: Bench):
    bench.stripe.after["create_invoice"] = [UnknownOutcome("reply lost", service="x")]
    bench.deliver()
    (invoice,) = bench.stripe.invoice_rows.values()
    bench.stripe.invoice_rows["in_99"] = {**invoice, "id": "in_99"}
    bench.stripe.before["create_invoice"] = [Refused("no", service="x", status=400)]
    held = bench.deliver()
    assert isinstance(held, Held)
    assert held.failure == Failure.AMBIGUOUS_LOOK_UP
    assert "in_99" in held.seen
