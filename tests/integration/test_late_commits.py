"""Must show 5: of 10,000 deals that the CRM shows up to 15 minutes after their stamps, none is missed."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handoff.road.pull import pull
from handoff.road.run import begin
from handoff.road.sweep import DAYS, sweep
from handoff.store import handoffs, runs
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

DEALS, HOURS = 10_000, 6
LATEST = timedelta(minutes=15)
POLL = timedelta(minutes=5)
CHANGED_A_POLL = 10


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A company in a sandbox of its own, since its clock is moved."""
    org.write_org(tmp_path / "seed", 1)
    with running_sandbox(tmp_path / "seed", token_lifetime=7 * 86_400) as sandbox:
        crm = Crm(sandbox)
        yield Story.begin(0, crm, tmp_path)
        crm.session.close()


@dataclass(kw_only=True)
class Polled:
    """What polling a CRM with late commits came to. The CRM is ahead of our own clock, which stands still."""

    polls: int = 0
    longest: timedelta = timedelta()
    """From a deal's stamp to the poll that stored it."""
    there: set[str] = field(default_factory=set)
    missed: int = 0
    changes: dict[str, Decimal] = field(default_factory=dict)
    """Deal -> the amount it was changed to after we had it."""
    stale: int = 0
    """Changed deals of which we do not have the change."""
    short: int = 0
    """Runs that the CRM's own count called incomplete."""


def test_ten_thousand_deals_committed_up_to_fifteen_minutes_late_are_all_pulled(story: Story):
    told = poll(story, deals=DEALS, hours=HOURS, overlap_minutes=15)
    print(
        f"\n{DEALS:,} deals and {len(told.changes):,} changes in {HOURS} h, committed up to {LATEST} late: "
        f"{told.polls} polls, longest from stamp to store {told.longest}, missed {told.missed}, "
        f"changes missed {told.stale}"
    )
    assert (len(told.there), told.missed, told.stale, told.short) == (DEALS, 0, 0, 0)
    assert len(told.changes) > DEALS / 20
    assert told.longest > LATEST, "the latest came in by the poll after its commit"


def test_without_the_overlap_some_are_missed(story: Story):
    told = poll(story, deals=1_000, hours=2, overlap_minutes=0)
    print(f"\nwithout the overlap: of 1,000 deals missed {told.missed}, of {len(told.changes)} changes {told.stale}")
    assert told.missed > 0
    assert told.stale > 0


def test_what_was_committed_weeks_late_is_found_by_the_sweep_and_delivered(story: Story):
    story.sync()
    now = datetime.fromisoformat(story.sandbox.control("salesforce", shift=3600)["now"])
    story.sync()
    late = won(random.Random(3), now - timedelta(days=DAYS), 30, timedelta(days=DAYS - 1))
    story.sandbox.control("salesforce", rows={"Opportunity": late, "OpportunityLineItem": [line(row) for row in late]})
    assert (story.sync().outcomes["delivered"], len(story.handoffs())) == (0, 4), "no watermark sees them"

    with story.house() as house:
        told = sweep(house)
    print(f"\ncommitted up to {DAYS} days late: {len(late)}, found by the sweep {told.found}")
    assert (told.found, told.pulled, told.balanced, told.exit_code) == (30, 30, True, 0)
    assert told.outcomes["delivered"] == 30, told.held_by_rule
    with story.house() as house:
        again = sweep(house)
    assert (again.found, again.pulled, again.exit_code) == (0, 0, 0)
    assert story.wrong(remote=True) == []


def poll(story: Story, *, deals: int, hours: int, overlap_minutes: int) -> Polled:
    """Have deals won all the time, some of them changed later, and pull every five minutes till all is committed."""
    control, told = story.sandbox.control, Polled()
    now = datetime.fromisoformat(control("salesforce", commit_delay={"up_to": LATEST.seconds, "seed": 7})["now"])
    rows = won(random.Random(7), now, deals, timedelta(hours=hours))
    control("salesforce", rows={"Opportunity": rows})
    stamps = {row["Id"]: datetime.fromisoformat(row["SystemModstamp"]) for row in rows}
    last = max(stamps.values())
    while now < last + 2 * LATEST:
        now = datetime.fromisoformat(control("salesforce", shift=POLL.seconds)["now"])
        told.polls += 1
        new, complete = pull_once(story, overlap_minutes)
        told.short += not complete
        new = new & stamps.keys() - told.there
        told.longest = max([told.longest, *(now - stamps[deal_id] for deal_id in new)])
        told.there |= new
        if now < last:
            told.changes |= change(story, sorted(new)[:CHANGED_A_POLL], Decimal(1_000_000 + told.polls))
    told.missed = len(stamps.keys() - told.there)
    told.stale = sum(1 for deal_id, amount in amounts(story, told.changes).items() if amount != told.changes[deal_id])
    return told


def pull_once(story: Story, overlap_minutes: int) -> tuple[set[str], bool]:
    """The real pull alone: the deals that were in it, and whether the CRM counted no more than we read."""
    with story.house(overlap_minutes=overlap_minutes) as house:
        house.open_ports()
        run = begin(house, "sync")
        pull(run)
        with house.store.read() as tx:
            found = {row.deal_id for row in runs.deals_of(tx, run.id)}
    assert run.complete is not None
    return found, run.complete.missing == 0


def won(chance: random.Random, start: datetime, count: int, during: timedelta) -> list[dict[str, Any]]:
    """So many deals, each won at a random moment: its stamp."""
    moments = sorted(start + during * chance.random() for _ in range(count))
    return [
        {
            **org.opportunity(0, n % org.DEALS),
            "Id": org.salesforce_id("006", 1_000 + n),
            "Name": f"Late {n}",
            "Amount": 2_000 + n,
            "SystemModstamp": moment.isoformat(timespec="milliseconds"),
        }
        for n, moment in enumerate(moments)
    ]


def line(deal: dict[str, Any]) -> dict[str, Any]:
    """The one line of a deal, written with it."""
    price = dict.fromkeys(("UnitPrice", "ListPrice", "TotalPrice"), deal["Amount"])
    common = {"Product2Id": org.salesforce_id("01t", 1), "Description": "Workshop", "Quantity": 1}
    return {**common, **price, "OpportunityId": deal["Id"], "SystemModstamp": deal["SystemModstamp"]}


def change(story: Story, deal_ids: list[str], amount: Decimal) -> dict[str, Decimal]:
    """Change the amounts of these deals together; each commits in its own time."""
    records = [{"attributes": {"type": "Opportunity"}, "Id": one, "Amount": str(amount)} for one in deal_ids]
    if records:
        story.crm.collection(records)
    return dict.fromkeys(deal_ids, amount)


def amounts(story: Story, deal_ids: Collection[str]) -> dict[str, Decimal]:
    """The amounts that we have of these deals."""
    found: dict[str, Decimal] = {}
    with story.reading() as tx:
        for row in handoffs.with_content(tx):
            if row.deal_id in deal_ids:
                found[row.deal_id] = Decimal(str(row.content["Amount"]))
    return found
