"""The summary that people read, and what a signal does."""

import signal
import subprocess
import sys
import threading
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import typer

from checks.rules import names
from handoff.cli import dry_view, run_view, runs
from handoff.cli.signals import Halt, halting
from handoff.core.errors import LockHeldError
from handoff.core.pack import Pack
from handoff.report.foreseen import Foreseen, ForeseenDeal
from handoff.road.run import Complete, RunSummary
from mappings.pack import load, shipped
from tests.unit.report.held import make_violation

OUTCOMES = {"delivered": 2848, "held": 1390, "excluded": 0, "unchanged": 0, "in_progress": 0}


@cache
def pack() -> Pack:
    return load(shipped("crm_sales_opportunities"), names())


def make_summary(**values: Any) -> RunSummary:
    said: dict[str, Any] = {
        "run_id": "run-1",
        "pulled": 4238,
        "outcomes": OUTCOMES,
        "balanced": True,
        "held_by_rule": {"product_is_canonical": 729},
        "effects": {"customer": {"created": 72, "adopted": 1, "refused": 0}, "project": {"created": 0}},
        "calls": {"stripe": 3},
        "duration_s": 1.25,
    }
    return RunSummary(**{**said, **values})


def shown(capsys: pytest.CaptureFixture[str], summary: RunSummary) -> str:
    run_view.show(summary, pack())
    return capsys.readouterr().out


def test_the_balance_is_one_sum(capsys: pytest.CaptureFixture[str]) -> None:
    balance = "4,238 deals pulled = 2,848 delivered + 1,390 held + 0 excluded + 0 unchanged + 0 in progress"
    assert balance in shown(capsys, make_summary())


def test_warnings_come_before_everything_else(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(capsys, make_summary(warnings=("stopped by ada",), outages={"asana": "no answer"})).splitlines()
    assert told[:2] == ["Warning: stopped by ada", "Warning: asana was given up: no answer"]


def test_a_deal_without_an_outcome_is_said_first(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(capsys, make_summary(balanced=False, pulled=4240))
    assert told.startswith("NOT BALANCED: 2 deals without an outcome.")


def test_a_run_says_whether_it_read_all_that_the_crm_has(capsys: pytest.CaptureFixture[str]) -> None:
    whole = make_summary(complete=Complete(crm=4238, ours=4238))
    assert "Complete: 4,238 won deals by the CRM's own count, 4,238 read." in shown(capsys, whole)
    lacking = make_summary(complete=Complete(crm=2, ours=1))
    told = shown(capsys, lacking)
    assert "Incomplete: 2 won deals by the CRM's own count, 1 read." in told
    assert "run handoff sync again" in told
    assert (whole.exit_code, lacking.exit_code) == (0, 1)
    assert "omplete" not in shown(capsys, make_summary())


def test_deals_that_leave_while_we_count_are_no_loss() -> None:
    assert make_summary(complete=Complete(crm=1, ours=2)).exit_code == 0


def test_a_sweep_says_what_it_found_and_one_without_an_end_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert "The sweep found 3 deals new or changed that no sync had told." in shown(capsys, make_summary(found=3))
    assert make_summary(found=0).exit_code == 0
    assert make_summary(unswept=True).exit_code == 1


def test_rules_are_shown_with_who_answers(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(capsys, make_summary())
    assert "product_is_canonical" in told
    assert "Manager of the deal's rep, by rep manager" in told
    assert "72 Stripe customers created (1 adopted)." in told


def test_a_rule_nobody_answers_for_is_said() -> None:
    assert run_view.answers("no_such_rule", pack()) == "nobody: handoff pack check says why"


def test_waiting_deals_are_told_by_reason_with_the_oldest_age(capsys: pytest.CaptureFixture[str]) -> None:
    waiting = tuple({"deal_id": str(n), "reason": "waits for the kick-off", "age_s": n * 86400} for n in (1, 3))
    assert "In progress: 2 deals, waits for the kick-off (oldest 3 d)." in shown(
        capsys, make_summary(in_progress=waiting)
    )


def test_a_long_difference_is_cut_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    changes = tuple({"entry": f"E-{n}", "deal_id": "d", "before": "held", "after": "delivered"} for n in range(20))
    told = shown(capsys, make_summary(changes=changes))
    assert "E-11" in told
    assert "E-12" not in told
    assert "and 8 more" in told


def test_a_summary_fits_a_screen_whatever_happened(capsys: pytest.CaptureFixture[str]) -> None:
    many = {f"rule_{n}": n for n in range(60)}
    waiting = tuple({"deal_id": str(n), "reason": f"reason {n}", "age_s": 1} for n in range(60))
    assert len(shown(capsys, make_summary(held_by_rule=many, in_progress=waiting)).splitlines()) < 45


def test_a_dry_run_says_that_nothing_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    deal = ForeseenDeal(
        deal_id="006A",
        deal_name="W",
        account_name="Acme",
        customer="new",
        creates={"invoice": 1, "project": 1},
        amount="5.00",
        currency="USD",
    )
    foreseen = Foreseen(deals=[deal] * 15, held={"006B": (make_violation(),)}, customers={"a": "new", "b": "adopted"})
    dry_view.show(foreseen, pack())
    told = capsys.readouterr().out
    for said in ("15 would be delivered, 1 held", "1 customer, 15 invoices", "and 3 more deals", "Nothing was created"):
        assert said in told
    assert foreseen.document()["adopts"] == {"customer": 1}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_asks_and_is_the_exit_code(number: signal.Signals, code: int) -> None:
    before = signal.getsignal(number)
    with halting() as halt:
        signal.raise_signal(number)
        assert halt.event.is_set()
    assert halt.exit_code(0) == code
    assert signal.getsignal(number) == before


def test_without_a_signal_the_run_says_how_it_ends() -> None:
    assert [Halt().exit_code(code) for code in (0, 1)] == [0, 1]


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_the_second_signal_leaves_at_once(number: str, code: int) -> None:
    program = (
        "import signal\n"
        "from handoff.cli.signals import halting\n"
        "with halting():\n"
        f"    signal.raise_signal(signal.{number})\n"
        f"    signal.raise_signal(signal.{number})\n"
        "    print('still here')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert "Once more to leave at once" in done.stderr


def held_lock() -> RunSummary:
    raise LockHeldError("another run")


def test_a_signal_ends_the_wait_for_another_run() -> None:
    halt = Halt()
    halt.signal = signal.SIGINT
    halt.event.set()
    with pytest.raises(typer.Exit) as ended:
        runs.patiently(held_lock, halt)
    assert ended.value.exit_code == 130


def test_a_wait_that_is_too_long_is_refused() -> None:
    with pytest.raises(LockHeldError):
        runs.patiently(held_lock, Halt(), wait_s=0)


def test_a_run_that_frees_the_lock_lets_the_next_one_go() -> None:
    freed = threading.Event()
    summary = make_summary()

    def run() -> RunSummary:
        if not freed.is_set():
            freed.set()
            raise LockHeldError("another run")
        return replace(summary)

    assert runs.patiently(run, Halt()) == summary
