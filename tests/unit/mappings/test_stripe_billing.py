"""A deal becomes a customer and invoices that add up exactly, in parameters that Stripe knows."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from stripe.params import CustomerCreateParams, InvoiceAddLinesParams, InvoiceCreateParams

from handoff.core.deal import DealRow
from handoff.core.money import MoneyError
from handoff.core.pack import Pack
from mappings.stripe_billing import (
    customer_body,
    customer_scope,
    entity_label,
    entity_of,
    invoices,
    tax_id_body,
)
from sandbox.stripe.errors import StripeError
from sandbox.stripe.form import flatten, nest
from sandbox.stripe.params import checked, shape_of
from tests.unit.mappings.demo_deal import crm, demo, row, with_lines

KEY = "k" * 64


def taken_by_stripe(body: dict[str, Any], params: type) -> bool:
    """Whether a body passes Stripe's typed parameters, as the sandbox checks them; raises its error otherwise."""
    return bool(checked(shape_of(params), nest(flatten(body))))


def test_an_invoice_is_a_draft_that_nothing_finalises_by_itself() -> None:
    (plan,) = invoices(row(), demo(), KEY)
    assert plan.draft == {
        "collection_method": "send_invoice",
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "currency": "eur",
        "days_until_due": 30,
        "metadata": {"handoff_key": KEY, "handoff_invoice": "1", "handoff_deal": "006000000000001AAA"},
        "automatic_tax": {"enabled": False},
        "description": "Second site (deal 006000000000001AAA)",
        "custom_fields": [{"name": "PO number", "value": "PO-4711"}],
    }


def test_the_lines_of_the_deal_are_the_lines_of_the_invoice() -> None:
    (plan,) = invoices(row(), demo(), KEY)
    assert plan.lines == (
        {
            "amount": 750_000,
            "description": "Perpetual Licence × 25: Licence for one seat",
            "metadata": {"handoff_line": "00k000000000001AAA"},
        },
        {
            "amount": 250_000,
            "description": "Implementation Day × 2",
            "metadata": {"handoff_line": "00k000000000002AAA"},
        },
    )


def test_what_the_draft_must_come_to_is_stated() -> None:
    (plan,) = invoices(row(), demo(), KEY)
    assert plan.expected == {
        "currency": "eur",
        "lines": [750_000, 250_000],
        "total_excluding_tax": 1_000_000,
        "automatic_tax": False,
        "tax_rates": [],
        "days_until_due": 30,
    }


@pytest.mark.parametrize("plan", [None, "At once", "Half and half", "Thirds", "Quarterly"])
@pytest.mark.parametrize(
    ("entity", "currency"), [("Handoff Inc", "USD"), ("Handoff Inc", "JPY"), ("Handoff Ltd", "GBP")]
)
def test_every_parameter_exists_at_stripe(plan: str | None, entity: str, currency: str) -> None:
    deal = row(instalment_plan=plan, billing_entity=entity, currency=currency)
    for invoice in invoices(deal, demo(), KEY):
        assert taken_by_stripe({**invoice.draft, "customer": "cus_1"}, InvoiceCreateParams)
        assert taken_by_stripe({"lines": list(invoice.lines)}, InvoiceAddLinesParams)
        assert "customer" not in invoice.draft
    assert taken_by_stripe(customer_body(deal, demo()), CustomerCreateParams)


def test_the_check_of_parameters_finds_a_wrong_one() -> None:
    with pytest.raises(StripeError, match="days_due"):
        taken_by_stripe({"days_due": 3}, InvoiceCreateParams)


@pytest.mark.parametrize(
    ("plan", "totals", "days"),
    [
        ("Half and half", [50_001, 50_002], [30, 60]),
        ("Thirds", [33_330, 33_330, 33_343], [30, 60, 90]),
        ("Quarterly", [25_000, 25_000, 25_000, 25_003], [30, 121, 212, 303]),
        ("At once", [100_003], [30]),
    ],
)
def test_instalments_add_up_exactly_and_the_last_takes_the_rest(plan: str, totals: list[int], days: list[int]) -> None:
    deal = with_lines({"product": "Edge Gateway", "line_total": "1000.03"}, amount="1000.03", instalment_plan=plan)
    made = invoices(deal, demo(), KEY)
    assert [invoice.expected["total_excluding_tax"] for invoice in made] == totals
    assert sum(totals) == 100_003
    assert [invoice.draft["days_until_due"] for invoice in made] == days
    assert [i.draft["metadata"]["handoff_invoice"] for i in made] == [str(n + 1) for n in range(len(made))]


def test_an_instalment_is_one_line_that_says_which_part_it_is() -> None:
    first, second = invoices(row(instalment_plan="Half and half"), demo(), KEY)
    assert [line["description"] for line in (*first.lines, *second.lines)] == [
        "Second site: part 1 of 2 (50 %)",
        "Second site: part 2 of 2 (50 %)",
    ]


def test_yen_are_sent_undivided() -> None:
    deal = row(currency="JPY", billing_entity="Handoff Inc", instalment_plan="Thirds")
    assert [i.expected["total_excluding_tax"] for i in invoices(deal, demo(), KEY)] == [3_333, 3_333, 3_334]


@pytest.mark.parametrize(
    ("entity", "exempt", "automatic", "rates"),
    [
        ("Handoff Inc", "false", True, []),
        ("Handoff Inc", "true", True, []),
        ("Handoff GmbH", "false", False, []),
        ("Handoff Ltd", "false", False, ["txr_handoff_vat20"]),
        ("Handoff Ltd", "true", False, []),
    ],
)
def test_each_entity_has_its_tax_mode(entity: str, exempt: str, automatic: bool, rates: list[str]) -> None:
    (plan,) = invoices(row(billing_entity=entity, tax_exempt=exempt), demo(), KEY)
    assert plan.draft["automatic_tax"] == {"enabled": automatic}
    assert plan.draft.get("default_tax_rates", []) == rates
    assert (plan.expected["automatic_tax"], plan.expected["tax_rates"]) == (automatic, rates)


def test_a_line_without_a_total_is_multiplied() -> None:
    line: dict[str, str | None] = {"product": "Implementation Day", "quantity": "2.50", "unit_price": "1400.00"}
    (plan,) = invoices(with_lines(line, amount="3500"), demo(), KEY)
    assert plan.lines[0]["amount"] == 350_000
    assert plan.lines[0]["description"] == "Implementation Day × 2.5"


def test_lines_that_state_no_money_become_one_line_of_the_whole_amount() -> None:
    deal = with_lines({"product": "GTX Pro"}, amount="4514", currency="USD", payment_terms=None, billing_entity=None)
    (plan,) = invoices(deal, crm(), KEY)
    assert [(line["description"], line["amount"]) for line in plan.lines] == [("GTX Pro", 451_400)]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"amount": None}, "the amount is None"),
        ({"amount": "1,000"}, "no plain amount"),
        ({"amount": "9999"}, "the lines come to EUR 10,000.00, the deal to EUR 9,999"),
        ({"amount": "10000.001"}, "more decimals"),
        ({"currency": None}, "no currency"),
        ({"billing_entity": "Handoff Plc"}, "no billing entity 'Handoff Plc'"),
        ({"billing_entity": None}, "no billing entity None"),
        ({"payment_terms": "Net 31"}, "no days for the payment terms 'Net 31'"),
        ({"payment_terms": None}, "no days"),
        ({"instalment_plan": "Fifths"}, "no instalment plan 'Fifths'"),
    ],
)
def test_a_deal_that_does_not_say_what_to_invoice_is_never_guessed(values: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        invoices(row(**values), demo(), KEY)


@pytest.mark.parametrize(
    "line",
    [
        {"line_total": "NaN"},
        {"line_total": "1e4"},
        {"line_total": "10000.005"},
        {"unit_price": "10000", "quantity": "ten"},
        {"unit_price": "3333.333", "quantity": "3"},
        {"quantity": "2"},
    ],
)
def test_a_line_that_cannot_be_priced_exactly_is_refused(line: dict[str, str | None]) -> None:
    with pytest.raises(MoneyError):
        invoices(with_lines({"unit_price": "0"}, {"product": "Edge Gateway", **line}), demo(), KEY)


def test_a_tolerance_lets_lines_differ_and_the_lines_are_invoiced() -> None:
    lines = demo().policies.lines.model_copy(update={"tolerance": Decimal("0.05")})
    pack = replace(demo(), policies=demo().policies.model_copy(update={"lines": lines}))
    (plan,) = invoices(row(amount="10000.05"), pack, KEY)
    assert plan.expected["total_excluding_tax"] == 1_000_000
    with pytest.raises(MoneyError):
        invoices(row(amount="10000.06"), pack, KEY)


def test_the_purchase_order_and_the_memo_are_left_out_when_empty_and_cut_when_too_long() -> None:
    (bare,) = invoices(row(po_number=None), demo(), KEY)
    assert "custom_fields" not in bare.draft
    (long,) = invoices(row(po_number="9" * 500, deal_name="n" * 5_000), demo(), KEY)
    assert len(long.draft["custom_fields"][0]["value"]) == 140
    assert len(long.draft["description"]) == 1_500


def test_a_customer_is_named_placed_and_marked() -> None:
    assert customer_body(row(), demo()) == {
        "name": "Kupferkamm Software GmbH",
        "email": "nora.falk@example.org",
        "address": {
            "line1": "Torstr. 120",
            "line2": "Hinterhaus",
            "city": "Berlin",
            "postal_code": "10119",
            "country": "DE",
        },
        "tax_exempt": "none",
        "metadata": {
            "handoff_account": "001000000000001AAA",
            "handoff_scope": "customer:eu:001000000000001AAA:EUR",
        },
    }


def test_the_legal_name_wins_and_exemption_is_told() -> None:
    body = customer_body(row(legal_name="Kupferkamm AG", tax_exempt="true"), demo())
    assert (body["name"], body["tax_exempt"]) == ("Kupferkamm AG", "exempt")


def test_a_customer_without_an_address_has_none() -> None:
    empty = ("street", "city", "state", "postal_code", "country")
    body = customer_body(row(**{f"billing_{name}": None for name in empty}), demo())
    assert "address" not in body


def scope(pack: Pack, **values: str | None) -> str:
    return customer_scope(row(**values), pack)


def test_one_customer_for_each_account_and_where_the_pack_says_so_each_currency() -> None:
    assert scope(demo()) == scope(demo(), deal_id="another")
    assert scope(demo()) != scope(demo(), currency="USD")
    assert scope(demo()) != scope(demo(), billing_entity="Handoff Ltd")
    assert scope(crm(), billing_entity=None) == scope(crm(), billing_entity=None, currency="EUR")


def test_without_an_account_nobody_can_say_whose_customer_it_is() -> None:
    with pytest.raises(ValueError, match="no account id"):
        customer_scope(row(account_id=None), demo())


def test_the_default_entity_stands_in_for_an_empty_one() -> None:
    deal = row(billing_entity=None)
    assert entity_label(deal, crm()) == "Headquarters"
    assert entity_of(deal, crm()).stripe_account == "default"


def test_the_tax_id_goes_with_its_type() -> None:
    assert tax_id_body(row()) == {"type": "eu_vat", "value": "DE136695976"}
    assert tax_id_body(row(tax_id=None)) is None
    assert tax_id_body(DealRow(values={"billing_country": "Atlantis", "tax_id": "1"})) is None
