"""What becomes of an invoice: draft -> open -> paid or void; a draft can be deleted, and nothing else can."""

from typing import Any

from sandbox.stripe.account import Account, Call, Invoice, Json
from sandbox.stripe.customers import located, no_location
from sandbox.stripe.errors import StripeError, invalid
from sandbox.stripe.ids import new_id
from sandbox.stripe.invoices import AUTO_ADVANCE_S, watch
from sandbox.stripe.terms import DAY_S, check_due
from sandbox.stripe.totals import refresh

HOSTED = "https://invoice.stripe.com/i"
PDF = "https://pay.stripe.com/invoice"


def finalize(call: Call) -> Json:
    """`POST /v1/invoices/:id/finalize`: mails nobody."""
    invoice = call.account.invoice(call.ids["invoice"])
    _check_draft(invoice)
    _close(call.account, invoice, call.now)
    if "auto_advance" in call.params:
        invoice.wire["auto_advance"] = call.params["auto_advance"]
    return invoice.wire


def send(call: Call) -> Json:
    """`POST /v1/invoices/:id/send`: finalises a draft and mails it; mails an open or paid one again."""
    account, invoice = call.account, call.account.invoice(call.ids["invoice"])
    wire = invoice.wire
    if wire["collection_method"] != "send_invoice":
        raise invalid("You can only manually send an invoice if its collection method is 'send_invoice'.")
    if wire["status"] in ("void", "uncollectible"):
        raise invalid(f"You cannot send an invoice that is {wire['status']}.", code="invoice_not_editable")
    if not wire["customer_email"]:
        raise invalid(
            "Missing email. In order to create invoices that are sent to the customer, the customer must have a valid "
            "email."
        )
    if invoice.draft:
        _close(account, invoice, call.now)
    _mail(account, invoice, call.now)
    return wire


def pay(call: Call) -> Json:
    """`POST /v1/invoices/:id/pay`, out of band alone: the sandbox has no payment methods. Finalises a draft first."""
    account, invoice = call.account, call.account.invoice(call.ids["invoice"])
    wire = invoice.wire
    if wire["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if wire["status"] == "void":
        raise invalid("You cannot pay an invoice that is void.", code="invoice_not_editable")
    if not call.params.get("paid_out_of_band"):
        raise invalid("Cannot charge a customer that has no active card", code="missing")
    if invoice.draft:
        _close(account, invoice, call.now)
    wire["status"], wire["attempted"] = "paid", True
    wire["amount_paid"], wire["amount_remaining"] = wire["amount_due"], 0
    wire["status_transitions"]["paid_at"] = call.now
    return wire


def void(call: Call) -> Json:
    """`POST /v1/invoices/:id/void`: only an open invoice."""
    wire = call.account.invoice(call.ids["invoice"]).wire
    if wire["status"] not in ("open", "uncollectible"):
        raise invalid("You can only pass in open invoices. This invoice isn't open.")
    wire["status"] = "void"
    wire["amount_remaining"] = 0
    wire["status_transitions"]["voided_at"] = call.now
    return wire


def delete(call: Call) -> Json:
    """`DELETE /v1/invoices/:id`: only a draft."""
    account, invoice = call.account, call.account.invoice(call.ids["invoice"])
    if not invoice.draft:
        raise invalid("You can only delete draft invoices.", code="invoice_not_editable")
    del account.invoices[invoice.id]
    del account.invoices_of[invoice.wire["customer"]][invoice.id]
    del account.position[invoice.id]
    account.advancing.pop(invoice.id, None)
    return {"id": invoice.id, "object": "invoice", "deleted": True}


def advance(account: Account, now: int) -> None:
    """Finalise the drafts whose time has come, as Stripe does by itself; one that cannot be stays a draft."""
    for invoice in list(account.advancing.values()):
        wire = invoice.wire
        due = wire["automatically_finalizes_at"] or wire["created"] + AUTO_ADVANCE_S
        if now < due:
            continue
        try:
            _close(account, invoice, now)
        except StripeError as error:
            wire["last_finalization_error"] = error.body()["error"]
            del account.advancing[invoice.id]
            continue
        if wire["collection_method"] == "send_invoice" and wire["customer_email"]:
            _mail(account, invoice, now)


def _check_draft(invoice: Invoice) -> None:
    if not invoice.draft:
        raise invalid(
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.", code="invoice_not_editable"
        )


def _close(account: Account, invoice: Invoice, now: int) -> None:
    wire = invoice.wire
    customer = account.customers[wire["customer"]]
    if wire["automatic_tax"]["enabled"] and not located(customer):
        raise no_location("automatic_tax")
    if invoice.days_until_due is not None:
        wire["due_date"] = now + invoice.days_until_due * DAY_S
    elif wire["due_date"] is not None:
        check_due(wire["due_date"], now)
    wire["starting_balance"] = customer["balance"]
    refresh(account, invoice)
    wire["number"] = wire["number"] or _next_number(account, customer)
    account.numbers.add(wire["number"])
    customer["balance"] = wire["ending_balance"] = _balance_after(wire)
    secret = new_id("test_", 32)
    wire["hosted_invoice_url"] = f"{HOSTED}/{account.id}/{secret}?s=ap"
    wire["invoice_pdf"] = f"{PDF}/{account.id}/{secret}/pdf?s=ap"
    wire["effective_at"] = wire["effective_at"] or now
    wire["status_transitions"]["finalized_at"] = now
    wire["status"] = "open"
    if wire["amount_due"] == 0:
        wire["status"], wire["attempted"] = "paid", True
        wire["status_transitions"]["paid_at"] = now
    watch(account, invoice)


def _balance_after(wire: Json) -> int:
    """The customer's balance once the invoice took what it could: a credit is negative."""
    total: int = wire["total"] + wire["starting_balance"]
    return min(total, 0)


def _next_number(account: Account, customer: dict[str, Any]) -> str:
    while True:
        number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
        customer["next_invoice_sequence"] += 1
        if number not in account.numbers:
            return number


def _mail(account: Account, invoice: Invoice, now: int) -> None:
    account.mails.append(
        {
            "account": account.suffix,
            "invoice": invoice.id,
            "number": invoice.wire["number"],
            "to": invoice.wire["customer_email"],
            "sent_at": now,
        }
    )
