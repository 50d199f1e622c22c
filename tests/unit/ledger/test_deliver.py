"""Delivering one handoff: each deal once, whatever the services answer (laws 1 to 4, RR1 to RR6)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.errors import AuthFailed, Refused, Transient, UnknownOutcome
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.pack import Pack, Starts, Step, StepKind, Workflow
from handoff.core.violation import Failure
from handoff.ledger.attempt import Held, Later
from handoff.ledger.context import Delivery
from handoff.ledger.deliver import Delivered, deliver
from handoff.store import effects, handoffs
from handoff.store.effects import PlannedEffect
from handoff.store.handoffs import Pulled
from handoff.store.session import open_store
from tests.fakes import FakeBilling, FakeTracker, Ticking

SETTLE = 60.0
CREATING = ("create_invoice", "add_lines", "finalize", "create_project", "create_task")


class Bench:
    """A store with one planned handoff, and fakes that can be told to fail."""

    def __init__(self, folder: Path, lag: float = 0, expected: int = 1500) -> None:
        self.time = Ticking()
        self.store = open_store(f"sqlite:///{folder / 'handoff.db'}", folder)
        self.stripe = FakeBilling(self.time)
        self.asana = FakeTracker(self.time, lag)
        self.starts = Starts.DEAL_CLOSED
        self.stops: dict[str, Any] = {}
        with self.store.write() as tx:
            handoffs.ingest(
                tx, [Pulled(deal_id="006", content_hash="h", content={})], "salesforce", "org", self.time.at
            )
            row = handoffs.by_deal(tx, "006")
            assert row is not None
            self.handoff_id, self.key = row.id, row.billing_key
            effects.plan(tx, self._planned(expected))
            handoffs.move(
                tx, row.id, HandoffState.PASSED, self.time.at, stripe_account="default", kickoff_on="2026-03-10"
            )

    def _planned(self, expected: int) -> list[PlannedEffect]:
        metadata = {"handoff_key": self.key, "handoff_invoice": "1"}
        draft = {"currency": "usd", "auto_advance": False, "metadata": metadata}
        facts = {"currency": "usd", "lines": [1000, 500], "total_excluding_tax": expected}
        marker = f"HO-{self.key[:12]}"
        project = {"name": f"Acme [{marker}]", "team": "t"}
        bodies: list[tuple[EffectKind, str, str, dict[str, Any]]] = [
            (EffectKind.INVOICE, "invoice:1", "bill", {"draft": draft}),
            (EffectKind.LINES, "lines:1", "bill", {"invoice": 1, "lines": [{"amount": 1000}, {"amount": 500}]}),
            (
                EffectKind.VERIFY,
                "verify:1",
                "bill",
                {"invoice": 1, "expected": {**facts, "automatic_tax": False, "tax_rates": []}},
            ),
            (EffectKind.FINALIZE, "finalize:1", "bill", {"invoice": 1}),
            (EffectKind.PROJECT, "project", "track", {"marker": marker, "team": "t", "project": project}),
            (
                EffectKind.TASK,
                "task:1",
                "track",
                {"section": None, "task": {"name": "Call", "external": {"gid": "x1"}}},
            ),
        ]
        return [
            PlannedEffect(
                scope=f"bk:{self.key}:{scope}",
                kind=kind,
                step=step,
                service="asana" if step == "track" else "stripe:default",
                body=body,
                seq=n,
                handoff_id=self.handoff_id,
            )
            for n, (kind, scope, step, body) in enumerate(bodies)
        ]

    def delivery(self) -> Delivery:
        """A fresh run: breakers and counts start anew, as after a crash."""
        steps = {
            "bill": Step(title="Bill", does=StepKind.INVOICE, role="finance"),
            "track": Step(title="Track", does=StepKind.PROJECT, role="delivery", starts=self.starts),
        }
        workflow = Workflow(owner_role="ops", steps=steps)
        pack: Any = SimpleNamespace(workflow=workflow, billing=SimpleNamespace(entities={}))
        assert Pack  # the real class: only these two parts are read here
        return Delivery(
            store=self.store,
            pack=pack,
            billing=lambda _: self.stripe,
            tracker=self.asana,
            users=dict,
            clock=self.time.clock,
            actor="test",
            run_id="r",
            settle_seconds=SETTLE,
            stops=self.stops,
        )

    def deliver(self) -> Delivered | Later | Held:
        return deliver(self.delivery(), self.handoff_id, "cus_1")

    def deliver_until_done(self, tries: int = 5) -> Delivered | Later | Held:
        outcome = self.deliver()
        for _ in range(tries):
            if not isinstance(outcome, Later):
                break
            self.time.forward(SETTLE + 1)
            outcome = self.deliver()
        return outcome

    def states(self) -> dict[str, str]:
        with self.store.read() as tx:
            return {row.kind: row.state for row in effects.of_handoff(tx, self.handoff_id)}

    def assert_once(self) -> None:
        assert len(self.stripe.invoice_rows) == 1
        (invoice,) = self.stripe.invoice_rows.values()
        assert (invoice["status"], invoice["total_excluding_tax"]) == ("open", 1500)
        assert len(self.asana.project_rows) == 1
        assert len(self.asana.task_rows) == 1
        with self.store.read() as tx:
            assert handoffs.by_id(tx, self.handoff_id).state == HandoffState.DELIVERED


@pytest.fixture
def bench(tmp_path: Path):
    made = Bench(tmp_path)
    yield made
    made.store.close()


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
