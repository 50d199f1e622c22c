"""Salesforce at its worst (services.md 37-57), as the connector meets it."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors.errors import Refused, Transient
from connectors.ports import Body, DealSource, SourceQuery
from handoff.core.settings import Settings
from tests.contract.small_org import MANY_LINES, WON, account_id, opportunity_id, settings_of
from tests.running_sandbox import RunningSandbox, running_sandbox

DAY = 24 * 3600
DEALS = SourceQuery(object="Opportunity", fields=("Name", "CloseDate"), won_only={"IsWon": True})
WITH_LINES = SourceQuery(
    object="Opportunity",
    fields=("Name",),
    lines_relationship="OpportunityLineItems",
    line_fields=("Quantity",),
    won_only={"IsWon": True},
)
Order = Callable[..., None]


@pytest.fixture
def salesforce(settings: Settings) -> DealSource:
    return connectors.open_salesforce(settings)


def ids(source: DealSource, since: datetime | None = None) -> list[str]:
    return [deal["Id"] for page in source.read(DEALS, since) for deal in page.snapshots]


def everyone() -> set[str]:
    return {opportunity_id(n) for n in range(1, WON + 1)}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_session_that_ends_at_any_call_of_a_read_loses_nothing(salesforce: DealSource, order: Order, at: int) -> None:
    salesforce.org_id()
    order("salesforce", {"do": "expired_token", "skip": at})
    told = ids(salesforce)
    assert (set(told), len(told)) == (everyone(), WON)


def test_a_used_up_day_is_transient_for_an_hour_and_asked_about_once(
    salesforce: DealSource, box: RunningSandbox, order: Order
) -> None:
    salesforce.org_id()
    order("salesforce", {"do": "daily_limit", "times": None})
    with pytest.raises(Transient, match="no API calls left") as raised:
        ids(salesforce)
    assert raised.value.retry_after == 3600
    assert box.struck("salesforce") == [1]


def test_a_forgotten_page_is_read_again_and_no_deal_is_told_twice(salesforce: DealSource, order: Order) -> None:
    order("salesforce", {"do": "lost_locator"})
    told = ids(salesforce)
    assert (set(told), len(told)) == (everyone(), WON)


def test_a_read_that_sleeps_for_three_days_between_two_pages_goes_on(
    salesforce: DealSource, box: RunningSandbox
) -> None:
    pages = salesforce.read(DEALS, None)
    told = [deal["Id"] for deal in next(pages).snapshots]
    box.control("salesforce", shift=3 * DAY)
    told += [deal["Id"] for page in pages for deal in page.snapshots]
    assert (set(told), len(told)) == (everyone(), WON)


def test_child_rows_count_towards_a_page_and_none_is_lost(salesforce: DealSource) -> None:
    pages = list(salesforce.read(WITH_LINES, None))
    lines = {deal["Id"]: len(deal["OpportunityLineItems"]) for page in pages for deal in page.snapshots}
    assert lines[opportunity_id(1)] == MANY_LINES
    assert len(lines) == WON


def test_moments_have_a_zone_and_days_have_none(salesforce: DealSource) -> None:
    (deal,) = salesforce.by_ids(DEALS, [opportunity_id(1)])
    assert deal["CloseDate"] == "2026-10-01"
    assert datetime.fromisoformat(deal["SystemModstamp"]).tzinfo is not None


def rows(first: int) -> list[Body]:
    return [{"Id": opportunity_id(WON + first + n), "NextStep": f"unkind {first}"} for n in range(3)]


def steps(source: DealSource, written: list[Body]) -> list[Any]:
    query = SourceQuery(object="Opportunity", fields=("NextStep",))
    found = {deal["Id"]: deal["NextStep"] for deal in source.by_ids(query, [row["Id"] for row in written])}
    return [found[row["Id"]] for row in written]


def test_locked_rows_are_written_again_and_only_those(
    salesforce: DealSource, box: RunningSandbox, order: Order
) -> None:
    order("salesforce", {"do": "row_locked", "rows": 2, "times": 2})
    written = rows(5)
    assert [result.error for result in salesforce.write_back("Opportunity", written)] == [None] * 3
    assert box.struck("salesforce") == [2]
    assert steps(salesforce, written) == ["unkind 5"] * 3


def test_rows_that_stay_locked_are_transient_and_the_others_are_written(salesforce: DealSource, order: Order) -> None:
    order("salesforce", {"do": "row_locked", "rows": 1, "times": None})
    written = rows(8)
    first, *others = salesforce.write_back("Opportunity", written)
    assert (first.code, first.transient) == ("UNABLE_TO_LOCK_ROW", True)
    assert [result.error for result in others] == [None, None]
    assert steps(salesforce, written) == [None, "unkind 8", "unkind 8"]


def test_a_row_that_the_org_refuses_is_told_and_the_others_are_written(salesforce: DealSource, order: Order) -> None:
    order("salesforce", {"do": "row_failed", "rows": 1, "times": None})
    written = rows(11)
    first, *others = salesforce.write_back("Opportunity", written)
    assert (first.code, first.transient) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", False)
    assert [result.error for result in others] == [None, None]


def test_a_collection_whose_answer_is_lost_is_written_again_with_the_same_values(
    salesforce: DealSource, order: Order
) -> None:
    order("salesforce", {"do": "drop_after", "method": "PATCH"})
    written = rows(14)
    assert [result.error for result in salesforce.write_back("Opportunity", written)] == [None] * 3
    assert steps(salesforce, written) == ["unkind 14"] * 3


def test_a_deal_that_changes_while_pages_are_read_is_told_as_it_is_then(salesforce: DealSource) -> None:
    """It moves behind the others, where it is met once more; none of the others is lost."""
    pages = salesforce.read(DEALS, None)
    told = [deal["Id"] for deal in next(pages).snapshots]
    assert salesforce.write_back("Opportunity", [{"Id": told[0], "Description": "moved"}])[0].error is None
    told += [deal["Id"] for page in pages for deal in page.snapshots]
    assert set(told) == everyone()


def test_an_org_with_one_currency_has_no_field_for_it_and_says_so(salesforce: DealSource) -> None:
    assert "CurrencyIsoCode" not in salesforce.describe("Opportunity")
    with pytest.raises(Refused, match="the org has no field CurrencyIsoCode on Opportunity"):
        list(salesforce.read(SourceQuery(object="Opportunity", fields=("CurrencyIsoCode",)), None))


def test_deals_of_an_account_that_was_merged_away_are_touched(tmp_path: Path) -> None:
    deal = {"Id": opportunity_id(1), "Name": "Deal", "AccountId": account_id(2), "StageName": "Closed Won"}
    accounts = [{"Id": account_id(n), "Name": f"Account {n}"} for n in (1, 2)]
    (tmp_path / "Account.json").write_text(json.dumps(accounts))
    (tmp_path / "Opportunity.json").write_text(json.dumps([{**deal, "IsWon": True, "CloseDate": "2026-10-01"}]))
    query = SourceQuery(object="Opportunity", fields=("AccountId",), related={"Account": "AccountId"})
    with running_sandbox(tmp_path) as box:
        salesforce = connectors.open_salesforce(settings_of(box))
        before = datetime.fromisoformat(box.control("salesforce", shift=60)["now"])
        assert salesforce.touched(query, before) == set()
        merge = {"object": "Account", "master": account_id(1), "losers": [account_id(2)]}
        box.control("salesforce", merge=merge)
        assert salesforce.touched(query, before) == {opportunity_id(1)}
        assert salesforce.by_ids(query, [opportunity_id(1)])[0]["AccountId"] == account_id(1)
