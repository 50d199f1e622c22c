"""`handoff queue confirm` over a store with one held deal: money is confirmed as it was read, or not at all."""

from pathlib import Path

import pytest

from tests.unit.cli import held_deals
from tests.unit.cli.conftest import Command

MANAGER, FINANCE = "stefan_vogt", "tomas_ortega"


@pytest.fixture
def held(handoff: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command over a home in which one deal is held for its kick-off."""
    monkeypatch.setenv("HANDOFF_PACK", "demo")
    held_deals.hold(tmp_path / "home", {"Kickoff_Date__c": None})
    return handoff


def entered(held: Command, discount: str) -> int:
    """Somebody corrects the discount; the version that whoever reads the entry then sees."""
    words = ("--set", f"discount_percent={discount}", "--why", "by phone", "--as", MANAGER)
    ended = held("queue", "correct", "E-000001", *words)
    assert ended.code == 0, ended.err
    return int(held("queue", "show", "E-000001", "--json").json["desk"]["version"])


def test_a_second_person_who_says_what_they_read_confirms_nothing_that_was_entered_since(held: Command) -> None:
    read = entered(held, "5")
    now = entered(held, "50")
    words = ("queue", "confirm", "E-000001", "--why", "5 % stands in the contract", "--as", FINANCE, "--json")
    refused = held(*words, "--version", read)
    assert (refused.code, refused.out) == (1, "")
    assert "handoff queue show E-000001" in refused.err
    assert held(*words, "--version", now).json["laid"] == {"discount_percent": "50"}
