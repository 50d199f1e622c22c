"""What no death shows: processes that sleep, two writers, old deals on a page, our own echo, a ledger that was lost.

Each of these tests is the one that fails when its rule is taken away (tests/mutants).
"""

import copy

import pytest
import sqlalchemy as sa

from handoff.store.handoffs import LostRaceError
from handoff.store.tables import effect, snapshot
from tests.proof.boundaries import Life
from tests.proof.crashes import die, go_on, live
from tests.proof.one_deal import RESTART_S, Company, Kept, deal

H = 3600.0
NAPS = (20.0, 40.0, 25 * H)
CREATING = ("create_customer", "create_tax_id", "create_invoice", "add_lines", "finalize", "create_project")


def judged(company: Company) -> Kept:
    """The company with its deal judged and nothing sent: from here on a run is short."""
    tale = live(company)
    return tale.kept[tale.aftermath[tale.passed.index("after the commit in _judge_batch")]]


def nap(company: Company, at: int, seconds: float) -> str:
    """A run that stands still at boundary number `at`; returns which one it was."""
    passed: list[str] = []

    def watch(boundary: str) -> None:
        passed.append(boundary)
        if len(passed) == at:
            company.wait(seconds)

    company.sync(Life(watch=watch))
    return passed[at - 1]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", NAPS)
def test_a_process_that_sleeps_at_any_boundary_changes_nothing_in_the_end(company: Company, seconds: float):
    passed = judged(company)
    company.put_back(passed)
    tale = live(company)
    expected = company.told()
    for n in range(1, len(tale.passed) + 1):
        company.put_back(passed)
        where = nap(company, n, seconds)
        go_on(company, expected, f"slept {where}")
        assert company.wrong() == [], where


@pytest.mark.slow
@pytest.mark.parametrize("seconds", NAPS)
def test_a_process_that_sleeps_before_it_sends_again_what_was_lost_doubles_nothing(company: Company, seconds: float):
    passed = judged(company)
    company.put_back(passed)
    tale = live(company)
    expected = company.told()
    lost = [n for n, b in enumerate(tale.passed) if b.startswith("after") and b.endswith(CREATING)]
    assert len(lost) == 9
    for n in lost:
        kept = tale.kept[tale.aftermath[n]]
        company.put_back(kept)
        company.wait(RESTART_S)
        second = live(company)
        for at, boundary in enumerate(second.passed, start=1):
            if boundary == "after the commit in _intend":
                company.put_back(kept)
                company.wait(RESTART_S)
                assert nap(company, at, seconds) == boundary
                go_on(company, expected, f"died {tale.passed[n]}, slept at {at}")
                break


def test_of_two_writers_without_a_common_lock_the_one_that_slept_sends_nothing(company: Company):
    company.put_back(judged(company))
    beside = company.folder / "beside"
    asleep = True

    def watch(boundary: str) -> None:
        nonlocal asleep
        if asleep and boundary == "after stripe.customers":  # it has seen that there is no customer yet
            asleep = False
            own, company.store.life = company.store.life, Life()
            company.sync(home=beside)
            company.wait(25 * H)
            company.store.life = own

    noticed = True
    try:
        company.sync(Life(watch=watch))
        noticed = False
    except LostRaceError:
        pass
    customers = company.services.stripe["eu"].customer_rows
    assert len(customers) == 1
    assert noticed
    assert not asleep
    company.wait(RESTART_S)
    company.sync_to_the_end()
    assert company.wrong() == []
    assert [len(rows) for rows in (customers, company.services.stripe["eu"].invoice_rows)] == [1, 2]


def test_a_death_while_a_page_with_old_deals_is_taken_in_loses_none(company: Company):
    company.wait(24 * H)
    other = copy.deepcopy(deal(Id="006000000000002AAA", Name="Third site", AccountId="001000000000002AAA"))
    other["Account"] |= {"Name": "Another GmbH", "Tax_Id__c": "DE129274202"}
    other |= {"PO_Number__c": "PO-4712", "Billing_Contact__r": {"Name": "Ole Falk", "Email": "ole.falk@example.org"}}
    company.services.source.change(other["Id"], **other)
    both = company.keep()
    tale = live(company)
    expected = company.told()
    assert {row["state"] for row in expected["ledger"]["handoff"]} == {"delivered"}
    for n in range(1, tale.passed.index("after the commit in _judge_batch") + 2):
        company.put_back(both)
        where = die(company, n)
        go_on(company, expected, f"died {where}")


def test_our_own_write_back_is_no_change(company: Company):
    company.sync()
    company.wait(RESTART_S)
    again = company.sync()
    assert again.outcomes["unchanged"] == 1
    with company.store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(snapshot)).scalar() == 1


def test_a_new_ledger_knows_an_invoice_again_though_the_amount_has_changed(company: Company):
    start = company.keep()
    company.sync()
    before = sorted(company.services.stripe["eu"].invoice_rows)
    company.put_ledger_back(start)
    changed = deal(Amount=20_000)
    changed["OpportunityLineItems"][0].update(Quantity=50, TotalPrice=15_000)
    changed["OpportunityLineItems"][1].update(Quantity=4, TotalPrice=5_000)
    company.services.source.change(changed["Id"], **changed)
    company.wait(RESTART_S)
    told = company.sync()
    assert told.outcomes["held"] == 1
    assert sorted(company.services.stripe["eu"].invoice_rows) == before
    with company.store.read() as tx:
        kinds = tx.execute(sa.select(effect.c.external_id).where(effect.c.kind == "invoice")).scalars()
        assert set(kinds) <= {*before, None}
