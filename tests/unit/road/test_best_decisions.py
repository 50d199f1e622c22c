"""The one decision that would release most: labels as the gate says, rows and deals by what holds them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handoff.core.clock import Clock
from handoff.core.settings import Settings
from handoff.road.best_decisions import best_decisions
from handoff.road.house import House
from handoff.store import entries
from tests.unit.cli import held_deals
from tests.unit.cli.held_deals import NOW
from tests.unit.mappings.demo_deal import demo

GATWAY = {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}}
OTHER = {"AccountId": "001000000000002AAA", "Account.Name": "Hottechi"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(_env_file=None, home=tmp_path)  # type: ignore[call-arg]
    opened = held_deals.opened(tmp_path)
    yield House(settings=settings, pack=demo(), store=opened, actor="ada", clock=Clock(now=lambda: NOW))
    opened.close()


def told(house: House, owner: str | None = None) -> list[tuple[str, int, bool]]:
    return [(one.do, one.releases.deals, one.exact) for one in best_decisions(house, owner)]


def hold(house: House, *changes: dict[str, Any]) -> None:
    held_deals.hold(house.settings.home, *changes)


def test_a_label_releases_what_the_gate_says_it_would_and_no_more(house: House) -> None:
    hold(house, GATWAY, GATWAY, {**GATWAY, "Kickoff_Date__c": None})
    (first, *_) = best_decisions(house)
    assert first.do == "Decide about product “Gatway” (nearest label: “Edge Gateway”)"
    assert first.effect == "The next run releases 2 deals, EUR 20,000.00."
    assert "Priya Nair" in first.who
    assert first.command.startswith("handoff queue label --cause C-")


def test_one_text_is_one_decision_on_however_many_accounts_it_stands(house: House) -> None:
    hold(house, {"Account.Industry": "Alchemy"}, {"Account.Industry": "Alchemy", **OTHER})
    assert [(deals, exact) for _, deals, exact in told(house)] == [(2, True)]


def test_a_row_that_deals_share_is_put_right_once_and_a_deal_that_else_is_held_does_not_count(house: House) -> None:
    wrong = {"Billing_Contact__r.Email": "not an address"}
    hold(house, wrong, wrong, {**wrong, "Kickoff_Date__c": None})
    first = best_decisions(house)[0]
    assert (first.releases.deals, first.exact) == (2, False)
    assert first.do.startswith("Put right billing email")
    assert first.effect.startswith("It may release 2 deals")


def test_a_dear_deal_alone_comes_before_cheap_ones_together(house: House) -> None:
    dear = {"Amount": 90_000, "Kickoff_Date__c": None}
    lines = {"OpportunityLineItems.0.Quantity": 250, "OpportunityLineItems.0.TotalPrice": 87_500}
    hold(house, GATWAY, GATWAY, {**dear, **lines, "OpportunityLineItems.0.UnitPrice": 350})
    first, second, *_ = told(house)
    assert first[0].startswith("Decide on E-000003 of Kupferkamm Software GmbH: kickoff on (empty)")
    assert second[1:] == (2, True)


def test_an_owner_is_told_of_their_own_entries_alone(house: House) -> None:
    hold(house, GATWAY, GATWAY)
    with house.store.write() as tx:
        row = entries.by_id(tx, 2)
        entries.change(tx, row, person="stefan_vogt", owner_name="Stefan Vogt", owner_email="stefan.vogt@example.com")
    assert [deals for _, deals, _ in told(house, "priya_nair")] == [1]
    assert [deals for _, deals, _ in told(house, "nobody")] == []


def test_nothing_held_is_nothing_to_decide(house: House) -> None:
    assert best_decisions(house) == []


@pytest.mark.parametrize("seen", ["x" * 200, "a\u202eb", "=HYPERLINK(1)", "<script>alert(1)</script>"])
def test_a_text_that_is_no_label_is_decided_about_deal_by_deal(house: House, seen: str) -> None:
    hold(house, {"Account.Industry": seen})
    (found,) = best_decisions(house)
    assert found.releases.deals == 1
    assert "<" not in found.do
    assert "\u202e" not in found.do
