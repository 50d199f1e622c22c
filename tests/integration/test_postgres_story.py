"""The whole story of ten deals once more, with its ledger on PostgreSQL."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from handoff.road import line
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.integration.test_ways_out import amount, delete_draft, drafted
from tests.running_sandbox import running_sandbox
from tests.unit.road.desk_bench import DeskBench
from tests.unit.road.test_two_deciders import trials

SERVER = os.environ.get("HANDOFF_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1/postgres")
LONG = "rin.augusta.takeda.von.hohenstein@mail.subsidiary.takeda-hohenstein.example"


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of a fresh database, dropped at the end."""
    name = f"handoff_test_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(SERVER, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as server:
            server.execute(sa.text(f"CREATE DATABASE {name}"))
    except sa.exc.OperationalError:
        engine.dispose()
        pytest.skip("no PostgreSQL answers at HANDOFF_TEST_POSTGRES, or on this machine as postgres")
    try:
        yield SERVER.rpartition("/")[0] + f"/{name}"
    finally:
        with engine.connect() as server:
            server.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def test_ten_deals_are_held_corrected_delivered_and_watched_on_postgresql(database: str, tmp_path: Path):
    org.write_org(tmp_path / "seed", 3)
    with running_sandbox(tmp_path / "seed") as sandbox:
        crm = Crm(sandbox)
        story = Story.begin(0, crm, tmp_path)
        story.store_url = database
        for number in (1, 2):
            for n in range(4):
                crm.change("Opportunity", org.deal_id(number, n), StageName=org.stage(0))
        crm.change("Opportunity", org.deal_id(2, 2))
        crm.change("Opportunity", org.deal_id(2, 3))
        tell(story)
        assert story.wrong(remote=True) == []
        crm.session.close()


def test_drafts_are_reversed_and_drafted_anew_on_postgresql(database: str, tmp_path: Path):
    org.write_org(tmp_path / "seed", 1)
    with running_sandbox(tmp_path / "seed") as sandbox:
        story = Story.begin(0, Crm(sandbox), tmp_path)
        story.store_url = database
        drafted(story)
        story.deal(0, StageName="Closed Lost")
        amount(story, 1, 2000)
        story.account(2, BillingCity="Tacoma", Tax_Id__c="91-1144443")
        assert story.sync().held_by_rule == {"reversal_needed": 1, "changed_after_delivery": 1}
        for n in (0, 1):
            delete_draft(story, n)
        story.sync()
        assert [story.handoff(n).state for n in range(4)] == ["excluded", "delivered", "delivered", "delivered"]
        assert (story.invoices(1)[0]["total"], story.invoices(2)[0]["customer_address"]["city"]) == (200_000, "Tacoma")
        assert story.wrong(remote=True) == []
        story.crm.session.close()


def tell(story: Story) -> None:
    story.deal(0, Payment_Terms__c="Whenever")
    story.deal(1, Type="Services")
    story.account(2, Stripe_Customer__c="cus_nobody")
    story.crm.change("User", org.salesforce_id("005", 1), Email=LONG)
    story.deal(3, Kickoff_Date__c=None)
    first = story.sync()
    assert (first.pulled, first.outcomes["delivered"], first.outcomes["held"]) == (10, 6, 3)
    assert first.outcomes["in_progress"] == 1
    assert story.entry(3).person == LONG

    story.as_person(line.stop, "project", "a pause")
    story.deal(0, Payment_Terms__c="Net 30")
    story.account(2, Stripe_Customer__c=None)
    story.deal(3, Kickoff_Date__c=org.KICKOFF.isoformat())
    second = story.sync()
    assert (second.outcomes["in_progress"], second.outcomes["held"]) == (4, 0)
    story.as_person(line.start, "project", "the pause is over")
    assert story.sync().outcomes["delivered"] == 3
    assert story.delivered(0, 2, 3)

    story.deal(0, PO_Number__c="PO-9")
    assert story.sync().held_by_rule == {"changed_after_delivery": 1}
    story.edit("labels.yaml", "    30 days: Net 30\n", "    30 days: Net 30\n    Thirty: Net 30\n")
    assert story.rerun(everything=True).outcomes["held"] == 1, "the pack has changed: it is judged again"
    story.deal(0, PO_Number__c=None)
    story.sync()
    assert story.entry(0).state == "released"
    before = story.posts()
    assert story.sync().exit_code == 0
    assert story.posts() == before


def test_of_two_who_decide_at_once_one_wins_on_postgresql(database: str, tmp_path: Path):
    bench = DeskBench(tmp_path, deals=20, url=database)
    try:
        won = trials(bench, 20)  # there two transactions truly write at the same time
    finally:
        bench.close()
    assert sum(won.values()) == 20
