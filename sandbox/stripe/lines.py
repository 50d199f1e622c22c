"""Lines of an invoice: up to 250 a call and 250 an invoice, on drafts only."""

from decimal import Decimal

from sandbox.stripe.account import Account, Call, Invoice, Json, Line
from sandbox.stripe.errors import invalid, malformed
from sandbox.stripe.ids import derived_id, new_id
from sandbox.stripe.lists import page
from sandbox.stripe.money import check_amount, plain, rounded
from sandbox.stripe.references import merged, refuse_absent
from sandbox.stripe.tax_rates import add_rate, check_rates
from sandbox.stripe.totals import refresh, tax_entry

MOST_LINES = 250
"""An invoice has at most 250 items (stripe's InvoiceItemService), and a call of add_lines takes as many."""
MOST_TAX_AMOUNTS = 20
QUANTITIES = ("quantity", "quantity_decimal")


def add(call: Call) -> Json:
    """`POST /v1/invoices/:id/add_lines`: all lines or none."""
    invoice, params = call.account.invoice(call.ids["invoice"]), call.params
    given: list[Json] = params["lines"]
    if len(given) > MOST_LINES:
        raise malformed(f"You can add at most {MOST_LINES} lines in one call, not {len(given)}.", "lines")
    if not invoice.draft:
        raise invalid(
            "This invoice is no longer editable: lines can only be added to a draft.", code="invoice_not_editable"
        )
    if len(invoice.lines) + len(given) > MOST_LINES:
        raise invalid(
            f"An invoice can have at most {MOST_LINES} lines; this one would have {len(invoice.lines) + len(given)}.",
            "lines",
        )
    metadata = merged(invoice.wire["metadata"], params.get("invoice_metadata"))
    made = [_line(call, invoice, line, f"lines[{index}]") for index, line in enumerate(given)]
    invoice.wire["metadata"] = metadata
    for line in made:
        invoice.lines.append(line)
        call.account.place(line.wire["id"])
    refresh(call.account, invoice)
    return invoice.wire


def list_all(call: Call) -> Json:
    """`GET /v1/invoices/:id/lines`: in the order they were added, unlike other lists."""
    invoice = call.account.invoice(call.ids["invoice"])
    # `page` answers the last placed first; lines are answered first placed first.
    return page(call, {line.wire["id"]: line.wire for line in invoice.lines}, "line_item", oldest_first=True)


def _line(call: Call, invoice: Invoice, given: Json, where: str) -> Line:
    refuse_absent(given, where)
    amount, quantity, unit = _amount(given, invoice.wire["currency"], where)
    rates = given.get("tax_rates")
    taxes = given.get("tax_amounts")
    _check_taxes(invoice, given, where)
    if rates:
        check_rates(call.account, rates, f"{where}[tax_rates]")
    period = given.get("period", {"start": call.now, "end": call.now})
    if period["end"] < period["start"]:
        raise invalid("The period's end must not be before its start.", f"{where}[period]")
    product = given.get("price_data", {}).get("product_data", {}).get("name")
    wire = {
        "id": new_id("il_1", 23),
        "object": "line_item",
        "amount": amount,
        "currency": invoice.wire["currency"],
        "description": given.get("description", product),
        "discount_amounts": [],
        "discountable": given.get("discountable", amount >= 0),
        "discounts": [],
        "invoice": invoice.id,
        "livemode": False,
        "metadata": merged({}, given.get("metadata")),
        "parent": {
            "invoice_item_details": {
                "invoice_item": new_id("ii_1", 23),
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": None,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": new_id("price_1", 23), "product": new_id("prod_", 14)},
            "type": "price_details",
            "unit_amount_decimal": plain(unit),
        },
        "quantity": int(quantity) if quantity == quantity.to_integral_value() else None,
        "quantity_decimal": plain(quantity),
        "subtotal": amount,
        "taxes": [],
    }
    entries = [_given_tax(call.account, tax, call.now) for tax in taxes] if taxes else None
    return Line(wire=wire, rates=rates or None, given_taxes=entries)


def _amount(given: Json, currency: str, where: str) -> tuple[int, Decimal, Decimal]:
    """Amount, quantity and price of one, in minor units. Raises StripeError for contradicting parameters."""
    for first, second in (("amount", "price_data"), ("amount", "quantity"), ("amount", "quantity_decimal")):
        if first in given and second in given:
            raise invalid(
                f"You may only specify one of these parameters: {first}, {second}.",
                f"{where}[{second}]",
                "parameters_exclusive",
            )
    if all(name in given for name in QUANTITIES):
        raise invalid("You may only specify one of these parameters: quantity, quantity_decimal.", f"{where}[quantity]")
    if "amount" in given:
        check_amount(given["amount"], currency, f"{where}[amount]")
        return given["amount"], Decimal(1), Decimal(given["amount"])
    if "price_data" not in given:
        raise invalid(
            "You must specify one of these parameters: amount, price_data, pricing.", where, "parameter_missing"
        )
    quantity = next((Decimal(given[name]) for name in QUANTITIES if name in given), Decimal(1))
    if quantity < 0:
        raise invalid("This value must be greater than or equal to 0.", f"{where}[quantity]")
    unit = _unit_amount(given["price_data"], currency, f"{where}[price_data]")
    amount = rounded(unit * quantity, currency)
    check_amount(amount, currency, f"{where}[price_data][unit_amount]")
    return amount, quantity, unit


def _unit_amount(price: Json, currency: str, where: str) -> Decimal:
    if price["currency"] != currency:
        raise invalid(
            f"The currency of the price ({price['currency']}) does not match the invoice's currency ({currency}).",
            f"{where}[currency]",
        )
    if ("unit_amount" in price) == ("unit_amount_decimal" in price):
        raise invalid(
            "You must specify exactly one of these parameters: unit_amount, unit_amount_decimal.",
            f"{where}[unit_amount]",
        )
    if "product_data" not in price:
        raise invalid("You must specify one of these parameters: product, product_data.", f"{where}[product]")
    unit = Decimal(price["unit_amount"] if "unit_amount" in price else price["unit_amount_decimal"])
    if unit < 0:
        raise invalid("This value must be greater than or equal to 0.", f"{where}[unit_amount]")
    if "unit_amount" in price:
        check_amount(price["unit_amount"], currency, f"{where}[unit_amount]")
    return unit


def _check_taxes(invoice: Invoice, given: Json, where: str) -> None:
    automatic = invoice.wire["automatic_tax"]["enabled"]
    if automatic and (given.get("tax_rates") or given.get("tax_amounts")):
        raise invalid("Lines of an invoice with automatic tax cannot have tax rates or tax amounts.", where)
    if automatic and given.get("amount", 0) < 0:
        raise invalid("Lines of an invoice with automatic tax cannot be negative.", f"{where}[amount]")
    if given.get("tax_amounts") and (given.get("tax_rates") or invoice.default_rates):
        raise invalid("You cannot set tax amounts on an invoice that has tax rates.", f"{where}[tax_amounts]")
    if len(given.get("tax_amounts") or []) > MOST_TAX_AMOUNTS:
        raise invalid(f"You can pass at most {MOST_TAX_AMOUNTS} tax amounts.", f"{where}[tax_amounts]")


def _given_tax(account: Account, tax: Json, now: int) -> Json:
    described = tax["tax_rate_data"]
    rate_id = derived_id("txr_1", repr(sorted(described.items())), 23)
    if rate_id not in account.tax_rates:
        add_rate(account, {**described, "id": rate_id, "active": False}, now)
    reason = tax.get("taxability_reason", "standard_rated")
    return tax_entry(tax["amount"], tax["taxable_amount"], account.tax_rates[rate_id], reason)
