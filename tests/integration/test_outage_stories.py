"""Stories of services that cannot be reached or refuse us: one sentence, nothing lost, the next run completes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handoff.core.errors import UsageError
from handoff.road import line
from handoff.road.house import Progress
from handoff.road.sync import sync
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

pytestmark = pytest.mark.usefixtures("hasty")

NOBODY = "http://127.0.0.1:9"
"""A port on which nothing listens."""
WRONG: dict[str, tuple[int, str, dict[str, Any]]] = {
    "a wrong Stripe key": (0, "stripe:default", {"stripe_key": "sk_test_wrong"}),
    "no Stripe there": (1, "stripe:default", {"stripe_url": NOBODY}),
    "a wrong Asana token": (2, "asana", {"asana_token": "1/wrong"}),
    "no Asana there": (3, "asana", {"asana_url": f"{NOBODY}/api/1.0"}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_service_that_fails_leaves_its_deals_in_progress_and_holds_the_others_all_the_same(begin: Begin, wrong: str):
    number, service, settings = WRONG[wrong]
    story = begin(number)
    story.deal(3, Payment_Terms__c="Whenever")
    first = story.sync(**settings)
    assert (first.outcomes["in_progress"], first.outcomes["held"], first.exit_code) == (3, 1, 1)
    assert list(first.outages) == [service]
    assert "wrong" not in str(first.document()), "no credential is ever shown"
    assert {row["reason"] for row in first.in_progress} == set(first.outages.values())
    assert story.projects(0) == []

    second = story.sync()
    assert (second.outcomes["delivered"], second.exit_code, second.outages) == (3, 0, {})
    assert story.delivered(0, 1, 2)
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    assert story.wrong() == []


@pytest.mark.parametrize(
    ("number", "settings"),
    [(4, {"salesforce_client_secret": "wrong"}), (5, {"salesforce_login_url": "https://127.0.0.1:9"})],
    ids=["a wrong secret", "nobody there"],
)
def test_without_the_crm_what_was_pulled_goes_on_and_the_crm_hears_of_it_later(
    begin: Begin, number: int, settings: dict[str, Any]
):
    story = begin(number)
    story.deal(3, Payment_Terms__c="Whenever")
    story.as_person(line.stop, None, "later")
    assert story.sync().outcomes["in_progress"] == 3
    story.as_person(line.start, None, "now")
    without = story.sync(**settings)
    assert (without.outcomes["delivered"], without.exit_code) == (3, 1)
    assert list(without.outages) == ["salesforce"]
    assert without.warnings == ()
    assert story.shown(0)["Handoff_Status__c"] is None

    asked = story.rerun(everything=True, settings=settings)
    assert (asked.outcomes["unchanged"], asked.outcomes["held"], asked.exit_code) == (1, 0, 1)
    assert story.entry(3).state == "open"

    after = story.sync()
    assert (after.exit_code, after.outcomes["delivered"]) == (0, 0)
    assert [story.shown(n)["Handoff_Status__c"] for n in range(4)] == ["Delivered"] * 3 + ["Held"]
    assert story.wrong() == []


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("stripe_key", "HANDOFF_STRIPE_KEY"),
        ("asana_token", "HANDOFF_ASANA_TOKEN"),
        ("salesforce_client_secret", "HANDOFF_SALESFORCE_CLIENT_SECRET"),
    ],
)
def test_a_missing_credential_is_named_before_anything_is_done(begin: Begin, setting: str, name: str):
    story = begin(6)
    with story.house(**{setting: None}) as house, pytest.raises(UsageError, match=name) as told:
        sync(house)
    assert told.value.exit_code == 2
    assert story.handoffs() == []


def test_a_stop_counts_at_once_in_a_run_that_has_begun(begin: Begin):
    story = begin(7)
    with story.house(threads=1) as house:

        def stop_after_judging(progress: Progress) -> None:
            if progress.stage == "judge":
                story.as_person(line.stop, None, "now")

        house.watch = stop_after_judging
        told = sync(house)
    assert told.outcomes["in_progress"] == 4
    assert {row["reason"] for row in told.in_progress} == {"stopped by tomas_ortega: now"}
    assert [story.invoices(n) for n in range(4)] == [[]] * 4


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """An org whose status field takes nine characters: `Delivered`, but not `In progress`."""
    seed = tmp_path_factory.mktemp("narrow") / "seed"
    org.write_org(seed, 2, Opportunity={"Handoff_Status__c": {"length": 9}})
    with running_sandbox(seed) as sandbox:
        crm = Crm(sandbox)
        yield crm
        crm.session.close()


def test_a_refused_write_back_has_an_entry_until_the_crm_accepts_it(narrow: Crm, tmp_path: Path):
    story = Story.begin(0, narrow, tmp_path)
    story.deal(0, Type="Services")
    first = story.sync()
    assert first.effects["writeback"] == {"created": 3, "adopted": 0, "refused": 1}
    assert first.outcomes["in_progress"] == 1
    entry = story.entry(0)
    assert (entry.rules, entry.person, story.handoff(0).state) == (["crm_refused"], "mei_tanaka", "passed")
    story.deal(0, Type="Expansion")
    assert story.sync().outcomes["delivered"] == 1
    assert (story.entry(0).state, story.entry(0).episode) == ("released", 1)
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    assert story.wrong() == []


def test_an_org_without_the_fields_is_synced_and_every_run_says_what_reps_do_not_see(tmp_path: Path):
    org.write_org(tmp_path / "seed", 1, writeback_fields=False)
    with running_sandbox(tmp_path / "seed") as sandbox:
        crm = Crm(sandbox)
        story = Story.begin(0, crm, tmp_path)
        for delivered in (4, 0):
            told = story.sync()
            assert (told.outcomes["delivered"], told.exit_code) == (delivered, 0)
            assert "has no Handoff_Status__c" in told.warnings[0]
        assert story.delivered(0, 1, 2, 3)
        crm.session.close()


def test_an_org_that_lacks_one_field_shows_the_others_and_every_run_says_which_it_lacks(tmp_path: Path):
    hidden = {"Handoff_Page__c": {"hidden": True}}
    org.write_org(tmp_path / "seed", 1, Opportunity=hidden)
    with running_sandbox(tmp_path / "seed") as sandbox:
        crm = Crm(sandbox)
        story = Story.begin(0, crm, tmp_path)
        told = story.sync()
        assert told.warnings[0].startswith("The CRM's Opportunity has no Handoff_Page__c: ")
        assert story.shown(0)["Handoff_Status__c"] == "Delivered"
        crm.session.close()


def test_a_held_deal_shows_when_it_is_due_and_a_delivered_one_no_longer(narrow: Crm, tmp_path: Path):
    story = Story.begin(1, narrow, tmp_path)
    story.deal(0, Amount=0)
    story.sync()
    due = story.entry(0).due_at
    assert story.shown(0)["Handoff_Due__c"] == f"{due:%Y-%m-%dT%H:%M:%S}.000+0000"
    story.deal(0, Amount=1000)
    story.sync()
    assert (story.shown(0)["Handoff_Status__c"], story.shown(0)["Handoff_Due__c"]) == ("Delivered", None)
