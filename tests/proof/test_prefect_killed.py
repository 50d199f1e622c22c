"""Flows and commands are killed while the Prefect server is killed and started again under them: no work is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proof.killing import WRONG

ROOT = Path(__file__).parents[2]


@pytest.mark.sandbox
@pytest.mark.slow
def test_kills_of_flows_and_of_their_server_lose_and_double_nothing(capsys: pytest.CaptureFixture[str]):
    command = [sys.executable, "-m", "tests.proof.prefect_killing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\n{told['kills']}, server killed {told['server_deaths']} times, {told['took_s']} s")
    assert {name: told[name] for name in WRONG if told[name]} == {}
    assert told["all_kills"] >= 20
    assert told["left_in_flight"] >= 5
    assert told["server_deaths"] == 2
    assert told["deals"] == 121
