"""The flows that tell owners, by message and by report: Prefect hears numbers, and nothing of people or deals."""

from pathlib import Path

import pytest
from prefect import State

from flows.publish_report import publish_report
from flows.send_notices import send_notices
from handoff.core.settings import Settings
from handoff.road.house import open_house
from handoff.road.line import stop
from handoff.store.session import open_store
from tests.channel_servers import TOKEN, Hook, nobody, webhook
from tests.unit.cli import held_deals

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
GATWAY = {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}}
_UNHEARD = ("helena", "tax rate", TOKEN, "127.0.0.1", "priya", "Gatway", "Kupferkamm", "E-000001")


def told(state: State[None]) -> str:
    shown = f"{state.type.value}: {state.message}"
    assert not [word for word in _UNHEARD if word in shown]
    return shown


@pytest.fixture
def stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that somebody has stopped, of which its owners are to be told."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path))
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    monkeypatch.setenv("HANDOFF_CHANNELS", "chat")
    house = open_house(Settings.load(), "helena_brandt")
    stop(house, None, "wrong tax rate")
    house.store.close()


@pytest.mark.usefixtures("stopped")
def test_the_flow_sends_what_waits_and_says_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = Hook()
    with webhook(hook) as port:
        monkeypatch.setenv("HANDOFF_CHANNEL_CHAT", f"json://127.0.0.1:{port}/{TOKEN}/{{person}}")
        first = told(send_notices(return_state=True))
    count = len(hook.bodies)
    assert count > 1
    assert first.startswith(f"COMPLETED: {count} messages made, {count} sent, 0 waiting")


@pytest.mark.usefixtures("stopped")
def test_a_channel_that_is_set_up_wrongly_fails_the_flow_run_in_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_CHANNEL_CHAT", f"nonsense://{TOKEN}@127.0.0.1:{nobody()}")
    assert told(send_notices(return_state=True)).startswith("FAILED: No channel is set up rightly: ")


@pytest.mark.usefixtures("stopped")
def test_wrong_settings_are_a_failed_flow_run_and_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_CHANNELS", "not a name")
    assert told(send_notices(return_state=True)).startswith("FAILED: Settings, pack or arguments are wrong")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one held deal of Priya Nair's."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "home"
    monkeypatch.setenv("HANDOFF_HOME", str(folder))
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    held_deals.hold(folder, GATWAY)
    return folder


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
