"""Stories of the sweep: what no stamp of a deal tells, or tells weeks late, is found by night and takes the road."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from handoff.core.errors import LockHeldError
from handoff.road.run import RunSummary
from handoff.road.sweep import DAYS, sweep
from handoff.store.lock import run_lock
from handoff.store.tables import event
from tests.integration import story_org as org
from tests.integration.blind_crm import Blind
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

DAY = 86_400
LATE = (DAYS - 3) * DAY
"""Seconds that a transaction lasts at most, in these stories."""


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A company in a sandbox of its own, since its clock is moved by weeks."""
    org.write_org(tmp_path / "seed", 1)
    with running_sandbox(tmp_path / "seed", token_lifetime=100 * DAY) as sandbox:
        crm = Crm(sandbox)
        yield Story.begin(0, crm, tmp_path)
        crm.session.close()


def swept(story: Story) -> RunSummary:
    with story.house() as house:
        summary = sweep(house)
    assert summary.balanced
    return summary


def settle(story: Story, seconds: int = 3_600) -> None:
    """Time passes, and a sync, so that what was before is behind the watermark and its overlap."""
    story.sandbox.control("salesforce", shift=seconds)
    story.sync()


def snapshots(story: Story) -> list[int]:
    return [story.handoff(n).snapshot_id for n in range(4)]


UNSEEN: dict[str, Callable[[Story], None]] = {
    "a rep's name": lambda story: story.crm.change("User", org.salesforce_id("005", 2), LastName="Reed"),
    "a product's name": lambda story: story.crm.change("Product2", org.salesforce_id("01t", 1), Name="Workshops"),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_what_moves_no_stamp_that_a_sync_asks_for_is_seen_within_one_sweep(story: Story, what: str):
    story.sync()
    settle(story)
    before = snapshots(story)
    UNSEEN[what](story)
    assert story.sync().outcomes["held"] == 0
    assert snapshots(story) == before
    found = swept(story)
    after = snapshots(story)
    assert [n for n in range(4) if after[n] != before[n]] == [0, 1, 2, 3]
    assert (found.found, found.pulled) == (4, 4)
    assert swept(story).found == 0


def test_a_line_that_was_moved_is_seen_at_once_where_it_is_and_by_the_sweep_where_it_was(story: Story):
    story.sync()
    settle(story)
    before = snapshots(story)
    story.line(3, OpportunityId=org.deal_id(0, 2))
    story.sync()
    between = snapshots(story)
    assert [n for n in range(4) if between[n] != before[n]] == [2]
    assert swept(story).found == 1
    after = snapshots(story)
    assert [n for n in range(4) if after[n] != between[n]] == [3]


LATE_CHANGES: dict[str, Callable[[Story], None]] = {
    "an amount": lambda story: story.deal(0, Amount=7_777),
    "reopened": lambda story: story.deal(0, StageName="Negotiation"),
    "lost": lambda story: story.deal(0, StageName="Closed Lost"),
    "deleted": lambda story: story.deal(0),
}


@pytest.mark.parametrize("what", LATE_CHANGES)
def test_a_change_that_was_committed_weeks_late_is_found(story: Story, what: str):
    story.sync()
    settle(story)
    before = snapshots(story)
    story.sandbox.control("salesforce", commit_delay={"up_to": LATE, "seed": 3})
    LATE_CHANGES[what](story)
    settle(story, DAY)
    settle(story, LATE)
    assert snapshots(story) == before, "its stamp is weeks behind the watermark"
    found = swept(story)
    assert (found.found, found.outcomes["held"]) == (1, 1)
    after = snapshots(story)
    assert [n for n in range(4) if after[n] != before[n]] == [0]
    assert swept(story).found == 0


def test_a_deal_that_waits_is_compared_however_old_it_is(story: Story):
    story.line(0, Quantity=0)
    story.sync()
    assert story.entry(0).state == "open"
    story.sandbox.control("salesforce", shift=2 * DAYS * DAY)
    settle(story)
    story.crm.change("User", org.salesforce_id("005", 2), LastName="Reed")
    found = swept(story)
    assert found.found == 1
    assert (found.outcomes["held"], story.entry(0).state) == (1, "open")


def test_a_sweep_over_a_clean_org_finds_nothing_and_says_nothing(story: Story):
    story.sync()
    events = len(story.rows(event))
    found = swept(story)
    assert (found.found, found.pulled, found.exit_code, found.warnings) == (0, 0, 0, ())
    assert found.document()["found"] == 0
    assert found.effects["writeback"]["created"] == 0
    assert len(story.rows(event)) == events


@pytest.mark.parametrize("held", [True, False])
def test_a_deal_that_is_nowhere_in_the_crm_any_more_is_said_and_left_alone(story: Story, held: bool):
    if held:
        story.deal(2, Payment_Terms__c="Whenever")
    story.sync()
    settle(story)
    before = story.handoff(2)
    with story.house() as house:
        house.source = Blind(house.source, org.deal_id(0, 2))  # type: ignore[assignment, misc]  # the port's shape
        told = sweep(house)
    (warning,) = told.warnings
    assert f"1 deal of the ledger ({org.deal_id(0, 2)})" in warning
    assert (told.found, told.exit_code) == (0, 0)
    assert (story.handoff(2).state, story.handoff(2).snapshot_id) == (before.state, before.snapshot_id)


def test_a_sweep_takes_the_lock_of_a_sync(story: Story):
    with run_lock(story.home), story.house() as house, pytest.raises(LockHeldError):
        sweep(house)
