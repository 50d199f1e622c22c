"""A sandbox in a process of its own, for tests that need real sockets."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

READY_WITHIN_S = 30


class SandboxFailed(RuntimeError):  # noqa: N818 - named as the sentence it is
    """The sandbox did not become ready. The message holds what it wrote to stderr."""


@dataclass(kw_only=True)
class RunningSandbox:
    """A running sandbox: `env` holds the HANDOFF_* settings that point the product at it."""

    process: "subprocess.Popen[str]"
    env: dict[str, str]
    session: requests.Session = field(default_factory=requests.Session)
    """Kept open: a TLS handshake for each order would take longer than what is ordered."""

    def __post_init__(self) -> None:
        self.session.trust_env = False

    def url(self, service: str) -> str:
        """The root URL of `salesforce`, `stripe` or `asana`."""
        name = "HANDOFF_SALESFORCE_LOGIN_URL" if service == "salesforce" else f"HANDOFF_{service.upper()}_URL"
        return self.env[name].removesuffix("/api/1.0")

    def state(self, service: str) -> dict[str, Any]:
        """All objects of a service, by kind, and `calls`: how often each kind of call was made."""
        return self._ask("GET", service, "/_state")

    def calls(self, service: str) -> dict[str, int]:
        """`METHOD /path/{id}` -> how often it was called."""
        calls: dict[str, int] = self.state(service)["calls"]
        return calls

    def control(self, service: str = "stripe", **orders: Any) -> dict[str, Any]:
        """Set `shift` (seconds), `set` (moment), `delay_ms` or `limits` for all three services."""
        return self._ask("POST", service, "/_control", orders)

    def faults(self, service: str, *faults: dict[str, Any], seed: int = 0) -> None:
        """Replace the fault plan of a service (`sandbox.faults`); without faults, clear it."""
        self.control(service, faults=list(faults), seed=seed)

    def struck(self, service: str) -> list[int]:
        """How often each fault of the service's plan has struck, in the plan's order."""
        return [fault["struck"] for fault in self.control(service)["faults"]]  # the state holds all objects too

    def stop(self) -> int:
        """Stop it and return its exit code; a second call does nothing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    def _ask(self, method: str, service: str, path: str, orders: dict[str, Any] | None = None) -> dict[str, Any]:
        session = self.session
        session.verify = self.env["HANDOFF_SALESFORCE_CA_FILE"]
        answer = session.request(method, self.url(service) + path, json=orders, timeout=30)
        if answer.status_code != 200:
            raise AssertionError(f"{method} {path} of {service}: {answer.status_code} {answer.text}")
        answered: dict[str, Any] = answer.json()
        return answered


@contextmanager
def running_sandbox(data_dir: Path | str | None = None, **options: Any) -> Iterator[RunningSandbox]:
    """Start `python -m sandbox`, wait until it is ready, and stop it at the end.

    `options` are its command-line options: `delay_ms=50` is `--delay-ms 50`; `flag=True` is `--flag`.
    Raises SandboxFailed, with its stderr, when it ends or stays silent.
    """
    command = [sys.executable, "-m", "sandbox", "--with-parent"]
    if data_dir is not None:
        command += ["--data", str(data_dir)]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            running = RunningSandbox(process=process, env=_settings(process, errors))
            with running.session:
                yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()  # type: ignore[union-attr]  # it is a pipe, see above


def _settings(process: "subprocess.Popen[str]", errors: Any) -> dict[str, str]:
    """Read `NAME=value` lines until `ready`."""
    read = b""
    stdout = process.stdout.fileno()  # type: ignore[union-attr]  # it is a pipe
    until = time.monotonic() + READY_WITHIN_S
    while not read.endswith(b"ready\n"):
        ready, _, _ = select.select([stdout], [], [], max(0.0, until - time.monotonic()))
        chunk = os.read(stdout, 65536) if ready else b""
        if not chunk:
            errors.seek(0)
            why = f"ended with {process.wait(timeout=10)}" if ready else f"was not ready within {READY_WITHIN_S} s"
            raise SandboxFailed(f"The sandbox {why}: {errors.read().strip() or 'it wrote nothing to stderr'}")
        read += chunk
    return dict(line.split("=", 1) for line in read.decode().splitlines()[:-1])
