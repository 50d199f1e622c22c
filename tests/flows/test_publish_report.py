"""The flow that publishes the report: files and notices; Prefect hears numbers, and neither a name nor a deal."""

from pathlib import Path

import pytest
from prefect import State

from flows.publish_report import publish_report
from handoff.store.session import open_store
from tests.unit.cli import held_deals

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
GATWAY = {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one held deal of Priya Nair's."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "home"
    monkeypatch.setenv("HANDOFF_HOME", str(folder))
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    held_deals.hold(folder, GATWAY)
    return folder


def told(state: State[None]) -> str:
    shown = f"{state.type.value}: {state.message}"
    assert not [word for word in ("priya", "Gatway", "Kupferkamm", "E-000001") if word in shown]
    return shown


def test_the_flow_writes_the_reports_and_says_how_many(home: Path) -> None:
    said = told(publish_report(return_state=True))
    assert said.startswith("COMPLETED: The report of ")
    assert said.endswith("is written: 1 open entry, 1 owner, 1 notice new.")
    (day,) = (home / "reports").iterdir()
    assert {file.name for file in day.iterdir()} == {
        "whole.html",
        "whole.csv",
        "priya_nair.html",
        "priya_nair.csv",
    }
    assert told(publish_report(return_state=True)).endswith("0 notices new.")


def test_a_folder_that_cannot_be_written_fails_the_flow_run_and_tells_nobody(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert told(publish_report(folder=str(tmp_path / "file"), return_state=True)).startswith("FAILED: ")
    store = open_store(f"sqlite:///{home / 'handoff.db'}", home)
    with store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM notice WHERE kind = 'report_published'").scalar() == 0
    store.close()
