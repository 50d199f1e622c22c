"""Runs of the real command against a sandbox, each with a home and a copy of a pack of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.retries import set_testing
from mappings.pack import shipped
from tests.integration import story_org
from tests.integration.story import Crm, Story
from tests.running_sandbox import RunningSandbox, running_sandbox

ROOT = Path(__file__).parents[2]
EXPORT = ROOT.parent / "shared" / "data" / "crm_sales_opportunities"


@dataclass(kw_only=True)
class Company:
    """A sandbox seeded with one org, and the `handoff` command pointed at it."""

    sandbox: RunningSandbox
    home: Path
    pack: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a command: this company's settings and nothing of the caller's."""
        ours = {"HANDOFF_HOME": str(self.home), "HANDOFF_PACK": str(self.pack), "HANDOFF_ACTOR": "nadia_king"}
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("HANDOFF_", "PREFECT_"))}
        return {**outside, **self.sandbox.env, **ours}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "handoff", *words]

    def run(self, *words: str, exit_code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Run `handoff WORDS`; fail with its own words when it ends otherwise than expected."""
        done = subprocess.run(
            self.command(*words), env=self.env, capture_output=True, text=True, check=False, cwd=self.home
        )
        assert done.returncode == exit_code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: str, exit_code: int = 0) -> Any:
        """The one document that `handoff WORDS --json` prints."""
        return json.loads(self.run(*words, "--json", exit_code=exit_code).stdout)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start `handoff WORDS` and leave it running."""
        return subprocess.Popen(
            self.command(*words), env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.home
        )

    def change_in_crm(self, name: str, record_id: str, **fields: Any) -> None:
        """Correct a CRM record as a person would, through Salesforce's REST API."""
        env = self.sandbox.env
        root = env["HANDOFF_SALESFORCE_LOGIN_URL"]
        with requests.Session() as session:
            session.trust_env = False
            session.verify = env["HANDOFF_SALESFORCE_CA_FILE"]
            login = {
                "grant_type": "client_credentials",
                "client_id": env["HANDOFF_SALESFORCE_CLIENT_ID"],
                "client_secret": env["HANDOFF_SALESFORCE_CLIENT_SECRET"],
            }
            token = session.post(f"{root}/services/oauth2/token", data=login, timeout=30).json()["access_token"]
            url = f"{root}/services/data/v62.0/sobjects/{name}/{record_id}"
            answer = session.patch(url, json=fields, headers={"Authorization": f"Bearer {token}"}, timeout=30)
            assert answer.status_code == 204, answer.text

    def replace_in_pack(self, file: str, old: str, new: str) -> None:
        """Edit this company's own copy of its pack."""
        path = self.pack / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))


Opener = Callable[..., Company]


@pytest.fixture
def open_company(tmp_path: Path) -> Iterator[Opener]:
    """Opens companies: `open_company(seed folder, pack name, **sandbox options)`."""
    with ExitStack() as stack:

        def opened(seed: Path, pack: str, **options: Any) -> Company:
            home = tmp_path / "home"
            home.mkdir(exist_ok=True)
            copy = tmp_path / "packs" / pack
            shutil.copytree(shipped(pack), copy)
            sandbox = stack.enter_context(running_sandbox(seed, **options))
            return Company(sandbox=sandbox, home=home, pack=copy)

        yield opened


@pytest.fixture
def export() -> Path:
    """The real CRM export, when it is there."""
    if not EXPORT.is_dir():
        pytest.skip("the real CRM export is not beside the repository")
    return EXPORT


@pytest.fixture
def hasty() -> Iterator[None]:
    """Tries as often as ever, without the waits in between."""
    set_testing(True)
    yield
    set_testing(False)


STORIES = 20
Begin = Callable[[int], Story]


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """One org for the stories of a module, each with deals of its own."""
    seed = tmp_path_factory.mktemp("stories") / "seed"
    story_org.write_org(seed, STORIES)
    with running_sandbox(seed) as sandbox:
        crm = Crm(sandbox)
        yield crm
        crm.session.close()


@pytest.fixture
def begin(crm: Crm, tmp_path: Path) -> Begin:
    """Begins the story of a number: `begin(3)`."""
    return lambda number: Story.begin(number, crm, tmp_path)
