"""Rows reached and upserted by an external id."""

import pytest

from sandbox.salesforce.ids import id_of
from tests.unit.sandbox.salesforce_calls import Client, client

FULL = {"Name": "new", "StageName": "Won", "CloseDate": "2026-01-01"}
STATED = {"Opportunity": {"Ref__c": {"externalId": True}, "Key__c": {"externalId": True, "unique": True}}}


def org() -> Client:
    rows = [
        {"Id": id_of("Opportunity", name), "Name": name, "Ref__c": ref, "Key__c": key}
        for name, ref, key in (("one", "R/1", "k1"), ("two", "twice", "k2"), ("three", "TWICE", None))
    ]
    return client({"Opportunity": rows, "_schema": [STATED]})


def test_a_row_is_read_by_its_external_id_without_regard_to_case() -> None:
    assert org().ask("GET", "/sobjects/Opportunity/Ref__c/r%2F1").json()["Name"] == "one"


def test_an_external_id_that_no_row_has_is_not_found() -> None:
    answer = org().ask("GET", "/sobjects/Opportunity/Ref__c/none")
    assert (answer.status, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("field", ["Name", "Foo__c"])
def test_a_field_that_is_no_external_id_is_not_found(field: str) -> None:
    answer = org().ask("PATCH", f"/sobjects/Opportunity/{field}/one", FULL)
    assert answer.status == 404
    assert "external ID field does not exist" in answer.json()[0]["message"]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_external_id_on_several_rows_answers_where_they_are(method: str) -> None:
    answer = org().ask(method, "/sobjects/Opportunity/Ref__c/twice", {"NextStep": "never"})
    assert answer.status == 300
    assert sorted(answer.json()) == sorted(
        f"/services/data/v62.0/sobjects/Opportunity/{id_of('Opportunity', name)}" for name in ("two", "three")
    )


def test_an_upsert_creates_once_and_then_changes() -> None:
    caller = org()
    made = caller.ask("PATCH", "/sobjects/Opportunity/Key__c/k9", FULL)
    again = caller.ask("PATCH", "/sobjects/Opportunity/Key__c/k9", {"NextStep": "call"})
    assert (made.status, made.json()["created"]) == (201, True)
    assert (again.status, again.json()) == (200, {**made.json(), "created": False})
    assert [row["NextStep"] for row in caller.rows("SELECT NextStep FROM Opportunity WHERE Key__c = 'K9'")] == ["call"]


@pytest.mark.parametrize("extra", [{"Key__c": "k9"}, {"Id": "x"}])
def test_an_upsert_does_not_take_its_key_in_the_body(extra: dict[str, str]) -> None:
    answer = org().ask("PATCH", "/sobjects/Opportunity/Key__c/k9", {**FULL, **extra})
    assert (answer.status, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_a_unique_value_is_not_given_twice() -> None:
    answer = org().ask("POST", "/sobjects/Opportunity", {**FULL, "Key__c": "K1"})
    assert answer.json()[0]["errorCode"] == "DUPLICATE_VALUE"
    assert id_of("Opportunity", "one") in answer.json()[0]["message"]


def test_a_row_may_keep_its_own_unique_value() -> None:
    caller = org()
    answer = caller.ask("PATCH", f"/sobjects/Opportunity/{id_of('Opportunity', 'one')}", {"Key__c": "K1"})
    assert answer.status == 204


def test_an_upsert_by_id_changes_but_never_creates() -> None:
    caller = org()
    assert (
        caller.ask("PATCH", f"/sobjects/Opportunity/Id/{id_of('Opportunity', 'one')}", {"NextStep": "x"}).status == 200
    )
    assert caller.ask("PATCH", f"/sobjects/Opportunity/Id/{id_of('Opportunity', 'nine')}", FULL).status == 404
