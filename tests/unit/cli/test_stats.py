"""`handoff stats` from the command line: no data, a held deal, and days that are none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from handoff.core.handoff import EffectKind
from handoff.store.session import open_store
from tests.unit.cli.conftest import Command
from tests.unit.report.company import Company

WEEK_AGO = datetime.now(UTC) - timedelta(days=7)


@pytest.fixture
def company(handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command over a home in which one deal was delivered, and another is held and past due."""
    monkeypatch.setenv("HANDOFF_PACK", "crm_sales_opportunities")
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    known = Company(store)
    known.deal("a", closed=(WEEK_AGO - timedelta(days=2)).date().isoformat(), rep="Rita [red]")
    known.passed("a", WEEK_AGO)
    known.confirmed("a", EffectKind.SEND, WEEK_AGO)
    known.confirmed("a", EffectKind.PROJECT, WEEK_AGO + timedelta(hours=2))
    known.corrected("a", "po_number", WEEK_AGO)
    known.waived("a", "sector_is_canonical", WEEK_AGO)
    known.asked("a", WEEK_AGO, decided=WEEK_AGO + timedelta(minutes=90))
    known.deal("b", minor=123456)
    known.held("b", WEEK_AGO)
    known.event("b", "escalated", WEEK_AGO + timedelta(days=1))
    known.entry("b", level=1)
    known.deal("c", minor=5, currency="???")
    known.held("c", WEEK_AGO)
    store.close()
    return handoff


def test_without_a_deal_every_figure_says_so(handoff: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    shown = handoff("stats")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.count("no data yet") == 8
    assert handoff("stats", "--json").json["first_pass"] == {"judged": 0, "passed": 0, "share": None}


def test_people_read_times_shares_money_and_names(company: Command) -> None:
    shown = company("stats")
    assert shown.code == 0
    for said in (
        "2 h",
        "33.3 %: 1 of 3 deals",
        "0 of 2 entries came back",
        "USD 1,234.56 · ??? 5 (minor units) in 2 open entries, 2 overdue, 1 escalated once",
        "Cara Losch",
        "GTXPro",
        "Answered in time: 0 % of 2 entries",
        "1 approved; half within 1 h 30 min, 90 % within 1 h 30 min",
        "sector is canonical",
        "po number",
        "Rita [red]",
        "1 of 1 entry",
    ):
        assert said in shown.out, said


def test_programs_read_one_document_of_the_period(company: Command) -> None:
    found = company("stats", "--since", "2020-01-01", "--until", "2020-12-31", "--json").json
    assert (found["since"], found["until"], found["zone"]) == ("2020-01-01", "2020-12-31", "America/New_York")
    assert found["durations"]["close_to_invoice"]["deals"] == 0
    assert found["blocked"]["amount"] == {"USD": 123456, "???": 5}, "what is open is told as of now"
    assert company("stats", "--since", "2020-01-01", "--json").json["durations"]["close_to_invoice"]["deals"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "--since 'yesterday' is no day of this calendar: write it as 2026-11-24."),
        (("--until", "2026-02-30"), "--until '2026-02-30' is no day"),
        (("--since", "2026-02-02", "--until", "2026-02-01"), "--since 2026-02-02 is after --until 2026-02-01"),
        (("--since", "2999-01-01"), "lies ahead"),
    ],
)
def test_days_that_are_none_are_one_sentence_and_exit_2(company: Command, words: tuple[str, ...], said: str) -> None:
    refused = company("stats", *words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert refused.err.count("\n") == 1


def test_without_a_pack_it_says_what_to_set(handoff: Command) -> None:
    refused = handoff("stats")
    assert refused.code == 2
    assert "HANDOFF_PACK" in refused.err
