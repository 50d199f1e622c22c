"""Two hundred kills -9 and some pauses, at random and at each crash point: nothing lost, nothing twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.proof import killing

ROOT = Path(__file__).parents[2]
KILLS, PAUSES, EACH = 200, 20, 3


def campaign(*options: str) -> dict[str, Any]:
    """A campaign in a process of its own, for its parent must hold no threads."""
    command = [sys.executable, "-m", "tests.proof.killing", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=900)
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.mark.sandbox
@pytest.mark.slow
def test_two_hundred_kills_and_some_pauses_lose_and_double_nothing(capsys: pytest.CaptureFixture[str]):
    sizes = ("--kills", str(KILLS), "--pauses", str(PAUSES), "--each", str(EACH), "--deals", "400")
    told = campaign(*sizes)
    with capsys.disabled():
        print(f"\n{killing.table(told)}\n{told['deals']} deals, {told['disturbed_s']} s")
    assert {name: told[name] for name in killing.WRONG if told[name]} == {}
    assert told["all_kills"] - told["idle_kills"] >= KILLS - told["idle_kills"] >= KILLS * 0.9
    assert told["all_pauses"] >= PAUSES
    assert told["fewest_at_a_point"] >= EACH
