"""Every Billing: Stripe against the sandbox, and the fake that the ledger's tests use. Then Stripe alone."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

import connectors
from connectors.errors import AuthFailed, Refused, Transient
from connectors.ports import Billing, Body
from handoff.core.errors import UsageError
from handoff.core.settings import Settings
from tests.contract.small_org import settings_of
from tests.fakes import FakeBilling, Ticking
from tests.running_sandbox import RunningSandbox

DRAFT: Body = {
    "currency": "eur",
    "collection_method": "send_invoice",
    "days_until_due": 30,
    "auto_advance": False,
    "pending_invoice_items_behavior": "exclude",
    "metadata": {"handoff_key": "k"},
}
LINES: list[Body] = [{"amount": 1_000, "description": "Set-up"}, {"amount": 250, "description": "Seats"}]
_NUMBERS = count(1)


@pytest.fixture
def stripe(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Billing:
    """An account of its own for each test: the sandbox has one for every key."""
    monkeypatch.setenv("HANDOFF_STRIPE_KEY_MINE", f"sk_test_handoff_contract{next(_NUMBERS)}")
    return connectors.open_billing(settings, "mine")


@pytest.fixture
def fake() -> Billing:
    return FakeBilling(Ticking(datetime.now(UTC)))


@pytest.fixture(params=["stripe", "fake"])
def billing(request: pytest.FixtureRequest) -> Billing:
    found: Billing = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def now(box: RunningSandbox) -> datetime:
    return datetime.fromisoformat(box.state("stripe")["now"])


def customer(billing: Billing, key: str = "c1", **more: object) -> Body:
    return billing.create_customer({"name": "Acme", "email": "ap@acme.example", **more}, key)


def drafted(billing: Billing, lines: list[Body] | None = None) -> Body:
    draft = billing.create_invoice({**DRAFT, "customer": customer(billing)["id"]}, "i1")
    billing.add_lines(draft["id"], lines or LINES, "l1")
    found = billing.invoice(draft["id"])
    assert found is not None
    return found


def test_the_same_key_makes_one_object(billing: Billing) -> None:
    assert customer(billing)["id"] == customer(billing)["id"]
    assert len(list(billing.customers())) == 1


def test_another_key_makes_another_even_with_the_same_address(billing: Billing) -> None:
    assert customer(billing)["id"] != customer(billing, "c2")["id"]
    assert len(list(billing.customers())) == 2


def test_a_customer_is_found_and_an_unknown_one_is_none(billing: Billing) -> None:
    made = customer(billing, metadata={"handoff_scope": "s"})
    found = billing.customer(made["id"])
    assert found is not None
    assert (found["name"], found["metadata"]) == ("Acme", {"handoff_scope": "s"})
    assert billing.customer("cus_unknown") is None


def test_tax_ids_are_those_of_their_customer(billing: Billing) -> None:
    first, second = customer(billing)["id"], customer(billing, "c2")["id"]
    billing.create_tax_id(first, {"type": "eu_vat", "value": "DE123456789"}, "t1")
    assert [tax_id["value"] for tax_id in billing.tax_ids(first)] == ["DE123456789"]
    assert billing.tax_ids(second) == []


def test_an_update_sets_what_it_names_and_an_empty_text_empties(billing: Billing) -> None:
    address = {"line1": "1 Main St", "line2": "Back", "city": "Bonn", "country": "DE"}
    made = customer(billing, address=address, metadata={"handoff_scope": "s"})
    body = {"name": "Acme SE", "address": {**address, "line1": "2 Main St", "line2": ""}}
    assert [billing.update_customer(made["id"], body, key)["id"] for key in ("u1", "u1")] == [made["id"]] * 2
    found = billing.customer(made["id"])
    assert found is not None
    assert (found["name"], found["email"], found["metadata"]) == ("Acme SE", "ap@acme.example", {"handoff_scope": "s"})
    assert [found["address"].get(part) for part in ("line1", "line2", "city")] == ["2 Main St", None, "Bonn"]


def test_a_draft_follows_its_customer_and_a_final_invoice_does_not(stripe: Billing) -> None:
    draft = drafted(stripe)
    stripe.update_customer(draft["customer"], {"name": "Acme SE"}, "u1")
    assert stripe.finalize(draft["id"], "f1")["customer_name"] == "Acme SE"
    stripe.update_customer(draft["customer"], {"name": "Acme of old"}, "u2")
    final = stripe.invoice(draft["id"])
    assert final is not None
    assert final["customer_name"] == "Acme SE"


def test_a_tax_id_is_taken_off_its_customer_however_often(billing: Billing) -> None:
    acme = customer(billing)["id"]
    old = billing.create_tax_id(acme, {"type": "eu_vat", "value": "DE123456789"}, "t1")
    billing.create_tax_id(acme, {"type": "eu_vat", "value": "DE987654321"}, "t2")
    for _ in range(2):
        billing.delete_tax_id(acme, old["id"])
    assert [tax_id["value"] for tax_id in billing.tax_ids(acme)] == ["DE987654321"]


def test_a_draft_holds_the_lines_that_were_added(billing: Billing) -> None:
    invoice = drafted(billing)
    assert invoice["status"] == "draft"
    assert sorted(line["amount"] for line in invoice["lines"]["data"]) == [250, 1_000]
    assert invoice["total_excluding_tax"] == 1_250


@pytest.mark.parametrize("how", ["finalize", "send"])
def test_an_invoice_is_finalised_once_however_often_it_is_asked(billing: Billing, how: str) -> None:
    invoice = drafted(billing)
    final = getattr(billing, how)
    first, second = final(invoice["id"], "f1"), final(invoice["id"], "f1")
    assert (first["status"], first["number"]) == ("open", second["number"])


def test_an_unknown_invoice_is_none(billing: Billing) -> None:
    assert billing.invoice("in_unknown") is None


def test_invoices_are_listed_by_customer_and_time(billing: Billing) -> None:
    invoice = drafted(billing)
    other = customer(billing, "c2")["id"]
    hour = timedelta(hours=1)
    since = datetime.fromtimestamp(invoice["created"], UTC)
    assert [i["id"] for i in billing.invoices_of(invoice["customer"], since - hour)] == [invoice["id"]]
    assert billing.invoices_of(invoice["customer"], since + hour) == []
    assert billing.invoices_of(other, since - hour) == []
    assert [i["id"] for i in billing.invoices(since - hour)] == [invoice["id"]]


def test_customers_are_listed_by_time(billing: Billing) -> None:
    made = customer(billing)
    created = datetime.fromtimestamp(made["created"], UTC)
    minute = timedelta(minutes=1)
    assert [c["id"] for c in billing.customers_created(created - minute, created + minute)] == [made["id"]]
    assert billing.customers_created(created + minute, created + 2 * minute) == []


def test_it_is_no_real_money(billing: Billing) -> None:
    assert billing.livemode is False
    assert billing.check()


# Stripe alone


def test_customers_carry_their_tax_ids_newest_first_page_after_page(stripe: Billing) -> None:
    made = [customer(stripe, f"c{n}")["id"] for n in range(120)]
    stripe.create_tax_id(made[0], {"type": "eu_vat", "value": "DE123456789"}, "t1")
    calls = stripe.calls
    found = list(stripe.customers())
    assert stripe.calls - calls == 2
    assert {c["id"] for c in found} == set(made)
    oldest = next(c for c in found if c["id"] == made[0])
    assert [tax_id["value"] for tax_id in oldest["tax_ids"]["data"]] == ["DE123456789"]


def test_an_invoice_of_many_lines_is_told_whole_and_one_of_ten_in_one_call(stripe: Billing) -> None:
    many = drafted(stripe, [{"amount": n, "description": f"line {n}"} for n in range(1, 241)])
    assert sorted(line["amount"] for line in many["lines"]["data"]) == list(range(1, 241))
    draft = stripe.create_invoice({**DRAFT, "customer": many["customer"]}, "i2")
    stripe.add_lines(draft["id"], [{"amount": n, "description": f"line {n}"} for n in range(10)], "l2")
    calls = stripe.calls
    found = stripe.invoice(draft["id"])
    assert found is not None
    assert len(found["lines"]["data"]) == 10
    assert stripe.calls - calls == 1


def test_decimals_of_stripe_are_decimals(stripe: Billing) -> None:
    line = drafted(stripe)["lines"]["data"][0]
    assert isinstance(line["pricing"]["unit_amount_decimal"], Decimal)
    assert isinstance(line["amount"], int)


def test_a_key_with_another_request_is_refused_as_our_defect(stripe: Billing) -> None:
    customer(stripe)
    with pytest.raises(Refused, match="defect of Handoff"):
        customer(stripe, name="Other")


def test_a_refusal_names_the_parameter_and_not_the_value(stripe: Billing) -> None:
    with pytest.raises(Refused) as raised:
        customer(stripe, email="canary-without-at")
    assert raised.value.code == "email_invalid"
    assert "canary" not in str(raised.value)
    with pytest.raises(Refused, match="parameter_unknown, param nmae"):
        customer(stripe, "c3", nmae="x")


def test_a_tax_id_that_cannot_be_one_is_refused(stripe: Billing) -> None:
    with pytest.raises(Refused) as raised:
        stripe.create_tax_id(customer(stripe)["id"], {"type": "eu_vat", "value": "CANARY"}, "t1")
    assert "CANARY" not in str(raised.value)


def test_a_second_finalising_under_a_new_key_is_refused(stripe: Billing) -> None:
    invoice = drafted(stripe)
    stripe.finalize(invoice["id"], "f1")
    with pytest.raises(Refused):
        stripe.finalize(invoice["id"], "f2")


def test_a_key_is_forgotten_after_a_day_and_a_look_finds_the_first_object(
    stripe: Billing, box: RunningSandbox, now: datetime
) -> None:
    made = customer(stripe)
    box.control(shift=25 * 3600)
    assert customer(stripe)["id"] != made["id"]
    window = (now - timedelta(minutes=5), now + timedelta(minutes=10))
    assert [c["id"] for c in stripe.customers_created(*window)] == [made["id"]]


def test_each_account_is_its_own(stripe: Billing, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    customer(stripe)
    monkeypatch.setenv("HANDOFF_STRIPE_KEY_OTHER", f"sk_test_handoff_other{next(_NUMBERS)}")
    assert list(connectors.open_billing(settings, "other").customers()) == []


def test_many_threads_share_one_connector(stripe: Billing) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda t=t: made.extend(customer(stripe, f"k{t}-{n}")["id"] for n in range(10)))
        for t in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(set(made)) == 160
    assert stripe.calls == 160


def test_threads_with_one_key_get_one_customer(stripe: Billing) -> None:
    """While one is being made, the others are told 409 and ask again under the same key."""
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.append(customer(stripe)["id"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(set(made)) == 1
    assert len(list(stripe.customers())) == 1


def test_search_is_never_used(stripe: Billing, box: RunningSandbox) -> None:
    assert drafted(stripe)
    assert not [call for call in box.calls("stripe") if "search" in call]


@pytest.mark.parametrize("key", ["sk_test_CANARY", "sk_live_CANARY"])
def test_a_wrong_key_is_one_sentence(settings: Settings, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("HANDOFF_STRIPE_KEY_WRONG", key)
    wrong = connectors.open_billing(settings, "wrong")
    with pytest.raises(AuthFailed) as raised:
        wrong.check()
    assert "HANDOFF_STRIPE_KEY_WRONG" in str(raised.value)
    assert "CANARY" not in str(raised.value)
    assert wrong.calls == 1


def test_a_port_where_nobody_listens_is_one_sentence(box: RunningSandbox) -> None:
    wrong = connectors.open_billing(settings_of(box, stripe_url="http://127.0.0.1:9"))
    with pytest.raises(Transient, match=r"no connection to 127\.0\.0\.1:9.*HANDOFF_STRIPE_URL"):
        wrong.check()


def test_no_key_is_said(settings: Settings) -> None:
    with pytest.raises(UsageError, match="HANDOFF_STRIPE_KEY_NOWHERE is not set"):
        connectors.open_billing(settings, "nowhere")
