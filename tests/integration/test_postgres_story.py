"""The whole story of ten deals once more, with its ledger on PostgreSQL."""

import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from handoff.core.handoff import EffectKind
from handoff.core.period import Period
from handoff.report.explain import explain
from handoff.report.sentences import rule_sentences
from handoff.report.stats import stats
from handoff.road import line
from handoff.road.exception_report import compose
from handoff.road.publish_report import publish
from handoff.store.session import open_store
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.integration.test_ways_out import amount, delete_draft, drafted
from tests.running_sandbox import running_sandbox
from tests.unit.report.company import Company, at, pack
from tests.unit.road.desk_bench import DeskBench
from tests.unit.road.notice_house import OWNER, notice_house
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


def test_figures_and_cards_are_the_same_on_postgresql(database: str, tmp_path: Path):
    store = open_store(database, tmp_path)
    company = Company(store)
    company.deal("a")
    company.held("a", at(2, 6))
    company.passed("a", at(2, 7))
    company.confirmed("a", EffectKind.SEND, at(2, 9))
    company.confirmed("a", EffectKind.PROJECT, at(2, 10))
    company.deal("b", minor=500, currency="JPY")
    company.held("b", at(2, 12))
    company.event("b", "escalated", at(3, 12), new={"owner": "dana_whitfield"})
    company.asked("b", at(2, 12))
    company.waived("b", "sector_is_canonical", at(2, 12))
    company.corrected("a", "po_number", at(2, 6))
    try:
        with store.read() as tx:
            found = stats(tx, pack(), Period(zone="UTC"), at(10)).document()
            card = {line.label: line.text for line in explain(tx, pack(), "b", rule_sentences(), now=at(10)).card}
    finally:
        store.close()
    assert [leg["p50_s"] for leg in found["durations"].values()] == [4 * 3600, 3600, 5 * 3600]
    assert found["first_pass"] == {"judged": 2, "passed": 0, "share": 0.0}
    assert found["blocked"]["amount"] == {"JPY": 500}
    assert (found["response_time"]["met"], found["response_time"]["missed"]) == (1, 1)
    assert (found["escalations"]["times"], found["waivers"][0]["waivers"], found["approvals"]["waiting"]) == (1, 1, 1)
    assert found["corrections"] == {"by_field": {"po_number": 1}, "by_rep": {"Ada": 1}}
    assert card["Waits"].startswith("for Dana Whitfield's yes until ")
    assert card["Waived"].startswith("until 2026-12-02: sector")


def test_reports_are_published_and_charts_drawn_on_postgresql(database: str, tmp_path: Path):
    with notice_house(tmp_path, store_url=database) as at_night:
        at_night.hold("a", "b")
        publish(at_night.house, tmp_path / "reports")
        at_night.later(days=1)
        at_night.release("a")
        at_night.hold("c", "d")
        done = publish(at_night.house, tmp_path / "reports")
        assert (done.entries, done.owners, done.told) == (3, 1, 1)
        made = compose(at_night.house, OWNER)
        assert {chart.name for chart in made.charts} == {"causes", "ageing"}
        at_night.later(days=1)
        whole = compose(at_night.house, day=at_night.ticking.at.date())
        assert whole.changes.sentence == "2 fell overdue, and open still.", "since the report of the day before"
        first = compose(at_night.house, day=at_night.ticking.at.date() - timedelta(days=2))
        assert first.changes.sentence.startswith("2 opened, 1 released")
        (weeks,) = [chart for chart in whole.charts if chart.name == "first-pass"]
        assert [row[1:3] for row in weeks.rows] == [("2", "0"), ("2", "0")], "a Sunday and a Monday in New York"
        assert whole.page().count("data:image/svg+xml;base64,") == 4 * sum(bool(c.picture) for c in whole.charts)
