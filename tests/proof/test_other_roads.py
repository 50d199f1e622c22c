"""Deaths at every boundary of other roads than a clean deal's: templates, held deals, re-runs, updates, sweeps."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from handoff.road.rerun import Selection, rerun
from handoff.road.sweep import sweep
from handoff.road.sync import sync
from tests.proof.crashes import go_on, live
from tests.proof.one_deal import LAG_S, RESTART_S, Company, Kept, Road, deal

H = 3600.0
DEAL = deal()["Id"]


def change(company: Company, **fields: Any) -> None:
    company.wait(RESTART_S)
    company.services.source.change(DEAL, **fields)
    company.wait(RESTART_S)


def from_a_template(company: Company) -> Road:
    change(company, Type="New Business")
    return sync


def sent_by_stripe(company: Company) -> Road:
    account = {**deal()["Account"], "BillingCountry": "United States", "BillingState": "WA", "Tax_Id__c": None}
    change(company, Billing_Entity__c="Handoff Inc", CurrencyIsoCode="USD", Account=account)
    return sync


def held(company: Company) -> Road:
    change(company, Amount=0)
    return sync


def held_and_corrected(company: Company) -> Road:
    change(company, Amount=0)
    company.sync()
    change(company, Amount=10_000)
    return partial(rerun, selection=Selection(everything=True))


def held_once_more(company: Company) -> Road:
    change(company, Amount=0)
    company.sync()
    change(company, Amount=10_000, Type="No such type")
    return sync


def changed_after_delivery(company: Company) -> Road:
    company.sync()
    change(company, Payment_Terms__c="Net 60")
    return sync


def lost_after_delivery(company: Company) -> Road:
    company.sync()
    change(company, StageName="Closed Lost", IsWon=False)
    return sync


def under_a_customer_that_moved(company: Company) -> Road:
    company.sync()
    company.wait(RESTART_S)
    account = {**deal()["Account"], "BillingStreet": "Neue Str. 1", "Tax_Id__c": "DE129274202"}
    other = deal(Id="006000000000002AAA", Name="Third site", PO_Number__c="PO-4712", Account=account)
    company.services.source.change(other["Id"], **other)
    company.services.source.change(DEAL, Account=account)
    company.wait(RESTART_S)
    return sync


def with_a_project_made_twice(company: Company) -> Road:
    company.sync()
    tracker = company.services.tracker
    (first,) = tracker.project_rows.values()
    first["created_at"] = "2026-11-10T09:00:00.000Z"
    again = {**first, "gid": "900", "created_at": "2026-11-10T09:00:20.000Z"}
    tracker.project_rows["900"] = again
    company.wait(LAG_S)
    return sweep


ROADS: tuple[Callable[[Company], Road], ...] = (
    *(from_a_template, sent_by_stripe, held, held_and_corrected, held_once_more),
    *(changed_after_delivery, lost_after_delivery, under_a_customer_that_moved, with_a_project_made_twice),
)


def die_everywhere(company: Company, prepared: Kept, road: Road, expected: dict[str, Any]) -> int:
    """Die at each boundary of a run, and go on at once or a day later; returns how many there were."""
    company.put_back(prepared)
    tale = live(company, road)
    for n, kept in enumerate(tale.kept):
        company.put_back(kept)
        where = tale.passed[tale.aftermath.index(n)]
        go_on(company, expected, f"died {where} ({n})", after_s=RESTART_S if n % 2 else 25 * H, road=road)
        assert company.wrong() == [], where
    return len(tale.passed)


@pytest.mark.slow
@pytest.mark.parametrize("prepare", ROADS)
def test_a_death_at_each_boundary_of_another_road_changes_nothing_in_the_end(
    company: Company, prepare: Callable[[Company], Road]
):
    road = prepare(company)
    prepared = company.keep()
    company.sync_to_the_end(road=road)
    company.wait(RESTART_S)
    company.sync_to_the_end(road=road)  # what a run writes back comes round once more, here too
    expected = company.told()
    assert company.wrong() == []
    boundaries = die_everywhere(company, prepared, road, expected)
    assert boundaries >= 20
