"""Stories of what a ledger is bound to, and of outages: one notice to one owner, one call a run until it is over."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handoff.core.errors import UsageError
from handoff.road.sync import sync
from handoff.store.tables import binding, outage
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox
from tests.unit.mappings.demo_deal import on_call

pytestmark = pytest.mark.usefixtures("hasty")

NOBODY = "http://127.0.0.1:9"
"""A port on which nothing listens."""


def refused(story: Story, **settings: object) -> str:
    with story.house(**settings) as house, pytest.raises(UsageError) as told:
        sync(house)
    assert told.value.exit_code == 2
    return str(told.value)


def test_a_live_key_with_a_sandbox_org_refuses_to_start(begin: Begin):
    story = begin(0)
    said = refused(story, stripe_key="sk_live_of_the_company")
    assert "is a sandbox" in said
    assert "sk_live" not in said, "no credential is ever shown"
    assert story.handoffs() == []


def test_a_ledger_of_test_mode_takes_no_live_key(begin: Begin):
    story = begin(1)
    story.sync()
    before = story.posts()
    assert "test mode" in refused(story, stripe_key="sk_live_of_the_company")
    assert story.posts() == before
    assert {row.what: row.value for row in story.rows(binding)}["stripe:default"] == "test"


def test_a_ledger_belongs_to_one_org(begin: Begin, tmp_path: Path):
    story = begin(2)
    story.sync()
    with story.house() as house, house.store.write() as tx:
        tx.execute(binding.update().where(binding.c.what == "salesforce").values(value="00D000000000001AAA"))
    said = refused(story)
    assert "belongs to the Salesforce org 00D000000000001AAA" in said


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    seed = tmp_path_factory.mktemp("production") / "seed"
    org.write_org(seed, 1)
    real = {"Id": org.salesforce_id("00D", 1), "Name": "Real", "IsSandbox": False}
    (seed / "Organization.json").write_text(json.dumps([real]))
    with running_sandbox(seed) as sandbox:
        crm = Crm(sandbox)
        yield crm
        crm.session.close()


def test_a_test_key_with_a_production_org_is_said_in_every_run(production: Crm, tmp_path: Path):
    story = Story.begin(0, production, tmp_path)
    for _ in range(2):
        assert any("no invoice is real" in warning for warning in story.sync().warnings)


def test_an_outage_of_many_runs_is_one_notice_and_its_end_is_written_down(begin: Begin):
    story = begin(3)
    for minutes in range(0, 60, 5):
        story.late = timedelta(minutes=minutes)
        told = story.sync(stripe_url=NOBODY)
        assert (told.outcomes["in_progress"], list(told.outages)) == (4, ["stripe:default"])
    (notice,) = [n for n in story.notices() if n.kind == "service_down"]
    assert notice.person == on_call()
    assert notice.about.startswith("stripe:default since ")
    (row,) = story.rows(outage)
    assert (row.service, row.ended_at) == ("stripe:default", None)

    story.late = timedelta(minutes=60)
    assert story.sync().outcomes["delivered"] == 4
    (row,) = story.rows(outage)
    assert row.ended_at is not None
    assert [event.subject for event in story.events("outage_ended")] == ["service:stripe:default"]
    assert story.wrong() == []


def test_while_a_service_is_down_a_run_asks_it_once(begin: Begin):
    story = begin(4)
    story.sync(asana_token="1/wrong")
    before = sum(story.sandbox.calls("asana").values())
    for _ in range(3):
        assert story.sync(asana_token="1/wrong").outcomes["in_progress"] == 4
    assert sum(story.sandbox.calls("asana").values()) - before == 3
    assert story.sync().outcomes["delivered"] == 4


def test_a_service_that_flickers_is_one_outage(begin: Begin):
    story = begin(5)
    story.sync(asana_token="1/wrong")
    for n in range(1, 4):
        story.late = timedelta(minutes=10 * n)
        story.sync()
        story.deal(0, NextStep=f"call {n}", Payment_Terms__c="Net 45")
        story.late += timedelta(minutes=5)
        story.sync(asana_token="1/wrong")
    assert len(story.rows(outage)) == 1
    assert len([n for n in story.notices() if n.kind == "service_down"]) == 1


def test_a_call_that_fails_in_passing_is_nobodys_matter_until_it_lasts(begin: Begin):
    story = begin(6)
    lost = {"salesforce_login_url": "https://127.0.0.1:9"}
    story.sync()
    with story.house() as house, house.store.write() as tx:
        tx.execute(outage.delete())
    story.sync(**lost)
    assert [n.person for n in story.notices() if n.kind == "service_down"] == [on_call()]
    story.late = timedelta(minutes=20)
    story.sync()
    assert [row.ended_at is None for row in story.rows(outage)] == [False]
