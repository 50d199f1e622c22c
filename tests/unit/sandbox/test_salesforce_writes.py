"""Creating, changing and deleting single rows."""

from datetime import datetime
from typing import Any

import pytest

from sandbox.salesforce.ids import id_of
from tests.unit.sandbox.salesforce_calls import ACME, BEN, CLARA, DEAL, NOON, Client, client

NOBODY = id_of("Account", "nobody")


def stamp(org: Client, kind: str, row_id: str) -> datetime:
    answer = org.ask("GET", f"/sobjects/{kind}/{row_id}?fields=SystemModstamp").json()
    return datetime.fromisoformat(answer["SystemModstamp"])


def test_a_change_answers_nothing_and_shows_at_once() -> None:
    org = client()
    answer = org.change("won", nextstep="call", Amount="12.5", CloseDate="2026-05-01")
    assert (answer.status, answer.content) == (204, b"")
    deal = org.deal()
    assert (deal["NextStep"], deal["Amount"], deal["CloseDate"]) == ("call", 12.5, "2026-05-01")
    assert org.deals("NextStep = 'call'") == ["won"]


def test_a_change_moves_the_stamps_of_that_row_only() -> None:
    org = client()
    before = {
        (name, row["Id"]): row["SystemModstamp"] for name in ("Account", "Opportunity") for row in org.rows_of(name)
    }
    (line,) = org.rows("SELECT Id FROM OpportunityLineItem ORDER BY SortOrder LIMIT 1")
    org.change("won", NextStep="call")
    org.ask("PATCH", f"/sobjects/OpportunityLineItem/{line['Id']}", {"Quantity": 3})
    after = {
        (name, row["Id"]): row["SystemModstamp"] for name in ("Account", "Opportunity") for row in org.rows_of(name)
    }
    assert {key for key in before if before[key] != after[key]} == {("Opportunity", DEAL["won"])}
    assert org.deal()["LastModifiedDate"] == org.deal()["SystemModstamp"]
    assert stamp(org, "OpportunityLineItem", line["Id"]) > stamp(org, "Opportunity", DEAL["won"])


def test_each_write_has_a_later_stamp_even_when_the_clock_goes_back() -> None:
    org = client()
    moments = []
    for step in range(20):
        if step == 10:
            org.world.clock.shift(-60)
        assert org.change("won", NextStep=str(step)).status == 204
        moments.append(stamp(org, "Opportunity", DEAL["won"]))
    assert moments == sorted(set(moments))
    assert (moments[0] - NOON).total_seconds() < 30


def test_a_stage_takes_won_and_closed_with_it() -> None:
    org = client()
    org.change("won", StageName="Negotiation/Review")
    assert (org.deal()["IsWon"], org.deal()["IsClosed"]) == (False, False)
    org.change("won", StageName="Closed Lost")
    assert (org.deal()["IsWon"], org.deal()["IsClosed"]) == (False, True)


def test_a_line_keeps_its_total_in_step() -> None:
    org = client()
    (line,) = org.rows("SELECT Id, TotalPrice FROM OpportunityLineItem WHERE Quantity = 2")
    path = f"/sobjects/OpportunityLineItem/{line['Id']}"
    assert line["TotalPrice"] == 800.0
    org.ask("PATCH", path, {"Quantity": 3, "Discount": 10})
    assert org.ask("GET", path).json()["TotalPrice"] == 1080.0
    org.ask("PATCH", path, {"TotalPrice": 540})
    assert org.ask("GET", path).json()["UnitPrice"] == 200.0


def test_an_empty_text_is_stored_as_null() -> None:
    org = client()
    org.change("won", NextStep="", PO__c=None)
    assert (org.deal()["NextStep"], org.deal()["PO__c"]) == (None, None)


@pytest.mark.parametrize(
    ("fields", "code", "message", "named"),
    [
        ({"Foo__c": 1}, "INVALID_FIELD", "No such column 'Foo__c' on sobject of type Opportunity", None),
        ({"Id": "x"}, "INVALID_FIELD", "The Id field should not be specified", None),
        ({"IsWon": True}, "INVALID_FIELD_FOR_INSERT_UPDATE", "create/update fields: IsWon.", ["IsWon"]),
        ({"SystemModstamp": "x"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "SystemModstamp", ["SystemModstamp"]),
        ({"StageName": None}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [StageName]", ["StageName"]),
        ({"Name": "x" * 121}, "STRING_TOO_LONG", "Name: data value too large: x", ["Name"]),
        ({"Amount": "lots"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of currency from VALUE_STRING", None),
        ({"Amount": True}, "JSON_PARSER_ERROR", "instance of currency from VALUE_TRUE", None),
        ({"Amount": "NaN"}, "JSON_PARSER_ERROR", "instance of currency", None),
        ({"Amount": 1e18}, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range", None),
        ({"FiscalYear": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE", "FiscalYear", ["FiscalYear"]),
        ({"CloseDate": "31/02/2026"}, "JSON_PARSER_ERROR", "instance of date from VALUE_STRING value 31/02/2026", None),
        ({"CloseDate": "2026-02-30"}, "JSON_PARSER_ERROR", "instance of date", None),
        ({"Handoff_Last_Run__c": "2026-01-01"}, "JSON_PARSER_ERROR", "instance of datetime", None),
        ({"Handoff_Last_Run__c": "2026-13-01T00:00:00Z"}, "JSON_PARSER_ERROR", "instance of datetime", None),
        ({"Name": {"a": 1}}, "JSON_PARSER_ERROR", "instance of string from START_OBJECT", None),
        ({"IsPrivate": "maybe"}, "JSON_PARSER_ERROR", "instance of boolean", None),
        ({"AccountId": BEN}, "MALFORMED_ID", "Account ID: id value of incorrect type", ["AccountId"]),
        ({"AccountId": "12"}, "MALFORMED_ID", "id value of incorrect type: 12", ["AccountId"]),
        ({"AccountId": NOBODY}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_written(
    fields: dict[str, Any], code: str, message: str, named: list[str] | None
) -> None:
    org = client()
    before = org.deal()
    answer = org.change("won", NextStep="never", **fields)
    (error,) = answer.json()
    assert (answer.status, error["errorCode"], error.get("fields")) == (400, code, named)
    assert message in error["message"]
    assert org.deal() == before


def test_a_wrong_e_mail_address_is_refused() -> None:
    answer = client().ask("PATCH", f"/sobjects/Contact/{CLARA}", {"Email": "clara@"})
    assert answer.json()[0]["errorCode"] == "INVALID_EMAIL_ADDRESS"


def test_a_restricted_picklist_takes_its_active_values_only() -> None:
    values = ["Net 30", {"value": "Net 90", "active": False}]
    stated = {"Terms__c": {"type": "picklist", "restricted": True, "picklistValues": values}}
    org = client({"Opportunity": [{"Id": DEAL["won"], "Name": "won"}], "_schema": [{"Opportunity": stated}]})
    assert org.change("won", Terms__c="Net 30").status == 204
    for wrong in ("net 30", "Net 90"):
        error = org.change("won", Terms__c=wrong).json()[0]
        assert error["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


@pytest.mark.parametrize("body", [b"", b"{", b'{"Name": NaN}', b"[]", b'"x"', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    answer = client().ask("PATCH", f"/sobjects/Opportunity/{DEAL['won']}", body)
    assert (answer.status, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_a_body_that_is_not_said_to_be_json_is_refused() -> None:
    path = f"/sobjects/Opportunity/{DEAL['won']}"
    answer = client().ask("PATCH", path, {"Name": "x"}, headers={"content-type": "text/plain"})
    assert (answer.status, answer.json()[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("row_id", "code"), [(id_of("Opportunity", "x"), "NOT_FOUND"), ("abc", "NOT_FOUND"), (ACME, "NOT_FOUND")]
)
def test_a_row_that_is_not_there_is_not_found(method: str, row_id: str, code: str) -> None:
    answer = client().ask(method, f"/sobjects/Opportunity/{row_id}", {})
    assert (answer.status, answer.json()[0]["errorCode"]) == (404, code)


def test_a_deleted_row_is_gone_and_its_lines_with_it() -> None:
    org = client()
    before = stamp(org, "Opportunity", DEAL["won"])
    assert org.ask("DELETE", f"/sobjects/Opportunity/{DEAL['won']}").status == 204
    for method in ("GET", "PATCH", "DELETE"):
        answer = org.ask(method, f"/sobjects/Opportunity/{DEAL['won']}", {})
        assert (answer.status, answer.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    (row,) = org.rows("SELECT SystemModstamp FROM Opportunity WHERE IsDeleted = true", every=True)
    assert datetime.fromisoformat(row["SystemModstamp"]) > before
    assert all(line["IsDeleted"] for line in org.rows_of("OpportunityLineItem"))


def test_an_account_with_won_deals_cannot_be_deleted_and_one_without_takes_its_deals_along() -> None:
    org = client()
    refused = org.ask("DELETE", f"/sobjects/Account/{ACME}")
    assert (refused.status, refused.json()[0]["errorCode"]) == (400, "DELETE_FAILED")
    (zeta,) = org.rows("SELECT Id FROM Account WHERE Name = 'Zeta'")
    assert org.ask("DELETE", f"/sobjects/Account/{zeta['Id']}").status == 204
    assert org.deals("Name = 'lost'") == []


def test_a_deleted_parent_that_may_be_missing_empties_the_reference() -> None:
    org = client()
    assert org.ask("DELETE", f"/sobjects/Contact/{CLARA}").status == 204
    assert org.deal()["Billing__c"] is None


def test_users_are_never_deleted() -> None:
    answer = client().ask("DELETE", f"/sobjects/User/{BEN}")
    assert (answer.status, answer.json()[0]["errorCode"]) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_a_created_row_has_an_id_an_owner_and_stamps() -> None:
    org = client()
    body = {"Name": "new", "StageName": "Closed Won", "CloseDate": "2026-01-01", "AccountId": ACME[:15]}
    answer = org.ask("POST", "/sobjects/Opportunity/", body)
    made = answer.json()
    assert (answer.status, made["success"], made["errors"]) == (201, True, [])
    (row,) = org.rows(f"SELECT IsWon, AccountId, Owner.Email, CreatedDate FROM Opportunity WHERE Id = '{made['id']}'")
    assert (row["IsWon"], row["AccountId"], row["Owner"]["Email"]) == (True, ACME, "integration@example.com")
    assert row["CreatedDate"].startswith("2026-03-02T12:00")


def test_a_created_line_appears_under_its_deal() -> None:
    org = client()
    assert org.deal("open")["HasOpportunityLineItem"] is False
    body = {"OpportunityId": DEAL["open"], "Quantity": 1, "UnitPrice": 5}
    made = org.ask("POST", "/sobjects/OpportunityLineItem", body).json()["id"]
    soql = f"SELECT (SELECT Id, TotalPrice FROM OpportunityLineItems) FROM Opportunity WHERE Id = '{DEAL['open']}'"
    (row,) = org.rows(soql)
    assert [line["Id"] for line in row["OpportunityLineItems"]["records"]] == [made]
    assert org.deal("open")["HasOpportunityLineItem"] is True
    org.ask("DELETE", f"/sobjects/OpportunityLineItem/{made}")
    assert org.rows(soql)[0]["OpportunityLineItems"] is None
    assert org.deal("open")["HasOpportunityLineItem"] is False


def test_a_row_without_its_required_fields_is_not_created() -> None:
    answer = client().ask("POST", "/sobjects/Opportunity", {"Name": "new"})
    (error,) = answer.json()
    assert (answer.status, error["errorCode"]) == (400, "REQUIRED_FIELD_MISSING")
    assert error["fields"] == ["StageName", "CloseDate"]


def test_get_answers_all_fields_flat_or_those_asked_for() -> None:
    org = client()
    whole = org.deal()
    assert {"Name", "OwnerId", "PO__c", "Description", "Handoff_Status__c"} <= set(whole)
    assert "Owner" not in whole
    some = org.ask("GET", f"/sobjects/opportunity/{DEAL['won'][:15]}?fields=name,PO__c").json()
    assert {**some, "attributes": None} == {"attributes": None, "Name": "won", "PO__c": "0012", "Id": DEAL["won"]}
    refused = org.ask("GET", f"/sobjects/Opportunity/{DEAL['won']}?fields=Foo")
    assert (refused.status, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
