"""Describe, and what a seed makes of the org's schema."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.salesforce.ids import id_of
from sandbox.seed import Seed, SeedError, read_seed
from tests.unit.sandbox.salesforce_calls import ACME, CLARA, client

DEAL_ID = id_of("Opportunity", "one")
ACCOUNT = {"Id": ACME, "Name": "Acme"}


def fields(seed: Seed | None = None, kind: str = "Opportunity") -> dict[str, dict[str, Any]]:
    """An sObject's fields by name, as describe shows them."""
    described = client(seed).ask("GET", f"/sobjects/{kind}/describe").json()
    return {field["name"]: field for field in described["fields"]}


def custom(*values: Any, **stated: Any) -> dict[str, Any]:
    """The field X__c of deals that have these values."""
    seed: Seed = {"Opportunity": [{"X__c": value} for value in values], "Contact": [{"Id": CLARA, "LastName": "C"}]}
    if stated:
        seed["_schema"] = [{"Opportunity": {"fields": {"X__c": stated}}}]
    return fields(seed)["X__c"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Id", "id"),
        ("Name", "string"),
        ("Amount", "currency"),
        ("Probability", "percent"),
        ("CloseDate", "date"),
        ("SystemModstamp", "datetime"),
        ("IsWon", "boolean"),
        ("StageName", "picklist"),
        ("OwnerId", "reference"),
        ("FiscalYear", "int"),
        ("TotalOpportunityQuantity", "double"),
        ("Description", "textarea"),
        ("Handoff_Status__c", "string"),
        ("Handoff_Invoice__c", "url"),
        ("Handoff_Last_Run__c", "datetime"),
    ],
)
def test_describe_names_the_type_of_each_field(name: str, kind: str) -> None:
    assert fields()[name]["type"] == kind


def test_describe_tells_what_may_be_written_and_left_empty() -> None:
    found = fields()
    assert (found["StageName"]["nillable"], found["StageName"]["updateable"]) == (False, True)
    assert (found["Amount"]["nillable"], found["Amount"]["updateable"]) == (True, True)
    assert (found["IsWon"]["updateable"], found["SystemModstamp"]["updateable"]) == (False, False)
    assert (found["Name"]["length"], found["Name"]["label"], found["Name"]["nameField"]) == (120, "Name", True)
    assert (found["Handoff_Status__c"]["custom"], found["Name"]["custom"]) == (True, False)


def test_describe_tells_where_references_lead_and_which_children_there_are() -> None:
    described = client().ask("GET", "/sobjects/Account/describe").json()
    assert fields()["OwnerId"]["referenceTo"] == ["User"]
    assert fields()["OwnerId"]["relationshipName"] == "Owner"
    assert fields()["AccountId"]["relationshipName"] == "Account"
    assert {"childSObject": "Opportunity", "field": "AccountId", "relationshipName": "Opportunities"}.items() <= next(
        child for child in described["childRelationships"] if child["childSObject"] == "Opportunity"
    ).items()


def test_every_object_is_listed_with_its_prefix() -> None:
    listed = {kind["name"]: kind["keyPrefix"] for kind in client().ask("GET", "/sobjects").json()["sobjects"]}
    assert listed == {
        "Opportunity": "006",
        "Account": "001",
        "Contact": "003",
        "Organization": "00D",
        "User": "005",
        "RecordType": "012",
        "Product2": "01t",
        "PricebookEntry": "01u",
        "OpportunityLineItem": "00k",
    }


def test_an_object_answers_what_it_is_in_short() -> None:
    told = client().ask("GET", "/sobjects/Product2").json()
    assert (told["objectDescribe"]["label"], told["recentItems"]) == ("Product", [])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((True, None), "boolean"),
        (("true", "FALSE"), "boolean"),
        ((1, 2.5), "double"),
        (("0012", "13"), "string"),
        (("2026-01-01", None), "date"),
        (("2026-01-01T00:00:00Z",), "datetime"),
        (("https://example.com/a",), "url"),
        (("a@example.com", "b@example.com"), "email"),
        (("a@example.com", "none"), "string"),
        ((CLARA, None, CLARA[:15]), "reference"),
        (("x" * 300,), "textarea"),
        ((None,), "string"),
    ],
)
def test_a_custom_field_takes_its_type_from_its_values(values: tuple[Any, ...], kind: str) -> None:
    assert custom(*values)["type"] == kind


def test_a_column_of_ids_becomes_a_reference_with_a_relationship() -> None:
    found = custom(CLARA)
    assert (found["referenceTo"], found["relationshipName"]) == (["Contact"], "X__r")


def test_a_stated_type_is_taken_over_the_values() -> None:
    assert custom("5", "6.5", type="double", label="Sum", scale=3)["type"] == "double"
    assert custom("5", type="Currency", label="Sum")["label"] == "Sum"


def test_a_stated_field_is_there_without_values() -> None:
    stated = {"Boss__c": {"type": "reference", "referenceTo": ["User"], "relationshipName": "Boss__r"}}
    found = fields({"_schema": [{"Opportunity": {"fields": stated}}]})["Boss__c"]
    assert (found["referenceTo"], found["relationshipName"], found["updateable"]) == (["User"], "Boss__r", True)


def test_a_picklist_holds_the_values_of_the_seed_or_those_stated_or_a_new_orgs() -> None:
    def values(seed: Seed) -> list[str]:
        return [choice["value"] for choice in fields(seed)["StageName"]["picklistValues"] if choice["active"]]

    assert "Closed Won" in values({})
    assert values({"Opportunity": [{"StageName": "Won"}, {"StageName": "Lost"}, {"StageName": "Won"}]}) == [
        "Won",
        "Lost",
    ]
    stated = {"StageName": {"picklistValues": ["Won", {"value": "Old", "active": False, "label": "Was"}]}}
    assert values({"Opportunity": [{"StageName": "Lost"}], "_schema": [{"Opportunity": stated}]}) == ["Won"]


def test_the_currency_field_exists_everywhere_once_a_seed_has_it_anywhere() -> None:
    seed: Seed = {"Account": [ACCOUNT], "Opportunity": [{"CurrencyIsoCode": "EUR"}, {"CurrencyIsoCode": None}]}
    org = client(seed)
    assert [row["CurrencyIsoCode"] for row in org.rows("SELECT CurrencyIsoCode FROM Opportunity")] == ["EUR", "EUR"]
    assert [row["CurrencyIsoCode"] for row in org.rows("SELECT CurrencyIsoCode FROM Account")] == ["EUR"]
    assert "CurrencyIsoCode" not in fields({})


def test_write_back_fields_can_be_left_out() -> None:
    assert not [name for name in fields({"_schema": [{"writeback_fields": False}]}) if name.startswith("Handoff_")]


def test_a_hidden_field_does_not_exist_for_us() -> None:
    hidden = {"StageName": {"hidden": True}, "X__c": {"hidden": True}}
    seed: Seed = {"Opportunity": [{"Name": "a", "StageName": "Closed Won", "X__c": 1}]}
    org = client({**seed, "_schema": [{"Opportunity": hidden}]})
    assert org.refusal("SELECT StageName FROM Opportunity")[0] == "INVALID_FIELD"
    assert org.refusal("SELECT X__c FROM Opportunity")[0] == "INVALID_FIELD"
    assert org.rows("SELECT IsWon FROM Opportunity")[0]["IsWon"] is True


def test_a_formula_shows_the_parents_value_and_moves_no_stamp() -> None:
    formula = {"Rep_Boss__c": {"type": "email", "formula": "Owner.Manager.Email"}}
    boss, rep = id_of("User", "boss"), id_of("User", "rep")
    people = [{"Id": boss, "LastName": "B", "Email": "b@example.com"}, {"Id": rep, "LastName": "R", "ManagerId": boss}]
    seed: Seed = {"User": people, "Opportunity": [{"Id": DEAL_ID, "OwnerId": rep}]}
    org = client({**seed, "_schema": [{"Opportunity": formula}]})
    soql = "SELECT Rep_Boss__c, SystemModstamp FROM Opportunity WHERE Rep_Boss__c LIKE '%@example.com'"
    before = org.rows(soql)[0]
    org.ask("PATCH", f"/sobjects/User/{boss}", {"Email": "new@example.com"})
    after = org.rows(soql)[0]
    assert (before["Rep_Boss__c"], after["Rep_Boss__c"]) == ("b@example.com", "new@example.com")
    assert before["SystemModstamp"] == after["SystemModstamp"]
    refused = org.ask("PATCH", f"/sobjects/Opportunity/{DEAL_ID}", {"Rep_Boss__c": "x@example.com"})
    assert refused.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"Opportunity": {"fields": {"X__c": {"kind": "date"}}}}, "X__c states kind, which is not one of"),
        ({"Opportunity": {"fields": {"X__c": {"type": "money"}}}}, "is of the type money; write one of"),
        ({"Opportunity": {"fields": {"X__c": {"type": "reference"}}}}, "state referenceTo"),
        ({"Opportunity": {"fields": {"X__c": {"type": "reference", "referenceTo": "Lead"}}}}, "refers to Lead"),
        ({"Opportunity": {"fields": {"X__c": {"length": "5"}}}}, "length is '5', which is no int"),
        ({"Opportunity": {"fields": {"X__c": 5}}}, "X__c is not an object"),
        ({"Opportunity": {"fields": {"X__c": {"formula": "Boss.Name"}}}}, "has no parent Boss"),
        ({"Opportunity": {"fields": {"X__c": {"formula": "Owner.Foo"}}}}, "User has no field Foo"),
        ({"Opportunity": {"fields": {"X__c": {"picklistValues": [5]}}}}, "5 is not a picklist value"),
        ({"Opportunity": {"fields": {"Foo": {"type": "date"}}}}, "Foo is not a standard field"),
        ({"Lead": {"fields": {"X__c": {"type": "date"}}}}, "Lead is no sObject of the sandbox"),
        ({"Opportunity": 5}, "Opportunity is not an object"),
        ({"writeback_fields": "no"}, "writeback_fields is 'no', which is no bool"),
    ],
)
def test_a_wrong_statement_is_refused_with_its_place(content: dict[str, Any], message: str) -> None:
    with pytest.raises(SeedError, match=message):
        client({"_schema": [content]})


@pytest.mark.parametrize("as_list", [True, False])
def test_the_statement_may_be_one_object_or_a_list(tmp_path: Path, as_list: bool) -> None:  # a parameter of the test
    one = {"object": "Opportunity", "fields": {"PO__c": "string"}}
    whole = {"objects": {"Opportunity": {"fields": {"PO__c": {"type": "string"}}, "label": "Deal"}}}
    (tmp_path / "_schema.json").write_text(json.dumps([one, {"writeback_fields": False}] if as_list else whole))
    assert fields(read_seed(tmp_path))["PO__c"]["type"] == "string"
