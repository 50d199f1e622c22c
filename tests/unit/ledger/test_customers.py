"""Customers: one per account, whoever asks; adopted where known, in doubt where one may exist."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.errors import Refused, Transient, UnknownOutcome
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.violation import Failure
from handoff.ledger.context import Delivery
from handoff.ledger.customers import Customers
from handoff.ledger.outcome import Held, Later
from handoff.ledger.steps import tax_id_scope
from handoff.store import effects
from handoff.store.effects import PlannedEffect
from handoff.store.session import open_store
from tests.fakes import FakeBilling, FakeTracker, Ticking

SERVICE = "stripe:default"


class Books:
    """A store, a fake Stripe, and accounts whose customers are planned."""

    def __init__(self, folder: Path) -> None:
        self.time = Ticking()
        self.store = open_store(f"sqlite:///{folder / 'handoff.db'}", folder)
        self.stripe = FakeBilling(self.time)

    def planned(self, account: str, email: str = "pay@acme.example", tax_id: str | None = None) -> str:
        scope = f"customer:default:{account}"
        metadata = {"handoff_account": account, "handoff_scope": scope}
        tax = {"type": "us_ein", "value": tax_id} if tax_id else None
        body = {"customer": {"email": email, "metadata": metadata}, "tax_id": tax, "known": None, "account_id": account}
        customer = PlannedEffect(scope=scope, kind=EffectKind.CUSTOMER, step="customer", service=SERVICE, body=body)
        wanted = [customer]
        if tax:
            own = tax_id_scope(scope)
            wanted.append(PlannedEffect(scope=own, kind=EffectKind.TAX_ID, step="customer", service=SERVICE, body=tax))
        with self.store.write() as tx:
            effects.plan(tx, wanted)
        return scope

    def customers(self, **adopted: str) -> Customers:
        """Those of a fresh run."""
        pack: Any = SimpleNamespace()
        d = Delivery(
            store=self.store,
            pack=pack,
            billing=lambda _: self.stripe,
            tracker=FakeTracker(self.time),
            users=dict,
            clock=self.time.clock,
            actor="test",
            run_id="r",
            settle_seconds=0,
            stops={},
        )
        return Customers(d, {(account, "default"): customer for account, customer in adopted.items()})

    def state(self, scope: str) -> str:
        with self.store.read() as tx:
            return effects.by_scopes(tx, [scope])[scope].state


@pytest.fixture
def books(tmp_path: Path):
    made = Books(tmp_path)
    yield made
    made.store.close()


def test_a_customer_and_its_tax_id_are_made_once(books: Books):
    scope = books.planned("001", tax_id="91-1144442")
    first = books.customers().ensure(scope, "default")
    assert books.customers().ensure(scope, "default") == first
    assert (len(books.stripe.customer_rows), len(books.stripe.tax_id_rows)) == (1, 1)


@pytest.mark.parametrize("call", ["create_customer", "create_tax_id"])
@pytest.mark.parametrize("hours", [0, 25])
def test_a_lost_reply_never_makes_a_second_customer_or_tax_id(books: Books, call: str, hours: int):
    scope = books.planned("001", tax_id="91-1144442")
    books.stripe.after[call] = [UnknownOutcome("reply lost", service="stripe")]
    assert isinstance(books.customers().ensure(scope, "default"), Later)
    books.time.forward(hours * 3600)
    assert isinstance(books.customers().ensure(scope, "default"), str)
    assert (len(books.stripe.customer_rows), len(books.stripe.tax_id_rows)) == (1, 1)


def test_a_customer_whose_request_was_held_up_on_its_way_is_found_all_the_same(books: Books):
    """It was made hours after it was sent, for all that we can tell from the clock of the service."""
    scope = books.planned("001")
    books.stripe.before["create_customer"] = [UnknownOutcome("no answer", service="stripe")]
    assert isinstance(books.customers().ensure(scope, "default"), Later)
    books.time.forward(3 * 3600)
    with books.store.read() as tx:
        row = effects.by_scopes(tx, [scope])[scope]
    late = books.stripe.create_customer(row.body["customer"], "a key that Stripe has pruned by then")
    books.time.forward(22 * 3600)
    assert books.customers().ensure(scope, "default") == late["id"]
    assert len(books.stripe.customer_rows) == 1


def test_a_refused_tax_id_holds_the_deal_and_keeps_the_customer(books: Books):
    scope = books.planned("001", tax_id="1")
    books.stripe.before["create_tax_id"] = [Refused("Invalid value for us_ein", service="stripe", status=400)]
    held = books.customers().ensure(scope, "default")
    assert isinstance(held, Held)
    assert (held.failure, held.seen) == (Failure.BILLING_REFUSED, "Invalid value for us_ein")
    assert books.state(scope) == EffectState.CONFIRMED


def test_a_customer_that_appeared_while_stripe_was_busy_is_still_a_doubt(books: Books):
    scope = books.planned("001")
    books.stripe.before["create_customer"] = [Transient("busy", service="stripe")]
    assert isinstance(books.customers().ensure(scope, "default"), Later)
    books.stripe.customer_rows["cus_hand"] = {"id": "cus_hand", "created": 0, "email": "PAY@acme.example"}
    held = books.customers().ensure(scope, "default")
    assert isinstance(held, Held)
    assert held.failure is Failure.CUSTOMER_MAY_EXIST
    assert books.customers(**{"001": "cus_hand"}).ensure(scope, "default") == "cus_hand"


class Waiting(FakeBilling):
    """Stripe that lets another thread in before it answers."""

    def __init__(self, ticking: Ticking, let_in: Callable[[], None]) -> None:
        super().__init__(ticking)
        self._let_in = let_in

    def create_customer(self, body: dict[str, Any], key: str) -> dict[str, Any]:
        self._let_in()
        return super().create_customer(body, key)


def test_of_two_accounts_with_one_email_at_the_same_moment_only_one_gets_a_customer(books: Books):
    scopes = [books.planned("001"), books.planned("002")]
    others: list[Any] = []

    def let_in() -> None:
        if not others:
            others.append(pool.submit(customers.ensure, scopes[1], "default"))
            wait(others, timeout=0.2)  # it must not come through while the first is on its way

    books.stripe = Waiting(books.time, let_in)
    customers = books.customers()
    with ThreadPoolExecutor(max_workers=2) as pool:
        first = pool.submit(customers.ensure, scopes[0], "default").result(timeout=10)
        second = others[0].result(timeout=10)
    assert isinstance(first, str)
    assert isinstance(second, Held)
    assert second.failure is Failure.CUSTOMER_MAY_EXIST
    assert len(books.stripe.customer_rows) == 1
