"""`handoff report`: on the terminal, as page, table and document, for one owner, and published."""

from pathlib import Path

import pytest

from handoff.report.report_csv import COLUMNS, read_back
from handoff.store.session import open_store
from tests.unit.cli import held_deals
from tests.unit.cli.conftest import Command

GATWAY = {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}}
HOSTILE = '=HYPERLINK("https://evil.example")<script>alert(1)</script>'
HELD = (GATWAY, {**GATWAY, "Account.Name": HOSTILE}, {"Billing_Contact__r.Email": "not an address"})


@pytest.fixture
def held(handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command over a home in which three deals are held: two with Priya Nair, one with Stefan Vogt."""
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    held_deals.hold(tmp_path / "home", *HELD)
    return handoff


def test_the_terminal_says_what_would_release_most(held: Command) -> None:
    shown = held("report").out
    assert "3 open entries." in shown
    assert "What would release most: Decide about product “Gatway” (nearest label: “Edge Gateway”)." in shown
    assert "The next run releases 2 deals, EUR 20,000.00." in shown


def test_page_and_table_are_written_together_and_the_table_reads_back(held: Command, tmp_path: Path) -> None:
    shown = held("report", "--html", tmp_path / "r.html", "--csv", tmp_path / "r.csv")
    assert shown.code == 0
    assert "r.html shows them" in shown.out
    page, text = (tmp_path / "r.html").read_text(), (tmp_path / "r.csv").read_bytes().decode()
    assert "<script" not in page
    assert "data:image/svg+xml;base64," in page
    rows = read_back(text)
    assert [row[COLUMNS.index("account")] for row in rows].count(HOSTILE) == 2, (
        "two lines: the deal is held by two rules"
    )
    assert "\"'=HYPERLINK(" in text


def test_json_alone_is_on_stdout_and_has_the_decision_and_the_charts(held: Command, tmp_path: Path) -> None:
    found = held("report", "--json", "--csv", tmp_path / "r.csv").json
    assert (found["open"], found["run"], found["since_last"]) == (3, None, None)
    assert found["decisions"][0]["releases"] == {"deals": 2, "amount": {"EUR": 2_000_000}, "amount_unreadable": 0}
    assert set(found["charts"]) == {"flow", "causes", "ageing", "first-pass", "attainment"}
    assert (tmp_path / "r.csv").is_file()


def test_what_excel_would_cut_is_said_and_stands_whole_in_the_table(
    handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    held_deals.hold(tmp_path / "home", {**GATWAY, "Account.Name": "x" * 40_000})
    shown = handoff("report", "--csv", tmp_path / "r.csv")
    assert shown.code == 0
    assert "r.csv is whole, but Excel would cut 2 cells in it, to 32,767 characters." in " ".join(shown.err.split())
    assert "x" * 40_000 in (tmp_path / "r.csv").read_text()


@pytest.mark.parametrize("owner", ["priya_nair", "priya.nair@example.com", "Priya Nair"])
def test_an_owners_report_has_their_entries_and_no_byte_of_others(held: Command, tmp_path: Path, owner: str) -> None:
    files = ("--html", tmp_path / "r.html", "--csv", tmp_path / "r.csv")
    found = held("report", "--owner", owner, *files, "--json").json
    assert (found["open"], found["owner"]) == (2, "Priya Nair")
    for text in (str(found), (tmp_path / "r.html").read_text(), (tmp_path / "r.csv").read_text()):
        for word in ("E-000003", "not an address", "Stefan", held_deals.deal_id(3)):
            assert word not in text, word


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--owner", "nobody"), "Nobody owns an entry as 'nobody'"),
        (("--owner", ""), "Nobody owns an entry as ''"),
        (("--html", "missing/r.html"), "cannot be written: No such file or directory"),
        (("--csv", "missing/r.csv"), "cannot be written: No such file or directory"),
        (("--html", "."), "is a folder: name a file in it"),
        (("--html", "home"), "cannot be written: Is a directory"),
        (("--html", "x" * 300), "cannot be written: File name too long"),
        (("--publish", "file"), "cannot be made"),
        (("--publish", "x", "--owner", "priya_nair"), "it writes every report"),
        (("--publish", "x", "--csv", "r.csv"), "it writes every report"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(held: Command, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "file").touch()
    refused = held("report", *words)
    assert (refused.code, refused.out) == (2, "")
    assert said in refused.err
    assert "Traceback" not in refused.err


def test_publishing_writes_every_report_and_tells_each_owner_once(held: Command, tmp_path: Path) -> None:
    done = held("report", "--publish", tmp_path / "reports", "--json").json
    assert (done["open"], done["owners"], done["notices"]) == (3, 2, 2)
    folder = tmp_path / "reports" / done["day"]
    assert {file.name for file in folder.iterdir() if file.suffix == ".html"} == {
        "whole.html",
        "priya_nair.html",
        "stefan_vogt.html",
    }
    again = held("report", "--publish", tmp_path / "reports")
    assert "3 open entries, 2 owners, 0 notices new." in again.out
    assert "Since the last report (" in held("report").out
    assert held("verify", "--json").json["ok"], "what is published breaks no invariant"


def test_without_a_pack_the_store_alone_is_told(handoff: Command, tmp_path: Path) -> None:
    held_deals.hold(tmp_path / "home", GATWAY)
    assert "1 open entry." in handoff("report").out
    assert handoff("report", "--json").json["open"] == 1
    refused = handoff("report", "--html", tmp_path / "r.html")
    assert (refused.code, "No pack is set" in refused.err) == (2, True)


def test_an_empty_store_has_a_report_in_every_form(
    handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    shown = handoff("report", "--html", tmp_path / "r.html", "--csv", tmp_path / "r.csv")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "0 open entries.")
    assert "No deal is held." in (tmp_path / "r.html").read_text()
    assert read_back((tmp_path / "r.csv").read_bytes().decode()) == []
    assert handoff("report", "--json").json["decisions"] == []


def test_a_run_that_came_to_its_end_is_told_with_its_balance(held: Command, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'home' / 'handoff.db'}", tmp_path / "home")
    summary = '{"pulled": 4, "delivered": 1, "held": 3, "balanced": true}'
    fields = "INSERT INTO run (id, kind, actor, started_at, ended_at, pack_fingerprint, summary) VALUES "
    with store.write() as tx:
        tx.exec_driver_sql(f"{fields} ('r1', 'sync', 'x', '2026-11-24', '2026-11-24', '0', '{summary}')")
        tx.exec_driver_sql(f"{fields} ('r2', 'sync', 'x', '2026-11-25', NULL, '0', NULL)")
    store.close()
    run = held("report", "--json").json["run"]
    assert (run["run_id"], run["pulled"], run["delivered"], run["in_progress"], run["balanced"]) == (
        "r1",
        4,
        1,
        0,
        True,
    )
