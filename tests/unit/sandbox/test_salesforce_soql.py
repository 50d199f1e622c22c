"""SOQL: what is found, in which order, and in which shape."""

from datetime import datetime

import pytest

from tests.unit.sandbox.salesforce_calls import ACME, BEN, CLARA, DEAL, STAMPS, Client, client


@pytest.fixture(scope="module")
def org() -> Client:
    return client()


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("IsWon = true", "won bare"),
        ("IsClosed = false", "open"),
        ("stagename = 'closed won'", "won bare"),
        ("StageName != 'Closed Won'", "lost open"),
        ("Amount > 1000", "won lost"),
        ("Amount >= 1000.5 AND Amount <= 1000.5", "won"),
        ("Amount < +2000", "won"),
        ("Amount = null", "open bare"),
        ("Amount != null", "won lost"),
        ("Amount != 1000.5", "lost open bare"),
        ("NOT Amount = 1000.5", "lost open bare"),
        ("CloseDate < 2026-02-01", "won"),
        ("CloseDate >= 2026-02-01", "lost open"),
        (f"SystemModstamp > {STAMPS[0][:19]}Z", "lost open bare"),
        ("SystemModstamp >= 2026-01-02T02:00:00+02:00", "lost open bare"),
        ("SystemModstamp > 2026-01-03T00:00:00.499-0000", ""),
        ("SystemModstamp >= 2026-01-03T00:00:00.900-0000", "open bare"),
        ("SystemModstamp > 2026-01-02T23:59:59Z", "open bare"),
        ("Name = 'O\\'Hara 100% _x'", "bare"),
        ("Name LIKE 'o%'", "open bare"),
        ("Name LIKE '%100\\% \\_x'", "bare"),
        ("Name LIKE '_on'", "won"),
        ("Name LIKE '%z\\%'", ""),
        ("Name < 'n'", "lost"),
        ("Id IN ('{won}', '{short_open}')", "won open"),
        ("Id NOT IN ('{won}', '{lost}')", "open bare"),
        ("Id = '{lost}' AND IsWon = true", ""),
        ("Name IN ('WON', 'nobody')", "won"),
        ("PO__c = '0012'", "won"),
        ("PO__c = ''", "open bare"),
        ("Account.Name = 'Acme'", "won open"),
        ("Account.Name != 'Acme'", "lost bare"),
        ("Account.Parent.Name = 'Acme'", "lost"),
        ("Account.Parent.Owner.Email = 'anna@example.com'", "lost"),
        ("Owner.Manager.Email LIKE 'anna@%'", "won lost open"),
        ("Opportunity.Name = 'won'", "won"),
        ("Billing__r.Email = null", "bare"),
        ("AccountId IN (SELECT Id FROM Account WHERE Name = 'Zeta')", "lost"),
        ("AccountId NOT IN (SELECT Id FROM Account)", "bare"),
        ("AccountId IN (SELECT AccountId FROM Contact)", "won open"),
        ("(IsWon = true AND Amount != null) OR (IsWon = false AND Amount = null)", "won open"),
        ("IsClosed = true AND (Amount > 5000 OR NOT (Name = 'won'))", "lost bare"),
        ("Name\n=\t'won'", "won"),
    ],
)
def test_a_condition_finds_just_the_deals_that_meet_it(org: Client, where: str, found: str) -> None:
    ids = {**DEAL, "short_open": DEAL["open"][:15]}
    for name, made in ids.items():
        where = where.replace(f"{{{name}}}", made)
    assert org.deals(where) == found.split()


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("Amount", "open bare won lost"),
        ("Amount DESC", "open bare lost won"),
        ("Amount DESC NULLS LAST", "lost won open bare"),
        ("Amount ASC NULLS LAST", "won lost open bare"),
        ("Account.Name DESC NULLS LAST, CloseDate DESC", "lost open won bare"),
        ("SystemModstamp", "won lost open bare"),
    ],
)
def test_rows_come_in_the_order_asked_for(org: Client, order: str, found: str) -> None:
    names = {made: name for name, made in DEAL.items()}
    rows = org.rows(f"SELECT Id FROM Opportunity ORDER BY {order}, Name DESC")
    assert [names[row["Id"]] for row in rows] == found.split()


def test_limit_and_offset_cut_after_sorting(org: Client) -> None:
    answer = org.query("SELECT Name FROM Opportunity ORDER BY CloseDate NULLS LAST LIMIT 2 OFFSET 1")
    assert [row["Name"] for row in answer["records"]] == ["lost", "open"]
    assert (answer["totalSize"], answer["done"]) == (2, True)


def test_count_answers_the_number_alone(org: Client) -> None:
    counted = org.query("select count() from Opportunity where IsWon = true")
    assert counted == {"totalSize": 2, "done": True, "records": []}


def test_parents_are_nested_and_null_where_unset(org: Client) -> None:
    soql = "SELECT Id, Account.Name, account.owner.Name, Owner.Manager.Email FROM Opportunity WHERE Name LIKE '%'"
    rows = {row["Id"]: row for row in org.rows(soql)}
    won, bare = rows[DEAL["won"]], rows[DEAL["bare"]]
    assert won["Account"]["Name"] == "Acme"
    assert won["Account"]["Owner"]["Name"] == "Anna Berg"
    assert won["Owner"]["Manager"]["Email"] == "anna@example.com"
    assert won["Account"]["attributes"] == {
        "type": "Account",
        "url": f"/services/data/v62.0/sobjects/Account/{ACME}",
    }
    assert bare["Account"] is None
    assert bare["Owner"]["Manager"] is None


def test_children_come_as_a_result_of_their_own_or_null(org: Client) -> None:
    soql = (
        "SELECT Name, (SELECT Quantity, ListPrice, Product2.Name, PricebookEntry.UnitPrice FROM OpportunityLineItems "
        "WHERE Quantity > 0 ORDER BY SortOrder LIMIT 5) FROM Opportunity"
    )
    rows = {row["Name"]: row["OpportunityLineItems"] for row in org.rows(soql)}
    assert rows["open"] is None
    lines = rows["won"]
    assert (lines["totalSize"], lines["done"]) == (2, True)
    first, second = lines["records"]
    assert (first["Quantity"], first["PricebookEntry"], first["ListPrice"]) == (1.0, None, None)
    assert (second["PricebookEntry"]["UnitPrice"], second["ListPrice"]) == (450.0, 450.0)
    assert first["Product2"]["Name"] == second["Product2"]["Name"] == "Widget"


def test_children_that_a_subquery_leaves_out_make_it_null(org: Client) -> None:
    (row,) = org.rows("SELECT Id, (SELECT Id FROM OpportunityLineItems WHERE Quantity > 9) FROM Opportunity LIMIT 1")
    assert row["OpportunityLineItems"] is None


def test_an_account_lists_its_deals_and_contacts(org: Client) -> None:
    (row,) = org.rows(
        "SELECT (SELECT Name FROM Opportunities), (SELECT Id FROM Contacts) FROM Account WHERE Name = 'Acme'"
    )
    assert {deal["Name"] for deal in row["Opportunities"]["records"]} == {"won", "open"}
    assert [contact["Id"] for contact in row["Contacts"]["records"]] == [CLARA]


def test_numbers_are_json_floats_with_an_exponent_from_ten_million_on(org: Client) -> None:
    content = org.ask("GET", "/query?q=SELECT+Amount+FROM+Opportunity+WHERE+Amount+!=+null+ORDER+BY+Amount").content
    assert b'"Amount":1000.5}' in content
    assert b'"Amount":2.0E7}' in content


def test_date_times_have_milliseconds_and_a_zone_and_dates_have_neither(org: Client) -> None:
    (row,) = org.rows("SELECT SystemModstamp, CloseDate FROM Opportunity WHERE Name = 'won'")
    assert row["SystemModstamp"] == STAMPS[0]
    assert datetime.fromisoformat(row["SystemModstamp"]).utcoffset() is not None
    assert row["CloseDate"] == "2026-01-01"


def test_fields_come_back_by_their_own_names_however_they_were_written(org: Client) -> None:
    (row,) = org.rows("SELECT ID, ownerid, po__C FROM opportunity WHERE name = 'won'")
    assert {**row, "attributes": None} == {
        "attributes": None,
        "Id": DEAL["won"],
        "OwnerId": BEN,
        "PO__c": "0012",
    }


def test_deleted_rows_are_hidden_from_query_and_shown_by_query_all() -> None:
    org = client()
    assert org.ask("DELETE", f"/sobjects/Opportunity/{DEAL['won']}").status == 204
    assert "won" not in org.deals("Name != null")
    (row,) = org.rows("SELECT IsDeleted FROM Opportunity WHERE Name = 'won'", every=True)
    assert row["IsDeleted"] is True
    assert org.rows("SELECT Id FROM OpportunityLineItem") == []
    assert len(org.rows("SELECT Id FROM OpportunityLineItem WHERE IsDeleted = true", every=True)) == 2
