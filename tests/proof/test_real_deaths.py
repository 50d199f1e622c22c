"""A process dies by a real kill -9 at more than fifty boundaries of a handoff, and its deal ends as one left alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.crashes import differences

ROOT = Path(__file__).parents[2]


@pytest.mark.sandbox
@pytest.mark.slow
def test_a_real_death_at_more_than_fifty_boundaries_changes_nothing_in_the_end(capsys: pytest.CaptureFixture[str]):
    command = [sys.executable, "-m", "tests.proof.real_deaths"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\n{told['deaths']} real deaths at {told['boundaries']} boundaries, {told['took_s']} s")
    assert {at: differences(deal, told["undisturbed"]) for at, deal in told["wrong"].items()} == {}
    assert told["verify"] == []
    assert told["deaths"] >= 50
    one_of_each = {"customers": 1, "invoices": 2, "projects": 1, "tasks": 3, "shown": 1}
    assert {name: len(told["undisturbed"][name]) for name in one_of_each} == one_of_each
