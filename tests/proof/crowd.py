"""Twenty syncs and re-runs started together on one new home, 500 deals won: prints what each said, and what there is.

Ten are the command `handoff sync`, five `handoff rerun --all`, five are the schedule's: a sync that waits for its turn.
"""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from handoff.cli.main import run as command
from handoff.core.errors import HandoffError
from handoff.road.house import open_house
from handoff.road.sync import sync
from handoff.road.verify import verify
from tests.clean_org import write_seed
from tests.proof import memory
from tests.proof.points import Page
from tests.proof.warm import BROKEN, Workplace, ended, fork, settings_of
from tests.running_sandbox import running_sandbox
from tests.unit.mappings.demo_deal import crm

DEALS, HELD = 500, 5
_WAIT_S = 300.0
CROWD = [*["sync"] * 10, *["rerun"] * 5, *["schedule"] * 5]


def write_org(folder: Path) -> None:
    """The clean org, and a few deals whose amount is zero, so that a re-run has something to take."""
    write_seed(folder, DEALS + HELD, accounts=100)
    file = folder / "Opportunity.json"
    rows = json.loads(file.read_text())
    for row in rows[DEALS:]:
        row["Amount"] = 0
    file.write_text(json.dumps(rows))


def start(kind: str, place: Workplace, out: Path) -> int:
    """A process of the crowd, with what it prints in `out`; returns its id."""
    words = {"sync": ["sync", "--json"], "rerun": ["rerun", "--all", "--json"]}

    def work() -> int:
        file = os.open(out, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, 1)
        os.dup2(file, 2)
        if kind == "schedule":
            return _said(lambda: sync(open_house(place.settings, kind), wait_seconds=_WAIT_S).exit_code)
        sys.argv = ["handoff", *words[kind]]
        try:
            command()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return fork(work, place.log)


def _said(work: Callable[[], int]) -> int:
    try:
        return work()
    except HandoffError as error:
        print(error, flush=True)
        return error.exit_code


def main() -> int:
    with memory.folder("crowd") as folder:
        write_org(folder / "seed")
        with running_sandbox(folder / "seed") as sandbox:
            settings = settings_of(sandbox.env, home=folder / "home", pack=Path("crm_sales_opportunities"), threads=16)
            ours = {"HANDOFF_HOME": str(folder / "home"), "HANDOFF_PACK": "crm_sales_opportunities"}
            os.environ.update({**sandbox.env, **ours, "HANDOFF_ACTOR": "crowd"})
            place = Workplace(settings=settings, pack=crm(), page=Page(), log=folder / "log")
            began = time.monotonic()
            crowd = [(kind, out := folder / f"{n}.out", start(kind, place, out)) for n, kind in enumerate(CROWD)]
            told = []
            for kind, out, pid in crowd:
                status = ended(pid)
                assert status is not None
                told.append({"kind": kind, "code": os.waitstatus_to_exitcode(status), "said": out.read_text()})
            took_s = time.monotonic() - began
            broken = place.log.read_text() if any(one["code"] == BROKEN for one in told) else ""
            stripe = sandbox.state("stripe")["accounts"]["default"]
            house = place.house(None)
            with closing(house.store):
                findings = [f"{f.invariant} {f.subject} {f.what}" for f in verify(house, remote=True)]
            there: dict[str, Any] = {
                "invoices": dict(Counter(i["metadata"]["handoff_deal"] for i in stripe["invoices"])),
                "customers": dict(Counter(c["metadata"]["handoff_account"] for c in stripe["customers"])),
                "projects": dict(Counter(p["name"] for p in sandbox.state("asana")["projects"])),
            }
    print(json.dumps({"told": told, **there, "verify": findings, "broken": broken, "took_s": round(took_s, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
