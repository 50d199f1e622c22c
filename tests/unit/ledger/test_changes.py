"""What changed of a deal, by what it means for an invoice that is out."""

from typing import Any

import pytest

from handoff.core.deal import DealRow
from handoff.ledger.changes import Changes, Total, changes_of
from tests.unit.mappings.demo_deal import demo, row, with_lines

LINE: dict[str, str | None] = {"product": "Perpetual License", "quantity": "25", "line_total": "7500", "line_id": "1"}
DAYS: dict[str, str | None] = {"product": "Implementation Day", "quantity": "2", "line_total": "2500", "line_id": "2"}


def changed(new: DealRow, old: DealRow | None = None) -> Changes:
    return changes_of(old or row(), new, demo(), "k" * 64, None)


def test_a_deal_that_is_as_it_was_has_no_changes() -> None:
    found = changed(row())
    assert not found.matter
    assert found.fields == ()


@pytest.mark.parametrize(
    ("values", "money"),
    [
        ({"instalment_plan": "Half and half"}, ("instalments",)),
        ({"currency": "USD", "billing_entity": "Handoff Inc"}, ("billing entity", "currency", "total", "tax")),
        ({"billing_entity": "Handoff Ltd"}, ("billing entity", "tax")),
    ],
)
def test_what_is_owed_to_whom_and_its_tax_is_money(values: dict[str, Any], money: tuple[str, ...]) -> None:
    assert changed(row(**values)).money == money


def test_totals_are_told_before_and_after() -> None:
    found = changed(with_lines(LINE, amount="7500"), with_lines(LINE, DAYS))
    assert (found.money, found.fields) == (("total",), ("amount", "lines"))
    assert (found.before, found.after) == (
        Total(minor=10_000_00, currency="EUR"),
        Total(minor=7_500_00, currency="EUR"),
    )


def test_lines_that_come_to_the_same_in_other_parts_are_money_too() -> None:
    other = with_lines({**LINE, "line_total": "5000"}, {**DAYS, "line_total": "5000"})
    assert changed(other, with_lines(LINE, DAYS)).money == ("line amounts",)


@pytest.mark.parametrize(
    ("values", "paper"),
    [
        ({"payment_terms": "Net 45"}, ("payment terms",)),
        ({"po_number": "PO-1"}, ("PO number",)),
        ({"deal_name": "Third site"}, ("memo",)),
        ({"account_id": "001000000000002AAA"}, ("account 001000000000001AAA -> 001000000000002AAA",)),
    ],
)
def test_what_else_stands_on_the_invoice_is_paper(values: dict[str, Any], paper: tuple[str, ...]) -> None:
    found = changed(row(**values))
    assert (found.paper, found.money, found.customer) == (paper, (), ())


def test_line_texts_are_paper_and_so_is_whatever_else_would_be_sent_otherwise() -> None:
    assert changed(with_lines({**LINE, "description": "x"}, DAYS), with_lines(LINE, DAYS)).paper == ("line texts",)
    assert changed(with_lines({**LINE, "line_id": "9"}, DAYS), with_lines(LINE, DAYS)).paper == (
        "another part of the invoice",
    )


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"legal_name": "Renamed SE"}, "billing name Kupferkamm Software GmbH -> Renamed SE"),
        ({"billing_email": "ap@example.org"}, "billing e-mail nora.falk@example.org -> ap@example.org"),
        ({"billing_city": "Bonn"}, "billing address Torstr. 120, Hinterhaus, Berlin, 10119, DE -> Torstr. 120, Hi"),
        ({"tax_id": "DE811907980"}, "tax id DE136695976 -> DE811907980"),
        ({"tax_id": None}, "tax id DE136695976 -> none"),
        ({"tax_exempt": "true"}, "tax exemption none -> exempt"),
    ],
)
def test_who_receives_the_invoice_is_told_old_and_new(values: dict[str, Any], told: str) -> None:
    found = changed(row(**values))
    assert len(found.customer) == 1
    assert found.customer[0].startswith(told)
    assert (found.money, found.paper) == ((), ())


@pytest.mark.parametrize("name", ["rep_id", "rep_name", "closed_on", "kickoff_on", "billing_contact_name", "region"])
def test_what_stands_on_no_invoice_matters_to_none(name: str) -> None:
    found = changed(row(**{name: "2026-11-02"}))
    assert not found.matter
    assert found.fields == (name,)


def test_a_deal_that_cannot_be_read_any_more_is_so() -> None:
    found = changed(row(amount="about ten"))
    assert (found.unreadable, found.matter, found.fields) == (True, True, ("amount",))


def test_what_would_be_sent_otherwise_is_named_and_where_it_goes() -> None:
    key = "k" * 64
    assert changed(row(po_number="PO-1")).scopes >= {f"bk:{key}:invoice:1"}
    assert f"bk:{key}:lines:1" not in changed(row(po_number="PO-1")).scopes
    assert changed(row(instalment_plan="Half and half")).scopes >= {f"bk:{key}:invoice:2", f"bk:{key}:lines:1"}
    assert [changed(row(account_id=a)).moved for a in (row().get("account_id"), "001000000000002AAA")] == [False, True]


def test_a_lost_deal_is_lost_whatever_else_changed() -> None:
    found = changes_of(row(), row(amount="about ten"), demo(), "k" * 64, "not won")
    assert (found.lost, found.unreadable, found.money) == ("not won", False, ())
