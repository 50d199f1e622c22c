"""The manual fallback: every value that we would send, in order; what is missing is marked, what is there is said."""

from typing import Any

import pytest

from handoff.core.deal import DealRow
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import marker
from handoff.ledger.steps import Plan, plan
from handoff.report.fallback import Checklist, Known, Part, parts
from handoff.store.effects import Effect
from tests.unit.mappings.demo_deal import demo, row

KEY = "ab" * 32


def sent(kind: EffectKind, state: EffectState, external_id: str | None = None) -> Effect:
    """An effect of ours."""
    empty: dict[str, Any] = dict.fromkeys(Effect.__slots__)
    scope = f"bk:{KEY}:{'project' if kind is EffectKind.PROJECT else f'{kind}:1'}"
    return Effect(**{**empty, "scope": scope, "kind": kind, "state": state, "external_id": external_id, "body": {}})


def listed(deal: DealRow, *own: Effect, planned: bool = True, customer_id: str | None = None) -> dict[str, Part]:
    """The parts of a deal's checklist by title."""
    made: Plan | None = plan(deal, demo(), KEY, "t") if planned else None
    known = Known(
        row=deal,
        pack=demo(),
        key=KEY,
        team="t",
        customer=made.customer if made else None,
        effects=made.effects if made else (),
        own=own,
        customer_id=customer_id,
    )
    return {part.title: part for part in parts(known)}


def values(part: Part) -> dict[str, str | None]:
    return {value.name: value.value for value in part.values}


def test_each_value_stands_in_the_order_in_which_it_is_typed():
    found = listed(row())
    assert list(found) == ["Customer", "Invoice", "Project"]
    customer = values(found["Customer"])
    assert list(customer)[:4] == ["Name", "E-mail", "Address", "Tax id"]
    assert customer["Address"] == "Torstr. 120 Hinterhaus, 10119, Berlin, Germany"
    invoice = values(found["Invoice"])
    assert invoice["Line 1"] == "Perpetual Licence × 25: Licence for one seat: EUR 7,500.00"
    assert (invoice["Total excluding tax"], invoice["Due"]) == ("EUR 10,000.00", "30 days after it is sent")
    assert "PO-4711" in invoice.values()
    assert (invoice["Metadata handoff_key"], invoice["Metadata handoff_deal"]) == (KEY, "006000000000001AAA")
    project = values(found["Project"])
    assert project["Name"] == f"Kupferkamm Software GmbH: Second site [{marker(KEY)}]"
    assert project["Sections"] == "Prepare, Deliver"
    assert "(due 2026-11-12, for kwame.mensah@example.com, in Prepare)" in str(project["Task 1"])
    assert KEY in str(project["Notes"])
    assert not any(value is None for part in found.values() for value in values(part).values())


def test_instalments_are_as_many_invoices_and_a_template_is_named():
    found = listed(row(instalment_plan="Half and half", deal_type="New Business"))
    halves = [title for title in found if title.startswith("Invoice")]
    assert halves == ["Invoice 1 of 2", "Invoice 2 of 2"]
    assert {values(found[title])["Total excluding tax"] for title in halves} == {"EUR 5,000.00"}
    assert "of the template 1200000000000301" in found["Project"].where


def test_what_cannot_be_planned_is_listed_as_it_stands_and_what_lacks_is_none():
    found = listed(row(payment_terms=None, billing_email=None, currency=None), planned=False)
    invoice = values(found["Invoice"])
    assert (invoice["Total excluding tax"], invoice["Payment terms"], invoice["Currency"]) == ("10000", None, None)
    assert values(found["Customer"])["E-mail"] is None
    assert marker(KEY) in str(values(found["Project"])["Name"])
    common = {"deal_name": None, "account_name": None, "unplanned": "no terms", "parts": tuple(found.values())}
    shown = Checklist(entry="E-000001", deal_id="x", **common)
    assert shown.missing == ["Customer: E-mail", "Invoice: Currency", "Invoice: Payment terms"]
    assert shown.document()["parts"][0]["values"][1] == {"name": "E-mail", "value": None}
    assert shown.then == "handoff queue done-by-hand E-000001 --invoice in_… --project GID --why TEXT"


def test_a_project_that_cannot_be_planned_still_has_its_name_and_mark():
    project = values(listed(row(kickoff_on="soon"), planned=False)["Project"])
    assert project == {"Name": f"Second site [{marker(KEY)}]", "Kick-off": "soon", "What it is made of": None}


@pytest.mark.parametrize(
    ("own", "title", "said"),
    [
        ((), "Invoice", None),
        ((sent(EffectKind.INVOICE, EffectState.REFUSED),), "Invoice", None),
        ((sent(EffectKind.INVOICE, EffectState.UNKNOWN),), "Invoice", "look for the metadata"),
        ((sent(EffectKind.INVOICE, EffectState.CONFIRMED, "in_1"),), "Invoice", "our draft in_1 is there: finish that"),
        (
            (
                sent(EffectKind.INVOICE, EffectState.CONFIRMED, "in_1"),
                sent(EffectKind.FINALIZE, EffectState.CONFIRMED, "in_1"),
            ),
            "Invoice",
            "in_1 is there: do not make it again",
        ),
        ((sent(EffectKind.PROJECT, EffectState.IN_FLIGHT),), "Project", "the mark in the name, before you make it"),
        ((sent(EffectKind.PROJECT, EffectState.CONFIRMED, "66"),), "Project", "66 is there: do not make it again"),
    ],
)
def test_what_is_there_already_is_not_to_be_made_again(own: tuple[Effect, ...], title: str, said: str | None):
    already = listed(row(), *own)[title].already
    assert (said in already) if said and already else already == said


def test_the_accounts_customer_is_named_where_we_know_it():
    assert listed(row(), customer_id="cus_1")["Customer"].already == "cus_1 is this account's customer: use it"
