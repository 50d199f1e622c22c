"""A deal as Stripe bodies: its customer, tax id, and one draft invoice with lines per instalment."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

import pycountry

from handoff.core.deal import DealRow
from handoff.core.money import Money
from handoff.core.pack import BillingEntity, Pack
from handoff.core.pack.billing import Part, TaxRates
from mappings.stripe_money import to_stripe

_WHOLE = Part(percent=Decimal(100))
_EU_VAT = {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU"}
_EU_VAT |= {"LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
_TAX_ID_TYPES = {
    "AU": "au_abn",
    "CA": "ca_bn",
    "CH": "ch_vat",
    "GB": "gb_vat",
    "IN": "in_gst",
    "JP": "jp_cn",
    "NO": "no_vat",
    "NZ": "nz_gst",
    "SG": "sg_uen",
    "US": "us_ein",
    **dict.fromkeys(_EU_VAT, "eu_vat"),
}
"""Country -> Stripe's tax-id type (stripe 16.1, CustomerCreateTaxIdParams.type)."""
_LONGEST_DESCRIPTION, _LONGEST_PO = 500, 140  # services.md 35 and Stripe's limit of an invoice's memo

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePlan:
    """One invoice: its draft (the customer is filled in when known), its lines, and what Stripe must show then."""

    draft: Body
    lines: tuple[Body, ...]
    expected: Body


def entity_name(row: DealRow, pack: Pack) -> str:
    """The billing entity's label; KeyError when neither the deal nor the pack names one."""
    name = row.get("billing_entity") or pack.billing.default_entity
    if name not in pack.billing.entities:
        raise KeyError(f"no billing entity for {name!r}")
    return str(name)


def entity_of(row: DealRow, pack: Pack) -> BillingEntity:
    """Which of our companies invoices the deal."""
    return pack.billing.entities[entity_name(row, pack)]


def customer_scope(row: DealRow, pack: Pack) -> str:
    """What a customer is unique for: the account, its currency (as the pack says) and the Stripe account."""
    currency = row.get("currency") if pack.billing.customer_per == "account_and_currency" else "any"
    return f"acct:{row.values['account_id']}|{currency}|{entity_of(row, pack).stripe_account}:customer"


def customer_body(row: DealRow, pack: Pack) -> Body:
    """The customer to create; empty values are left out, for Stripe refuses them."""
    address = {
        "line1": row.get("billing_street"),
        "city": row.get("billing_city"),
        "state": row.get("billing_state"),
        "postal_code": row.get("billing_postal_code"),
        "country": country_code(row.get("billing_country")),
    }
    body: Body = {
        "name": row.get("legal_name") or row.get("account_name"),
        "email": row.get("billing_email"),
        "address": _filled(address),
        "tax_exempt": "exempt" if row.get("tax_exempt") == "true" else "none",
        "metadata": {"handoff_account": row.values["account_id"], "handoff_scope": customer_scope(row, pack)},
    }
    return _filled(body)


def tax_id_body(row: DealRow) -> Body | None:
    """The tax id to add to the customer; None when there is none, or Stripe has no type for the country."""
    country, value = country_code(row.get("billing_country")), row.get("tax_id")
    if not value or country not in _TAX_ID_TYPES:
        return None
    return {"type": _TAX_ID_TYPES[country], "value": value}


def country_code(name: str | None) -> str | None:
    """ISO 3166-1 alpha-2 of a canonical country name; None when there is no such country."""
    found = pycountry.countries.get(name=name) if name else None
    return str(found.alpha_2) if found else None


def invoices(row: DealRow, pack: Pack, billing_key: str) -> list[InvoicePlan]:
    """One invoice per instalment; their amounts sum exactly, the remainder goes to the last (R25)."""
    total = Money.parse(row.values["amount"] or "", row.values["currency"] or "")
    parts = pack.billing.instalments.get(row.get("instalment_plan") or "", (_WHOLE,))
    if len(parts) == 1:
        return [_invoice(row, pack, billing_key, 1, parts[0], _lines(row, total))]
    amounts = split(to_stripe(total), parts)
    plans = []
    for n, (part, amount) in enumerate(zip(parts, amounts, strict=True), start=1):
        text = f"{row.get('deal_name')}: instalment {n} of {len(parts)}"
        plans.append(_invoice(row, pack, billing_key, n, part, [_line(text, amount, str(n))]))
    return plans


def split(total: int, parts: tuple[Part, ...]) -> list[int]:
    """Shares of an integer total that sum to it exactly; the remainder goes to the last part."""
    shares = [int((total * part.percent / 100).to_integral_value(ROUND_DOWN)) for part in parts[:-1]]
    return [*shares, total - sum(shares)]


def _lines(row: DealRow, total: Money) -> list[Body]:
    """The deal's lines; a deal without lines is invoiced as one."""
    if not row.lines:
        return [_line(str(row.get("deal_name")), to_stripe(total), "1")]
    found = []
    for n, line in enumerate(row.lines, start=1):
        amount = to_stripe(Money.parse(line.get("line_total") or "", total.currency))
        text = line.get("description") or f"{line.get('product')} x {line.get('quantity')}"
        found.append(_line(text, amount, line.get("line_id") or str(n)))
    return found


def _line(text: str, amount: int, mark: str) -> Body:
    return {"description": text[:_LONGEST_DESCRIPTION], "amount": amount, "metadata": {"handoff_line": mark}}


def _invoice(row: DealRow, pack: Pack, key: str, n: int, part: Part, lines: list[Body]) -> InvoicePlan:  # noqa: PLR0917 - one private constructor
    entity = entity_of(row, pack)
    terms = row.get("payment_terms") or pack.billing.default_terms or ""
    rates = list(entity.tax.rates) if isinstance(entity.tax, TaxRates) else []
    automatic = entity.tax == "stripe_automatic"
    currency = str(row.values["currency"]).lower()
    draft: Body = {
        "collection_method": "send_invoice",
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "days_until_due": pack.billing.days_until_due[terms] + part.due_after_days,
        "currency": currency,
        "description": _text(pack.billing.memo, row)[:_LONGEST_DESCRIPTION],
        "metadata": {"handoff_key": key, "handoff_invoice": str(n), "handoff_deal": row.deal_id},
    }
    if po_number := row.get("po_number"):
        draft["custom_fields"] = [{"name": pack.billing.po_number_label[:40], "value": po_number[:_LONGEST_PO]}]
    if rates:
        draft["default_tax_rates"] = rates
    if automatic:
        draft["automatic_tax"] = {"enabled": True}
    amounts = [line["amount"] for line in lines]
    expected: Body = {
        "currency": currency,
        "lines": amounts,
        "total_excluding_tax": sum(amounts),
        "automatic_tax": automatic,
        "tax_rates": rates,
    }
    return InvoicePlan(draft=_filled(draft), lines=tuple(lines), expected=expected)


def _text(template: str, row: DealRow) -> str:
    """A pack's text with deal fields in braces; an empty field is left out."""
    return template.format_map({name: value or "" for name, value in row.values.items()}).strip()


def _filled(body: Mapping[str, Any]) -> Body:
    return {name: value for name, value in body.items() if value not in (None, "", {})}
