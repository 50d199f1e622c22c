"""A small org and the calls that the tests of the Salesforce twin make to it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from starlette.applications import Starlette

from sandbox.credentials import SALESFORCE_CLIENT_ID, SALESFORCE_CLIENT_SECRET
from sandbox.salesforce.app import build, state
from sandbox.salesforce.ids import id_of
from sandbox.seed import Seed
from sandbox.world import World
from tests.asgi_client import Answer, call

ROOT = "/services/data/v62.0"
FORM = {"content-type": "application/x-www-form-urlencoded"}
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

ANNA, BEN = id_of("User", "Anna"), id_of("User", "Ben")
ACME, ZETA = id_of("Account", "Acme"), id_of("Account", "Zeta")
CLARA = id_of("Contact", "Clara")
DEAL = {name: id_of("Opportunity", name) for name in ("won", "lost", "open", "bare")}
STAMPS = ("2026-01-01T00:00:00.000+0000", "2026-01-02T00:00:00.000+0000", "2026-01-03T00:00:00.500+0000")


def small_seed() -> Seed:
    """Two accounts, four deals; the won one has two lines, the bare one has nothing it could do without."""
    widget, price = id_of("Product2", "Widget"), id_of("PricebookEntry", "Widget")
    deals: Seed = {
        "Opportunity": [
            _deal("won", "Closed Won", STAMPS[0], AccountId=ACME, Amount=1000.5, CloseDate="2026-01-01", PO__c="0012"),
            _deal("lost", "Closed Lost", STAMPS[1], AccountId=ZETA, Amount=2e7, CloseDate="2026-02-01", PO__c="x"),
            _deal("open", "Prospecting", STAMPS[2], AccountId=ACME, Amount=None, CloseDate="2026-03-01"),
            _deal("bare", "Closed Won", STAMPS[2], Name="O'Hara 100% _x", Billing__c=None, OwnerId=None),
        ],
        "OpportunityLineItem": [
            {"OpportunityId": DEAL["won"], "PricebookEntryId": price, "Quantity": 2, "UnitPrice": 400, "SortOrder": 2},
            {"OpportunityId": DEAL["won"], "Product2Id": widget, "Quantity": 1, "UnitPrice": 200.5, "SortOrder": 1},
        ],
    }
    return deals | {
        "User": [
            {"Id": ANNA, "Name": "Anna Berg", "Email": "anna@example.com"},
            {"Id": BEN, "FirstName": "Ben", "LastName": "Cole", "Email": "ben@example.com", "ManagerId": ANNA},
        ],
        "Account": [{"Id": ACME, "Name": "Acme", "OwnerId": ANNA}, {"Id": ZETA, "Name": "Zeta", "ParentId": ACME}],
        "Contact": [{"Id": CLARA, "AccountId": ACME, "LastName": "Clark", "Email": "clara@example.com"}],
        "Product2": [{"Id": widget, "Name": "Widget", "ProductCode": "W-1"}],
        "PricebookEntry": [{"Id": price, "Product2Id": widget, "UnitPrice": 450}],
    }


def _deal(name: str, stage: str, stamp: str, **columns: Any) -> dict[str, Any]:
    common = {"Id": DEAL[name], "Name": name, "StageName": stage, "SystemModstamp": stamp, "OwnerId": BEN}
    return {**common, "Billing__c": CLARA, **columns}


@dataclass(kw_only=True)
class Client:
    """A logged-in caller of one org."""

    app: Starlette
    world: World
    token: str

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, root: str = ROOT
    ) -> Answer:
        """One call; a body goes as JSON."""
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json", **(headers or {})}
        return call(self.app, method, root + path, body, sent)

    def query(self, soql: str, *, every: bool = False, batch: int | None = None) -> dict[str, Any]:
        """The answer to a query that is accepted."""
        headers = {} if batch is None else {"sforce-query-options": f"batchSize={batch}"}
        answer = self.ask("GET", f"/query{'All' if every else ''}?q={quote_plus(soql)}", headers=headers)
        assert answer.status == 200, answer.json()
        answered: dict[str, Any] = answer.json()
        return answered

    def rows(self, soql: str, *, every: bool = False) -> list[dict[str, Any]]:
        """The rows of a query that is accepted."""
        rows: list[dict[str, Any]] = self.query(soql, every=every)["records"]
        return rows

    def deals(self, where: str) -> list[str]:
        """The names that DEAL gives the deals that meet a condition, in the order of their stamps."""
        names = {made: name for name, made in DEAL.items()}
        rows = self.rows(f"SELECT Id FROM Opportunity WHERE {where} ORDER BY SystemModstamp, Id")
        return sorted((names[row["Id"]] for row in rows), key=list(DEAL).index)

    def refusal(self, soql: str) -> tuple[str, str]:
        """errorCode and message of a query that is refused with 400."""
        answer = self.ask("GET", f"/query?q={quote_plus(soql)}")
        assert answer.status == 400, answer.content
        (error,) = answer.json()
        return error["errorCode"], error["message"]

    def deal(self, name: str = "won") -> dict[str, Any]:
        """A deal as GET answers it."""
        answered: dict[str, Any] = self.ask("GET", f"/sobjects/Opportunity/{DEAL[name]}").json()
        return answered

    def change(self, name: str, **fields: Any) -> Answer:
        """PATCH a deal."""
        return self.ask("PATCH", f"/sobjects/Opportunity/{DEAL[name]}", fields)

    def collection(self, *rows: dict[str, Any], all_or_none: bool = False) -> Answer:
        """PATCH these Opportunities together; a row may name another type."""
        typed = [{"attributes": {"type": "Opportunity"}, **row} for row in rows]
        return self.ask("PATCH", "/composite/sobjects", {"allOrNone": all_or_none, "records": typed})

    def rows_of(self, name: str) -> list[dict[str, Any]]:
        """All rows of an sObject as `/_state` shows them."""
        rows: list[dict[str, Any]] = state(self.app)[name]
        return rows


def client(seed: Seed | None = None, **options: Any) -> Client:
    """An org of this seed (the small one by default) and a caller that is logged in."""
    world = World(seed=small_seed() if seed is None else seed, urls={"salesforce": "https://org.example"}, **options)
    world.clock.set(NOON)
    app = build(world)
    return Client(app=app, world=world, token=log_in(app).json()["access_token"])


def log_in(app: Starlette, **changes: str | None) -> Answer:
    """Ask for a token; `changes` replace parts of the right form, None leaves one out."""
    form = {
        "grant_type": "client_credentials",
        "client_id": SALESFORCE_CLIENT_ID,
        "client_secret": SALESFORCE_CLIENT_SECRET,
        **changes,
    }
    body = urlencode({name: value for name, value in form.items() if value is not None}, quote_via=quote)
    return call(app, "POST", "/services/oauth2/token", body.encode(), FORM)
