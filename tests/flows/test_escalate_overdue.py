"""The flow that reads the clocks, without a server: what Prefect hears of it."""

import contextlib
from pathlib import Path

import pytest

from flows.escalate_overdue import escalate_overdue
from handoff.core.settings import Settings
from handoff.store import runs
from handoff.store.session import open_store


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HANDOFF_PACK", "demo")


def test_a_look_at_no_clocks_is_completed_says_so_and_is_noted_for_the_health_page(tmp_path: Path) -> None:
    state = escalate_overdue.fn()
    assert state.is_completed()
    assert state.message == "0 open entries looked at: nothing was due."
    with contextlib.closing(open_store(Settings.load().store, tmp_path / "home")) as store, store.read() as tx:
        assert runs.last_worked(tx, "escalate") is not None


def test_a_wrong_pack_fails_in_words_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_PACK", "no-such-pack")
    state = escalate_overdue.fn()
    assert state.is_failed()
    assert state.message is not None
    assert "handoff doctor" in state.message
    assert "no-such-pack" not in state.message


def test_a_store_that_is_gone_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HANDOFF_STORE_URL", f"sqlite:///{tmp_path / 'file' / 'handoff.db'}")
    state = escalate_overdue.fn()
    assert state.is_failed()
    assert str(tmp_path) not in (state.message or "")
