from typing import Any

import pytest

from tests.unit.sandbox.stripe_calls import StripeTwin

DAY_S = 24 * 3600


def test_a_new_invoice_is_an_empty_draft_that_nobody_advances() -> None:
    stripe = StripeTwin()
    invoice = stripe.get(stripe.draft(lines=[])).body
    expected = {"status": "draft", "auto_advance": False, "number": None, "total": 0, "billing_reason": "manual"}
    assert {name: invoice[name] for name in expected} == expected
    assert invoice["lines"] == {
        "object": "list",
        "data": [],
        "has_more": False,
        "url": f"/v1/invoices/{invoice['id']}/lines",
        "total_count": 0,
    }


def test_an_invoice_needs_a_customer() -> None:
    refused = StripeTwin().post("/v1/invoices", {"collection_method": "charge_automatically"})
    assert (refused.status, refused.error["code"], refused.error["param"]) == (400, "parameter_missing", "customer")


@pytest.mark.parametrize(
    ("terms", "param"),
    [
        ({"collection_method": "send_invoice"}, "days_until_due"),
        ({"collection_method": "charge_automatically", "days_until_due": 30}, "days_until_due"),
        ({"days_until_due": 30}, "days_until_due"),
        ({"due_date": 4_000_000_000}, "due_date"),
        ({"collection_method": "send_invoice", "days_until_due": 30, "due_date": 4_000_000_000}, "due_date"),
        ({"collection_method": "send_invoice", "days_until_due": -1}, "days_until_due"),
        ({"collection_method": "send_invoice", "due_date": 1_000_000_000}, "due_date"),
        ({"currency": "USD"}, "currency"),
        ({"currency": "dollars"}, "currency"),
        ({"custom_fields": [{"name": str(n), "value": "v"} for n in range(5)]}, "custom_fields"),
        ({"custom_fields": [{"name": "n" * 41, "value": "v"}]}, "custom_fields[0][name]"),
        ({"custom_fields": [{"name": "n", "value": "v" * 141}]}, "custom_fields[0][value]"),
        ({"custom_fields": [{"name": "n", "value": "1"}, {"name": "n", "value": "2"}]}, "custom_fields"),
        ({"description": "x" * 1501}, "description"),
        ({"default_tax_rates": ["txr_none"]}, "default_tax_rates[0]"),
        ({"default_tax_rates": ["txr_handoff_automatic"]}, "default_tax_rates[0]"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax[enabled]"),
        ({"subscription": "sub_1"}, "subscription"),
        ({"discounts": [{"coupon": "SUMMER"}]}, "discounts[0][coupon]"),
        ({"account_tax_ids": ["txi_1"]}, "account_tax_ids[0]"),
        ({"application_fee_amount": 5}, "application_fee_amount"),
        ({"shipping_cost": {"shipping_rate": "shr_1"}}, "shipping_cost[shipping_rate]"),
        ({"from_invoice": {"action": "revision", "invoice": "in_1"}}, "from_invoice[invoice]"),
    ],
)
def test_terms_that_stripe_would_refuse_are_refused(terms: dict[str, Any], param: str) -> None:
    stripe = StripeTwin()
    refused = stripe.post("/v1/invoices", {"customer": stripe.customer(), **terms})
    assert (refused.status, refused.error["param"]) == (400, param)
    assert stripe.state()["invoices"] == []


def test_four_custom_fields_are_allowed() -> None:
    stripe = StripeTwin()
    fields = [{"name": f"{n}" * 40, "value": "v" * 140} for n in range(4)]
    assert stripe.get(stripe.draft(custom_fields=fields)).body["custom_fields"] == fields


def test_the_currency_is_the_customers_unless_given() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    assert stripe.get(stripe.draft(customer, lines=[], currency="eur")).body["currency"] == "eur"
    assert stripe.get(stripe.draft(customer, lines=[])).body["currency"] == "eur"
    assert stripe.get(stripe.draft(customer, lines=[], currency="gbp")).body["currency"] == "gbp"
    assert stripe.get(f"/v1/customers/{customer}").body["currency"] == "eur"
    uk = stripe.post("/v1/customers", {}, account="uk").body["id"]
    assert stripe.post("/v1/invoices", {"customer": uk}, account="uk").body["currency"] == "gbp"


def test_a_draft_follows_its_customer_until_it_is_finalised() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    path = stripe.draft(customer)
    stripe.post(f"/v1/customers/{customer}", {"name": "New name"})
    stripe.post(f"/v1/customers/{customer}/tax_ids", {"type": "gb_vat", "value": "GB123456789"})
    invoice = stripe.get(path).body
    assert invoice["customer_name"] == "New name"
    assert invoice["customer_tax_ids"] == [{"type": "gb_vat", "value": "GB123456789"}]
    stripe.post(f"{path}/finalize")
    stripe.post(f"/v1/customers/{customer}", {"name": "Newer name"})
    assert stripe.get(path).body["customer_name"] == "New name"


def test_a_draft_may_be_changed_and_its_metadata_is_merged() -> None:
    stripe = StripeTwin()
    path = stripe.draft(metadata={"billing_key": "b", "old": "x"})
    given = {"description": "Memo", "footer": "Foot", "days_until_due": 60, "metadata": {"old": "", "new": "y"}}
    changed = stripe.post(path, given).body
    assert (changed["description"], changed["footer"]) == ("Memo", "Foot")
    assert changed["metadata"] == {"billing_key": "b", "new": "y"}
    assert changed["due_date"] == changed["created"] + 60 * DAY_S
    assert stripe.post(path, {"collection_method": "charge_automatically"}).body["due_date"] is None


def test_a_refused_update_changes_nothing() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    before = stripe.get(path).body
    refused = stripe.post(path, {"description": "Memo", "default_tax_rates": ["txr_handoff_vat20"], "due_date": 1})
    assert refused.status == 400
    assert stripe.get(path).body == before


def test_the_customer_of_an_invoice_is_expanded_on_demand() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    assert stripe.get(path, {"expand": ["customer", "customer.tax_ids"]}).body["customer"]["tax_ids"]["data"] == []
    assert isinstance(stripe.get(path).body["customer"], str)
