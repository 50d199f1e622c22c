"""Prefect may fail at any moment: the work completes on the plain road, and one warning says so."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from handoff.cli.flow_server import answers, answers_within
from tests.flows.org import command_environment, invoices, write_org
from tests.running_sandbox import RunningSandbox, running_sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
DEALS, DELAY_MS = 60, 80
SYNC = [sys.executable, "-c", "from handoff.cli.main import run; run()", "sync", "--json"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def prefect_at(port: int, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A real Prefect server, alone in its process group."""
    environment = {**os.environ, "PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--no-ui",
    ]
    home.mkdir()
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        if not answers_within(f"http://127.0.0.1:{port}/api", 120):
            raise AssertionError((home / "server.log").read_text())
        yield server
    finally:
        kill(server)


def kill(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    write_org(tmp_path / "seed", DEALS)
    with running_sandbox(tmp_path / "seed") as running:
        yield running


def projects(sandbox: RunningSandbox) -> int:
    return sum(count for call, count in sandbox.calls("asana").items() if call == "POST /api/1.0/projects")


def wait_for_projects(sandbox: RunningSandbox, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 90
    while projects(sandbox) < 3:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def assert_all_work_is_done_once(sandbox: RunningSandbox, summary: dict[str, Any]) -> None:
    assert summary["balanced"] is True
    assert summary["held"] == 1
    names = [project["name"] for project in sandbox.state("asana")["projects"]]
    assert (len(names), len(set(names))) == (DEALS - 1, DEALS - 1)
    assert invoices(sandbox) == DEALS - 1


def test_a_server_killed_under_a_running_flow(sandbox: RunningSandbox, tmp_path: Path) -> None:
    sandbox.control(delay_ms=DELAY_MS)
    port = free_port()
    with prefect_at(port, tmp_path / "prefect") as server:
        environment = command_environment(sandbox, tmp_path / "home", PREFECT_API_URL=f"http://127.0.0.1:{port}/api")
        process = subprocess.Popen(SYNC, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_for_projects(sandbox, process)
        kill(server)
        done_before, killed_at = projects(sandbox), time.monotonic()
        stdout, stderr = process.communicate(timeout=120)
        took = time.monotonic() - killed_at
    assert not answers(f"http://127.0.0.1:{port}/api")
    assert done_before < DEALS - 1, "the server was killed too late to prove anything"
    assert process.returncode == 0, stderr
    summary = json.loads(stdout)
    assert_all_work_is_done_once(sandbox, summary)
    assert took < 30 + summary["duration_s"]
    assert stderr.splitlines() == [
        f"handoff: The Prefect server at http://127.0.0.1:{port}/api does not answer: the work goes on without it."
    ]


def test_a_server_that_is_dead_from_the_start(sandbox: RunningSandbox, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/api"
    environment = command_environment(sandbox, tmp_path / "home", PREFECT_API_URL=url)
    done = subprocess.run(SYNC, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert_all_work_is_done_once(sandbox, json.loads(done.stdout))
    assert done.stderr.splitlines() == [
        f"handoff: The Prefect server at {url} does not answer: the work is done without it."
    ]
