"""Collections: 200 rows written in one call, failures inside an answer of 200."""

from typing import Any

import pytest

from sandbox.salesforce.ids import id_of
from tests.unit.sandbox.salesforce_calls import ACME, DEAL, client

MISSING = id_of("Opportunity", "missing")


def test_each_row_has_its_answer_in_order() -> None:
    org = client()
    answer = org.collection(
        {"Id": DEAL["won"], "Handoff_Status__c": "delivered"},
        {"id": MISSING, "Handoff_Status__c": "held"},
        {"id": DEAL["lost"][:15], "Handoff_Status__c": "held"},
    )
    assert answer.status == 200
    assert answer.json() == [
        {"id": DEAL["won"], "success": True, "errors": []},
        {
            "success": False,
            "errors": [
                {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id", "fields": []}
            ],
        },
        {"id": DEAL["lost"], "success": True, "errors": []},
    ]
    assert org.deals("Handoff_Status__c != null") == ["won", "lost"]


def test_all_or_none_writes_nothing_when_one_row_is_wrong() -> None:
    org = client()
    rows = [{"Id": DEAL["won"], "NextStep": "x"}, {"Id": DEAL["lost"], "StageName": ""}]
    codes = [row["errors"][0]["statusCode"] for row in org.collection(*rows, all_or_none=True).json()]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert org.deals("NextStep != null") == []


def test_all_or_none_writes_all_when_all_are_right() -> None:
    org = client()
    rows = [{"Id": DEAL[name], "NextStep": "x"} for name in ("won", "lost")]
    assert all(row["success"] for row in org.collection(*rows, all_or_none=True).json())
    assert org.deals("NextStep = 'x'") == ["won", "lost"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"NextStep": "x"}, "MISSING_ARGUMENT"),
        ({"Id": "12", "NextStep": "x"}, "MALFORMED_ID"),
        ({"Id": ACME, "NextStep": "x"}, "MALFORMED_ID"),
        ({"Id": DEAL["won"], "IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Id": DEAL["won"], "Name": "x" * 121}, "STRING_TOO_LONG"),
        ({"Id": DEAL["won"], "AccountId": id_of("Account", "x")}, "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
def test_a_wrong_row_fails_alone(row: dict[str, Any], code: str) -> None:
    org = client()
    wrong, right = org.collection(row, {"Id": DEAL["lost"], "NextStep": "x"}).json()
    assert (wrong["success"], wrong["errors"][0]["statusCode"], right["success"]) == (False, code, True)
    assert org.deals("NextStep = 'x'") == ["lost"]


def test_a_deleted_row_fails_alone() -> None:
    org = client()
    org.ask("DELETE", f"/sobjects/Opportunity/{DEAL['won']}")
    (answer,) = org.collection({"Id": DEAL["won"], "NextStep": "x"}).json()
    assert answer["errors"][0]["statusCode"] == "ENTITY_IS_DELETED"


def test_a_row_named_twice_is_written_once() -> None:
    org = client()
    first, second = org.collection({"Id": DEAL["won"], "NextStep": "1"}, {"Id": DEAL["won"], "NextStep": "2"}).json()
    assert (first["success"], second["errors"][0]["statusCode"]) == (True, "DUPLICATE_VALUE")
    assert org.deal()["NextStep"] == "1"


def test_rows_of_several_types_go_together() -> None:
    org = client()
    account = {"attributes": {"type": "Account"}, "Id": ACME, "Rating": "Hot"}
    answers = org.collection({"Id": DEAL["won"], "NextStep": "x"}, account).json()
    assert [answer["success"] for answer in answers] == [True, True]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"Id": DEAL["won"], "NextStep": "x"}, {"Id": DEAL["lost"], "Foo__c": 1}], "INVALID_FIELD"),
        ([{"Id": DEAL["won"], "NextStep": "x"}, {"Id": DEAL["lost"], "Amount": "y"}], "JSON_PARSER_ERROR"),
        ([{"attributes": {}, "Id": DEAL["won"]}], "INVALID_TYPE"),
        ([{"attributes": {"type": "Lead"}, "Id": DEAL["won"]}], "INVALID_TYPE"),
        ([{"Id": DEAL["won"]}] * 201, "EXCEEDED_ID_LIMIT"),
        ([{"Id": DEAL["won"]}, {"attributes": {"type": "Account"}, "Id": ACME}] * 6, "LIMIT_EXCEEDED"),
    ],
)
def test_a_collection_that_is_not_understood_is_refused_whole(rows: list[dict[str, Any]], code: str) -> None:
    org = client()
    answer = org.collection(*rows)
    assert (answer.status, answer.json()[0]["errorCode"]) == (400, code)
    assert org.deals("NextStep != null") == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"records": {}},
        {"records": ["x"]},
        {"records": [], "allOrNone": "yes"},
        {"records": [], "allornone": True},
    ],
)
def test_a_body_that_is_no_collection_is_refused(body: object) -> None:
    assert client().ask("PATCH", "/composite/sobjects", body).status == 400


def test_two_hundred_rows_pass() -> None:
    rows = [{"Id": id_of("Opportunity", str(number)), "Name": str(number)} for number in range(200)]
    org = client({"Opportunity": rows})
    answers = org.collection(*({"Id": row["Id"], "NextStep": "x"} for row in rows)).json()
    assert [answer["id"] for answer in answers if answer["success"]] == [row["Id"] for row in rows]
