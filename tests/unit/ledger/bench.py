"""A store with one planned handoff and fakes of Stripe and Asana, for tests of delivering."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from handoff.core.handoff import EffectKind, HandoffState
from handoff.core.pack import Pack, Starts, Step, StepKind, Workflow
from handoff.ledger.context import Delivery
from handoff.ledger.deliver import Delivered, deliver
from handoff.ledger.outcome import Held, Later
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
