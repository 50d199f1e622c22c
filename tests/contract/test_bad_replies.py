"""Answers that are no answers: each call of each port ends in one sentence of the right class, and never in a guess."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import connectors
from connectors.errors import AuthFailed, ConnectorError, Transient, UnknownOutcome
from connectors.ports import Billing, Body, DealSource, Tracker
from handoff.core.settings import Settings
from tests.contract import bad_replies as table
from tests.contract.bad_replies import CANARY, Asked
from tests.running_sandbox import RunningSandbox

UNREADABLE: list[dict[str, Any]] = [
    {"do": "not_json"},
    {"do": "not_json", "status": 502},
    {"do": "html"},
    {"do": "html", "status": 302},
    {"do": "html", "status": 502},
    {"do": "truncated"},
    {"do": "drop_after"},
    {"do": "reset_mid_reply"},
    {"do": "other_shape", "status": 500, "body": {"error": [CANARY]}},
    {"do": "other_shape", "status": 400, "body": {"error": CANARY, "errors": CANARY}},
]
"""What makes any answer worthless."""
SENTENCE = re.compile(r"[A-Z][^\n]{20,400}\.")


@pytest.fixture(scope="module")
def stripe(settings: Settings, box: RunningSandbox) -> Billing:
    return connectors.open_billing(settings)


@pytest.fixture(scope="module")
def asana(settings: Settings) -> Tracker:
    return connectors.open_tracker(settings)


@pytest.fixture(scope="module")
def salesforce(settings: Settings) -> DealSource:
    source = connectors.open_salesforce(settings)
    source.org_id()
    return source


@pytest.fixture(autouse=True)
def _cleared(box: RunningSandbox) -> Iterator[None]:
    yield
    for service in ("stripe", "asana", "salesforce"):
        box.faults(service)


def cases(asked: list[Asked]) -> Callable[[Any], Any]:
    """Each call with each fault that spoils its answer."""
    rows = [(one, fault) for one in asked for fault in _faults(one)]
    names = [f"{one.name}-{fault['do']}-{fault.get('status', fault.get('body', ''))}"[:90] for one, fault in rows]
    return pytest.mark.parametrize(("asked", "fault"), rows, ids=names)


def _faults(asked: Asked) -> list[dict[str, Any]]:
    return UNREADABLE + [{"do": "other_shape", "body": body} for body in asked.bodies]


def caught(box: RunningSandbox, service: str, asked: Asked, fault: dict[str, Any], act: Callable[[], Any]) -> None:
    """The call fails as it should while the fault strikes."""
    box.faults(service, {**asked.fault, **fault})
    with pytest.raises(ConnectorError) as raised:
        act()
    assert box.struck(service)[0] > 0
    _is_right(raised.value, box)
    box.faults(service)


def _is_right(error: ConnectorError, box: RunningSandbox) -> None:
    assert type(error) is UnknownOutcome, error
    text = str(error)
    assert SENTENCE.fullmatch(text), text
    for secret in (CANARY, "canary", "CANARY", *_secrets(box)):
        assert secret not in text


def _secrets(box: RunningSandbox) -> list[str]:
    names = ("SALESFORCE_CLIENT_ID", "SALESFORCE_CLIENT_SECRET", "STRIPE_KEY", "ASANA_TOKEN")
    return [box.env[f"HANDOFF_{name}"] for name in names]


@cases(table.STRIPE_WRITES)
def test_a_write_at_stripe_whose_answer_is_worthless_may_have_been_done_and_its_key_tells(
    stripe: Billing, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    given = asked.ready(stripe)
    caught(box, "stripe", asked, fault, lambda: asked.act(stripe, given))
    first, second = asked.act(stripe, given), asked.act(stripe, given)
    assert first == second


@cases(table.STRIPE_READS)
def test_a_read_at_stripe_whose_answer_is_worthless_is_unknown_and_can_be_asked_again(
    stripe: Billing, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    given = asked.ready(stripe)
    caught(box, "stripe", asked, fault, lambda: asked.act(stripe, given))
    asked.act(stripe, given)


@cases(table.ASANA_WRITES)
def test_a_write_at_asana_whose_answer_is_worthless_is_sent_once(
    asana: Tracker, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    given = asked.ready(asana)
    box.faults("asana", {**asked.fault, **fault})
    with pytest.raises(ConnectorError) as raised:
        asked.act(asana, given)
    _is_right(raised.value, box)
    assert box.struck("asana")[0] == 1 or asked.name == "update_project"


@cases(table.ASANA_READS)
def test_a_read_at_asana_whose_answer_is_worthless_is_unknown_and_can_be_asked_again(
    asana: Tracker, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    given = asked.ready(asana)
    caught(box, "asana", asked, fault, lambda: asked.act(asana, given))
    asked.act(asana, given)


@cases(table.SALESFORCE_READS)
def test_a_read_at_salesforce_whose_answer_is_worthless_is_unknown_and_can_be_asked_again(
    salesforce: DealSource, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    caught(box, "salesforce", asked, fault, lambda: asked.act(salesforce, None))
    asked.act(salesforce, None)


@cases([table.SALESFORCE_WRITE])
def test_a_row_whose_answer_is_worthless_is_never_told_as_written(
    salesforce: DealSource, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    box.faults("salesforce", {**asked.fault, **fault})
    (result,) = asked.act(salesforce, None)
    assert result.error
    assert CANARY not in result.error
    assert result.transient or result.code not in {None, "no_answer"}
    box.faults("salesforce")
    (result,) = asked.act(salesforce, None)
    assert result.error is None


@cases([table.LOG_IN])
def test_a_log_in_whose_answer_is_worthless_says_which_setting_to_check(
    settings: Settings, box: RunningSandbox, asked: Asked, fault: dict[str, Any]
) -> None:
    box.faults("salesforce", {**asked.fault, **fault})
    with pytest.raises(ConnectorError) as raised:
        asked.act(connectors.open_salesforce(settings), None)
    if fault.get("status") == 400:  # a refused log-in of an answer that could be Salesforce's
        assert type(raised.value) is AuthFailed
    elif fault.get("status") == 500:
        assert type(raised.value) is Transient
    else:
        _is_right(raised.value, box)
    assert "CANARY" not in str(raised.value)


# What Stripe, Asana and Salesforce answer, but about something else

OTHER_INVOICE: list[Body] = [
    {"id": "cus_1"},
    {"id": "in_another"},
    {"customer": "cus_another"},
    {"customer": None},
    {"status": None},
    {"total_excluding_tax": True},
    {"total_excluding_tax": "5"},
    {"lines": None},
    {"lines": {"data": [{"id": "in_1", "amount": 5}]}},
    {"lines": {"data": [{"id": "il_1", "amount": "5"}]}},
    {"lines": {"data": [], "has_more": True}},
    {"default_tax_rates": 7},
    {"default_tax_rates": [{"id": None}]},
    {"automatic_tax": CANARY},
    {"metadata": [CANARY]},
]
OTHER_CUSTOMER: list[Body] = [
    {"id": "in_1"},
    {"metadata": {"handoff_scope": "another"}},
    {"metadata": None},
    {"tax_ids": {"data": [{"id": "cus_1"}]}},
]


def named(changes: list[Body]) -> Any:
    return pytest.mark.parametrize("change", changes, ids=[str(change)[:60] for change in changes])


def answering(box: RunningSandbox, service: str, asked: Asked, body: Any, act: Callable[[], Any]) -> None:
    wire = json.loads(json.dumps(body, default=str))  # Stripe's decimals are texts there
    caught(box, service, asked, {"do": "other_shape", "body": wire}, act)


def of(asked: list[Asked], name: str) -> Asked:
    return next(one for one in asked if one.name == name)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (name, change)
        for name in ("create_invoice", "add_lines", "finalize", "send")
        for change in OTHER_INVOICE
        # a new invoice's id is Stripe's to say, and whose it is was told when it was made
        if change not in ([{"id": "in_another"}] if name == "create_invoice" else [{"customer": "cus_another"}])
    ],
    ids=str,
)
def test_an_answer_about_another_invoice_confirms_nothing(
    stripe: Billing, box: RunningSandbox, name: str, change: Body
) -> None:
    asked = of(table.STRIPE_WRITES, name)
    told = asked.act(stripe, asked.ready(stripe))
    given = asked.ready(stripe)
    body = {**told, "customer": given[0]} if name == "create_invoice" else {**told, "id": given[0]}
    answering(box, "stripe", asked, body | change, lambda: asked.act(stripe, given))


@named(OTHER_CUSTOMER)
def test_an_answer_about_another_customer_confirms_nothing(stripe: Billing, box: RunningSandbox, change: Body) -> None:
    asked = of(table.STRIPE_WRITES, "create_customer")
    told = asked.act(stripe, asked.ready(stripe))
    given = asked.ready(stripe)
    answering(box, "stripe", asked, told | change, lambda: asked.act(stripe, given))


@named([{"id": "cus_1"}, {"customer": "cus_another"}, {"value": None}])
def test_an_answer_about_another_tax_id_confirms_nothing(stripe: Billing, box: RunningSandbox, change: Body) -> None:
    asked = of(table.STRIPE_WRITES, "create_tax_id")
    told = asked.act(stripe, asked.ready(stripe))
    given = asked.ready(stripe)
    answering(box, "stripe", asked, {**told, "customer": given[0]} | change, lambda: asked.act(stripe, given))


def test_a_list_of_another_customers_invoices_is_not_taken_for_the_customers(
    stripe: Billing, box: RunningSandbox
) -> None:
    invoice = stripe.invoice(table.a_draft(stripe, 1))
    asked = of(table.STRIPE_READS, "invoices_of")
    body = {"data": [invoice], "has_more": False}
    answering(box, "stripe", asked, body, lambda: stripe.invoices_of(table.a_customer(stripe), table.LONG_AGO))


def test_a_list_that_goes_round_in_a_circle_is_not_followed_for_ever(stripe: Billing, box: RunningSandbox) -> None:
    customer = stripe.customer(table.a_customer(stripe))
    asked = of(table.STRIPE_READS, "customers")
    answering(box, "stripe", asked, {"data": [customer], "has_more": True}, lambda: list(stripe.customers()))


def test_a_list_of_projects_that_goes_round_in_a_circle_is_not_followed_for_ever(
    asana: Tracker, box: RunningSandbox
) -> None:
    body = {"data": [], "next_page": {"offset": "same"}}
    asked = of(table.ASANA_READS, "projects")
    answering(box, "asana", asked, body, lambda: list(asana.projects(table.TEAM)))


# What looks odd and is right


def test_what_others_made_in_their_way_does_not_stop_a_list(
    stripe: Billing, box: RunningSandbox, order: Callable[..., None]
) -> None:
    """An old account has customers with ids of its owner's choice, and invoices that belong to nobody's customer."""
    odd = {"id": "shop-42", "object": "customer", "metadata": None}
    order("stripe", {"do": "other_shape", "path": "/v1/customers", "body": {"data": [odd], "has_more": False}})
    assert list(stripe.customers()) == [odd]
    odd = {"id": "in_1", "object": "invoice", "status": None, "customer": None, "total_excluding_tax": None}
    order("stripe", {"do": "other_shape", "path": "/v1/invoices", "body": {"data": [odd], "has_more": False}})
    assert list(stripe.invoices(table.LONG_AGO)) == [odd]


@named([{"status": None}, {"customer": None}, {"total_excluding_tax": "5"}, {"lines": None}, {"object": "quote"}])
def test_what_bears_our_mark_in_a_list_must_be_whole(stripe: Billing, box: RunningSandbox, change: Body) -> None:
    invoice = stripe.invoice(table.a_draft(stripe, 1)) or {}
    asked = of(table.STRIPE_READS, "invoices")
    body = {"data": [invoice | change], "has_more": False}
    answering(box, "stripe", asked, body, lambda: list(stripe.invoices(table.LONG_AGO)))


@pytest.mark.parametrize("asked", table.STRIPE_WRITES + table.STRIPE_READS, ids=lambda one: one.name)
def test_ten_megabytes_are_not_read_at_stripe_and_a_wrong_content_type_does_not_matter(
    stripe: Billing, box: RunningSandbox, asked: Asked
) -> None:
    given = asked.ready(stripe)
    caught(box, "stripe", asked, {"do": "huge"}, lambda: asked.act(stripe, given))
    box.faults("stripe", {**asked.fault, "do": "wrong_type"})
    odd = asked.act(stripe, given)
    box.faults("stripe")
    assert odd == asked.act(stripe, given)


@pytest.mark.parametrize("asked", table.ASANA_WRITES + table.ASANA_READS, ids=lambda one: one.name)
def test_ten_megabytes_are_not_read_at_asana_and_a_wrong_content_type_does_not_matter(
    asana: Tracker, box: RunningSandbox, asked: Asked
) -> None:
    given = asked.ready(asana)
    caught(box, "asana", asked, {"do": "huge"}, lambda: asked.act(asana, given))
    box.faults("asana", {**asked.fault, "do": "wrong_type"})
    assert asked.act(asana, given)


@pytest.mark.parametrize("asked", [*table.SALESFORCE_READS, table.SALESFORCE_WRITE], ids=lambda one: one.name)
@pytest.mark.parametrize("do", ["huge", "wrong_type"])
def test_ten_megabytes_can_be_a_page_of_salesforces_and_a_wrong_content_type_does_not_matter(
    salesforce: DealSource, box: RunningSandbox, asked: Asked, do: str
) -> None:
    usual = asked.act(salesforce, None)
    box.faults("salesforce", {**asked.fault, "do": do})
    assert asked.act(salesforce, None) == usual
    assert box.struck("salesforce")[0] > 0
