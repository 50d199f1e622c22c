"""A story: a company with its own pack, home and deals in a shared sandbox, whose runs happen in this process."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
import sqlalchemy as sa

from handoff.core.clock import Clock
from handoff.core.settings import Settings
from handoff.road.house import House, open_house
from handoff.road.rerun import Selection, rerun
from handoff.road.run import RunSummary
from handoff.road.sync import sync
from handoff.road.verify import verify
from handoff.store import entries
from handoff.store.desk_tables import notice
from handoff.store.session import open_store
from handoff.store.tables import effect, event, handoff
from mappings.pack import shipped
from tests.integration import story_org as org
from tests.running_sandbox import RunningSandbox

BILLING = """# Decision of: a test.
owner_role: finance
entities:
  Handoff Inc: {stripe_account: default, currencies: [USD], zone: UTC, send: by_stripe, tax: none}
  Handoff GmbH: {stripe_account: default, currencies: [USD], zone: UTC, send: by_finance, tax: none}
  Handoff Ltd: {stripe_account: default, currencies: [USD], zone: UTC, send: by_finance, tax: {rates: [txr_missing]}}
days_until_due: {Net 14: 14, Net 30: 30, Net 45: 45, Net 60: 60, Net 90: 90}
memo: "{deal_name}"
customer_per: account
instalments:
  At once: [{percent: 100}]
  Half and half: [{percent: 50}, {percent: 50, due_after_days: 30}]
  Thirds: [{percent: 33.33}, {percent: 33.33, due_after_days: 30}, {percent: 33.34, due_after_days: 60}]
  Quarterly: [{percent: 25}, {percent: 25}, {percent: 25}, {percent: 25}]
"""
PROJECT = """# Decision of: a test.
owner_role: delivery
name: "{account_name}: {deal_name}"
kinds:
  any_deal: {}
"""


@dataclass
class Crm:
    """Salesforce as its users change it, through one logged-in session."""

    sandbox: RunningSandbox
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        env = self.sandbox.env
        self.root = env["HANDOFF_SALESFORCE_LOGIN_URL"]
        self.session.trust_env = False
        self.session.verify = env["HANDOFF_SALESFORCE_CA_FILE"]
        self.log_in()

    def log_in(self) -> None:
        """Get a token; it lives two hours, by the sandbox's clock."""
        env = self.sandbox.env
        login = {
            "grant_type": "client_credentials",
            "client_id": env["HANDOFF_SALESFORCE_CLIENT_ID"],
            "client_secret": env["HANDOFF_SALESFORCE_CLIENT_SECRET"],
        }
        told = self.session.post(f"{self.root}/services/oauth2/token", data=login, timeout=30).json()
        self.session.headers["Authorization"] = f"Bearer {told['access_token']}"

    def change(self, name: str, row_id: str, **fields: Any) -> None:
        """Change a row; without fields, delete it."""
        url = f"{self.root}/services/data/v62.0/sobjects/{name}/{row_id}"
        method, body = ("PATCH", fields) if fields else ("DELETE", None)
        answer = self.session.request(method, url, json=body, timeout=30)
        if answer.status_code == 401:
            self.log_in()
            answer = self.session.request(method, url, json=body, timeout=30)
        assert answer.status_code == 204, answer.text

    def collection(self, records: list[dict[str, Any]]) -> None:
        """Change up to 200 rows in one call."""
        url = f"{self.root}/services/data/v62.0/composite/sobjects"
        answer = self.session.patch(url, json={"allOrNone": False, "records": records}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert [row for row in answer.json() if not row["success"]] == []


@dataclass
class Story:
    """One story's company. Deals are numbered 0 to 3, each with an account and a contact of its own."""

    number: int
    sandbox: RunningSandbox
    crm: Crm
    home: Path
    pack: Path
    late: timedelta = timedelta()
    """How far this company's clock is ahead."""
    store_url: str | None = None

    @classmethod
    def begin(cls, number: int, crm: Crm, folder: Path) -> "Story":
        """Its home, and the demo's pack with one Stripe account, bare projects and a stage of its own."""
        pack = folder / "pack"
        shutil.copytree(shipped("demo"), pack)
        (pack / "billing.yaml").write_text(BILLING)
        (pack / "project.yaml").write_text(PROJECT)
        story = cls(number=number, sandbox=crm.sandbox, crm=crm, home=folder / "home", pack=pack)
        won = org.stage(number)
        story.edit("trigger.yaml", "record_types: [Customer_Deal]", f"stages: [{won}]")
        story.edit("labels.yaml", "Closed Won, Closed Lost]", f"{won}, Closed Lost]")
        story.edit("workflow.yaml", ", task: Invite the customer}", "}")  # projects here are bare
        fields = (pack / "fields.yaml").read_text()
        own = f"won: {{from: StageName, true: [{won}], false: [Negotiation, Closed Lost]}}"
        (pack / "fields.yaml").write_text(fields.replace("won: IsWon", own))
        story.edit("owners.yaml", "{from: 2026-09-01, until: 2027-08-31,", "{from: 2000-01-01, until: 2999-12-31,")
        return story

    def edit(self, file: str, old: str, new: str) -> None:
        """Change this company's pack."""
        path = self.pack / file
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new))

    def settings(self, **others: Any) -> Settings:
        stated = {name.removeprefix("HANDOFF_").lower(): value for name, value in self.sandbox.env.items()}
        own = {"home": self.home, "pack": self.pack, "store_url": self.store_url, "threads": 4, "settle_seconds": 0}
        return Settings(**{**stated, **own, **others})

    @contextmanager
    def house(self, actor: str = "sync", *, restored: bool = False, **settings: Any) -> Iterator[House]:
        clock = Clock(now=lambda: datetime.now(UTC) + self.late)
        house = open_house(self.settings(**settings), actor, clock=clock, restored=restored)
        try:
            yield house
        finally:
            house.store.close()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A view of the store alone."""
        settings = self.settings()
        store = open_store(settings.store, settings.home)
        try:
            with store.read() as tx:
                yield tx
        finally:
            store.close()

    def sync(self, **settings: Any) -> RunSummary:
        """One sync; every pulled deal must have an outcome."""
        with self.house(**settings) as house:
            summary = sync(house)
        assert summary.balanced
        return summary

    def as_person(self, act: Callable[..., Any], *arguments: Any, actor: str = "tomas_ortega") -> Any:
        """What a person does at the command line: `act(house, ...)`."""
        with self.house(actor) as house:
            return act(house, *arguments)

    def stripe_customer(self, **fields: Any) -> str:
        """Somebody makes a customer at Stripe by hand; returns its id."""
        return str(self.at_stripe("POST", "customers", **fields)["id"])

    def at_stripe(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """What a person does at Stripe by hand, such as `DELETE invoices/in_1`."""
        with requests.Session() as session:
            session.trust_env = False
            key = self.sandbox.env["HANDOFF_STRIPE_KEY"]
            url = f"{self.sandbox.url('stripe')}/v1/{path}"
            answer = session.request(method, url, data=fields, auth=(key, ""), timeout=30)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def pay(self, n: int) -> None:
        """The customer pays the invoices of deal n."""
        for invoice in self.invoices(n):
            self.at_stripe("POST", f"invoices/{invoice['id']}/pay", paid_out_of_band="true")

    def rerun(self, *, stored: bool = False, settings: dict[str, Any] | None = None, **selection: Any) -> RunSummary:
        with self.house("priya_nair", **(settings or {})) as house:
            summary = rerun(house, Selection(**selection), stored=stored)
        assert summary.balanced
        return summary

    def wrong(self, *, remote: bool = False) -> list[str]:
        """What `verify` finds; `remote` only where a story has its sandbox to itself."""
        with self.house() as house:
            return [f"{f.invariant} {f.subject} {f.what}" for f in verify(house, remote=remote)]

    def deal(self, n: int, **fields: Any) -> None:
        """Change deal n in the CRM; without fields, delete it."""
        self.crm.change("Opportunity", org.deal_id(self.number, n), **fields)

    def account(self, n: int, **fields: Any) -> None:
        self.crm.change("Account", org.account_id(self.number, n), **fields)

    def contact(self, n: int, **fields: Any) -> None:
        self.crm.change("Contact", org.contact_id(self.number, n), **fields)

    def line(self, n: int, **fields: Any) -> None:
        self.crm.change("OpportunityLineItem", org.line_id(self.number, n), **fields)

    def shown(self, n: int) -> dict[str, Any]:
        """Deal n as the CRM shows it."""
        rows = self.sandbox.state("salesforce")["Opportunity"]
        return next(row for row in rows if row["Id"] == org.deal_id(self.number, n))

    def entry(self, n: int) -> Any:
        """The entry of deal n, with its current `rules`, what was `seen` and what is `allowed`; None without one."""
        deal_id = org.deal_id(self.number, n)
        with self.reading() as tx:
            row = entries.of_deals(tx, [deal_id]).get(deal_id)
            if row is None:
                return None
            found = entries.violations_of(tx, [row.id])[row.id]
        told = {"rules": [v.rule for v in found], "seen": [v.seen for v in found]}
        return SimpleNamespace(**row._mapping, **told, allowed=[v.allowed for v in found])

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        """Rows of the store."""
        with self.reading() as tx:
            return list(tx.execute(sa.select(table).where(*where)))

    def handoff(self, n: int) -> Any:
        """The handoff of deal n."""
        (row,) = self.rows(handoff, handoff.c.deal_id == org.deal_id(self.number, n))
        return row

    def handoffs(self) -> list[Any]:
        return self.rows(handoff)

    def effects(self, n: int) -> dict[str, Any]:
        """The own effects of deal n by kind."""
        return {row.kind: row for row in self.rows(effect, effect.c.handoff_id == self.handoff(n).id)}

    def invoices(self, n: int) -> list[dict[str, Any]]:
        """The invoices of deal n at Stripe."""
        stripe = self.sandbox.state("stripe")["accounts"]["default"]
        return [i for i in stripe["invoices"] if i["metadata"].get("handoff_deal") == org.deal_id(self.number, n)]

    def projects(self, n: int) -> list[dict[str, Any]]:
        mark = f": Deal {self.number}-{n} "
        return [p for p in self.sandbox.state("asana")["projects"] if mark in p["name"] + " "]

    def notices(self) -> list[Any]:
        return self.rows(notice)

    def events(self, what: str) -> list[Any]:
        return self.rows(event, event.c.what == what)

    def delivered(self, *numbers: int) -> bool:
        """Whether each of these deals has exactly one open invoice and one project."""
        return all([i["status"] for i in self.invoices(n)] == ["open"] and len(self.projects(n)) == 1 for n in numbers)

    def posts(self) -> int:
        """Writes that Stripe and Asana were asked for so far, and collections written at Salesforce."""
        asked = [c for service in ("stripe", "asana", "salesforce") for c in self.sandbox.calls(service).items()]
        return sum(count for call, count in asked if not call.startswith("GET ") and "oauth2/token" not in call)
