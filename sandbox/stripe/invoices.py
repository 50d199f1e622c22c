"""Invoices: made as drafts, changed as drafts; what becomes of them is in transitions.py."""

from sandbox.stripe.account import Account, Call, Invoice, Json
from sandbox.stripe.errors import invalid, malformed
from sandbox.stripe.lists import page, within
from sandbox.stripe.money import check_currency
from sandbox.stripe.references import refuse_absent
from sandbox.stripe.terms import apply, blank
from sandbox.stripe.totals import refresh

AUTO_ADVANCE_S = 3600
"""A draft with auto_advance is finalised about an hour after it was made (Stripe's workflow transitions)."""

EDITABLE_ONCE_FINAL = frozenset(("auto_advance", "expand", "metadata", "payment_settings"))
"""What may still be updated on a finalised invoice; its money, its due date and its texts may not."""


def create(call: Call) -> Json:
    """`POST /v1/invoices`: a draft without lines."""
    params, account = call.params, call.account
    if "customer" not in params and "customer_account" not in params:
        raise malformed("Missing required param: customer.", "customer", "parameter_missing")
    refuse_absent(params)
    customer = account.customer(params["customer"], "customer")
    currency = params.get("currency") or customer["currency"] or account.currency
    check_currency(currency, "currency")
    invoice = Invoice(wire=blank(call, customer, currency), lines=[], default_rates=[], days_until_due=None)
    apply(call, invoice, new=True)
    refresh(account, invoice)
    if customer["currency"] is None:
        customer["currency"] = currency
    account.invoices[invoice.id] = account.invoices_of.setdefault(customer["id"], {})[invoice.id] = invoice
    account.place(invoice.id)
    watch(account, invoice)
    return invoice.wire


def retrieve(call: Call) -> Json:
    """`GET /v1/invoices/:id`."""
    return call.account.invoice(call.ids["invoice"]).wire


def list_all(call: Call) -> Json:
    """`GET /v1/invoices`."""
    account, params = call.account, call.params
    refuse_absent(params)
    found = account.invoices
    if "customer" in params:
        if params["customer"] not in account.deleted_customers:
            account.customer(params["customer"], "customer")
        found = account.invoices_of.get(params["customer"], {})
    same = {name: params[name] for name in ("status", "collection_method") if name in params}

    def keep(invoice: Invoice) -> bool:
        wire = invoice.wire
        return (
            all(wire[name] == value for name, value in same.items())
            and within(wire["created"], params.get("created"))
            and within(wire["due_date"], params.get("due_date"))
        )

    listed = page(call, found, "invoice", keep=keep)
    return {**listed, "data": [invoice.wire for invoice in listed["data"]]}


def update(call: Call) -> Json:
    """`POST /v1/invoices/:id`."""
    account, params = call.account, call.params
    invoice = account.invoice(call.ids["invoice"])
    if not invoice.draft and not params.keys() <= EDITABLE_ONCE_FINAL:
        frozen = min(params.keys() - EDITABLE_ONCE_FINAL)
        raise invalid("Finalized invoices can't be updated in this way", frozen, "invoice_not_editable")
    refuse_absent(params)
    changed = Invoice(
        wire=dict(invoice.wire),
        lines=invoice.lines,
        default_rates=invoice.default_rates,
        days_until_due=invoice.days_until_due,
    )
    apply(call, changed, new=False)  # on a copy: a refused update changes nothing
    invoice.wire.update(changed.wire)
    invoice.default_rates, invoice.days_until_due = changed.default_rates, changed.days_until_due
    if invoice.draft:
        refresh(account, invoice)
    watch(account, invoice)
    return invoice.wire


def watch(account: Account, invoice: Invoice) -> None:
    """Note whether Stripe finalises the draft by itself."""
    wire = invoice.wire
    if invoice.draft and (wire["auto_advance"] or wire["automatically_finalizes_at"]):
        account.advancing[invoice.id] = invoice
    else:
        account.advancing.pop(invoice.id, None)
