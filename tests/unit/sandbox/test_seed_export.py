"""The real CRM export, and a tiny one of ours, as a seed of the sandbox."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from sandbox.salesforce.ids import as_18
from sandbox.seed import read_seed
from sandbox.seed_export import main
from tests.unit.sandbox.salesforce_calls import Client, client

TINY = {
    "accounts": "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
    "Alpha Corp,technolgy,1996,1100.04,2822,United States,\nBeta-Co,retail,1999,251.5,495,Kenya,Alpha Corp\n",
    "products": "product,series,sales_price\nKit Pro,KIT,4821\n",
    "sales_teams": "sales_agent,manager,regional_office\nAda Lund,Max Orr,Central\nMax Orr,,East\n",
    "sales_pipeline": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
    "AA1,Ada Lund,Kit Pro,Alpha Corp,Won,2016-10-20,2017-03-01,1054\n"
    "AA2,Ada Lund,KitPro,Beta-Co,Lost,2016-10-25,2017-03-11,0\n"
    "AA3,Ada Lund,Kit Pro,,Engaging,2016-11-01,,\n"
    "AA4,Max Orr,Kit Pro,,Prospecting,,,\n",
}


def write_export(folder: Path, **changes: str | None) -> Path:
    """The tiny export with some of its files replaced, or left out where None."""
    for name, text in {**TINY, **changes}.items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text)
    return folder


def seeded(export: Path, out: Path) -> Client:
    """The org that an export makes."""
    assert main([str(export), str(out)]) == 0
    return client(read_seed(out))


@pytest.fixture
def org(tmp_path: Path) -> Client:
    export = tmp_path / "export"
    export.mkdir()
    return seeded(write_export(export), tmp_path / "seed")


@pytest.fixture
def real_export() -> Path:
    folder = Path(__file__).parents[4] / "shared/data/crm_sales_opportunities"
    if not folder.is_dir():
        pytest.skip("the real export is not beside the repository (../shared/data/crm_sales_opportunities)")
    return folder


def test_a_deal_keeps_its_stage_days_amount_and_the_exports_id(org: Client) -> None:
    rows = org.rows(
        "SELECT Export_Id__c, StageName, IsWon, IsClosed, CloseDate, Amount, Engage_Date__c, SystemModstamp "
        "FROM Opportunity ORDER BY Export_Id__c"
    )
    assert [tuple(row.values())[1:] for row in rows] == [
        ("AA1", "Won", True, True, "2017-03-01", 1054.0, "2016-10-20", "2017-03-01T12:00:00.000+0000"),
        ("AA2", "Lost", False, True, "2017-03-11", 0.0, "2016-10-25", "2017-03-11T12:00:00.000+0000"),
        ("AA3", "Engaging", False, False, None, None, "2016-11-01", "2016-11-01T12:00:00.000+0000"),
        ("AA4", "Prospecting", False, False, None, None, None, "2016-10-20T12:00:00.000+0000"),
    ]


def test_a_deal_leads_to_its_account_contact_rep_and_manager(org: Client) -> None:
    (row,) = org.rows(
        "SELECT Account.Name, Account.Industry, Account.BillingCountry, Billing_Contact__r.Email, Owner.Name, "
        "Owner.Email, Owner.Manager.Name, Owner.Manager.Email FROM Opportunity WHERE Export_Id__c = 'AA1'"
    )
    account, owner = row["Account"], row["Owner"]
    assert (account["Name"], account["Industry"], account["BillingCountry"]) == (
        "Alpha Corp",
        "technolgy",
        "United States",
    )
    assert row["Billing_Contact__r"]["Email"] == "billing.alpha.corp@example.com"
    assert (owner["Name"], owner["Email"]) == ("Ada Lund", "ada.lund@example.com")
    assert (owner["Manager"]["Name"], owner["Manager"]["Email"]) == ("Max Orr", "max.orr@example.com")


def test_a_deal_without_account_has_neither_account_nor_contact(org: Client) -> None:
    (row,) = org.rows("SELECT Account.Name, Billing_Contact__r.Email FROM Opportunity WHERE Export_Id__c = 'AA3'")
    assert (row["Account"], row["Billing_Contact__r"]) == (None, None)


def test_a_deal_with_a_value_has_one_line_with_the_list_price_where_it_is_known(org: Client) -> None:
    rows = org.rows(
        "SELECT Export_Id__c, (SELECT Quantity, UnitPrice, ListPrice, Product2.Name, PricebookEntry.UnitPrice "
        "FROM OpportunityLineItems) FROM Opportunity ORDER BY Export_Id__c"
    )
    lines = {row["Export_Id__c"]: row["OpportunityLineItems"] for row in rows}
    (known,), (unknown,) = lines["AA1"]["records"], lines["AA2"]["records"]
    assert (known["Quantity"], known["UnitPrice"], known["ListPrice"]) == (1.0, 1054.0, 4821.0)
    assert known["PricebookEntry"]["UnitPrice"] == 4821.0
    assert (unknown["Product2"]["Name"], unknown["ListPrice"], unknown["PricebookEntry"]) == ("KitPro", None, None)
    assert lines["AA3"] is lines["AA4"] is None


def test_a_label_that_only_deals_use_is_a_product_without_a_price(org: Client) -> None:
    rows = org.rows("SELECT Name, (SELECT UnitPrice FROM PricebookEntries) FROM Product2 ORDER BY Name")
    assert [(row["Name"], row["PricebookEntries"] is None) for row in rows] == [("Kit Pro", False), ("KitPro", True)]


def test_each_account_has_one_billing_contact_and_its_parent(org: Client) -> None:
    rows = org.rows("SELECT Name, Parent.Name, AnnualRevenue, (SELECT Email FROM Contacts) FROM Account ORDER BY Name")
    assert [len(row["Contacts"]["records"]) for row in rows] == [1, 1]
    assert [row["Parent"] and row["Parent"]["Name"] for row in rows] == [None, "Alpha Corp"]
    assert rows[0]["AnnualRevenue"] == 1_100_040_000


def test_the_exports_id_is_an_external_id(org: Client) -> None:
    answer = org.ask("GET", "/sobjects/Opportunity/Export_Id__c/aa1")
    assert answer.json()["Amount"] == 1054.0


def test_names_that_look_alike_in_an_address_have_addresses_of_their_own(tmp_path: Path) -> None:
    write_export(tmp_path, accounts=TINY["accounts"] + "Beta Co,retail,,,,,\nベータ,retail,,,,,\n")
    emails = [row["Email"] for row in seeded(tmp_path, tmp_path / "seed").rows_of("Contact")]
    assert len(set(emails)) == 4
    assert all(email.endswith("@example.com") for email in emails)


def test_the_same_export_makes_the_same_files(tmp_path: Path) -> None:
    write_export(tmp_path)
    for out in ("one", "two"):
        assert main([str(tmp_path), str(tmp_path / out)]) == 0
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / out).iterdir()} for out in ("one", "two"))
    assert one == two
    assert all(as_18(row["Id"]) == row["Id"] for row in json.loads(one["Opportunity.json"]))


HEAD = TINY["sales_pipeline"].partition("\n")[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"products": None}, "products.csv is not there; the export needs accounts.csv, products.csv"),
        ({"accounts": "account;sector\n"}, "accounts.csv: line 1 has no column account, sector"),
        ({"sales_teams": "sales_agent,regional_office\nA,B\n"}, "sales_teams.csv: line 1 has no column manager"),
        ({"products": ""}, "products.csv: line 1 has no column product"),
        ({"sales_pipeline": HEAD + "\nX,a,b\n"}, "sales_pipeline.csv: line 2 has more or fewer cells than line 1"),
        ({"sales_pipeline": HEAD + "\nX,a,b,c,Won,,31/02/2017,5\n"}, "line 2: close_date is '31/02/2017', not a day"),
        ({"sales_pipeline": HEAD + "\nX,a,b,c,Won,,2017-02-30,5\n"}, "line 2: close_date is '2017-02-30', not a day"),
        ({"sales_pipeline": HEAD + "\nX,a,b,c,Won,,,NaN\n"}, "line 2: close_value is 'NaN', not a number"),
        (
            {"sales_pipeline": HEAD + "\nX,,,,Won,,,\nX,,,,Won,,,\n"},
            "line 3: opportunity_id 'X' is empty or used before",
        ),
        ({"products": "product,series,sales_price\nKit,K,dear\n"}, "line 2: sales_price is 'dear', not a number"),
        ({"products": 'product,series,sales_price\n"Kit,K,5\n'}, "products.csv: line"),
    ],
)
def test_an_export_that_cannot_be_read_is_one_sentence_and_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str | None], message: str
) -> None:
    write_export(tmp_path, **changes)
    assert main([str(tmp_path), str(tmp_path / "seed")]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "seed").exists()


def test_bytes_that_are_no_utf_8_are_one_sentence_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (write_export(tmp_path) / "accounts.csv").write_bytes(b"account\xe9")
    assert main([str(tmp_path), str(tmp_path / "seed")]) == 2
    assert "accounts.csv: byte 7 is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["one"], ["one", "two", "three"], ["missing-folder", "out"]])
def test_wrong_usage_is_one_sentence_and_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_sentence_and_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (write_export(tmp_path) / "taken").write_text("")
    assert main([str(tmp_path), str(tmp_path / "taken")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_the_real_export_comes_over_whole(real_export: Path, tmp_path: Path) -> None:
    org = seeded(real_export, tmp_path)
    with (real_export / "sales_pipeline.csv").open(newline="") as file:
        deals = list(csv.DictReader(file))
    won = [row for row in deals if row["deal_stage"] == "Won"]
    assert org.query("SELECT COUNT() FROM Opportunity")["totalSize"] == len(deals) == 8800
    assert org.query("SELECT COUNT() FROM Opportunity WHERE IsWon = true")["totalSize"] == len(won) == 4238
    assert sum(row["Amount"] for row in org.rows_of("Opportunity") if row["IsWon"]) == 10_005_534
    with_value = sum(1 for row in deals if row["close_value"])
    assert org.query("SELECT COUNT() FROM OpportunityLineItem")["totalSize"] == with_value
    labels = org.query("SELECT COUNT() FROM OpportunityLineItem WHERE Product2.Name = 'GTXPro'")["totalSize"]
    assert labels == Counter(row["product"] for row in deals if row["close_value"])["GTXPro"]
    soql = "SELECT COUNT() FROM Opportunity WHERE IsWon = true AND Owner.Manager.Email LIKE '%@example.com'"
    assert org.query(soql)["totalSize"] == 4238
    emails = [row["Email"] for row in org.rows_of("Contact")]
    assert len(set(emails)) == len(org.rows_of("Account")) == 85
