from typing import Any

import pytest

from tests.unit.sandbox.stripe_calls import StripeTwin


def totals(invoice: dict[str, Any]) -> dict[str, int]:
    names = ("subtotal", "subtotal_excluding_tax", "total_excluding_tax", "total", "amount_due")
    return {name: invoice[name] for name in names}


def test_lines_are_summed() -> None:
    stripe = StripeTwin()
    lines = [
        {"amount": 1999, "description": "Setup", "metadata": {"line": "1"}},
        {"amount": -500, "description": "Discount"},
        {"quantity": 3, "price_data": {"currency": "usd", "unit_amount": 250, "product_data": {"name": "Seat"}}},
    ]
    invoice = stripe.get(stripe.draft(lines=lines)).body
    assert totals(invoice) == dict.fromkeys(totals(invoice), 1999 - 500 + 750)
    first, second, third = invoice["lines"]["data"]
    assert (first["description"], first["metadata"], first["quantity"]) == ("Setup", {"line": "1"}, 1)
    assert (second["amount"], second["discountable"]) == (-500, False)
    assert (third["description"], third["quantity"], third["amount"]) == ("Seat", 3, 750)
    assert (third["pricing"]["unit_amount_decimal"], third["quantity_decimal"]) == ("250", "3")


def test_a_decimal_quantity_and_price_are_rounded_half_up() -> None:
    stripe = StripeTwin()
    price = {"currency": "usd", "unit_amount_decimal": "12.5", "product_data": {"name": "Hour"}}
    invoice = stripe.get(stripe.draft(lines=[{"quantity_decimal": "0.2", "price_data": price}])).body
    assert invoice["total"] == 3
    assert invoice["lines"]["data"][0]["quantity"] is None


def test_an_invoice_shows_ten_lines_and_pages_the_others_in_order() -> None:
    stripe = StripeTwin()
    path = stripe.draft(lines=[{"amount": n, "description": str(n)} for n in range(1, 26)])
    invoice = stripe.get(path).body
    assert (len(invoice["lines"]["data"]), invoice["lines"]["has_more"]) == (10, True)
    seen: list[int] = []
    more: dict[str, Any] = {}
    while True:
        page = stripe.get(f"{path}/lines", {"limit": 10, **more}).body
        seen += [line["amount"] for line in page["data"]]
        if not page["has_more"]:
            break
        more = {"starting_after": page["data"][-1]["id"]}
    assert seen == list(range(1, 26))


def test_250_lines_fit_in_one_call_and_no_more_on_the_invoice() -> None:
    stripe = StripeTwin()
    path = stripe.draft(lines=[{"amount": 1, "description": "x"}] * 250)
    assert stripe.get(path).body["lines"]["total_count"] == 250
    refused = stripe.post(f"{path}/add_lines", {"lines": [{"amount": 1}]})
    assert (refused.status, refused.error["param"]) == (400, "lines")
    empty = stripe.draft(lines=[])
    assert stripe.post(f"{empty}/add_lines", {"lines": [{"amount": 1}] * 251}).status == 400
    assert stripe.get(empty).body["lines"]["total_count"] == 0


@pytest.mark.parametrize(
    ("line", "param"),
    [
        ({"description": "No money"}, "lines[1]"),
        ({"amount": 5, "quantity": 2}, "lines[1][quantity]"),
        ({"amount": 5, "price_data": {"currency": "usd"}}, "lines[1][price_data]"),
        ({"amount": "1.50"}, "lines[1][amount]"),
        ({"amount": 10**13}, "lines[1][amount]"),
        ({"quantity": -1, "price_data": {"currency": "usd"}}, "lines[1][quantity]"),
        ({"price_data": {"currency": "eur", "unit_amount": 5}}, "lines[1][price_data][currency]"),
        ({"price_data": {"currency": "usd", "unit_amount": 5}}, "lines[1][price_data][product]"),
        ({"price_data": {"currency": "usd", "product_data": {"name": "x"}}}, "lines[1][price_data][unit_amount]"),
        ({"price_data": {"unit_amount": 5}}, "lines[1][price_data][currency]"),
        ({"price_data": {"currency": "usd", "product": "prod_1"}}, "lines[1][price_data][product]"),
        ({"pricing": {"price": "price_1"}}, "lines[1][pricing][price]"),
        ({"invoice_item": "ii_1"}, "lines[1][invoice_item]"),
        ({"amount": 5, "period": {"start": 2, "end": 1}}, "lines[1][period]"),
        ({"amount": 5, "tax_rates": ["txr_none"]}, "lines[1][tax_rates][0]"),
        ({"amount": 5, "discounts": [{"coupon": "SUMMER"}]}, "lines[1][discounts][0][coupon]"),
        ({"amount": 5, "colour": "red"}, "lines[1][colour]"),
    ],
)
def test_one_wrong_line_refuses_the_call_and_adds_none(line: dict[str, Any], param: str) -> None:
    stripe = StripeTwin()
    path = stripe.draft(lines=[])
    refused = stripe.post(f"{path}/add_lines", {"lines": [{"amount": 1}, line], "invoice_metadata": {"a": "b"}})
    assert (refused.status, refused.error["param"]) == (400, param)
    invoice = stripe.get(path).body
    assert (invoice["lines"]["total_count"], invoice["metadata"]) == (0, {})


@pytest.mark.parametrize(
    ("currency", "good", "bad"),
    [("kwd", 5120, 5124), ("isk", 50000, 50001), ("ugx", 100, 150), ("jpy", 123, None), ("usd", 123, None)],
)
def test_amounts_keep_to_their_currency(currency: str, good: int, bad: int | None) -> None:
    stripe = StripeTwin()
    path = stripe.draft(lines=[{"amount": good}], currency=currency)
    assert stripe.get(path).body["total"] == good
    if bad is not None:
        refused = stripe.post(f"{path}/add_lines", {"lines": [{"amount": bad}]})
        assert (refused.status, refused.error["param"]) == (400, "lines[0][amount]")


def test_exclusive_tax_is_added_and_rounded_on_each_line() -> None:
    stripe = StripeTwin()
    path = stripe.draft(lines=[{"amount": 1003}, {"amount": 1003}], default_tax_rates=["txr_handoff_vat20"])
    invoice = stripe.get(path).body
    assert totals(invoice) == {
        "subtotal": 2006,
        "subtotal_excluding_tax": 2006,
        "total_excluding_tax": 2006,
        "total": 2408,
        "amount_due": 2408,
    }
    assert invoice["total_taxes"] == [
        {
            "amount": 402,
            "tax_behavior": "exclusive",
            "tax_rate_details": {"tax_rate": "txr_handoff_vat20"},
            "taxability_reason": "standard_rated",
            "taxable_amount": 2006,
            "type": "tax_rate_details",
        }
    ]
    assert [rate["id"] for rate in invoice["default_tax_rates"]] == ["txr_handoff_vat20"]


def test_inclusive_tax_is_taken_out_of_the_total() -> None:
    seed = {"stripe.tax_rates": [{"id": "txr_in", "display_name": "VAT", "percentage": 25, "inclusive": True}]}
    stripe = StripeTwin(seed=seed)
    invoice = stripe.get(stripe.draft(lines=[{"amount": 1250}], default_tax_rates=["txr_in"])).body
    assert (invoice["subtotal"], invoice["total"], invoice["total_excluding_tax"]) == (1250, 1250, 1000)


def test_a_lines_own_rates_replace_the_invoices() -> None:
    stripe = StripeTwin()
    lines: list[dict[str, Any]] = [{"amount": 1000}, {"amount": 1000, "tax_rates": ["txr_handoff_zero"]}]
    invoice = stripe.get(stripe.draft(lines=lines, default_tax_rates=["txr_handoff_vat20"])).body
    assert invoice["total"] == 2200
    assert len(invoice["total_taxes"]) == 2


def test_a_draft_is_taxed_anew_when_its_rates_change() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    assert stripe.post(path, {"default_tax_rates": ["txr_handoff_vat20"]}).body["total"] == 1200
    assert stripe.post(path, {"default_tax_rates": ""}).body["total"] == 1000


@pytest.mark.parametrize(
    ("exempt", "total", "reason"),
    [("none", 1100, "standard_rated"), ("exempt", 1000, "customer_exempt"), ("reverse", 1000, "reverse_charge")],
)
def test_automatic_tax_is_ten_percent_unless_the_customer_is_exempt(exempt: str, total: int, reason: str) -> None:
    stripe = StripeTwin()
    customer = stripe.customer(address={"country": "US"}, tax_exempt=exempt)
    invoice = stripe.get(stripe.draft(customer, automatic_tax={"enabled": True})).body
    assert (invoice["total"], invoice["total_excluding_tax"]) == (total, 1000)
    assert invoice["automatic_tax"]["status"] == "complete"
    assert invoice["total_taxes"][0]["taxability_reason"] == reason
    assert invoice["customer_tax_exempt"] == exempt


def test_automatic_tax_and_tax_rates_exclude_each_other() -> None:
    stripe = StripeTwin()
    customer = stripe.customer(address={"country": "US"})
    terms = {"customer": customer, "automatic_tax": {"enabled": True}, "default_tax_rates": ["txr_handoff_vat20"]}
    assert stripe.post("/v1/invoices", terms).status == 400
    path = stripe.draft(customer, automatic_tax={"enabled": True})
    given = [{"amount": 5, "tax_rates": ["txr_handoff_zero"]}]
    assert stripe.post(f"{path}/add_lines", {"lines": given}).status == 400
    assert stripe.post(f"{path}/add_lines", {"lines": [{"amount": -5}]}).status == 400
    rated = stripe.draft(customer, lines=[{"amount": 5, "tax_rates": ["txr_handoff_zero"]}])
    assert stripe.post(rated, {"automatic_tax": {"enabled": True}}).status == 400


def test_taxes_computed_elsewhere_are_taken_as_given() -> None:
    stripe = StripeTwin()
    rate = {"display_name": "Sales tax", "inclusive": False, "percentage": 7.25, "country": "US", "state": "CA"}
    tax = {"amount": 73, "taxable_amount": 1000, "tax_rate_data": rate}
    invoice = stripe.get(stripe.draft(lines=[{"amount": 1000, "tax_amounts": [tax]}])).body
    assert (invoice["total"], invoice["total_taxes"][0]["amount"]) == (1073, 73)
    rated = stripe.draft(lines=[], default_tax_rates=["txr_handoff_zero"])
    assert stripe.post(f"{rated}/add_lines", {"lines": [{"amount": 5, "tax_amounts": [tax]}]}).status == 400


def test_the_lines_call_may_set_the_invoices_metadata() -> None:
    stripe = StripeTwin()
    path = stripe.draft(lines=[], metadata={"billing_key": "b"})
    given = {"lines": [{"amount": 1}], "invoice_metadata": {"lines": "1"}}
    assert stripe.post(f"{path}/add_lines", given).body["metadata"] == {"billing_key": "b", "lines": "1"}
