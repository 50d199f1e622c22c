"""What people do without us: the command in this process as one of them, and objects made at Stripe and Asana."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from handoff.cli.main import run
from tests.integration.story import Story


@dataclass(kw_only=True)
class Hands:
    """The `handoff` command of a story's company, typed by a person of its owners.yaml."""

    story: Story
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        ours = {"HANDOFF_HOME": str(self.story.home), "HANDOFF_PACK": str(self.story.pack)}
        for name, value in {**self.story.sandbox.env, **ours, "HANDOFF_SETTLE_SECONDS": "0"}.items():
            self.monkeypatch.setenv(name, value)
        self.story.home.mkdir(exist_ok=True)

    def __call__(self, *words: object, code: int = 0) -> str:
        """Type `handoff WORDS`; returns what it printed, or said on stderr when it refused."""
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run([str(word) for word in words])
        printed = self.capsys.readouterr()
        assert (ended.value.code or 0) == code, f"{words}: {printed.out}\n{printed.err}"
        return printed.out if code == 0 else printed.err + printed.out

    def json(self, *words: object) -> Any:
        """The document that `handoff WORDS --json` prints."""
        return json.loads(self(*words, "--json"))

    def project(self, name: str, **fields: Any) -> str:
        """Make a project at Asana; returns its gid."""
        return str(self._asana("POST", "projects", name=name, team=self._team(), **fields)["gid"])

    def delete_project(self, gid: str) -> None:
        self._asana("DELETE", f"projects/{gid}")

    def _team(self) -> str:
        return self.story.sandbox.env["HANDOFF_ASANA_TEAM"]

    def _asana(self, method: str, path: str, **data: Any) -> Any:
        env = self.story.sandbox.env
        with requests.Session() as session:
            session.trust_env = False
            session.headers["Authorization"] = f"Bearer {env['HANDOFF_ASANA_TOKEN']}"
            url = f"{env['HANDOFF_ASANA_URL'].removesuffix('/')}/{path}"
            answer = session.request(method, url, json={"data": data} if data else None, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json()["data"]

    def invoice(self, customer: str, minor: int, *, final: bool = True, **fields: Any) -> str:
        """Make an invoice at Stripe, in US dollars and with one line; returns its id."""
        at_stripe: Callable[..., dict[str, Any]] = self.story.at_stripe
        common = {"collection_method": "send_invoice", "days_until_due": 30, "currency": "usd", "auto_advance": "false"}
        made = str(at_stripe("POST", "invoices", customer=customer, **common, **fields)["id"])
        line = {"lines[0][amount]": minor, "lines[0][description]": "Workshop"}
        at_stripe("POST", f"invoices/{made}/add_lines", **line)
        if final:
            at_stripe("POST", f"invoices/{made}/finalize")
        return made
