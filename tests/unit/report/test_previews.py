"""What would be written, held against what it was before: what differs is marked, what cannot be said is missing."""

from dataclasses import replace
from typing import Any

from handoff.core.deal import DealRow
from handoff.report.previews import Drafted, Preview, preview
from mappings import asana_tracker, stripe_billing
from tests.unit.mappings.demo_deal import demo, row, with_lines


def drafted(deal: DealRow, **parts: Any) -> Drafted:
    pack = demo()
    made = Drafted(
        row=deal,
        customer=stripe_billing.customer_body(deal, pack),
        entity="Handoff GmbH",
        invoices=tuple(stripe_billing.invoices(deal, pack, "key")),
        project=asana_tracker.project_plan(deal, pack, "key", "team"),
    )
    return replace(made, **parts)


def marked(found: Preview) -> dict[str, tuple[str | None, str | None]]:
    """Name -> before and now, of all values that differ."""
    facts = [fact for invoice in found.invoices for fact in (*invoice.facts, invoice.total)]
    shown = (*found.customer, *facts, *found.project, *found.tasks)
    return {one.name: (one.before, one.now) for one in shown if one.changed}


def test_a_deal_that_is_as_it_was_has_no_marks() -> None:
    found = preview(drafted(row()), drafted(row()))
    assert (found.changes, marked(found)) == (0, {})


def test_a_changed_value_stands_beside_what_it_was() -> None:
    found = preview(drafted(row(payment_terms="Net 60", kickoff_on="2026-12-01")), drafted(row()))
    assert marked(found)["Due"] == ("30 days after it is sent", "60 days after it is sent")
    assert marked(found)["Kick-off"] == ("2026-11-15", "2026-12-01")
    assert any(name.startswith("Task ") for name in marked(found))


def test_what_is_new_and_what_is_gone_is_marked_as_such() -> None:
    found = preview(drafted(row(po_number=None, tax_exempt="true")), drafted(row()))
    assert marked(found)["PO number"] == ("PO-4711", None)
    assert marked(found)["Tax status"] == (None, "exempt from tax")


def test_lines_are_held_against_the_line_in_their_place() -> None:
    one = {"line_id": "1", "product": "Perpetual Licence", "quantity": "1", "line_total": "100"}
    two = {"line_id": "2", "product": "Implementation Day", "quantity": "2", "line_total": "50"}
    (invoice,) = preview(drafted(with_lines(one, amount="100")), drafted(with_lines(one, two, amount="150"))).invoices
    assert [line.changed for line in invoice.lines] == [False, True]
    assert invoice.lines[1].before == "Implementation Day × 2: EUR 50.00"
    assert (invoice.total.before, invoice.total.now) == ("EUR 150.00", "EUR 100.00")


def test_another_number_of_instalments_is_marked() -> None:
    found = preview(drafted(row(instalment_plan="Half and half")), drafted(row()))
    assert [invoice.title for invoice in found.invoices] == ["Invoice 1 of 2", "Invoice 2 of 2"]
    assert [invoice.total.before for invoice in found.invoices] == ["EUR 10,000.00", None]
    assert all(invoice.total.changed for invoice in found.invoices)


def test_nothing_is_marked_against_what_could_not_be_worked_out() -> None:
    before = drafted(row(), customer=None, invoices=(), project=None, missing=("The invoice …",))
    found = preview(drafted(row()), before)
    assert (found.changes, found.missing) == (0, ())


def test_a_part_that_cannot_be_worked_out_is_empty_and_its_sentence_stays() -> None:
    found = preview(drafted(row(), invoices=(), missing=("The invoice cannot be worked out yet: x.",)), None)
    assert found.invoices == ()
    assert found.customer
    assert found.missing == ("The invoice cannot be worked out yet: x.",)
