"""Cases of the rules about money, terms and tax."""

from tests.unit.checks.cases import Cases, label, lines, presence

CASES: dict[str, Cases] = {
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
        bad=({"po_number": "TBD"}, {"po_number": "9" * 141}, {"po_number": "PO 1\nPO 2"}, {"po_number": "--"}),
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
}
