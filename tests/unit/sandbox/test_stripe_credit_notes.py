"""Credit notes: by amount, on open and paid invoices."""

import pytest

from tests.unit.sandbox.stripe_calls import StripeTwin


def finalised(stripe: StripeTwin, *, paid: bool) -> str:
    path = stripe.draft()
    stripe.post(f"{path}/finalize")
    if paid:
        stripe.post(f"{path}/pay", {"paid_out_of_band": True})
    return path


def credit(stripe: StripeTwin, path: str, amount: int, **more: int) -> int:
    return stripe.post("/v1/credit_notes", {"invoice": path.rpartition("/")[2], "amount": amount, **more}).status


def test_an_open_invoice_is_owed_less_and_is_paid_once_nothing_is_owed() -> None:
    stripe = StripeTwin()
    path = finalised(stripe, paid=False)
    total = stripe.get(path).body["total"]
    assert credit(stripe, path, 100) == 200
    invoice = stripe.get(path).body
    assert (invoice["status"], invoice["amount_remaining"], invoice["total"]) == ("open", total - 100, total)
    assert credit(stripe, path, total - 100) == 200
    invoice = stripe.get(path).body
    assert (invoice["status"], invoice["pre_payment_credit_notes_amount"]) == ("paid", total)


def test_a_paid_invoice_gives_back_exactly_what_it_is_credited() -> None:
    stripe = StripeTwin()
    path = finalised(stripe, paid=True)
    assert credit(stripe, path, 100) == 400
    assert credit(stripe, path, 100, refund_amount=60) == 400
    assert credit(stripe, path, 100, refund_amount=60, credit_amount=40) == 200
    invoice = stripe.get(path).body
    assert (invoice["status"], invoice["post_payment_credit_notes_amount"]) == ("paid", 100)


@pytest.mark.parametrize("amount", [0, 10_000_000])
def test_no_more_is_credited_than_was_invoiced(amount: int) -> None:
    stripe = StripeTwin()
    assert credit(stripe, finalised(stripe, paid=False), amount) == 400


def test_a_draft_is_not_credited() -> None:
    stripe = StripeTwin()
    assert credit(stripe, stripe.draft(), 1) == 400
