"""Seed rows become the org's rows, or are refused with their place."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.salesforce.ids import id_of, stable_id
from sandbox.seed import Seed, SeedError, read_seed
from tests.unit.sandbox.salesforce_calls import ACME, ANNA, Client, client

DEAL_ID = id_of("Opportunity", "one")


def only(org: Client, kind: str) -> dict[str, Any]:
    (row,) = org.rows_of(kind)
    return row


def test_a_row_without_stamps_id_or_owner_is_given_them() -> None:
    row = only(client({"Opportunity": [{"Name": "a"}]}), "Opportunity")
    assert row["Id"].startswith("006")
    assert row["SystemModstamp"] == row["CreatedDate"] == row["LastModifiedDate"]
    assert row["SystemModstamp"].startswith("2026-03-02T12:00")
    assert row["OwnerId"] == row["CreatedById"]


def test_stamps_of_the_seed_are_kept_in_salesforces_form() -> None:
    given = {"Name": "a", "SystemModstamp": "2017-03-01T13:00:00+01:00", "CreatedDate": "2016-10-20T00:00:00.250Z"}
    row = only(client({"Opportunity": [given]}), "Opportunity")
    assert (row["SystemModstamp"], row["CreatedDate"]) == (
        "2017-03-01T12:00:00.000+0000",
        "2016-10-20T00:00:00.250+0000",
    )


@pytest.mark.parametrize(
    ("given", "closed", "won"),
    [
        ({"StageName": "Closed Won"}, True, True),
        ({"StageName": "Won"}, True, True),
        ({"StageName": "Lost"}, True, False),
        ({"StageName": "Closed - Duplicate"}, True, False),
        ({"StageName": "Wonderful"}, False, False),
        ({"StageName": None}, False, False),
        ({"StageName": "Signed", "IsWon": True, "IsClosed": True}, True, True),
        ({"StageName": "Signed", "IsWon": "TRUE", "IsClosed": "true"}, True, True),
        ({"StageName": "Won", "IsWon": False}, True, False),
    ],
)
def test_won_and_closed_follow_the_stage_unless_the_seed_says(
    given: dict[str, Any],
    closed: bool,  # pytest passes parameters by name
    won: bool,  # the same
) -> None:
    row = only(client({"Opportunity": [given]}), "Opportunity")
    assert (row["IsClosed"], row["IsWon"]) == (closed, won)


def test_a_stage_means_later_what_the_seeds_rows_say_of_it() -> None:
    org = client({"Opportunity": [{"StageName": "Signed", "IsWon": True, "IsClosed": True}, {"Id": DEAL_ID}]})
    org.ask("PATCH", f"/sobjects/Opportunity/{DEAL_ID}", {"StageName": "Signed"})
    assert org.ask("GET", f"/sobjects/Opportunity/{DEAL_ID}").json()["IsWon"] is True


def test_a_stage_means_what_the_schema_states() -> None:
    stated = {"StageName": {"picklistValues": [{"value": "Gewonnen", "won": True}, {"value": "Weg", "closed": True}]}}
    seed: Seed = {
        "Opportunity": [{"StageName": "Gewonnen"}, {"StageName": "Weg"}],
        "_schema": [{"Opportunity": stated}],
    }
    assert [(row["IsClosed"], row["IsWon"]) for row in client(seed).rows_of("Opportunity")] == [
        (True, True),
        (True, False),
    ]


def test_cells_of_a_csv_are_read_by_the_type_of_their_field(tmp_path: Path) -> None:
    (tmp_path / "Opportunity.csv").write_text(
        "Name,Amount,IsPrivate,CloseDate,Probability,PO__c\n"
        "a,1234.50,TRUE,2026-01-31,,0012\nb,,false,2026-01-31T00:00:00.000Z,50,\n"
    )
    one, other = client(read_seed(tmp_path)).rows_of("Opportunity")
    assert (one["Amount"], one["IsPrivate"], one["CloseDate"], one["PO__c"]) == (1234.5, True, "2026-01-31", "0012")
    assert (other["Amount"], other["IsPrivate"], other["CloseDate"], other["Probability"]) == (
        None,
        False,
        "2026-01-31",
        50.0,
    )


def test_ids_of_15_characters_are_completed_and_may_refer() -> None:
    org = client({"Account": [{"Id": ACME[:15], "Name": "A"}], "Opportunity": [{"Name": "a", "AccountId": ACME[:15]}]})
    assert org.rows("SELECT Account.Name FROM Opportunity")[0]["Account"]["Name"] == "A"


def test_a_tree_export_with_references_and_nested_children_is_read(tmp_path: Path) -> None:
    deal = {
        "attributes": {"type": "Opportunity", "referenceId": "OppRef1"},
        "Name": "a",
        "AccountId": "@AccRef1",
        "OpportunityLineItems": {"records": [{"Quantity": 2, "UnitPrice": 5}]},
    }
    account = {"attributes": {"type": "Account", "referenceId": "AccRef1"}, "Name": "A"}
    (tmp_path / "Opportunity.json").write_text(json.dumps({"records": [deal]}))
    (tmp_path / "Account.json").write_text(json.dumps({"records": [account]}))
    (row,) = client(read_seed(tmp_path)).rows(
        "SELECT Account.Name, (SELECT TotalPrice FROM OpportunityLineItems) FROM Opportunity"
    )
    assert row["Account"]["Name"] == "A"
    assert row["OpportunityLineItems"]["records"][0]["TotalPrice"] == 10.0


def test_a_query_result_with_attributes_is_read() -> None:
    row = {"attributes": {"type": "Account", "url": "/x"}, "Id": ACME, "Name": "A", "Contacts": None}
    assert only(client({"Account": [row]}), "Account")["Name"] == "A"


def test_full_names_come_from_their_parts_and_parts_from_a_full_name() -> None:
    org = client({"User": [{"Id": ANNA, "Name": "Anna van Berg"}], "Contact": [{"FirstName": "C", "LastName": "D"}]})
    anna = next(row for row in org.rows_of("User") if row["Id"] == ANNA)
    assert (anna["FirstName"], anna["LastName"], anna["Name"]) == ("Anna van", "Berg", "Anna van Berg")
    assert only(org, "Contact")["Name"] == "C D"


def test_a_seed_may_hold_an_address_that_no_user_could_enter() -> None:
    assert only(client({"Contact": [{"LastName": "x", "Email": "nobody"}]}), "Contact")["Email"] == "nobody"


def test_a_deleted_row_of_the_seed_is_hidden() -> None:
    org = client({"Opportunity": [{"Name": "a", "IsDeleted": "true"}]})
    assert (org.rows("SELECT Id FROM Opportunity"), len(org.rows("SELECT Id FROM Opportunity", every=True))) == ([], 1)


def test_files_of_the_other_services_are_not_read() -> None:
    org = client({"stripe.customers": [{"id": 1}], "asana.projects": [{}]})
    assert org.rows("SELECT Id FROM Opportunity") == []


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ({"Oportunity": [{"Name": "a"}]}, "Oportunity: the sandbox has no such sObject"),
        ({"Opportunity": [{"Nam": "a"}]}, "Opportunity: Nam is not a standard field"),
        (
            {"Opportunity": [{}, {"Amount": "1,234.50"}]},
            "Opportunity row 2: Amount is '1,234.50', which is no currency",
        ),
        ({"Opportunity": [{"CloseDate": "31/02/2026"}]}, "row 1: CloseDate is '31/02/2026', which is no date"),
        ({"Opportunity": [{"IsPrivate": "maybe"}]}, "row 1: IsPrivate is 'maybe', which is no boolean"),
        ({"Opportunity": [{"Id": "1"}]}, "row 1: Id is '1', which is no Salesforce id"),
        ({"Opportunity": [{"Id": DEAL_ID[:15] + "AAA"}]}, f"its check digits would make it {DEAL_ID}"),
        ({"Opportunity": [{"Id": ACME}]}, "ids of Opportunity start with 006"),
        ({"Opportunity": [{"AccountId": DEAL_ID}]}, "ids of Account start with 001"),
        ({"Opportunity": [{"Id": DEAL_ID}, {"Id": DEAL_ID[:15]}]}, f"row 2: the Id {DEAL_ID} is on two rows"),
        ({"Opportunity": [{"AccountId": ACME}]}, f"AccountId is {ACME}, and no seeded Account has that Id"),
        ({"Opportunity": [{"AccountId": "@AccRef9"}]}, "AccountId is '@AccRef9', which is no Salesforce id"),
        ({"Opportunity": [{"Name": ["a"]}]}, "row 1: Name is"),
    ],
)
def test_a_seed_that_cannot_be_used_is_refused_with_its_place(seed: Seed, message: str) -> None:
    with pytest.raises(SeedError) as refused:
        client(seed)
    assert message in str(refused.value)


def test_the_integration_user_is_always_there() -> None:
    assert [row["Id"] for row in client({}).rows_of("User")] == [stable_id("005", "integration user")]
