"""Stripe at its worst (services.md 1-36), as the connector meets it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import requests

import connectors
from connectors.errors import Refused, Transient, UnknownOutcome
from connectors.ports import Billing, Body
from handoff.core.keys import idempotency_key
from handoff.core.settings import Settings
from tests.running_sandbox import RunningSandbox

_NUMBERS = count(1)
HOUR = 3600
TERMS: Body = {"currency": "eur", "collection_method": "send_invoice", "days_until_due": 30}
Order = Callable[..., None]


@pytest.fixture
def account() -> str:
    return f"unkind{next(_NUMBERS)}"


@pytest.fixture
def stripe(settings: Settings, monkeypatch: pytest.MonkeyPatch, account: str) -> Billing:
    """An account of its own for each test."""
    monkeypatch.setenv("HANDOFF_STRIPE_KEY_MINE", f"sk_test_handoff_{account}")
    return connectors.open_billing(settings, "mine")


@pytest.fixture
def there(box: RunningSandbox, account: str) -> Callable[[], dict[str, Any]]:
    """What stands in the account, asked past the connector."""

    def objects() -> dict[str, Any]:
        found: dict[str, Any] = box.state("stripe")["accounts"][account]
        return found

    return objects


def customer(stripe: Billing, key: str = "k", **more: Any) -> Body:
    return stripe.create_customer({"name": "Acme", "email": "ap@acme.example", **more}, key)


def draft(stripe: Billing, **more: Any) -> Body:
    return stripe.create_invoice({**TERMS, "customer": customer(stripe)["id"], **more}, "draft")


def test_a_500_that_stripe_keeps_is_replayed_as_such_and_nothing_is_made(
    stripe: Billing, order: Order, there: Callable[[], dict[str, Any]]
) -> None:
    order("stripe", {"do": "cached_500"})
    calls = stripe.calls
    for sent in (2, 3):  # the first one is sent once more, and told that it is a replay: that will not help again
        with pytest.raises(UnknownOutcome) as raised:
            customer(stripe)
        assert (raised.value.status, raised.value.replayed) == (500, True)
        assert stripe.calls - calls == sent
    assert there()["customers"] == []
    assert customer(stripe, "another key")["id"].startswith("cus_")


def test_a_500_before_the_work_is_not_kept_and_the_same_key_does_it(
    stripe: Billing, order: Order, there: Callable[[], dict[str, Any]]
) -> None:
    order("stripe", {"do": "error_500"})
    assert customer(stripe)["id"] == there()["customers"][0]["id"]


def test_what_stripe_says_of_a_retry_does_not_overrule_ours(stripe: Billing, order: Order) -> None:
    order("stripe", {"do": "error_500", "times": None})  # Stripe-Should-Retry: false
    calls = stripe.calls
    with pytest.raises(UnknownOutcome, match="status 500"):
        customer(stripe)
    assert stripe.calls - calls == 2
    order("stripe", {"do": "delay", "seconds": 0})
    assert customer(stripe)["id"].startswith("cus_")


@pytest.mark.parametrize("do", ["drop_after", "reset_mid_reply"])
def test_a_lost_reply_is_asked_for_again_under_its_key(
    stripe: Billing, order: Order, there: Callable[[], dict[str, Any]], do: str
) -> None:
    order("stripe", {"do": do, "times": 2})
    assert customer(stripe)["id"] == there()["customers"][0]["id"]
    assert len(there()["customers"]) == 1


def test_a_call_that_hangs_keeps_its_key_and_a_second_one_is_told_so(
    stripe: Billing, box: RunningSandbox, order: Order
) -> None:
    order("stripe", {"do": "delay", "seconds": 0.6})
    made: list[Body] = []
    hanging = threading.Thread(target=lambda: made.append(customer(stripe)))
    hanging.start()
    while box.struck("stripe") == [0]:
        time.sleep(0.01)  # until it has reached Stripe: no longer than a call takes
    with pytest.raises(UnknownOutcome, match="still works on an earlier request") as raised:
        customer(stripe)
    assert (raised.value.status, raised.value.code) == (409, "idempotency_key_in_use")
    hanging.join()
    assert customer(stripe) == made[0]


def test_a_refusal_of_the_endpoint_is_replayed_though_its_cause_is_gone_and_a_new_key_helps(
    stripe: Billing, box: RunningSandbox, account: str
) -> None:
    payer = customer(stripe)["id"]
    body = {**TERMS, "customer": payer, "automatic_tax": {"enabled": True}}
    with pytest.raises(Refused, match="customer_tax_location_invalid"):
        stripe.create_invoice(body, "i1")
    moved = {"address[country]": "DE"}
    assert _past(box, account, "POST", f"/v1/customers/{payer}", data=moved).status_code == 200
    with pytest.raises(Refused, match="customer_tax_location_invalid") as raised:
        stripe.create_invoice(body, "i1")
    assert raised.value.replayed
    assert stripe.create_invoice(body, "i2")["status"] == "draft"


def test_what_is_refused_before_the_work_may_be_corrected_under_its_key(stripe: Billing, order: Order) -> None:
    with pytest.raises(Refused, match="parameter_unknown, param nmae"):
        customer(stripe, nmae="x")
    order("stripe", {"do": "lock_timeout"}, {"do": "rate_limited", "seconds": 0})
    assert customer(stripe)["id"].startswith("cus_")


@pytest.mark.parametrize(
    ("fault", "code"), [({"do": "lock_timeout"}, "lock_timeout"), ({"do": "rate_limited", "seconds": 0}, "rate_limit")]
)
def test_a_lock_and_a_rate_limit_are_transient(stripe: Billing, order: Order, fault: Body, code: str) -> None:
    order("stripe", {**fault, "times": None})
    calls = stripe.calls
    with pytest.raises(Transient, match="asks us to wait") as raised:
        customer(stripe)
    assert (raised.value.status, raised.value.code) == (429, code)
    assert stripe.calls - calls == 3


def test_keys_are_ours_and_short_enough(stripe: Billing, there: Callable[[], dict[str, Any]]) -> None:
    long, ours = "k" * 255, idempotency_key("bk:" + "x" * 500, 99)
    assert customer(stripe, long)["id"] != customer(stripe, ours)["id"]
    stripe.customer(customer(stripe)["id"])
    assert there()["idempotency_keys"] == [long, ours, "k"]
    assert len(ours) <= 255
    with pytest.raises(Refused, match="at most 255 characters"):
        customer(stripe, long + "k")


def test_a_lower_case_currency_is_taken_and_yen_are_not_divided(stripe: Billing) -> None:
    made = draft(stripe, currency="jpy")
    stripe.add_lines(made["id"], [{"amount": 1_000, "description": "Set-up"}], "l")
    found = stripe.invoice(made["id"])
    assert found is not None
    assert (found["currency"], found["total_excluding_tax"]) == ("jpy", 1_000)


def test_a_draft_waits_for_us_however_long(stripe: Billing, box: RunningSandbox) -> None:
    made = draft(stripe)
    box.control(shift=80 * HOUR)
    found = stripe.invoice(made["id"])
    assert found is not None
    assert (found["status"], found["auto_advance"]) == ("draft", False)


def test_an_invoice_to_be_sent_needs_its_days_and_a_due_date_to_come(stripe: Billing) -> None:
    body = {"currency": "eur", "collection_method": "send_invoice", "customer": customer(stripe)["id"]}
    with pytest.raises(Refused, match="param days_until_due"):
        stripe.create_invoice(body, "i")
    past = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    with pytest.raises(Refused, match="param due_date"):
        stripe.create_invoice({**body, "due_date": past}, "j")


def test_an_empty_text_and_a_parameter_of_an_older_version_are_refused_by_name(stripe: Billing) -> None:
    with pytest.raises(Refused, match="parameter_invalid_empty, param description"):
        stripe.create_invoice({**TERMS, "customer": customer(stripe)["id"], "description": ""}, "i")
    with pytest.raises(Refused, match="parameter_unknown, param paid"):
        draft(stripe, paid=True)


def test_metadata_comes_back_as_it_was_sent(stripe: Billing) -> None:
    marks = {"handoff_scope": "acct:001|eur:customer", "handoff_account": "001"}
    made = customer(stripe, metadata=marks)
    assert made["metadata"] == marks
    found = stripe.customer(made["id"])
    assert found is not None
    assert found["metadata"] == marks
    with pytest.raises(Refused, match=r"param metadata\[k\]"):
        customer(stripe, "k2", metadata={"k": "v" * 501})


def test_a_customer_that_was_deleted_is_none_though_stripe_answers_200(
    stripe: Billing, box: RunningSandbox, account: str
) -> None:
    made = customer(stripe)["id"]
    assert _past(box, account, "DELETE", f"/v1/customers/{made}").json()["deleted"] is True
    assert _past(box, account, "GET", f"/v1/customers/{made}").status_code == 200
    assert stripe.customer(made) is None


def test_a_missing_object_is_none_in_a_path_and_refused_in_a_parameter(stripe: Billing) -> None:
    assert stripe.invoice("in_missing") is None
    with pytest.raises(Refused, match="resource_missing") as raised:
        stripe.create_invoice({**TERMS, "customer": "cus_missing"}, "i")
    assert raised.value.status == 400


def test_a_tax_id_is_judged_by_its_form_at_once_and_verified_later(stripe: Billing) -> None:
    payer = customer(stripe)["id"]
    with pytest.raises(Refused):
        stripe.create_tax_id(payer, {"type": "eu_vat", "value": "nonsense"}, "t1")
    made = stripe.create_tax_id(payer, {"type": "eu_vat", "value": "DE123456789"}, "t2")
    assert made["verification"]["status"] == "pending"


def test_at_most_four_custom_fields(stripe: Billing) -> None:
    fields = [{"name": "PO", "value": str(n)} for n in range(5)]
    assert draft(stripe, custom_fields=fields[:1])["custom_fields"] == fields[:1]
    with pytest.raises(Refused, match="param custom_fields"):
        stripe.create_invoice({**TERMS, "customer": customer(stripe)["id"], "custom_fields": fields}, "i")


def test_a_list_that_lags_shows_a_new_invoice_later(stripe: Billing, box: RunningSandbox, order: Order) -> None:
    made = draft(stripe)
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    order("stripe", {"do": "list_lag", "seconds": 60, "times": None})
    assert stripe.invoices_of(made["customer"], long_ago) == []
    assert stripe.invoice(made["id"])
    box.control(shift=61)
    assert [one["id"] for one in stripe.invoices_of(made["customer"], long_ago)] == [made["id"]]


def _past(box: RunningSandbox, account: str, method: str, path: str, **sent: Any) -> requests.Response:
    """A call of somebody else's at the same account."""
    headers = {"Authorization": f"Bearer sk_test_handoff_{account}"}
    return box.session.request(method, box.url("stripe") + path, headers=headers, timeout=10, **sent)
