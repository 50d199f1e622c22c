"""Workflow, rules, runs and health: what everybody may know, and what only a reader of the entries."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.store import outages, runs
from handoff.store.session import HEAD
from handoff.store.tables import entry, run, violation
from tests.unit.cli.held_deals import NOW, deal_id
from tests.web.conftest import Open

URLS = ("/workflow", "/rules", "/rules/sector_is_canonical", "/runs", "/runs/r1", "/health", "/health/proofs")
SECRET = {"Account.Industry": "Softwear", "Account.Name": "Zebra Quartz Ltd", "PO_Number__c": None}


def with_runs(site, *outcomes: str, **summary) -> None:
    """One run that ended, and one that did not."""
    told = {"pulled": 1, "balanced": True, "duration_s": 12.4, "delivered": 0, "held": 1, **summary}
    with site.store.write() as tx:
        runs.start(tx, id="r1", kind="sync", actor="sync", started_at=NOW, pack_fingerprint="p")
        runs.enrol(tx, "r1", [deal_id(1)])
        runs.conclude(tx, "r1", [(deal_id(1), "held", "sector_is_canonical")])
        runs.end(tx, "r1", NOW + timedelta(seconds=12), told)
        later = NOW + timedelta(minutes=1)
        runs.start(tx, id="r2", kind="rerun", actor="ada", started_at=later, pack_fingerprint="p")


@pytest.mark.parametrize("url", URLS)
def test_whoever_is_no_reader_of_an_entry_finds_nothing_of_it(opened: Open, visitor, url: str):
    site = opened(SECRET)
    with_runs(site, warnings=["Zebra Quartz Ltd could not be read"])
    page = visitor(site).sign_in("stefan_vogt").text(url)
    for marker in ("Zebra", "Softwear", "E-000001", deal_id(1)):
        assert marker not in page


@pytest.mark.parametrize("url", URLS)
def test_a_viewer_sees_every_page(opened: Open, visitor, url: str):
    site = opened(SECRET)
    with_runs(site)
    assert visitor(site).sign_in("priya_nair").text(url)


def test_a_rule_says_who_answers_how_many_it_holds_and_who_may_waive_it(opened: Open, visitor):
    me = visitor(opened(SECRET, SECRET)).sign_in("priya_nair")
    page = me.text("/rules/po_number_when_required")
    assert "Manager of the deal&#39;s rep" in page
    assert "Head of finance, for 30 days at most" in page
    assert ">2 entries</a>" in page


def test_a_rule_says_how_many_deals_it_stopped_lately_and_which_were_released(opened: Open, visitor, hand):
    site = opened(SECRET, SECRET, SECRET)
    with site.store.write() as tx:
        released = {"state": EntryState.RELEASED, "released_at": NOW}
        tx.execute(sa.update(entry).where(entry.c.id == 2).values(**released))
        tx.execute(sa.update(violation).where(violation.c.entry_id == 2).values(current=False))
        tx.execute(sa.update(entry).where(entry.c.id == 3).values(**released, opened_at=NOW - timedelta(days=91)))
        twice = sa.select(*(violation.c[name] for name in violation.c.keys() if name != "id"))  # noqa: SIM118 - no dict
        columns = [name for name in violation.c.keys() if name != "id"]  # noqa: SIM118 - as above
        tx.execute(sa.insert(violation).from_select(columns, twice.where(violation.c.entry_id == 1)))
        earlier = {"episode": 1, "current": False, "rule": "currency_known"}
        tx.execute(sa.update(entry).where(entry.c.id == 1).values(episode=2))
        tx.execute(sa.update(violation).where(violation.c.entry_id == 1).values(episode=2))
        tx.execute(
            sa.insert(violation).values(entry_id=1, field="currency", allowed="", message="", judged=True, **earlier)
        )
    me = visitor(site).sign_in("priya_nair")
    page = me.text("/rules")
    assert "Of 3 deals that came to the gate first in the last 90 days, 0 passed all rules at once." in page
    row = page.split("/rules/po_number_when_required")[1].split("</tr>")[0]
    assert ">1</a>" in row, "open now"
    assert '2 <span class="soft">(1 released)' in row, "each entry once, however often the rule is broken"
    assert "0 deals" in me.text("/rules/currency_known"), "of an earlier hold"
    hand.now += timedelta(days=91)
    page = visitor(site).sign_in("priya_nair").text("/rules")
    assert "(1 released)" not in page.split("/rules/po_number_when_required")[1].split("</tr>")[0]


def test_the_counts_of_a_rule_are_of_what_its_reader_may_read(opened: Open, visitor):
    site = opened(SECRET, SECRET)
    other = visitor(site).sign_in("stefan_vogt")
    assert "no entry" in other.text("/rules/sector_is_canonical")


def test_an_unbalanced_run_one_with_an_outage_and_one_that_never_ended_are_told(opened: Open, visitor):
    site = opened(SECRET)
    with_runs(site, balanced=False)
    me = visitor(site).sign_in("priya_nair")
    page = me.text("/runs")
    assert "unbalanced" in page
    assert "not ended" in page
    assert "Unbalanced" in me.text("/runs/r1")
    assert "was killed" in me.text("/runs/r2")
    assert "E-000001" in me.text("/runs/r1")


def test_a_runs_balance_is_told_in_words(opened: Open, visitor):
    site = opened(SECRET)
    with_runs(site, held=1, effects={"writeback": {"created": 2}})
    me = visitor(site).sign_in("priya_nair")
    runs_page, one = me.text("/runs"), me.text("/runs/r1")
    assert "2 CRM updates" in runs_page
    assert "nothing to do in this run" in runs_page
    assert "a person must act" in one, "what is held means"
    assert "sector is canonical" in one
    assert "sector_is_canonical" not in re.sub(r"<[^>]*>", "", one), "the rule in words"
    assert "writeback" not in runs_page + one


def test_runs_are_paged_from_the_newest_to_the_oldest_each_once(opened: Open, visitor):
    site = opened(SECRET)
    with site.store.write() as tx:
        rows = [
            {"id": f"n{n:03}", "kind": "sync", "actor": "sync", "started_at": NOW, "pack_fingerprint": "p"}
            for n in range(120)
        ]
        tx.execute(sa.insert(run), rows)
    me = visitor(site).sign_in("priya_nair")
    seen: list[str] = []
    url: str | None = "/runs"
    while url:
        page = me.text(url)
        seen += [part.split('"')[0] for part in page.split('href="/runs/')[1:]]
        older = page.split('href="/runs?after=')
        url = f"/runs?after={older[1].split(chr(34))[0]}" if len(older) > 1 else None
    assert len(seen) == 120
    assert sorted(seen, reverse=True) == seen


def test_the_workflow_is_shown_of_all_deals_or_of_one_type(opened: Open, visitor):
    me = visitor(opened(SECRET)).sign_in("priya_nair")
    page = me.text("/workflow")
    assert '<a href="/workflow" aria-current="page">All deals</a>' in page
    assert '<span class="who"><bdi>Priya Nair</bdi></span>' in page, "a macro of the page hides nothing of its frame"
    assert "hand the deal over in person" in page
    page = me.text("/workflow?deal_type=New%20Business")
    assert '<a href="/workflow?deal_type=New%20Business" aria-current="page">' in page
    assert "hand the deal over in person" in page
    assert "hand the deal over in person" not in me.text("/workflow?deal_type=Services")


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/runs?after=x", 400),
        ("/runs?after=2026-01-01~r1", 400),
        ("/runs?kind=nothing", 400),
        ("/runs/none", 404),
        ("/runs/%00", 404),
        ("/rules/none", 404),
        ("/workflow?deal_type=%3Cscript%3E", 404),
        ("/workflow?deal_type=", 404),
        (f"/workflow?deal_type={'x' * 300}", 400),
        ("/rules/%3Cscript%3E", 404),
    ],
)
def test_a_broken_address_is_one_sentence(opened: Open, visitor, url: str, status: int):
    me = visitor(opened(SECRET)).sign_in("priya_nair")
    answer = me.get(url)
    assert answer.status_code == status
    assert "<script>" not in answer.text


def test_health_names_what_is_late_stopped_or_away(opened: Open, visitor, hand):
    site = opened(SECRET)
    with_runs(site)
    me = visitor(site).sign_in("priya_nair")
    assert "All is well" in me.text("/health")
    hand.now += timedelta(minutes=20)
    with site.store.write() as tx:
        runs.stop(tx, runs.WHOLE_LINE, "tomas_ortega", NOW, "a <b>new</b> price list")
        outages.failing(tx, "stripe:default", "it does not answer", NOW)
    page = me.text("/health")
    assert "4 things need somebody" in page, "a sync and the clocks are late, the line is stopped, Stripe is away"
    assert "&lt;b&gt;new&lt;/b&gt; price list" in page
    assert "stripe:default has not been usable" in page
    assert HEAD in page


def test_the_proofs_find_an_audit_that_somebody_changed_beside_us(opened: Open, visitor):
    site = opened(SECRET)
    me = visitor(site).sign_in("priya_nair")
    assert "chain of hashes holds" in me.text("/health/proofs")
    with site.store.write() as tx:
        from handoff.store import events  # noqa: PLC0415 - beside what it breaks

        events.seal(tx)
        tx.exec_driver_sql("DROP TRIGGER IF EXISTS event_is_never_changed")
        for (name,) in tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            tx.exec_driver_sql(f"DROP TRIGGER {name}")
        tx.exec_driver_sql("UPDATE event SET actor = 'nobody' WHERE seq = 1")
    assert "does not hold" in me.text("/health/proofs")


@pytest.mark.parametrize("url", URLS)
def test_showing_writes_nothing(opened: Open, visitor, url: str):
    site = opened(SECRET)
    with_runs(site)
    me = visitor(site).sign_in("priya_nair")
    with site.store.read() as tx:
        before = (
            tx.exec_driver_sql("SELECT total_changes()").scalar(),
            tx.exec_driver_sql("PRAGMA data_version").scalar(),
        )
        me.text(url)
        after = (
            tx.exec_driver_sql("SELECT total_changes()").scalar(),
            tx.exec_driver_sql("PRAGMA data_version").scalar(),
        )
    assert before == after
