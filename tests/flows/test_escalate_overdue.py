"""The flow that reads the clocks, without a server: what Prefect hears of it."""

from pathlib import Path

import pytest

from flows.escalate_overdue import escalate_overdue


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HANDOFF_PACK", "demo")


def test_a_look_at_no_clocks_is_completed_and_says_so() -> None:
    state = escalate_overdue.fn()
    assert state.is_completed()
    assert state.message == "0 open entries looked at: nothing was due."


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
