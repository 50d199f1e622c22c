"""SOQL: only names that can be names, only values that are quoted, only queries that fit."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote_plus

import pytest

from connectors import soql
from connectors.ports import SourceQuery
from handoff.core.errors import UsageError

SINCE = datetime(2026, 11, 1, 12, 30, 15, 900_000, tzinfo=UTC)


def query(*fields: str, **more: object) -> SourceQuery:
    return SourceQuery(object="Opportunity", fields=fields, **more)  # type: ignore[arg-type]  # any of its fields


def test_a_first_read_is_narrowed_to_won_deals() -> None:
    assert soql.deals(query("Name", "Account.Name", won_only={"IsWon": True}), None) == (
        "SELECT Id, SystemModstamp, IsDeleted, Name, Account.Name FROM Opportunity WHERE IsWon = true "
        "ORDER BY SystemModstamp, Id"
    )


def test_a_later_read_takes_all_that_changed_even_what_is_no_longer_won() -> None:
    text = soql.deals(query(won_only={"IsWon": True}), SINCE)
    assert "WHERE SystemModstamp >= 2026-11-01T12:30:15+00:00 ORDER BY" in text
    assert "IsWon" not in text


def test_a_read_without_conditions_has_no_where() -> None:
    assert "WHERE" not in soql.deals(query(), None)


def test_lines_are_read_with_their_deal() -> None:
    text = soql.deals(query(lines_relationship="OpportunityLineItems", line_fields=("Quantity", "Id")), None)
    assert "(SELECT Id, Quantity FROM OpportunityLineItems ORDER BY Id) FROM Opportunity" in text


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("O'Neil \\ x", "= 'O\\'Neil \\\\ x'"),
        (None, "= null"),
        (False, "= false"),
        (7, "= 7"),
        (Decimal("1E+3"), "= 1000"),
        (date(2026, 1, 2), "= 2026-01-02"),
        (("a", "b'"), "IN ('a','b\\'')"),
    ],
)
def test_values_are_quoted(value: object, quoted: str) -> None:
    assert f"StageName {quoted} ORDER" in soql.deals(query(won_only={"StageName": value}), None)


INJECTIONS = [
    "Name FROM User",
    "Name, (SELECT Id FROM Contacts)",
    "Name--",
    "Name;",
    "Name'",
    "1Name",
    "",
    "Name ",
    "Name\n",
    "a.b.c.d.e.f.g",
    "Nämé",
    "COUNT()",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_name_that_is_no_field_is_a_mistake_in_the_pack(text: str) -> None:
    with pytest.raises(UsageError, match=r"fields\.yaml"):
        soql.deals(query(text), None)
    with pytest.raises(UsageError):
        soql.changed(text, "Id", SINCE)
    with pytest.raises(UsageError):
        soql.deals(query(won_only={text: True}), None)


@pytest.mark.parametrize("text", ["006000000000001", "006000000000001AAA"])
def test_an_id_has_fifteen_or_eighteen_letters_and_digits(text: str) -> None:
    assert soql.is_id(text)


@pytest.mark.parametrize("text", ["", "x", "006000000000001'", "006 00000000001", "00600000000000é", None, 5, "0" * 19])
def test_anything_else_is_no_id(text: object) -> None:
    assert not soql.is_id(text)


@pytest.mark.parametrize("fields", [(), tuple(f"Custom_Parent_{n:02}__r.Some_Long_Field_Name__c" for n in range(150))])
def test_queries_by_id_fit_into_a_url_and_name_each_id_once(fields: tuple[str, ...]) -> None:
    ids = [f"006{n:012}AAA" for n in range(450)]
    texts = soql.deals_by_id(query(*fields), ids)
    assert all(len(quote_plus(text)) < 15_000 for text in texts)
    assert sum(text.count("AAA'") for text in texts) == 450
    assert all(text.count("AAA'") <= 200 for text in texts)


def test_deals_that_point_at_a_changed_account_are_asked_for_by_its_ids() -> None:
    text = soql.pointing(query(won_only={"IsWon": True}), "AccountId", ["001000000000001AAA"])
    assert text == ["SELECT Id FROM Opportunity WHERE AccountId IN ('001000000000001AAA') AND IsWon = true"]


def test_no_changed_account_asks_for_no_deals() -> None:
    assert soql.pointing(query(), "AccountId", []) == []


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        soql.deals(query(), datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake under test


def test_the_count_takes_whole_seconds_of_the_won_deals_alone() -> None:
    won = query(won_only={"StageName": ["Closed Won"]})
    assert soql.won(won, "COUNT()", SINCE, SINCE + timedelta(seconds=1.9)) == (
        "SELECT COUNT() FROM Opportunity WHERE StageName IN ('Closed Won') "
        "AND SystemModstamp >= 2026-11-01T12:30:15+00:00 AND SystemModstamp < 2026-11-01T12:30:17+00:00"
    )
    assert soql.won(query(), "COUNT()", None, None) == "SELECT COUNT() FROM Opportunity"
    assert soql.won(won, "Id", None, SINCE).startswith("SELECT Id FROM Opportunity WHERE StageName IN ")


@pytest.mark.parametrize(
    ("wanted", "met"),
    [
        ({}, True),
        ({"IsWon": True}, True),
        ({"IsWon": False}, False),
        ({"StageName": "CLOSED won"}, True),
        ({"StageName": ["Open", "closed Won"]}, True),
        ({"StageName": ["Open"]}, False),
        ({"StageName": []}, False),
        ({"Account.Name": "acme"}, True),
        ({"Owner.Name": "acme"}, False),
        ({"Amount": Decimal(5)}, True),
        ({"IsWon": True, "StageName": "Open"}, False),
    ],
)
def test_a_deal_is_counted_as_soql_would(wanted: dict[str, object], met: bool) -> None:
    deal = {"IsWon": True, "StageName": "Closed Won", "Account": {"Name": "ACME"}, "Owner": None, "Amount": Decimal(5)}
    assert soql.meets(wanted, deal) is met
