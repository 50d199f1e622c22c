"""A deal as what Stripe is asked for: its customer, tax id, and one invoice for each instalment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from handoff.core.deal import DealRow
from handoff.core.money import Money, MoneyError
from handoff.core.pack import BillingEntity, Pack
from handoff.core.pack.billing import Part, TaxRates
from mappings import stripe_tax_ids
from mappings.stripe_money import exact, minor_units, shares
from mappings.texts import filled

Body = dict[str, Any]

_NAME, _LINE_TEXT, _MEMO, _FIELD_NAME, _FIELD_VALUE = 256, 500, 1500, 40, 140
"""Longest texts that Stripe takes, in characters (services.md 35; InvoiceCreateParams)."""
_ADDRESS = ("line1", "line2", "city", "state", "postal_code", "country")
_IN_FULL = (Part(percent=Decimal(100)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePlan:
    """One invoice: the draft without its customer, its lines, and what the draft must come to.

    `expected`: currency, lines and total_excluding_tax (in Stripe's minor units), automatic_tax, tax_rates and
    days_until_due.
    """

    draft: Body
    lines: tuple[Body, ...]
    expected: Body


def entity_label(row: DealRow, pack: Pack) -> str:
    """The billing entity of a deal: its own, else the pack's default; raises ValueError when there is neither."""
    label = row.get("billing_entity") or pack.billing.default_entity
    if label is None or label not in pack.billing.entities:
        raise ValueError(f"billing.yaml describes no billing entity {label!r}")
    return label


def entity_of(row: DealRow, pack: Pack) -> BillingEntity:
    """The company that invoices a deal; raises ValueError when the pack describes none."""
    return pack.billing.entities[entity_label(row, pack)]


def customer_scope(row: DealRow, pack: Pack) -> str:
    """What has one customer: an account at a Stripe account, and with some packs its currency."""
    account = row.get("account_id")
    if not account:
        raise ValueError("the deal has no account id, so nobody can say whether its customer exists already")
    parts = ["customer", entity_of(row, pack).stripe_account, account]
    if pack.billing.customer_per == "account_and_currency":
        parts.append(_currency(row))
    return ":".join(parts)


def customer_body(row: DealRow, pack: Pack) -> Body:
    """The customer to create. Countries go as ISO 3166 alpha-2; what the deal leaves empty is left out."""
    street, _, more = (row.get("billing_street") or "").partition("\n")
    address = {
        "line1": street.strip(),
        "line2": ", ".join(more.split("\n")).strip(),
        "city": row.get("billing_city"),
        "state": row.get("billing_state"),
        "postal_code": row.get("billing_postal_code"),
        "country": stripe_tax_ids.country_code(row.get("billing_country")),
    }
    body = {
        "name": _clip(row.get("legal_name") or row.get("account_name"), _NAME),
        "email": row.get("billing_email"),
        "address": {name: value for name, value in address.items() if value},
        "tax_exempt": "exempt" if _is_exempt(row) else "none",
        "metadata": {"handoff_account": row.get("account_id"), "handoff_scope": customer_scope(row, pack)},
    }
    return {name: value for name, value in body.items() if value}


def customer_update(customer: Mapping[str, Any]) -> Body:
    """A customer's body as absolute values for an update: what it leaves out is emptied."""
    address = customer.get("address") or {}
    return {
        "name": customer.get("name", ""),
        "email": customer.get("email", ""),
        "address": {part: address.get(part, "") for part in _ADDRESS},
        "tax_exempt": customer.get("tax_exempt", "none"),
    }


def tax_id_body(row: DealRow) -> Body | None:
    """The customer's tax id; None when there is none, or Stripe has no type for the country."""
    found = stripe_tax_ids.tax_id(row.get("billing_country"), row.get("tax_id"))
    return dict(found) if found else None


def invoices(row: DealRow, pack: Pack, billing_key: str) -> list[InvoicePlan]:
    """The deal's invoices, one for each instalment; their totals add up to the deal exactly.

    Raises ValueError (MoneyError for amounts) when the deal does not say what to invoice: then it must be held.
    """
    currency = _currency(row)
    lines = list(_lines(row, currency))
    total = sum(line["amount"] for line in lines)
    _check_total(row, pack, total, currency)
    parts = _parts(row, pack)
    amounts = shares(total, [part.percent for part in parts], currency)
    plans = []
    for n, (part, amount) in enumerate(zip(parts, amounts, strict=True), start=1):
        own = lines if len(parts) == 1 else [_part_line(row, part, amount, n, len(parts))]
        draft = _draft(row, pack, part, {"handoff_key": billing_key, "handoff_invoice": str(n)})
        plans.append(InvoicePlan(draft=draft, lines=tuple(own), expected=_expected(draft, own)))
    return plans


def _draft(row: DealRow, pack: Pack, part: Part, metadata: Mapping[str, str]) -> Body:
    draft: Body = {
        "collection_method": "send_invoice",
        "auto_advance": False,
        "pending_invoice_items_behavior": "exclude",
        "currency": _currency(row).lower(),
        "days_until_due": _days(row, pack) + part.due_after_days,
        "metadata": {**metadata, "handoff_deal": row.deal_id},
        **_tax(row, pack),
    }
    if memo := _clip(filled(pack.billing.memo, row), _MEMO):
        draft["description"] = memo
    if po_number := row.get("po_number"):
        name = pack.billing.po_number_label[:_FIELD_NAME]
        draft["custom_fields"] = [{"name": name, "value": po_number[:_FIELD_VALUE]}]
    return draft


def _tax(row: DealRow, pack: Pack) -> Body:
    """The tax mode of the entity. Automatic tax knows an exempt customer by itself; rates must be left out."""
    tax = entity_of(row, pack).tax
    body: Body = {"automatic_tax": {"enabled": tax == "stripe_automatic"}}
    if isinstance(tax, TaxRates) and not _is_exempt(row):
        body["default_tax_rates"] = list(tax.rates)
    return body


def _expected(draft: Body, lines: list[Body]) -> Body:
    amounts = [line["amount"] for line in lines]
    return {
        "currency": draft["currency"],
        "lines": amounts,
        "total_excluding_tax": sum(amounts),
        "automatic_tax": draft["automatic_tax"]["enabled"],
        "tax_rates": draft.get("default_tax_rates", []),
        "days_until_due": draft["days_until_due"],
    }


def _lines(row: DealRow, currency: str) -> Iterator[Body]:
    """The deal's lines; one for the whole amount when they do not say what each comes to."""
    if not any(line.get("line_total") or line.get("unit_price") for line in row.lines):
        text = ", ".join(product for line in row.lines if (product := line.get("product")))
        amount = minor_units(exact(row.get("amount"), "the amount"), currency)
        yield _line(text or row.get("deal_name") or row.deal_id, amount, "amount")
        return
    for n, line in enumerate(row.lines, start=1):
        product, quantity = line.get("product") or "", _short(line.get("quantity") or "1")
        text = f"{product} × {quantity}"
        if line.get("description"):
            text = f"{text}: {line['description']}"
        yield _line(text, minor_units(_line_total(line), currency), line.get("line_id") or str(n))


def _line_total(line: Mapping[str, str | None]) -> Decimal:
    if line.get("line_total"):
        return exact(line.get("line_total"), "a line's total")
    return exact(line.get("quantity") or "1", "a line's quantity") * exact(
        line.get("unit_price"), "a line's unit price"
    )


def _line(text: str, amount: int, mark: str) -> Body:
    return {"amount": amount, "description": _clip(text, _LINE_TEXT), "metadata": {"handoff_line": mark}}


def _part_line(row: DealRow, part: Part, amount: int, n: int, of: int) -> Body:
    text = f"{row.get('deal_name') or row.deal_id}: part {n} of {of} ({_short(f'{part.percent:f}')} %)"
    return _line(text, amount, f"part {n}")


def _check_total(row: DealRow, pack: Pack, total: int, currency: str) -> None:
    """Whatever rules a pack uses, lines that do not come to the deal's amount are not invoiced."""
    amount = exact(row.get("amount"), "the amount")
    tolerance = pack.policies.lines.tolerance
    if abs(minor_units(amount, currency) - total) > minor_units(tolerance, currency):
        come_to = Money(minor=total, currency=currency)
        raise MoneyError(f"the lines come to {come_to}, the deal to {currency} {amount:,f}")


def _parts(row: DealRow, pack: Pack) -> tuple[Part, ...]:
    plan = row.get("instalment_plan")
    if plan is None:
        return _IN_FULL
    if plan not in pack.billing.instalments:
        raise ValueError(f"billing.yaml describes no instalment plan {plan!r}")
    return pack.billing.instalments[plan]


def _days(row: DealRow, pack: Pack) -> int:
    terms = row.get("payment_terms") or pack.billing.default_terms
    if terms is None or terms not in pack.billing.days_until_due:
        raise ValueError(f"billing.yaml has no days for the payment terms {terms!r}")
    return pack.billing.days_until_due[terms]


def _currency(row: DealRow) -> str:
    currency = row.get("currency")
    if not currency:
        raise ValueError("the deal has no currency")
    return currency


def _is_exempt(row: DealRow) -> bool:
    return row.get("tax_exempt") == "true"


def _short(number: str) -> str:
    """A quantity without zeros that say nothing: 2.0 is 2."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _clip(text: str | None, most: int) -> str:
    text = (text or "").strip()
    return text if len(text) <= most else text[: most - 1] + "…"
