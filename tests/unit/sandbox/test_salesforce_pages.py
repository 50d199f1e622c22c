"""Query results in pages, and the locators that lead from one to the next."""

from typing import Any

import pytest

from sandbox.salesforce.ids import as_18, id_of
from tests.unit.sandbox.salesforce_calls import Client, client

DEALS = 450


def many(lines: int = 0, **options: Any) -> Client:
    """An org of 450 deals; the first has so many lines."""
    deals = [{"Id": id_of("Opportunity", str(number)), "Name": f"{number:04d}"} for number in range(DEALS)]
    parent = {"OpportunityId": deals[0]["Id"], "Quantity": 1, "UnitPrice": 1}
    return client({"Opportunity": deals, "OpportunityLineItem": [dict(parent) for _ in range(lines)]}, **options)


def pages(org: Client, soql: str, batch: int) -> list[dict[str, Any]]:
    found = [org.query(soql, batch=batch)]
    while not found[-1]["done"]:
        found.append(org.ask("GET", found[-1]["nextRecordsUrl"], root="").json())
    return found


def test_all_rows_come_once_and_each_page_tells_the_whole_number() -> None:
    found = pages(many(), "SELECT Name FROM Opportunity ORDER BY Name", 200)
    assert [len(page["records"]) for page in found] == [200, 200, 50]
    assert [row["Name"] for page in found for row in page["records"]] == [f"{n:04d}" for n in range(DEALS)]
    assert {page["totalSize"] for page in found} == {DEALS}
    assert "nextRecordsUrl" not in found[-1]


@pytest.mark.parametrize(("asked", "got"), [(1, 200), (250, 250), (5000, 450)])
def test_the_batch_size_is_kept_between_200_and_2000(asked: int, got: int) -> None:
    assert len(many().query("SELECT Id FROM Opportunity", batch=asked)["records"]) == got


def test_a_batch_size_that_is_no_number_is_not_heeded() -> None:
    answer = many().ask("GET", "/query?q=SELECT+Id+FROM+Opportunity", headers={"sforce-query-options": "batchSize=x"})
    assert len(answer.json()["records"]) == DEALS


def test_a_locator_is_an_id_of_its_own_kind() -> None:
    url = many().query("SELECT Id FROM Opportunity", batch=200)["nextRecordsUrl"]
    locator, _, start = url.removeprefix("/services/data/v62.0/query/").partition("-")
    assert (locator[:3], len(locator), start) == ("0r8", 18, "200")
    assert as_18(locator) == locator


def test_child_rows_count_towards_the_page() -> None:
    soql = "SELECT Name, (SELECT Id FROM OpportunityLineItems) FROM Opportunity ORDER BY Name"
    found = pages(many(lines=150), soql, 200)
    assert [len(page["records"]) for page in found] == [50, 200, 200]
    assert len(found[0]["records"][0]["OpportunityLineItems"]["records"]) == 150


def test_more_children_than_a_page_holds_are_paged_themselves() -> None:
    org = many(lines=450)
    soql = "SELECT Name, (SELECT Id FROM OpportunityLineItems) FROM Opportunity ORDER BY Name"
    first = org.query(soql, batch=200)
    lines = first["records"][0]["OpportunityLineItems"]
    assert (len(first["records"]), len(lines["records"]), lines["done"], lines["totalSize"]) == (1, 200, False, 450)
    more = org.ask("GET", lines["nextRecordsUrl"], root="").json()
    last = org.ask("GET", more["nextRecordsUrl"], root="").json()
    assert (len(more["records"]), len(last["records"]), last["done"]) == (200, 50, True)
    assert len({row["Id"] for part in (lines, more, last) for row in part["records"]}) == 450


def test_a_page_may_be_read_again_and_under_query_all_too() -> None:
    org = many()
    url = org.query("SELECT Id FROM Opportunity", batch=200)["nextRecordsUrl"]
    again = [org.ask("GET", path, root="").json() for path in (url, url, url.replace("query", "queryAll"))]
    assert again[0] == again[1] == again[2]


@pytest.mark.parametrize("locator", ["0r8xx0000000001AAA-200", "01g000000000000AAA", "0r8xx0000000001AAA", "x-y"])
def test_a_locator_that_was_never_given_is_refused(locator: str) -> None:
    answer = client().ask("GET", f"/query/{locator}")
    assert answer.status == 400
    assert answer.json() == [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]


def test_a_locator_beyond_the_result_is_refused() -> None:
    org = many()
    url = org.query("SELECT Id FROM Opportunity", batch=200)["nextRecordsUrl"]
    assert org.ask("GET", url.replace("-200", "-450"), root="").status == 400


def test_a_locator_lives_two_days() -> None:
    org = many(token_lifetime_s=1_000_000)
    url = org.query("SELECT Id FROM Opportunity", batch=200)["nextRecordsUrl"]
    org.world.clock.shift(2 * 24 * 3600 - 60)
    assert org.ask("GET", url, root="").status == 200
    org.world.clock.shift(120)
    assert org.ask("GET", url, root="").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_a_later_page_shows_a_row_as_it_is_when_the_page_is_read() -> None:
    org = many()
    url = org.query("SELECT Name, NextStep FROM Opportunity ORDER BY Name", batch=200)["nextRecordsUrl"]
    org.ask("PATCH", f"/sobjects/Opportunity/{id_of('Opportunity', '200')}", {"NextStep": "moved"})
    assert org.ask("GET", url, root="").json()["records"][0]["NextStep"] == "moved"
