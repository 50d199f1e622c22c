"""A process dies at every commit and call while it takes in that a deal changed: the next one ends it all the same."""

from collections.abc import Callable

import pytest

from tests.proof.crashes import die, go_on, live
from tests.proof.one_deal import RESTART_S, Company, deal

DEAL = deal()["Id"]


def drafted(company: Company) -> None:
    """The deal's first instalment is a draft, and its process is gone."""
    start = company.keep()
    passed = live(company).passed
    company.put_back(start)
    where = next(n for n, boundary in enumerate(passed, start=1) if boundary == "before stripe.finalize")
    assert die(company, where) == "before stripe.finalize"
    company.wait(RESTART_S)


def delivered(company: Company) -> None:
    company.sync_to_the_end()
    company.wait(RESTART_S)


def another_address_and_tax_id(company: Company) -> None:
    account = {**deal()["Account"], "BillingCity": "Bonn", "Tax_Id__c": "DE811907980"}
    company.services.source.change(DEAL, Account=account)


def lost(company: Company) -> None:
    company.services.source.change(DEAL, IsWon=False, StageName="Closed Lost")


def lost_and_its_draft_deleted(company: Company) -> None:
    lost(company)
    company.services.stripe["eu"].invoice_rows.clear()


def smaller_and_its_draft_deleted(company: Company) -> None:
    line = deal()["OpportunityLineItems"][0]
    company.services.source.change(DEAL, Amount=7_500, OpportunityLineItems=[line])
    company.services.stripe["eu"].invoice_rows.clear()


def as_they_should_be(company: Company) -> dict[str, object]:
    """What a person would look at first."""
    stripe = company.services.stripe["eu"]
    rows = company.ledger()
    return {
        "state": [row["state"] for row in rows["handoff"]],
        "entries": [(row["state"], row["episode"]) for row in rows["entry"]],
        "rules": [row["rule"] for row in rows["violation"] if row["current"]],
        "notices": len(rows["notice"]),
        "invoices": [(i["status"], i["total_excluding_tax"]) for i in stripe.invoice_rows.values()],
        "city": [c["address"]["city"] for c in stripe.customer_rows.values()],
        "tax ids": [t["value"] for t in stripe.tax_id_rows],
    }


WHOLE = {"entries": [], "rules": [], "notices": 0, "city": ["Berlin"], "tax ids": ["DE136695976"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        (
            drafted,
            another_address_and_tax_id,
            {"state": ["delivered"], "invoices": [("open", 500_000)] * 2, "city": ["Bonn"], "tax ids": ["DE811907980"]},
        ),
        (drafted, lost_and_its_draft_deleted, {"state": ["excluded"], "invoices": []}),
        (drafted, smaller_and_its_draft_deleted, {"state": ["delivered"], "invoices": [("open", 375_000)] * 2}),
        (
            delivered,
            lost,
            {
                "state": ["delivered"],
                "invoices": [("open", 500_000)] * 2,
                "entries": [("open", 1)],
                "rules": ["reversal_needed"],
                "notices": 1,
            },
        ),
    ],
)
def test_a_death_at_each_boundary_of_a_change_changes_nothing_in_the_end(
    company: Company,
    before: Callable[[Company], None],
    change: Callable[[Company], None],
    expected: dict[str, object],
    capsys: pytest.CaptureFixture[str],
):
    start = company.keep()
    before(company)
    change(company)
    changed = company.keep()
    tale = live(company)
    company.sync_to_the_end()
    assert as_they_should_be(company) == {**WHOLE, **expected}
    assert company.wrong() == []
    company.put_back(changed)
    live(company)
    told = company.told()
    for n, kept in enumerate(tale.kept):
        company.put_back(kept)
        where = tale.passed[tale.aftermath.index(n)]
        go_on(company, told, where)
        assert company.wrong() == [], where
    company.put_back(start)
    with capsys.disabled():
        print(f"\n{len(tale.passed)} boundaries of {change.__name__.replace('_', ' ')}, {len(tale.kept)} aftermaths")
