"""The flow that tells owners: Prefect hears numbers, and neither a person's name nor a word of a channel's URL."""

from pathlib import Path

import pytest
from prefect import State

from flows.send_notices import send_notices
from handoff.core.settings import Settings
from handoff.road.house import open_house
from handoff.road.line import stop
from tests.channel_servers import TOKEN, Hook, nobody, webhook

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]


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


def told(state: State[None]) -> str:
    shown = f"{state.type.value}: {state.message}"
    assert not [word for word in ("helena", "tax rate", TOKEN, "127.0.0.1") if word in shown]
    return shown


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
