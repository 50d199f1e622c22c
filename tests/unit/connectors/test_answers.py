"""What is believed of an answer: a right one as it came; one that is spoiled anywhere ends in one kind of error."""

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import asana_answers, salesforce_answers, stripe_answers
from connectors.shapes import OtherShapeError, read_json

INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "status": "draft",
    "customer": "cus_1",
    "currency": "eur",
    "total_excluding_tax": 5,
    "metadata": {"handoff_key": "k"},
    "automatic_tax": {"enabled": False},
    "default_tax_rates": [{"id": "txr_1"}],
    "lines": {"data": [{"id": "il_1", "amount": 5}], "has_more": False},
}
CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "email": "ap@acme.example",
    "metadata": {"handoff_scope": "s"},
    "tax_ids": {"data": [{"id": "txi_1", "type": "eu_vat", "value": "DE1"}]},
}
PROJECT = {"gid": "12", "resource_type": "project", "name": "Acme", "permalink_url": "https://app.asana.com/0/12"}
JOB = {"gid": "7", "resource_type": "job", "status": "succeeded", "new_project": {"gid": "12"}}
TASK = {"gid": "9", "resource_type": "task", "external": {"gid": "handoff:k"}}
DEAL = {
    "Id": "006000000000001AAA",
    "SystemModstamp": "2026-11-02T00:00:00.000+0000",
    "Lines": {"records": [{"Id": "00k000000000001AAA"}], "done": True},
}
DEALS = {"totalSize": 1, "done": False, "nextRecordsUrl": "/services/data/v62.0/query/0r8x-1", "records": [DEAL]}
FIELDS = {"fields": [{"name": "StageName", "type": "picklist", "picklistValues": [{"value": "Won", "active": True}]}]}


def _amounts(invoice: Any) -> list[int]:
    """As the verification reads it."""
    return [invoice["total_excluding_tax"], *(int(line["amount"]) for line in invoice["lines"]["data"])]


READS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "an invoice": (
        INVOICE,
        lambda told: _amounts(stripe_answers.one("invoice", identifier="in_1", customer="cus_1", sent=INVOICE)(told)),
    ),
    "a customer": (CUSTOMER, stripe_answers.one("customer", sent=CUSTOMER)),
    "invoices": (
        {"data": [INVOICE], "has_more": False},
        lambda told: [_amounts(one) for one in stripe_answers.page("invoice", after=None)(told)["data"] if _ours(one)],
    ),
    "customers": ({"data": [CUSTOMER], "has_more": False}, stripe_answers.page("customer", after=None)),
    "a project": ({"data": PROJECT}, asana_answers.one("project", gid="12")),
    "a job": ({"data": JOB}, lambda told: asana_answers.a_job(gid="7")(told)["status"]),
    "a task": ({"data": TASK}, asana_answers.a_task("handoff:k")),
    "projects": (
        {"data": [PROJECT], "next_page": {"offset": "tok"}},
        lambda told: ["[HO-1]" in one["name"] for one in asana_answers.page("project", offset=None)(told)["data"]],
    ),
    "deals": (DEALS, lambda told: [row["Id"] for row in salesforce_answers.page(told, with_ids=True)["records"]]),
    "a count": ({"totalSize": 3}, salesforce_answers.counted),
    "fields": (FIELDS, lambda told: {one["name"]: one["type"] for one in salesforce_answers.fields_of(told)}),
    "a written row": (
        {"id": DEAL["Id"], "success": True, "errors": []},
        lambda told: salesforce_answers.is_written(told, DEAL),
    ),
}
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.just([]),
    st.just([None]),
    st.just({}),
    st.just({"a": 1}),
)


def _ours(invoice: Any) -> bool:
    return bool(invoice.get("metadata"))


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from _places(one, (*place, name))


def _with(value: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    spoiled = {"whole": copy.deepcopy(value)}
    *way, last = ("whole", *place)
    held: Any = spoiled
    for name in way:
        held = held[name]
    change(held, last)
    return spoiled.get("whole")


@pytest.mark.parametrize("name", READS)
def test_a_right_answer_is_believed(name: str) -> None:
    told, read = READS[name]
    assert read(copy.deepcopy(told)) is not None


@pytest.mark.parametrize("name", READS)
def test_without_any_one_part_an_answer_is_right_or_of_another_shape(name: str) -> None:
    told, read = READS[name]
    for place in _places(told):
        _reads(read, _with(told, place, lambda held, last: held.pop(last)))


@pytest.mark.parametrize("name", READS)
@given(data=st.data())
def test_with_anything_in_any_place_an_answer_is_right_or_of_another_shape(name: str, data: st.DataObject) -> None:
    told, read = READS[name]
    place = data.draw(st.sampled_from(list(_places(told))))
    junk = data.draw(JUNK)
    _reads(read, _with(told, place, lambda held, last: held.__setitem__(last, junk)))


def _reads(read: Callable[[Any], Any], told: Any) -> None:
    with contextlib.suppress(OtherShapeError):  # and no other error
        read(told)


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"a": Infinity}', "[" * 100_000, b"\xff\xfe", '{"a": 1} x', "1" * 5_000]
)
def test_what_is_not_json_is_said_to_be_none(text: str | bytes) -> None:
    with pytest.raises(OtherShapeError, match="not JSON"):
        read_json(text)


@pytest.mark.parametrize("text", ["x", "1,5", "NaN", "Infinity", "1e"])
def test_a_decimal_that_is_no_number_is_of_another_shape(text: str) -> None:
    with pytest.raises(OtherShapeError, match="no number"):
        stripe_answers.read(f'{{"unit_amount_decimal": "{text}"}}')
