"""Per rule: deals that it passes, deals that it holds, and what an empty field means to it."""

from dataclasses import dataclass, field
from typing import Any

from tests.unit.checks.packs import make_line

LONG = "9" * 141


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """Overrides of a deal in order: still `good`, `bad`, and with nothing in it (`empty`), with what that means."""

    good: tuple[dict[str, Any], ...]
    bad: tuple[dict[str, Any], ...]
    empty: dict[str, Any]
    empty_passes: bool
    pack: dict[str, Any] = field(default_factory=dict)


def lines(*each: dict[str, str | None]) -> dict[str, Any]:
    return {"lines": [make_line(**one) for one in each]}


def label(name: str, good: str, bad: str) -> Cases:
    return Cases(
        good=({name: good},), bad=({name: bad}, {name: good.upper() + "!"}), empty={name: None}, empty_passes=True
    )


def presence(name: str) -> Cases:
    pack = {"required": {name: "always"}}
    return Cases(good=({name: "something"},), bad=({name: None},), empty={name: None}, empty_passes=False, pack=pack)


CASES: dict[str, Cases] = {
    # identity
    "deal_id_well_formed": Cases(
        good=({"deal_id": "006Aa0000000001AAA"},),
        bad=({"deal_id": "006"}, {"deal_id": "006000000000001AAA\n"}, {"deal_id": "00600000000000١AAA"}),
        empty={"deal_id": None},
        empty_passes=False,
    ),
    "deal_name_is_real": Cases(
        good=({"deal_name": "Test Equipment Ltd"}, {"deal_name": "3M"}, {"deal_name": "東京"}),
        bad=(
            {"deal_name": "TEST"},
            {"deal_name": "- tbd -"},
            {"deal_name": "N/A"},
            {"deal_name": "n.a."},
            {"deal_name": "??"},
        ),
        empty={"deal_name": None},
        empty_passes=True,
    ),
    "rep_known": Cases(
        good=({},),
        bad=({"rep_name": None}, {"rep_id": None}),
        empty={"rep_id": None, "rep_name": None},
        empty_passes=False,
    ),
    "rep_is_active": Cases(
        good=({"rep_active": "true"},),
        bad=({"rep_active": "false"}, {"rep_active": "perhaps"}),
        empty={"rep_active": None},
        empty_passes=False,
    ),
    "deal_type_has_workflow": Cases(
        good=({"deal_type": "Expansion"},),
        bad=({"deal_type": "Renewal"},),
        empty={"deal_type": None},
        empty_passes=False,
        pack={"deal_types": ("New Business", "Expansion")},
    ),
    "stage_is_canonical": label("stage", "Closed Won", "Won"),
    "deal_type_is_canonical": label("deal_type", "Renewal", "renewed"),
    "region_is_canonical": label("region", "East", "Mars"),
    "deal_listed_once": Cases(good=({},), bad=(), empty={"deal_id": None}, empty_passes=True),
    "not_a_copy_of_another_deal": Cases(good=({},), bad=(), empty={"deal_name": None}, empty_passes=True),
    "deal_details_present": presence("rep_manager"),
    # account
    "account_known": Cases(
        good=({},),
        bad=({"account_name": None}, {"account_id": None}),
        empty={"account_id": None, "account_name": None},
        empty_passes=False,
    ),
    "account_name_is_real": Cases(
        good=({"account_name": "Unknown Worlds"},),
        bad=({"account_name": "unknown"}, {"account_name": "XXX!"}, {"account_name": "..."}),
        empty={"account_name": None},
        empty_passes=True,
    ),
    "sector_is_canonical": label("sector", "technology", "technolgy"),
    "customer_kind_is_canonical": label("customer_kind", "business", "B2B"),
    "country_is_canonical": label("billing_country", "Kenya", "Philipines"),
    "account_details_present": presence("billing_city"),
    # contact
    "billing_contact_known": Cases(
        good=({},),
        bad=({"billing_contact_name": None}, {"billing_contact_id": None}),
        empty={"billing_contact_id": None, "billing_contact_name": None},
        empty_passes=False,
    ),
    "billing_email_well_formed": Cases(
        good=(
            {"billing_email": "a@b.co"},
            {"billing_email": "carl.customer+invoices@widgets.example.com"},
            {"billing_email": "jürgen@müller.de"},
            {"billing_email": "o'brien@widgets.com"},
        ),
        bad=(
            {"billing_email": "carl"},
            {"billing_email": "carl@"},
            {"billing_email": "a..b@widgets.com"},
            {"billing_email": "carl@widgets"},
            {"billing_email": "a@b.com; c@d.com"},
            {"billing_email": "a@b.com,c@d.com"},
            {"billing_email": "a@b.com\nBcc: x@y.com"},
            {"billing_email": "a" * 65 + "@widgets.com"},
            {"billing_email": "x" * 10_000 + "@widgets.com"},
        ),
        empty={"billing_email": None},
        empty_passes=True,
    ),
    "billing_email_not_ours": Cases(
        good=({"billing_email": "carl@notours.example.com"}, {"billing_email": "ours.example.com@widgets.com"}),
        bad=({"billing_email": "rita@OURS.example.com"}, {"billing_email": "rita@eu.ours.example.com"}),
        empty={"billing_email": None},
        empty_passes=True,
    ),
    "contact_details_present": presence("billing_email"),
    # money
    "amount_readable": Cases(
        good=({"amount": "1234.50"}, {"amount": "-1"}, {"amount": "0"}, {"amount": "999999999999999.999999"}),
        bad=(
            {"amount": "1,234.50"},
            {"amount": "1.234,50"},
            {"amount": "NaN"},
            {"amount": "inf"},
            {"amount": "1e30"},
            {"amount": "١٢٣"},
            {"amount": "１２"},
            {"amount": "1234567890123456"},
            {"amount": "1.1234567"},
            {"amount": "$5"},
            {"amount": "5.\n"},
            {"amount": "5 "},
            {"amount": "+5"},
            {"amount": "0x10"},
        ),
        empty={"amount": None},
        empty_passes=True,
    ),
    "amount_above_zero": Cases(
        good=({"amount": "0.01"},), bad=({"amount": "0"}, {"amount": "-5"}), empty={"amount": None}, empty_passes=True
    ),
    "amount_within_limit": Cases(
        good=({"amount": "1000000"}, {"amount": "5000000", "currency": "EUR"}, {"amount": "5000000", "currency": None}),
        bad=({"amount": "1000000.01"},),
        empty={"amount": None},
        empty_passes=True,
    ),
    "amount_fits_currency": Cases(
        good=(
            {"amount": "1.50", "currency": "USD"},
            {"amount": "1.500", "currency": "USD"},
            {"amount": "150.00", "currency": "JPY"},
            {"amount": "5.120", "currency": "KWD"},
            {"amount": "100", "currency": "ISK"},
            {"amount": "5.1234", "currency": None},
        ),
        bad=(
            {"amount": "1.505", "currency": "USD"},
            {"amount": "150.5", "currency": "JPY"},
            {"amount": "5.124", "currency": "KWD"},
            {"amount": "100.50", "currency": "ISK"},
            {"amount": "-1.505", "currency": "USD"},
        ),
        empty={"amount": None},
        empty_passes=True,
    ),
    "currency_known": Cases(
        good=({"currency": "EUR"}, {"currency": "KWD"}),
        bad=({"currency": "usd"}, {"currency": "US$"}, {"currency": "XYZ"}, {"currency": "U"}),
        empty={"currency": None},
        empty_passes=True,
    ),
    "currency_allowed": Cases(
        good=({"currency": "JPY"},), bad=({"currency": "CHF"},), empty={"currency": None}, empty_passes=True
    ),
    "discount_within_limit_or_approved": Cases(
        good=(
            lines({"quantity": "2", "line_total": "880"}),
            lines({"quantity": "2", "line_total": "1"}) | {"discount_approved_by": "Bella Boss"},
            lines({"product": "MG Special", "list_price": None}) | {"discount_percent": "20"},
            lines({"line_total": None, "unit_price": "440"}),
            {"lines": []},
        ),
        bad=(
            lines({"quantity": "2", "line_total": "879.99"}),
            lines({"product": "MG Special", "list_price": "100", "quantity": "2", "line_total": "159"}),
            lines({"product": "MG Special", "list_price": None}) | {"discount_percent": "20.01"},
            lines({"product": "MG Special", "list_price": None}) | {"discount_percent": "many"},
            lines({"quantity": None}),
            lines({"quantity": "two"}),
            lines({"line_total": "lots"}),
            lines({"line_total": None, "unit_price": None}),
            lines({}, {"line_total": None, "unit_price": None}),
            {"lines": [], "discount_percent": "21"},
        ),
        empty=lines({"product": "MG Special", "list_price": None}) | {"discount_percent": None},
        empty_passes=True,
    ),
    "discount_approver_is_not_the_rep": Cases(
        good=({"discount_approved_by": "Bella Boss"},),
        bad=({"discount_approved_by": " rita rep"}, {"discount_approved_by": "005000000000001AAA"}),
        empty={"discount_approved_by": None},
        empty_passes=True,
    ),
    "money_details_present": presence("amount"),
    # terms
    "payment_terms_is_canonical": label("payment_terms", "Net 30", "30 days"),
    "payment_terms_within_limit_or_approved": Cases(
        good=({"payment_terms": "Net 60"}, {"payment_terms": "Net 90", "terms_approved_by": "Bella Boss"}),
        bad=({"payment_terms": "Net 90"},),
        empty={"payment_terms": None},
        empty_passes=True,
    ),
    "terms_approver_is_not_the_rep": Cases(
        good=({"terms_approved_by": "Bella Boss"},),
        bad=({"terms_approved_by": "RITA@ours.example.com"},),
        empty={"terms_approved_by": None},
        empty_passes=True,
    ),
    "billing_entity_is_canonical": label("billing_entity", "Acme Inc", "Acme"),
    "billing_entity_invoices_currency": Cases(
        good=({"billing_entity": "Acme GmbH", "currency": "EUR"}, {"billing_entity": "Acme GmbH", "currency": None}),
        bad=({"billing_entity": "Acme GmbH", "currency": "USD"},),
        empty={"billing_entity": None},
        empty_passes=True,
    ),
    "po_number_when_required": Cases(
        good=({"po_required": "true", "po_number": "PO-1"}, {"po_required": "false"}, {"po_required": None}),
        bad=({"po_required": "true"}, {"po_required": "perhaps"}),
        empty={"po_required": "true", "po_number": None},
        empty_passes=False,
    ),
    "po_number_well_formed": Cases(
        good=({"po_number": "4500-12/3"}, {"po_number": "9" * 140}),
        bad=({"po_number": "TBD"}, {"po_number": LONG}, {"po_number": "PO 1\nPO 2"}, {"po_number": "--"}),
        empty={"po_number": None},
        empty_passes=True,
    ),
    "po_number_not_used_twice": Cases(good=({"po_number": "1"},), bad=(), empty={"po_number": None}, empty_passes=True),
    "instalment_plan_is_canonical": label("instalment_plan", "quarterly", "in four parts"),
    "terms_details_present": presence("payment_terms"),
    # tax
    "tax_id_when_required": Cases(
        good=(
            {"billing_country": "Germany", "tax_id": "DE136695976"},
            {"billing_country": "Germany", "customer_kind": "consumer"},
        ),
        bad=({"billing_country": "Germany"},),
        empty={"tax_id": None, "billing_country": "France"},
        empty_passes=False,
    ),
    "tax_id_well_formed": Cases(
        good=(
            {"billing_country": "Germany", "tax_id": "DE136695976"},
            {"billing_country": "Germany", "tax_id": "136 695 976"},
            {"billing_country": "France", "tax_id": "FR40303265045"},
            {"billing_country": "Austria", "tax_id": "ATU13585627"},
            {"billing_country": "Greece", "tax_id": "EL094259216"},
            {"billing_country": "United Kingdom", "tax_id": "XI980780684"},
            {"billing_country": "Japan", "tax_id": "T5835678256246"},
            {"billing_country": "Bhutan", "tax_id": "whatever Bhutan says"},
            {"billing_country": None, "tax_id": "1"},
        ),
        bad=(
            {"billing_country": "Germany", "tax_id": "DE136695978"},
            {"billing_country": "Germany", "tax_id": "ATU13585627"},
            {"billing_country": "France", "tax_id": "9" * 100_000},
            {"billing_country": "United States", "tax_id": "0"},
        ),
        empty={"tax_id": None},
        empty_passes=True,
    ),
    "exemption_certificate_when_exempt": Cases(
        good=({"tax_exempt": "true", "exemption_certificate": "C-1"}, {"tax_exempt": "false"}, {"tax_exempt": None}),
        bad=({"tax_exempt": "true"}, {"tax_exempt": "maybe"}),
        empty={"tax_exempt": "true", "exemption_certificate": None},
        empty_passes=False,
    ),
    "tax_details_present": presence("tax_exempt"),
    # dates
    "close_date_readable": Cases(
        good=({"closed_on": "2024-02-29"},),
        bad=(
            {"closed_on": "31/02/2026"},
            {"closed_on": "2026-02-30"},
            {"closed_on": "2026-2-3"},
            {"closed_on": "+2026-2-3"},
            {"closed_on": "20260203"},
            {"closed_on": "2026-02-03T00:00:00Z"},
            {"closed_on": "２０２６-02-03"},
            {"closed_on": "tomorrow"},
        ),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_not_in_future": Cases(
        good=({"closed_on": "2026-11-24"},),
        bad=({"closed_on": "2026-11-25"},),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_not_before_engagement": Cases(
        good=({"engaged_on": "2026-11-20"}, {"engaged_on": None}),
        bad=({"engaged_on": "2026-11-21"}, {"engaged_on": "last week"}),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_not_too_early": Cases(
        good=({"closed_on": "2020-01-01"},),
        bad=({"closed_on": "0017-01-01"},),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_after_cut_off": Cases(
        good=({"closed_on": "2026-07-01"},),
        bad=({"closed_on": "2026-06-30"},),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "kickoff_date_readable": Cases(
        good=({"kickoff_on": "2026-12-01"},),
        bad=({"kickoff_on": "soon"},),
        empty={"kickoff_on": None},
        empty_passes=True,
    ),
    "kickoff_not_before_close": Cases(
        good=({"kickoff_on": "2026-11-20"}, {"closed_on": None}),
        bad=({"kickoff_on": "2026-11-19"},),
        empty={"kickoff_on": None},
        empty_passes=True,
    ),
    "kickoff_within_horizon": Cases(
        good=({"kickoff_on": "2027-02-18"},),
        bad=({"kickoff_on": "2027-02-19"},),
        empty={"kickoff_on": None},
        empty_passes=True,
    ),
    "service_period_in_order": Cases(
        good=({"service_from": "2026-12-01", "service_until": "2026-12-01"}, {"service_until": None}),
        bad=(
            {"service_from": "2026-12-02", "service_until": "2026-12-01"},
            {"service_from": "x"},
            {"service_from": None, "service_until": "31/02/2026"},
        ),
        empty={"service_from": None, "service_until": None},
        empty_passes=True,
    ),
    "date_details_present": presence("closed_on"),
    # lines
    "lines_present": Cases(good=({},), bad=({"lines": []},), empty={"lines": []}, empty_passes=False),
    "lines_within_limit": Cases(
        good=(lines({}, {}),),
        bad=(lines({}, {}, {}),),
        empty={"lines": []},
        empty_passes=True,
        pack={"lines": {"maximum": 2}},
    ),
    "line_quantities_positive": Cases(
        good=(lines({"quantity": "0.5"}, {}),),
        bad=(lines({"quantity": "0"}), lines({}, {"quantity": "-1"}), lines({"quantity": "ten"})),
        empty=lines({}, {"quantity": None}),
        empty_passes=False,
    ),
    "line_prices_readable": Cases(
        good=(lines({"line_total": None}), lines({"unit_price": None, "quantity": None})),
        bad=(
            lines({"list_price": "1,000"}),
            lines({}, {"line_total": "NaN"}),
            lines({"unit_price": "1e3"}),
            lines({"line_total": None, "unit_price": None}),
            lines({"line_total": None, "quantity": None}),
        ),
        empty={"lines": []},
        empty_passes=True,
    ),
    "lines_sum_to_amount": Cases(
        good=(
            lines({"line_total": "600"}, {"line_total": "400.00"}),
            lines({"line_total": None, "quantity": "3", "unit_price": "333.333333"}) | {"amount": "999.999999"},
            {"lines": []},
        ),
        bad=(
            lines({"line_total": "999.99"}),
            lines({}, {}),
            lines({}, {"line_total": "x"}),
            lines({}, {"line_total": None, "unit_price": None}),
        ),
        empty={"amount": None},
        empty_passes=True,
    ),
    "product_is_canonical": Cases(
        good=(lines({"product": "GTX Pro"}, {"product": "MG Special"}),),
        bad=(lines({"product": "GTXPro"}), lines({}, {"product": "gtx pro"})),
        empty=lines({"product": None}),
        empty_passes=True,
    ),
    "needs_subscription": Cases(
        good=(lines({"recurring": "false"}, {"recurring": None}),),
        bad=(lines({}, {"recurring": "true"}), lines({"recurring": "monthly"}), lines({"product": "MG Special"})),
        empty=lines({"product": None, "recurring": None}),
        empty_passes=True,
        pack={"recurring_products": ("MG Special",)},
    ),
    "line_details_present": Cases(
        good=(lines({"description": "Widgets"}),),
        bad=(lines({"description": "Widgets"}, {"description": None}),),
        empty=lines({"description": None}),
        empty_passes=False,
        pack={"required": {"lines.description": "always"}},
    ),
}
