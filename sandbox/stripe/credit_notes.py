"""Credit notes over an amount: what an open invoice is still owed becomes less, what a paid one was paid goes back."""

from sandbox.stripe.account import Call, Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.ids import new_id
from sandbox.stripe.references import refuse_absent

_GOES_BACK = ("refund_amount", "credit_amount", "out_of_band_amount")
"""How the amount goes back to who has paid; together they are the whole of it."""


def create(call: Call) -> Json:
    """`POST /v1/credit_notes`, by amount alone: the sandbox credits no single lines."""
    params = call.params
    refuse_absent(params)
    wire = call.account.invoice(params["invoice"]).wire
    amount = params.get("amount", 0)
    if wire["status"] not in ("open", "paid"):
        raise invalid(f"You can only issue a credit note for an open or paid invoice. This one is {wire['status']}.")
    credited = wire["pre_payment_credit_notes_amount"] + wire["post_payment_credit_notes_amount"]
    if not 0 < amount <= wire["total"] - credited:
        raise invalid(
            "The credit note's amount must be above zero and no more than what is not credited yet.", "amount"
        )
    paid = wire["status"] == "paid"
    back = sum(params.get(name, 0) for name in _GOES_BACK)
    if back != (amount if paid else 0):
        raise invalid("The refund, credit and out of band amounts must come to what a paid invoice is credited.")
    _apply(call, wire, amount, paid=paid)
    return {
        "id": new_id("cn_1", 23),
        "object": "credit_note",
        "amount": amount,
        "created": call.now,
        "currency": wire["currency"],
        "customer": wire["customer"],
        "invoice": wire["id"],
        "livemode": False,
        "status": "issued",
        "total": amount,
        "type": "post_payment" if paid else "pre_payment",
    }


def _apply(call: Call, wire: Json, amount: int, *, paid: bool) -> None:
    if paid:
        wire["post_payment_credit_notes_amount"] += amount
        return
    wire["pre_payment_credit_notes_amount"] += amount
    for name in ("amount_due", "amount_remaining"):
        wire[name] = max(wire[name] - amount, 0)
    if wire["amount_remaining"] == 0:
        wire["status"], wire["attempted"] = "paid", True
        wire["status_transitions"]["paid_at"] = call.now
