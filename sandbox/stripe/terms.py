"""The terms of an invoice: an empty draft, and what a create or an update may put on it."""

from sandbox.stripe.account import Call, Invoice, Json
from sandbox.stripe.customers import address, located, no_location
from sandbox.stripe.errors import invalid
from sandbox.stripe.ids import new_id
from sandbox.stripe.references import check_custom_fields, check_lengths, merged
from sandbox.stripe.tax_rates import check_rates

LENGTHS = {"description": 1500, "footer": 5000, "number": 26, "statement_descriptor": 22}
DAY_S = 24 * 3600
STORED = ("description", "footer", "statement_descriptor", "number", "effective_at", "automatically_finalizes_at")
"""Properties that are stored as given."""
UNSET = """
account_tax_ids amount_paid_off_stripe application automatically_finalizes_at confirmation_secret customer_account
default_payment_method default_source description due_date effective_at ending_balance from_invoice hosted_invoice_url
invoice_pdf last_finalization_error latest_revision next_payment_attempt number on_behalf_of parent receipt_number
rendering shipping_cost shipping_details statement_descriptor status_details test_clock threshold_reason
webhooks_delivered_at
"""


def blank(call: Call, customer: Json, currency: str) -> Json:
    """A new draft as answered, before its terms and totals are filled in."""
    account, settings = call.account, customer["invoice_settings"]
    unset: Json = dict.fromkeys(UNSET.split())
    return {
        "id": new_id("in_1", 23),
        "object": "invoice",
        "account_country": account.country,
        "account_name": f"Handoff sandbox {account.suffix}",
        "amount_due": 0,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": 0,
        "amount_shipping": 0,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "created": call.now,
        "currency": currency,
        "custom_fields": settings["custom_fields"],
        "customer": customer["id"],
        "default_tax_rates": [],
        "discounts": [],
        **unset,
        "footer": settings["footer"],
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": call.now,
        "period_start": call.now,
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "total_discount_amounts": [],
        "total_pretax_credit_amounts": [],
    }


def automatic_tax(*, enabled: bool) -> Json:
    """The automatic_tax of an invoice, as answered."""
    return {
        "disabled_reason": None,
        "enabled": enabled,
        "liability": {"type": "self"} if enabled else None,
        "provider": "stripe" if enabled else None,
        "status": "complete" if enabled else None,
    }


def apply(call: Call, invoice: Invoice, *, new: bool) -> None:
    """Put the given terms on the invoice: dates, texts, taxes, metadata. Raises StripeError for those not allowed."""
    params, wire = call.params, invoice.wire
    check_lengths(params, LENGTHS)
    check_custom_fields(params.get("custom_fields") or [], "custom_fields")
    _apply_collection(call, invoice)
    _apply_taxes(call, invoice)
    if params.get("number") and params["number"] in call.account.numbers:
        raise invalid(f"The invoice number {params['number']} is already in use.", "number")
    for name in STORED:
        if name in params:
            wire[name] = params[name] or None
    for name in ("auto_advance", "issuer"):
        if name in params:
            wire[name] = params[name]
    if "custom_fields" in params:
        wire["custom_fields"] = params["custom_fields"] or None
    if "rendering" in params:
        unset = {"amount_tax_display": None, "pdf": None, "template": None, "template_version": None}
        wire["rendering"] = unset | {name: value or None for name, value in params["rendering"].items()}
    if "payment_settings" in params:
        settings = {name: value or None for name, value in params["payment_settings"].items()}
        wire["payment_settings"] = wire["payment_settings"] | settings
    if "shipping_details" in params:
        given = params["shipping_details"] or None
        wire["shipping_details"] = {"phone": None, **given, "address": address(given["address"])} if given else None
    wire["metadata"] = merged({} if new else wire["metadata"], params.get("metadata"))


def _apply_collection(call: Call, invoice: Invoice) -> None:
    """Collection method and due date: one of days_until_due and due_date with send_invoice, none otherwise."""
    params, wire = call.params, invoice.wire
    method = params.get("collection_method", wire["collection_method"])
    given = [name for name in ("days_until_due", "due_date") if name in params]
    if len(given) > 1:
        raise invalid("You may only specify one of these parameters: days_until_due, due_date.", "due_date")
    if method != "send_invoice":
        if given:
            raise invalid(f"You can only set {given[0]} when the collection method is 'send_invoice'.", given[0])
        wire["collection_method"], wire["due_date"], invoice.days_until_due = method, None, None
        return
    if not given and wire["due_date"] is None:
        raise invalid(
            "If the collection method is 'send_invoice', you must specify either 'days_until_due' or 'due_date'.",
            "days_until_due",
        )
    wire["collection_method"] = method
    if "days_until_due" in params:
        if params["days_until_due"] < 0:
            raise invalid(
                "This value must be greater than or equal to 0.", "days_until_due", "parameter_invalid_integer"
            )
        invoice.days_until_due = params["days_until_due"]
        wire["due_date"] = wire["created"] + params["days_until_due"] * DAY_S
    elif "due_date" in params:
        check_due(params["due_date"], call.now)
        invoice.days_until_due = None
        wire["due_date"] = params["due_date"]


def check_due(due_date: int, now: int) -> None:
    """Raises StripeError unless the due date lies in the future."""
    if due_date <= now:
        raise invalid("The invoice's due date must be in the future.", "due_date")


def _apply_taxes(call: Call, invoice: Invoice) -> None:
    params, wire = call.params, invoice.wire
    if "default_tax_rates" in params:
        invoice.default_rates = check_rates(call.account, params["default_tax_rates"] or [], "default_tax_rates")
    automatic = params.get("automatic_tax")
    if automatic is not None:
        if automatic.get("liability", {}).get("account"):
            raise invalid(
                "No such account: the sandbox has no connected accounts.", "automatic_tax[liability][account]"
            )
        enabled = automatic["enabled"]
        if enabled and not located(call.account.customers[wire["customer"]]):
            raise no_location("automatic_tax[enabled]")
        if enabled and any(line.rates or line.given_taxes for line in invoice.lines):
            raise invalid("Lines with tax rates or tax amounts exclude automatic tax.", "automatic_tax[enabled]")
        wire["automatic_tax"] = automatic_tax(enabled=enabled)
    if wire["automatic_tax"]["enabled"] and invoice.default_rates:
        raise invalid("You cannot use default tax rates and automatic tax on one invoice.", "default_tax_rates")
