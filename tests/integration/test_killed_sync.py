"""kill -9 in the middle of a sync, again and again: then one sync to the end, and every deal is there once."""

import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.clean_org import write_seed
from tests.integration.conftest import Company, Opener

DEALS, KILLS = 200, 10


def _count(company: Company, question: str, *values: str) -> int:
    """Ask the ledger on disk, without disturbing it."""
    with closing(sqlite3.connect(f"file:{company.home}/handoff.db?mode=ro", uri=True, timeout=30)) as db:
        count: int = db.execute(f"SELECT count(*) FROM effect WHERE {question}", values).fetchone()[0]
        return count


def sent_since(company: Company, since: datetime) -> int:
    """Effects that were sent after a moment."""
    return _count(company, "last_sent_at >= ?", since.strftime("%Y-%m-%d %H:%M:%S.%f"))


def in_flight(company: Company) -> int:
    return _count(company, "state = 'in_flight'")


def wait_for_first_effect(company: Company, process: "subprocess.Popen[str]", started: datetime) -> None:
    deadline = time.monotonic() + 60
    while not sent_since(company, started):
        assert process.poll() is None, f"it ended by itself: {process.communicate()}"
        assert time.monotonic() < deadline, "no effect within a minute"
        time.sleep(0.05)


def kill_mid_sync(company: Company, after_s: float) -> int:
    """Kill a sync `after_s` after its first effect; returns how many effects it left in flight."""
    started = datetime.now(UTC)
    process = company.start("sync", "--json")
    wait_for_first_effect(company, process, started)
    time.sleep(after_s)
    assert process.poll() is None, "it ended before it was killed"
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    return in_flight(company)


@pytest.mark.slow
def test_ten_kills_lose_and_double_nothing(open_company: Opener, tmp_path: Path):
    seed = tmp_path / "seed"
    write_seed(seed, DEALS, accounts=20)
    company = open_company(seed, "crm_sales_opportunities", delay_ms=400)
    company.run("queue", "list")  # makes the store
    chance = random.Random(7)
    left = [kill_mid_sync(company, 1 + chance.random() / 2) for _ in range(KILLS)]
    assert sum(1 for count in left if count) >= 5, left

    company.sandbox.control(delay_ms=0)
    last = company.json("sync")
    assert last["balanced"]
    assert last["in_progress"] == 0
    assert company.json("queue", "list")["entries"] == []
    assert_each_deal_once(company)
    assert company.json("verify", "--remote")["findings"] == []


def assert_each_deal_once(company: Company) -> None:
    stripe = company.sandbox.state("stripe")["accounts"]["default"]
    invoices = Counter(i["metadata"]["handoff_deal"] for i in stripe["invoices"])
    assert len(invoices) == DEALS
    assert set(invoices.values()) == {1}
    assert {i["status"] for i in stripe["invoices"]} == {"open"}
    assert len({c["metadata"]["handoff_account"] for c in stripe["customers"]}) == len(stripe["customers"]) == 20
    names = Counter(p["name"] for p in company.sandbox.state("asana")["projects"])
    assert len(names) == DEALS
    assert set(names.values()) == {1}


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_hands_back_what_is_in_flight(open_company: Opener, tmp_path: Path, sent: signal.Signals, code: int):
    seed = tmp_path / "seed"
    write_seed(seed, 60, accounts=5)
    company = open_company(seed, "crm_sales_opportunities", delay_ms=200)
    company.run("queue", "list")
    started = datetime.now(UTC)
    process = company.start("sync", "--json")
    wait_for_first_effect(company, process, started)
    process.send_signal(sent)
    process.communicate(timeout=30)
    assert process.returncode == code
    assert in_flight(company) == 0
    company.sandbox.control(delay_ms=0)
    last = company.json("sync")
    assert (last["balanced"], last["in_progress"]) == (True, 0)
    assert company.json("verify", "--remote")["findings"] == []


def test_a_second_sync_is_told_that_another_holds_the_lock(open_company: Opener, tmp_path: Path):
    seed = tmp_path / "seed"
    write_seed(seed, 20, accounts=2)
    company = open_company(seed, "crm_sales_opportunities", delay_ms=300)
    first = company.start("sync", "--json")
    while not (company.home / "run.lock").exists():
        time.sleep(0.05)
    refused = company.run("sync", "--json", exit_code=3)
    assert "Another run" in refused.stderr
    waited = company.json("rerun", "--all")
    assert waited["balanced"]
    first.communicate(timeout=60)
    assert first.returncode == 0
