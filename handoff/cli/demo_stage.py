"""The demo's stage: a sandbox with an invented company, a fresh home, the command, and a person at the CRM."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from handoff.core.errors import HandoffError

SEED = "demo"
REVIEW_URL = "http://127.0.0.1:8440"
"""Where `handoff serve` is, unless it is told otherwise: the report and what is written back link to it."""
_READY_WITHIN_S = 60.0
_COUNTED = ("customers", "invoices")
_HANDOFF = [sys.executable, "-P", "-c", "from handoff.cli.main import run; run()"]
"""The command as a process of its own: what the demo shows is what a person would see."""


class DemoError(HandoffError):
    """The demo could not go on. The message says at which step, and what came instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the demo plays on. `env`: the settings of its commands; nothing of the user's own settings is in it."""

    home: Path
    env: Mapping[str, str]
    sandbox: "subprocess.Popen[str]"

    @property
    def env_file(self) -> Path:
        """The settings, to be sourced in another shell."""
        return self.home / "demo.env"

    def handoff(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        """Run `handoff ARGUMENTS --json` and return its document; DemoError unless it ends as expected."""
        done = subprocess.run(  # noqa: S603 - our own interpreter and command, no shell
            [*_HANDOFF, *arguments, "--json"], env=dict(self.env), cwd=self.home, stdout=subprocess.PIPE, check=False
        )
        if done.returncode != expect:
            raise DemoError(f"`handoff {' '.join(arguments)}` ended with {done.returncode}, not with {expect}.")
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def warned_by(self, module: str) -> list[str]:
        """What a module of ours has warned of, from the home's log."""
        log = self.home / "handoff.log"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [line["message"] for line in lines if line["from"] == module and line["level"] == "warning"]

    def edit(self, change: Mapping[str, str]) -> None:
        """Correct one field in the CRM, over its REST API, as its page does when a person saves a form."""
        with self._session() as session:
            login = self.env["HANDOFF_SALESFORCE_LOGIN_URL"]
            asked = {
                "grant_type": "client_credentials",
                "client_id": self.env["HANDOFF_SALESFORCE_CLIENT_ID"],
                "client_secret": self.env["HANDOFF_SALESFORCE_CLIENT_SECRET"],
            }
            token = _checked(session.post(f"{login}/services/oauth2/token", data=asked, timeout=30)).json()
            session.headers["authorization"] = f"Bearer {token['access_token']}"
            org = token["instance_url"]
            newest = _checked(session.get(f"{org}/services/data", timeout=30)).json()[-1]["url"]
            row = f"{org}{newest}/sobjects/{change['object']}/{change['id']}"
            _checked(session.patch(row, json={change["field"]: change["value"]}, timeout=30))

    def there(self) -> dict[str, int]:
        """How many customers, invoices and projects there are, asked of Stripe and Asana and not of our ledger."""
        with self._session() as session:
            stripe = _checked(session.get(f"{self.env['HANDOFF_STRIPE_URL']}/_state", timeout=30)).json()
            asana_url = self.env["HANDOFF_ASANA_URL"].removesuffix("/api/1.0")
            asana = _checked(session.get(f"{asana_url}/_state", timeout=30)).json()
        found = {name: sum(len(a[name]) for a in stripe["accounts"].values()) for name in _COUNTED}
        return {**found, "projects": len(asana["projects"])}

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False  # a proxy has no way to our loopback
        session.verify = self.env["HANDOFF_SALESFORCE_CA_FILE"]
        return session


def answers() -> dict[str, Any]:
    """What is known of the seed beforehand; found beside it, for the product imports nothing of the sandbox."""
    spec = importlib.util.find_spec("sandbox")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        file = Path(folder) / SEED / "ANSWERS.json"
        if file.is_file():
            known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return known
    raise DemoError("The sandbox and its demo seed are not installed here: run the demo from a checkout (make demo).")


@contextmanager
def set_up(home: Path) -> Iterator[Stage]:
    """A fresh home and a running sandbox; at the end the sandbox is gone and the home stays, to be looked at."""
    if home.exists():
        shutil.rmtree(home)
    home.mkdir(parents=True)
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("HANDOFF_", "PREFECT_"))}
    process = _started(home, ours)
    try:
        settings = _settings(process, home) | {
            "HANDOFF_HOME": str(home),
            "HANDOFF_STORE_URL": f"sqlite:///{home / 'handoff.db'}",  # said, so that no .env's store is meant
            "HANDOFF_PACK": SEED,
            "HANDOFF_REVIEW_URL": REVIEW_URL,
        }
        stage = Stage(home=home, env={**ours, **settings}, sandbox=process)
        _write_private(stage.env_file, "".join(f"{name}={value}\n" for name, value in settings.items()))
        yield stage
    finally:
        _stop(process)


def _started(home: Path, env: Mapping[str, str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-P", "-m", "sandbox", "--with-parent", "--data", SEED]
    with (home / "sandbox.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            command,
            env={**env, "PYTHONUNBUFFERED": "1"},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C ends the command under way first, and then, by us, the sandbox
        )


def _settings(process: "subprocess.Popen[str]", home: Path) -> dict[str, str]:
    """NAME=value lines until `ready`."""
    patience = threading.Timer(_READY_WITHIN_S, process.kill)
    patience.start()
    lines: list[str] = []
    try:
        for line in process.stdout or ():
            if line.strip() == "ready":
                return dict(read.split("=", 1) for read in lines if "=" in read)
            lines.append(line.rstrip("\n"))
    finally:
        patience.cancel()
    said = (home / "sandbox.log").read_text().strip()
    raise DemoError(f"The sandbox did not start: {said or f'not ready within {_READY_WITHIN_S:g} s'}")


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as private:
        private.write(text)


def _checked(answer: requests.Response) -> requests.Response:
    if answer.status_code >= 300:
        where = f"{answer.request.method} {answer.request.path_url}"
        raise DemoError(f"{where} was answered with {answer.status_code}: {answer.text[:200]}")
    return answer
