"""Kill -9 of flows, and of commands that run as flows, while the Prefect server is killed and started again under them.

Prints one JSON document. The server schedules and shows; what is lost with it must be nothing of the work.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handoff.cli.flow_server import answers, answers_within
from handoff.cli.main import run as command
from handoff.store.session import open_store
from tests.flows.test_prefect_fails import free_port, kill
from tests.proof import memory
from tests.proof.crm import write_open_org
from tests.proof.killing import Campaign, found_wrong
from tests.proof.points import Page
from tests.proof.warm import BROKEN, Workplace, ended, fork, killed, settings_of
from tests.running_sandbox import running_sandbox
from tests.unit.mappings.demo_deal import crm

DEALS = 120
_BEGINS_WITHIN_S = 60.0


_TRIES = 4


@dataclass
class Server:
    """A Prefect server that dies and comes back on the same port, with the same database."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def start(self) -> None:
        """Start it; it answers some ten seconds later."""
        self.home.mkdir(exist_ok=True)
        environment = {**os.environ, "PREFECT_HOME": str(self.home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        words = ["server", "start", "--host", "127.0.0.1", "--port", str(self.port), "--no-ui"]
        with (self.home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prefect", *words],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ready(self) -> None:
        if not answers_within(self.url, 120):
            raise AssertionError((self.home / "server.log").read_text()[-2000:])

    def die(self) -> None:
        if self.process and self.process.poll() is None:
            kill(self.process)
            self.deaths += 1


@dataclass
class Story:
    """Who was killed when: in a flow with its server, in a flow whose server had died, at the command line."""

    campaign: Campaign
    server: Server
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    ended_alone: Counter[str] = field(default_factory=Counter)
    left_in_flight: int = 0

    def flow(self) -> int:
        def work() -> int:
            from flows.sync_deals import sync_deals  # noqa: PLC0415 - the parent has imported it, with its settings

            sync_deals(return_state=True)
            return 0

        return fork(work, self.campaign.place.log)

    def by_command(self) -> int:
        """`handoff sync`, which runs as a flow in a child of its own where a server answers, and without it else."""

        def work() -> int:
            sys.argv = ["handoff", "sync", "--json"]
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            try:
                command()
            except SystemExit as end:
                return int(end.code or 0)
            return 0

        return fork(work, self.campaign.place.log)

    def kill_one(self, what: str, pid: int, sent_before: int, *, server_dies: bool = False) -> None:
        """Kill a process a moment after it has begun to send; perhaps the server a moment before it."""
        until = time.monotonic() + _BEGINS_WITHIN_S
        status = None
        while status is None and self.sent() == sent_before and time.monotonic() < until:
            status = ended(pid, within_s=0.01)
        if status is None and server_dies:
            self.server.die()
            what = f"{what}, its server killed before"
        if status is None:
            status = ended(pid, within_s=self.chance.uniform(0, 0.4))
        if status is None:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        self.left_in_flight += self.ask("SELECT count(*) FROM effect WHERE state = 'in_flight'") > 0
        if killed(status):
            self.kills[what] += 1
        elif (code := os.waitstatus_to_exitcode(status)) == BROKEN and answers(self.server.url):
            raise AssertionError(f"a process broke: {self.campaign.place.log.read_text()[-3000:]}")
        else:
            self.ended_alone[f"{what}: {'did not begin' if code == BROKEN else code}"] += 1

    def sent(self) -> int:
        """How many intents there have been."""
        return self.ask("SELECT coalesce(sum(attempts), 0) FROM effect WHERE kind <> 'write_back'")

    def ask(self, question: str) -> int:
        file = self.campaign.place.settings.home / "handoff.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as db:
            found: int = db.execute(question).fetchone()[0]
        return found

    def turn(self, flows: int, commands: int) -> None:
        """Flows under a server; the last one loses it; flows and commands without one; then it is started again."""
        for _ in range(flows - 1):
            self.campaign.see_to_work()
            self.kill_one("flow", self.flow(), self.sent())
        before = self.server.deaths
        for _ in range(_TRIES):  # a flow that has ended by itself takes no server with it
            if self.server.deaths == before:
                self.campaign.see_to_work()
                self.kill_one("flow", self.flow(), self.sent(), server_dies=True)
        for _ in range(commands):
            self.campaign.see_to_work()
            self.kill_one("command without a server", self.by_command(), self.sent())
        self.server.start()
        for _ in range(2):
            self.campaign.see_to_work()
            self.kill_one("command while the server starts", self.by_command(), self.sent())
        self.server.ready()
        self.campaign.see_to_work()
        self.kill_one("command under a server", self.by_command(), self.sent())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--flows", type=int, default=8, help="flows killed in each turn")
    wanted = parser.parse_args()
    with memory.folder("prefect") as folder:
        began = time.monotonic()
        server = Server(home=folder / "server")
        server.start()
        try:
            document = _told(folder, server, wanted)
        finally:
            server.die()
    print(json.dumps({**document, "took_s": round(time.monotonic() - began, 1)}))
    return 0


def _told(folder: Path, server: Server, wanted: argparse.Namespace) -> dict[str, Any]:
    deals = write_open_org(folder / "seed", DEALS, accounts=40)
    with running_sandbox(folder / "seed", delay_ms=30) as sandbox:
        ours = {"HANDOFF_HOME": str(folder / "home"), "HANDOFF_PACK": "crm_sales_opportunities", "HANDOFF_THREADS": "4"}
        prefect = {"PREFECT_API_URL": server.url, "PREFECT_HOME": str(folder / "client"), "HANDOFF_ACTOR": "sync"}
        os.environ.update({**sandbox.env, **ours, **prefect, "HANDOFF_SETTLE_SECONDS": "0.5"})
        import flows.sync_deals  # noqa: F401, PLC0415 - Prefect reads its settings when it is imported

        settings = settings_of(sandbox.env, home=folder / "home", settle_seconds=0.5)
        open_store(settings.store, settings.home).close()
        place = Workplace(settings=settings, pack=crm(), page=Page(), log=folder / "broken.log")
        chance = random.Random(5)
        campaign = Campaign(sandbox=sandbox, place=place, open_deals=deals, chance=chance)
        story = Story(campaign=campaign, server=server, chance=chance)
        server.ready()
        for _ in range(wanted.turns):
            story.turn(wanted.flows, commands=1)
        syncs = campaign.end()
        return {
            **found_wrong(campaign),
            "kills": dict(story.kills),
            "all_kills": sum(story.kills.values()),
            "ended_alone": dict(story.ended_alone),
            "left_in_flight": story.left_in_flight,
            "server_deaths": server.deaths,
            "syncs_at_the_end": syncs,
        }


if __name__ == "__main__":
    sys.exit(main())
