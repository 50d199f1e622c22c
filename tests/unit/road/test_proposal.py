"""What a person is told and what we propose, for each kind of change and each state of the invoices."""

from typing import Any

import pytest

from handoff.core.violation import Failure
from handoff.ledger.changes import Changes, Total
from handoff.ledger.sent_invoices import InvoiceStatus, SentInvoice
from handoff.road.proposal import Sent, propose

EUR = {"currency": "EUR"}
OLD = Total(minor=100_000, **EUR)


def invoice(status: str, number: str = "A-1", **more: Any) -> SentInvoice:
    told: dict[str, Any] = {"number": None if status == "draft" else number, "external_id": "in_1", "total": 100_000}
    told |= {"total_excluding_tax": 100_000, "currency": "EUR", **more}
    return SentInvoice(effects=(), status=InvoiceStatus(status), **told)


def sent(*invoices: SentInvoice, **more: Any) -> Sent:
    return Sent(
        **{"invoices": invoices, "planned": len(invoices), "project": None, "touched": True, "ours": True, **more}
    )


def money(minor: int, currency: str = "EUR", **more: Any) -> Changes:
    names = ("total",) if currency == "EUR" else ("currency", "total")
    return Changes(money=names, before=OLD, after=Total(minor=minor, currency=currency), **more)


def told(changes: Changes, out: Sent) -> tuple[str, str, str]:
    found = propose(changes, out)
    assert found is not None
    return found.violation.rule, str(found.violation.seen), found.violation.allowed


@pytest.mark.parametrize(
    ("status", "seen", "allowed"),
    [
        ("draft", "not won; draft in_1 over EUR 1,000.00 is at Stripe", "Delete the draft in_1 at Stripe"),
        ("open", "not won; invoice A-1 over EUR 1,000.00 is open", "Void invoice A-1 by hand, or credit it in whole"),
        ("paid", "not won; invoice A-1 over EUR 1,000.00 is paid", "Credit invoice A-1 in whole, with a refund"),
        (
            "unknown",
            "not won; invoice A-1 over EUR 1,000.00 is final (Stripe did not say whether it is paid)",
            "Void invoice A-1 by hand, or, if it is paid, credit it in whole with a refund",
        ),
    ],
)
def test_a_lost_deal_is_to_be_reversed_by_how_its_invoice_stands(status: str, seen: str, allowed: str) -> None:
    found = told(Changes(lost="not won"), sent(invoice(status)))
    assert found == (Failure.REVERSAL_NEEDED, seen, f"{allowed}; or put the deal back.")


def test_a_lost_deal_names_its_project_too_even_where_nothing_is_invoiced_yet() -> None:
    link = "https://tracker.example/1"
    assert f"close the project {link}" in told(Changes(lost="not won"), sent(invoice("open"), project=link))[2]
    assert told(Changes(lost="not won"), sent(project=link)) == (
        Failure.REVERSAL_NEEDED,
        f"not won; the project {link} is there",
        f"Close the project {link}; or put the deal back.",
    )
    assert propose(money(90_000), sent(project=link)) is None, "the invoice that is not out yet follows the deal"


@pytest.mark.parametrize(
    ("changes", "out", "allowed"),
    [
        (money(80_000), [invoice("open")], "Give a credit note over EUR 200.00 on invoice A-1; or put the deal back."),
        (
            money(80_000),
            [invoice("paid", total=119_000)],
            "Give a credit note over EUR 200.00 before tax on invoice A-1, with a refund; or put the deal back.",
        ),
        (money(120_000), [invoice("paid")], "Invoice a further EUR 200.00 by hand; or put the deal back."),
        (
            money(100_000, "USD"),
            [invoice("paid")],
            "Credit invoice A-1 in whole, with a refund; invoice USD 1,000.00 again by hand; or put the deal back.",
        ),
        (
            Changes(money=("tax",), before=OLD, after=OLD),
            [invoice("open")],
            "Credit invoice A-1 in whole; invoice EUR 1,000.00 again by hand; or put the deal back.",
        ),
        (
            money(80_000),
            [invoice("draft")],
            "Delete the draft in_1 at Stripe, and it is drafted anew; or put the deal back.",
        ),
        (
            Changes(unreadable=True),
            [invoice("open"), invoice("draft")],
            "Delete the draft in_1 at Stripe, and it is drafted anew; decide with finance what to do about invoice "
            "A-1; or put the deal back.",
        ),
        (
            money(80_000),
            [invoice("paid", "A-1"), invoice("open", "A-2")],
            "Give a credit note over EUR 200.00 on invoice A-1 or A-2; or put the deal back.",
        ),
    ],
)
def test_a_change_of_what_is_owed_has_its_proposal(changes: Changes, out: list[SentInvoice], allowed: str) -> None:
    rule, seen, proposed = told(changes, sent(*out))
    assert (rule, proposed) == (Failure.CHANGED_AFTER_DELIVERY, allowed)
    assert all(i.name in seen for i in out)


def test_old_and_new_totals_are_named_with_what_else_changed() -> None:
    changes = money(80_000, paper=("PO number",), customer=("billing name A -> B",))
    assert told(changes, sent(invoice("open")))[1].startswith(
        "total EUR 1,000.00 -> EUR 800.00, PO number, billing name A -> B; invoice A-1"
    )


@pytest.mark.parametrize(
    ("status", "paper", "customer"),
    [("draft", True, False), ("open", True, True), ("unknown", True, True), ("paid", False, False)],
)
def test_paper_and_customer_matter_while_an_invoice_is_to_be_paid(status: str, paper: bool, customer: bool) -> None:
    out = sent(invoice(status))
    assert (propose(Changes(paper=("PO number",)), out) is not None) is paper
    found = propose(Changes(customer=("billing name A -> B",)), out)
    assert (found is not None) is customer
    assert found is None or not found.blocks, "an entry about a name stops no project"


def test_a_customer_of_peoples_own_never_said_what_the_crm_says() -> None:
    assert propose(Changes(customer=("billing name A -> B",)), sent(invoice("open"), ours=False)) is None


def test_what_changed_of_a_draft_that_was_not_sent_follows_the_deal() -> None:
    out = sent(invoice("draft"), touched=False)
    assert propose(money(80_000), out) is propose(Changes(paper=("PO number",)), out) is None
    assert propose(Changes(lost="not won"), out) is not None


def test_while_an_instalment_is_to_come_its_paper_matters_though_the_first_is_paid() -> None:
    assert propose(Changes(paper=("PO number",)), sent(invoice("paid"), planned=2)) is not None


@pytest.mark.parametrize("status", ["void", "gone"])
def test_what_a_person_has_undone_at_stripe_concerns_nobody(status: str) -> None:
    for changes in (Changes(lost="not won"), money(80_000), Changes(customer=("billing name A -> B",))):
        assert propose(changes, sent(invoice(status), project="1")) is None


def test_what_is_credited_in_whole_is_undone_however_it_stood() -> None:
    for status in ("open", "paid"):
        assert propose(Changes(lost="not won"), sent(invoice(status, credited=100_000))) is None
    assert told(Changes(), sent(invoice("paid", credited=100_000)))[0] == Failure.CHANGED_AFTER_DELIVERY
    assert "EUR 999.99 of it credited" in told(Changes(lost="not won"), sent(invoice("paid", credited=99_999)))[1]


@pytest.mark.parametrize(
    ("minor", "currency", "out", "settled"),
    [
        (80_000, "EUR", [invoice("paid", credited=20_000)], True),
        (80_000, "EUR", [invoice("paid", credited=19_998)], False),
        (80_000, "EUR", [invoice("open", total=119_000, credited=23_800)], True),
        (80_000, "EUR", [invoice("open", total=119_000, credited=20_000)], False),
        (80_000, "EUR", [invoice("paid", credited=15_000), invoice("paid", "A-2", credited=25_000)], True),
        (80_000, "USD", [invoice("paid", credited=20_000)], False),
        (120_000, "EUR", [invoice("paid", credited=20_000)], False),
    ],
)
def test_a_credit_note_over_the_difference_settles_a_lower_amount(
    minor: int, currency: str, out: list[SentInvoice], settled: bool
) -> None:
    assert (propose(money(minor, currency), sent(*out)) is None) is settled


def test_a_deal_that_is_won_although_its_invoice_is_void_is_to_be_invoiced_by_hand() -> None:
    rule, seen, allowed = told(Changes(), sent(invoice("void")))
    assert rule == Failure.CHANGED_AFTER_DELIVERY
    assert "invoice A-1 was voided or credited at Stripe" in seen
    assert allowed == "Invoice it again by hand."
    assert propose(Changes(), sent(invoice("gone"))) is None, "a draft that is gone is drafted anew"


@pytest.mark.parametrize("status", ["draft", "open", "paid", "unknown"])
def test_a_deal_that_is_as_it_was_invoiced_needs_nobody(status: str) -> None:
    assert propose(Changes(fields=("rep_id",)), sent(invoice(status))) is None
