"""Twenty syncs and re-runs at once on 500 deals: one after the other works, or says that it is not its turn."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.proof import crowd

ROOT = Path(__file__).parents[2]


@pytest.mark.sandbox
@pytest.mark.slow
def test_twenty_syncs_and_reruns_at_once_make_each_invoice_once(capsys: pytest.CaptureFixture[str]):
    command = [sys.executable, "-m", "tests.proof.crowd"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
    assert done.stdout, done.stderr
    told = json.loads(done.stdout)
    assert told["broken"] == ""
    ends = Counter((one["kind"], one["code"]) for one in told["told"])
    with capsys.disabled():
        print(f"\n{dict(ends)}, {told['took_s']} s")
    assert len(told["told"]) == 20
    for one in told["told"]:
        if one["code"] == 3:
            assert one["kind"] == "sync", one
            assert "Another run (process" in one["said"], one
        else:
            assert one["code"] == 0, one
        if one["kind"] == "rerun" and "waiting" in one["said"]:
            assert "Another run is under way; waiting for it to end." in one["said"], one
    assert ends["schedule", 0] == 5
    for name, count in (("invoices", crowd.DEALS), ("projects", crowd.DEALS), ("customers", 100)):
        assert (len(told[name]), set(told[name].values())) == (count, {1}), name
    assert told["verify"] == []
