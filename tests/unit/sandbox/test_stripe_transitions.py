from typing import Any

import pytest

from tests.unit.sandbox.stripe_calls import StripeTwin

DAY_S = 24 * 3600


def test_finalising_gives_a_number_a_page_and_a_due_date_and_mails_nobody() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    created = stripe.get(path).body["created"]
    stripe.world.clock.shift(DAY_S)
    invoice = stripe.post(f"{path}/finalize").body
    finalized = invoice["status_transitions"]["finalized_at"]
    assert created + DAY_S <= finalized <= created + DAY_S + 5
    assert invoice["status"] == "open"
    assert invoice["effective_at"] == finalized
    assert invoice["due_date"] == finalized + 30 * DAY_S
    assert invoice["hosted_invoice_url"].startswith("https://invoice.stripe.com/i/acct_1")
    prefix = stripe.get(f"/v1/customers/{invoice['customer']}").body["invoice_prefix"]
    assert invoice["number"] == f"{prefix}-0001"
    assert stripe.mails() == []


def test_numbers_of_a_customer_follow_each_other() -> None:
    stripe = StripeTwin()
    customer = stripe.customer()
    numbers = [stripe.post(f"{stripe.draft(customer)}/finalize").body["number"][-4:] for _ in range(3)]
    assert numbers == ["0001", "0002", "0003"]


def test_a_second_finalise_is_a_400() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    stripe.post(f"{path}/finalize")
    refused = stripe.post(f"{path}/finalize")
    assert refused.status == 400
    assert "already finalized" in refused.error["message"]


def test_a_draft_whose_due_date_has_passed_cannot_be_finalised() -> None:
    stripe = StripeTwin()
    due = int(stripe.world.clock.now().timestamp()) + DAY_S
    path = (
        "/v1/invoices/"
        + stripe.post(
            "/v1/invoices", {"customer": stripe.customer(), "collection_method": "send_invoice", "due_date": due}
        ).body["id"]
    )
    stripe.world.clock.shift(2 * DAY_S)
    refused = stripe.post(f"{path}/finalize")
    assert (refused.status, refused.error["param"]) == (400, "due_date")
    assert stripe.get(path).body["status"] == "draft"


def test_an_invoice_of_nothing_is_paid_when_it_is_finalised() -> None:
    stripe = StripeTwin()
    invoice = stripe.post(f"{stripe.draft(lines=[{'amount': 0, 'description': 'Free'}])}/finalize").body
    assert (invoice["status"], invoice["amount_due"]) == ("paid", 0)
    assert invoice["status_transitions"]["paid_at"] is not None


def test_a_customers_credit_is_used_when_the_invoice_is_finalised() -> None:
    stripe = StripeTwin()
    customer = stripe.customer(balance=-1500)
    first = stripe.post(f"{stripe.draft(customer)}/finalize").body
    assert (first["status"], first["amount_due"], first["total"]) == ("paid", 0, 1000)
    second = stripe.post(f"{stripe.draft(customer)}/finalize").body
    assert (second["status"], second["amount_due"], second["starting_balance"]) == ("open", 500, -500)
    assert stripe.get(f"/v1/customers/{customer}").body["balance"] == 0


def test_sending_a_draft_finalises_and_mails_it_in_one_call() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    invoice = stripe.post(f"{path}/send").body
    assert (invoice["status"], invoice["number"] is not None) == ("open", True)
    (mail,) = stripe.mails()
    assert (mail["to"], mail["invoice"], mail["account"]) == ("ap@acme.example", invoice["id"], "default")
    stripe.post(f"{path}/send")
    assert len(stripe.mails()) == 2


def test_sending_needs_an_email_and_changes_nothing_without_one() -> None:
    stripe = StripeTwin()
    customer = stripe.post("/v1/customers", {"name": "Acme"}).body["id"]
    path = stripe.draft(customer)
    refused = stripe.post(f"{path}/send")
    assert refused.status == 400
    assert "Missing email" in refused.error["message"]
    assert stripe.get(path).body["status"] == "draft"
    assert stripe.mails() == []


def test_an_invoice_that_is_charged_automatically_or_void_cannot_be_sent() -> None:
    stripe = StripeTwin()
    charged = stripe.post("/v1/invoices", {"customer": stripe.customer()}).body["id"]
    assert stripe.post(f"/v1/invoices/{charged}/send").status == 400
    path = stripe.draft()
    stripe.post(f"{path}/finalize")
    stripe.post(f"{path}/void")
    assert stripe.post(f"{path}/send").status == 400


def test_only_an_open_invoice_can_be_voided_and_only_a_draft_deleted() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    assert stripe.post(f"{path}/void").status == 400
    stripe.post(f"{path}/finalize")
    assert stripe.delete(path).status == 400
    assert stripe.post(f"{path}/void").body["status"] == "void"
    assert stripe.post(f"{path}/void").status == 400
    draft = stripe.draft()
    identifier = draft.removeprefix("/v1/invoices/")
    assert stripe.delete(draft).body == {"id": identifier, "object": "invoice", "deleted": True}
    assert stripe.get(draft).status == 404
    assert stripe.post(f"{draft}/finalize").status == 404


@pytest.mark.parametrize(
    "given",
    [
        {"collection_method": "charge_automatically"},
        {"days_until_due": 60},
        {"default_tax_rates": ["txr_handoff_zero"]},
        {"description": "Memo"},
        {"footer": "Foot"},
        {"custom_fields": [{"name": "PO", "value": "7"}]},
    ],
)
def test_the_money_and_the_texts_of_a_finalised_invoice_are_frozen(given: dict[str, Any]) -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    before = stripe.post(f"{path}/finalize").body
    refused = stripe.post(path, given)
    assert (refused.status, refused.error["code"]) == (400, "invoice_not_editable")
    assert stripe.get(path).body == before
    assert stripe.post(f"{path}/add_lines", {"lines": [{"amount": 1}]}).status == 400


def test_the_metadata_of_a_finalised_invoice_may_be_changed() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    stripe.post(f"{path}/finalize")
    assert stripe.post(path, {"metadata": {"a": "b"}}).body["metadata"] == {"a": "b"}


def test_a_draft_with_auto_advance_is_finalised_and_mailed_after_an_hour() -> None:
    stripe = StripeTwin()
    path = stripe.draft(auto_advance=True)
    stripe.world.clock.shift(3500)
    assert stripe.get(path).body["status"] == "draft"
    stripe.world.clock.shift(200)
    assert stripe.get(path).body["status"] == "open"
    assert len(stripe.mails()) == 1


def test_a_draft_without_auto_advance_stays_a_draft() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    stripe.world.clock.shift(30 * DAY_S)
    assert stripe.get(path).body["status"] == "draft"


def test_a_draft_that_cannot_be_finalised_by_itself_says_why() -> None:
    stripe = StripeTwin()
    customer = stripe.customer(address={"country": "DE"})
    path = stripe.draft(customer, auto_advance=True, automatic_tax={"enabled": True})
    stripe.post(f"/v1/customers/{customer}", {"address": ""})
    stripe.world.clock.shift(2 * 3600)
    invoice = stripe.get(path).body
    assert invoice["status"] == "draft"
    assert invoice["last_finalization_error"]["code"] == "customer_tax_location_invalid"


def test_an_invoice_number_is_used_once() -> None:
    stripe = StripeTwin()
    assert stripe.post(f"{stripe.draft(number='A-1')}/finalize").body["number"] == "A-1"
    refused = stripe.post("/v1/invoices", {"customer": stripe.customer(), "number": "A-1"})
    assert (refused.status, refused.error["param"]) == (400, "number")


def test_an_invoice_paid_out_of_band_is_paid_once() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    stripe.post(f"{path}/finalize")
    refused = stripe.post(f"{path}/pay")
    assert (refused.status, refused.error["code"]) == (400, "missing"), "nobody has a card here"
    paid = stripe.post(f"{path}/pay", {"paid_out_of_band": True}).body
    assert (paid["status"], paid["amount_remaining"]) == ("paid", 0)
    assert paid["amount_paid"] == paid["amount_due"] == paid["total"]
    assert paid["status_transitions"]["paid_at"] is not None
    assert stripe.post(f"{path}/pay", {"paid_out_of_band": True}).error["code"] == "invoice_already_paid"
    assert stripe.post(f"{path}/void").status == 400


def test_an_invoice_that_is_void_cannot_be_paid() -> None:
    stripe = StripeTwin()
    path = stripe.draft()
    stripe.post(f"{path}/finalize")
    stripe.post(f"{path}/void")
    assert stripe.post(f"{path}/pay", {"paid_out_of_band": True}).status == 400
