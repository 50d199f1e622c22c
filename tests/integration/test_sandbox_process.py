"""The sandbox as a process: it says where it is, stops when told, and dies loudly and not in vain."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.running_sandbox import RunningSandbox, SandboxFailed, running_sandbox

pytestmark = pytest.mark.sandbox


def ask(sandbox: RunningSandbox, service: str, path: str, token: str = "") -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = sandbox.env["HANDOFF_SALESFORCE_CA_FILE"]
        return session.get(sandbox.url(service) + path, headers={"authorization": f"Bearer {token}"}, timeout=10)


def test_it_prints_and_writes_the_settings_serves_all_three_and_stops_with_zero(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.env"
    with running_sandbox(env=file, delay_ms=1) as sandbox:
        assert dict(line.split("=", 1) for line in file.read_text().splitlines()) == sandbox.env
        assert file.stat().st_mode & 0o777 == 0o600
        assert ask(sandbox, "salesforce", "/services/data").status_code == 200
        assert ask(sandbox, "stripe", "/v1/account", sandbox.env["HANDOFF_STRIPE_KEY_EU"]).status_code == 200
        assert ask(sandbox, "asana", "/api/1.0/users/me", sandbox.env["HANDOFF_ASANA_TOKEN"]).status_code == 200
        assert sandbox.calls("asana") == {"GET /api/1.0/users/me": 1}
        assert sandbox.calls("stripe") == {"GET /v1/account": 1}
        ca_file = Path(sandbox.env["HANDOFF_SALESFORCE_CA_FILE"])
        assert ca_file.exists()
        assert sandbox.stop() == 0
        assert not ca_file.parent.exists(), "the folder with the certificate's key was left behind"


def test_a_client_that_does_not_know_the_authority_does_not_trust_salesforce() -> None:
    with running_sandbox() as sandbox, pytest.raises(requests.exceptions.SSLError):
        requests.get(sandbox.url("salesforce") + "/services/data", timeout=10)


def test_the_clock_is_one_for_all_three() -> None:
    with running_sandbox() as sandbox:
        sandbox.control("asana", set="2031-01-01T00:00:00Z")
        assert {sandbox.state(service)["now"][:10] for service in ("salesforce", "stripe", "asana")} == {"2031-01-01"}


def test_a_seed_that_cannot_be_read_is_told_to_whoever_starts_it(tmp_path: Path) -> None:
    (tmp_path / "Account.json").write_text("[{")
    with pytest.raises(SandboxFailed, match=r"ended with 2: .*Account\.json: line 1"), running_sandbox(tmp_path):
        pass


def test_settings_that_cannot_be_written_end_it_with_two(tmp_path: Path) -> None:
    file = tmp_path / "none" / "sandbox.env"
    with pytest.raises(SandboxFailed, match=r"ended with 2: .*name another file with --env"), running_sandbox(env=file):
        pass


def test_it_ends_when_the_process_that_started_it_has_ended() -> None:
    starter = (
        "import os, subprocess, sys\n"
        "sandbox = subprocess.Popen([sys.executable, '-m', 'sandbox', '--with-parent'], stdout=subprocess.PIPE)\n"
        "while sandbox.stdout.readline() != b'ready\\n': pass\n"
        "os._exit(7)"
    )
    # The sandbox holds our end of stderr open: `run` returns only when it, too, has ended, or raises TimeoutExpired.
    ended = subprocess.run(
        [sys.executable, "-c", starter], stderr=subprocess.PIPE, cwd=Path(__file__).parents[2], check=False, timeout=30
    )
    assert (ended.returncode, ended.stderr) == (7, b"")
