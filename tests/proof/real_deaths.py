"""Real kill -9 at the boundaries of a handoff, one deal after the other, over real sockets: prints one JSON document.

Each deal of a small org is won, and the process that carries it kills itself at the deal's own boundary; a second one
goes on to the end. What there is of each deal must then be what there is of the deal that nobody disturbed.
"""

import json
import os
import re
import signal
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from stdnum.iso7064 import mod_11_10

from connectors import open_billing, open_salesforce, open_tracker
from handoff.road.house import House
from handoff.road.sync import sync
from handoff.road.verify import verify
from handoff.store.session import open_store
from handoff.store.tables import effect, handoff
from tests.integration import story_org
from tests.proof import memory
from tests.proof.boundaries import Life, MortalPort, MortalStore
from tests.proof.crm import win
from tests.proof.one_deal import plain
from tests.proof.points import Page
from tests.proof.warm import Workplace, ended, fork, killed, settings_of
from tests.running_sandbox import RunningSandbox, running_sandbox
from tests.unit.mappings.demo_deal import demo

STORIES = 32
_OWN = re.compile(
    r"\b[0-9A-Z]{8}-\d{4}\b|\b(?:cus|in|il|ii|txi|txr|price|prod|acct|test)_\w+|\b[0-9a-f]{48,}\b|HO-[0-9a-f]{12}"
    r"|\b00[136k]\w{15}\b|DE\d{9}|billing[\d.]+@|\b\d+-[0-3]\b|\b\d{10,}\b|/i/[\w-]+"
)
"""What is each deal's own in a text: ids, keys, markers, names, numbers of invoices."""
_TIMES = re.compile(
    r"created|modified|invoice_prefix|finalized|due_date|effective|period|_at$|Last_Run|Due__c|Stamp|Date$|number_s|date"
)


class KilledLife(Life):
    """A life that ends with kill -9."""

    def die(self, boundary: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def write_org(folder: Path) -> list[str]:
    """An org of open deals like the one in `one_deal`: a tax id, two instalments, a project with sections and tasks."""
    story_org.write_org(folder, STORIES)
    deals = [story_org.deal_id(story, n) for story in range(STORIES) for n in range(story_org.DEALS)]
    changes: dict[str, dict[str, Any]] = {
        "Opportunity": {
            "StageName": "Negotiation",
            "Instalment_Plan__c": "Half and half",
            "CurrencyIsoCode": "EUR",
            "Region__c": "EMEA",
            "Amount": 1000,
        },
        "OpportunityLineItem": {"UnitPrice": 1000, "ListPrice": 1000, "TotalPrice": 1000},
        "Account": {"BillingCountry": "Germany", "BillingState": None},
    }
    for name, values in changes.items():
        file = folder / f"{name}.json"
        rows = json.loads(file.read_text())
        for n, row in enumerate(rows):
            row.update(values)
            if name == "Account":
                digits = str(10_000_000 + n)
                row["Tax_Id__c"] = f"DE{digits}{mod_11_10.calc_check_digit(digits)}"
        file.write_text(json.dumps(rows))
    stages = [
        {"value": v, "closed": c, "won": w} for v, c, w in (("Negotiation", False, False), ("Closed Won", True, True))
    ]
    schema = json.loads((folder / "_schema.json").read_text())
    schema["Opportunity"]["fields"]["StageName"] = {"picklistValues": stages}
    (folder / "_schema.json").write_text(json.dumps(schema))
    return deals


def house_of(place: Workplace, life: Life) -> House:
    """A house over the real services whose store and ports come to boundaries."""
    store = MortalStore(place.settings.store)
    store.life = life
    house = House(settings=place.settings, pack=place.pack, store=store, actor="sync", clock=place.clock())
    for account in {entity.stripe_account for entity in place.pack.billing.entities.values()}:
        house._billing[account] = MortalPort(open_billing(place.settings, account), "stripe", life)  # type: ignore[assignment]  # it acts as one
    house.__dict__["source"] = MortalPort(open_salesforce(place.settings), "salesforce", life)
    house.__dict__["tracker"] = MortalPort(open_tracker(place.settings), "asana", life)
    return house


def live(place: Workplace, told: Path, dies_at: int | None = None) -> int:
    """A process that syncs, perhaps to its death; returns its wait status. It tells its boundaries to a file."""

    def work() -> int:
        life = KilledLife(dies_at)
        code = sync(house_of(place, life)).exit_code
        told.write_text(json.dumps(life.passed))
        return code

    status = ended(fork(work, place.log))
    assert status is not None
    return status


def undisturbed(place: Workplace, told: Path) -> list[str]:
    """A whole run; returns its boundaries."""
    status = live(place, told)
    if status:
        why = place.log.read_text() if place.log.exists() else "no error was logged"
        raise AssertionError(f"a whole run ended with {os.waitstatus_to_exitcode(status)}: {why}")
    passed: list[str] = json.loads(told.read_text())
    return passed


def about(sandbox: RunningSandbox, place: Workplace, deals: list[str]) -> dict[str, Any]:
    """Deal id -> all that there is of it, without times and with `~` for what is its own."""
    stripe = [i for account in sandbox.state("stripe")["accounts"].values() for i in account["invoices"]]
    customers = [c for account in sandbox.state("stripe")["accounts"].values() for c in account["customers"]]
    asana, crm = sandbox.state("asana"), sandbox.state("salesforce")["Opportunity"]
    store = open_store(place.settings.store, place.settings.home)
    found = {}
    with closing(store), store.read() as tx:
        for deal_id in deals:
            row = tx.execute(sa.select(handoff).where(handoff.c.deal_id == deal_id)).one()
            own = plain(tx, effect, effect.c.handoff_id == row.id)
            for one in own:
                one.pop("fingerprint", None)  # of a body with ids of its own
            projects = [p for p in asana["projects"] if f"[HO-{row.billing_key[:12]}]" in p["name"]]
            gids = {p["gid"] for p in projects}
            found[deal_id] = _common(
                {
                    "invoices": [i for i in stripe if i["metadata"].get("handoff_deal") == deal_id],
                    "customers": [c for c in customers if c["metadata"].get("handoff_account") == row.account_id],
                    "projects": projects,
                    "tasks": [t for t in asana["tasks"] if gids & {m["project"]["gid"] for m in t["memberships"]}],
                    "shown": [
                        {k: v for k, v in d.items() if k.startswith("Handoff_")} for d in crm if d["Id"] == deal_id
                    ],
                    "handoff": plain(tx, handoff, handoff.c.id == row.id),
                    "effects": own,
                }
            )
    return found


def _common(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _common(v) for k, v in value.items() if not _TIMES.search(k)}
    if isinstance(value, list):
        return sorted((_common(v) for v in value), key=str)
    return _OWN.sub("~", value) if isinstance(value, str) else value


def main() -> int:
    with memory.folder("deaths") as folder:
        page, began = Page(), time.monotonic()
        deals = iter(every := write_org(folder / "seed"))
        with running_sandbox(folder / "seed") as sandbox:
            os.environ.update(sandbox.env)  # where the keys of further Stripe accounts are read from
            settings = settings_of(sandbox.env, home=folder / "home", threads=1, settle_seconds=0)

            def pass_over(seconds: float) -> None:
                page.ahead_s += seconds

            place = Workplace(settings=settings, pack=demo(), page=page, log=folder / "log", sleep=pass_over)
            open_store(settings.store, settings.home).close()
            told = folder / "told.json"
            for _ in range(2):  # the first run of a ledger does more than any later one
                win(sandbox, [next(deals)], "Closed Won")
                passed = undisturbed(place, told)
            chosen = [n for n, boundary in enumerate(passed, start=1) if boundary.startswith("after")]
            for n in chosen:
                win(sandbox, [next(deals)], "Closed Won")
                if not killed(live(place, told, dies_at=n)):
                    raise AssertionError(f"nobody died {passed[n - 1]} ({n})")
                undisturbed(place, told)
            done = every[: 2 + len(chosen)]
            there = about(sandbox, place, done)
            wrong = {
                f"{passed[n - 1]} ({n})": there[deal_id]
                for n, deal_id in zip(chosen, done[2:], strict=True)
                if there[deal_id] != there[done[1]]
            }
            findings = [f"{f.invariant} {f.subject} {f.what}" for f in verify(house_of(place, Life()), remote=True)]
    document = {"boundaries": len(passed), "deaths": len(chosen), "wrong": wrong, "verify": findings}
    print(json.dumps({**document, "undisturbed": there[done[1]], "took_s": round(time.monotonic() - began, 1)}))
    return 1 if wrong or findings else 0


if __name__ == "__main__":
    sys.exit(main())
