"""An invoice's lines, taxes and totals. Tax is rounded half up on each line and then summed."""

from decimal import Decimal
from typing import Any

from sandbox.stripe import tax_rates
from sandbox.stripe.account import Account, Invoice, Json, Line
from sandbox.stripe.lists import listed
from sandbox.stripe.money import rounded

SHOWN_LINES = 10
"""Lines that an invoice shows of itself; the others are at /v1/invoices/:id/lines."""


def freshen_drafts(account: Account, customer: str) -> None:
    """Bring the customer's drafts up to date with its name, address, tax exemption and tax ids."""
    for invoice in account.invoices_of.get(customer, {}).values():
        if invoice.draft:
            refresh(account, invoice)


def refresh(account: Account, invoice: Invoice) -> None:
    """Compute the customer's data, the taxes and the totals of a draft anew."""
    wire = invoice.wire
    customer = account.customers[wire["customer"]]
    wire["customer_address"] = customer["address"]
    wire["customer_email"] = customer["email"]
    wire["customer_name"] = customer["name"]
    wire["customer_phone"] = customer["phone"]
    wire["customer_shipping"] = customer["shipping"]
    wire["customer_tax_exempt"] = customer["tax_exempt"]
    wire["customer_tax_ids"] = [
        {"type": tax_id["type"], "value": tax_id["value"]}
        for tax_id in reversed(account.tax_ids.get(customer["id"], {}).values())
    ]
    wire["default_tax_rates"] = [account.tax_rates[identifier] for identifier in invoice.default_rates]
    for line in invoice.lines:
        line.wire["taxes"] = _taxes(account, invoice, line)
    wire["lines"] = shown_lines(invoice)
    _sum(wire, invoice.lines)


def shown_lines(invoice: Invoice) -> Json:
    """The first lines, as an invoice carries them."""
    shown = [line.wire for line in invoice.lines[:SHOWN_LINES]]
    lines = listed(f"/v1/invoices/{invoice.id}/lines", shown, has_more=len(invoice.lines) > SHOWN_LINES)
    return {**lines, "total_count": len(invoice.lines)}


def _taxes(account: Account, invoice: Invoice, line: Line) -> list[Json]:
    if line.given_taxes is not None:
        return line.given_taxes
    if invoice.wire["automatic_tax"]["enabled"]:
        rates = [tax_rates.AUTOMATIC]
    else:
        rates = invoice.default_rates if line.rates is None else line.rates
    exempt = invoice.wire["customer_tax_exempt"]
    return [_tax(account.tax_rates[rate], line.wire["amount"], line.wire["currency"], exempt) for rate in rates]


def _tax(rate: Json, amount: int, currency: str, exempt: str) -> Json:
    share = tax_rates.share(rate)
    match exempt:
        case "exempt":
            reason, tax = "customer_exempt", 0
        case "reverse":
            reason, tax = "reverse_charge", 0
        case _:
            reason = "standard_rated" if share else "zero_rated"
            part = share / (1 + share) if rate["inclusive"] else share
            tax = rounded(Decimal(amount) * part, currency)
    return tax_entry(tax, amount - tax if rate["inclusive"] else amount, rate, reason)


def tax_entry(tax: int, taxable: int, rate: Json, reason: str) -> Json:
    """One tax of a line or a total, as answered."""
    return {
        "amount": tax,
        "tax_behavior": "inclusive" if rate["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": rate["id"]},
        "taxability_reason": reason,
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def _sum(wire: Json, lines: list[Line]) -> None:
    subtotal = sum(line.wire["amount"] for line in lines)
    totals: dict[tuple[Any, ...], Json] = {}
    for line in lines:
        for tax in line.wire["taxes"]:
            key = (tax["tax_rate_details"]["tax_rate"], tax["tax_behavior"], tax["taxability_reason"])
            total = totals.setdefault(key, {**tax, "amount": 0, "taxable_amount": 0})
            total["amount"] += tax["amount"]
            total["taxable_amount"] += tax["taxable_amount"]
    exclusive = sum(tax["amount"] for tax in totals.values() if tax["tax_behavior"] == "exclusive")
    inclusive = sum(tax["amount"] for tax in totals.values() if tax["tax_behavior"] == "inclusive")
    wire["subtotal"] = subtotal
    wire["subtotal_excluding_tax"] = subtotal - inclusive
    wire["total"] = subtotal + exclusive
    wire["total_excluding_tax"] = subtotal - inclusive
    wire["total_taxes"] = list(totals.values())
    wire["amount_due"] = max(wire["total"] + wire["starting_balance"], 0)
    wire["amount_remaining"] = wire["amount_due"]
