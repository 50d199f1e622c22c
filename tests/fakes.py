"""In-memory Stripe and Asana behind the ports, which can lose replies, refuse, and prune keys."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import fence
from connectors.errors import ConnectorError, UnknownOutcome
from connectors.ports import Body
from handoff.core.clock import Clock

_READS = ("customers", "customer", "tax_ids", "invoice", "projects", "project", "sections", "task_by", "job", "users")
Fault = Callable[[str], ConnectorError | None]


class Ticking:
    """A clock that stands still until it is moved; waiting moves it."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)) -> None:
        self.at = at
        self.clock = Clock(now=lambda: self.at, sleep=self.forward)

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class _Faulty:
    """Counts calls and fails as told: `before` nothing was done, `after` it was done but the reply is lost."""

    def __init__(self, ticking: Ticking) -> None:
        self.ticking = ticking
        self.log: list[str] = []
        self.before: dict[str, list[ConnectorError]] = {}
        self.after: dict[str, list[ConnectorError]] = {}
        self._numbers = itertools.count(1)

    @property
    def calls(self) -> int:
        return len(self.log)

    def _call(self, name: str, work: Callable[[], Any]) -> Any:
        if not name.startswith(_READS):
            fence.ask()
        self.log.append(name)
        if self.before.get(name):
            raise self.before[name].pop(0)
        done = work()
        if self.after.get(name):
            raise self.after[name].pop(0)
        return done

    def _now(self) -> int:
        return int(self.ticking.at.timestamp())


class FakeBilling(_Faulty):
    """Stripe, as far as the ledger sees it: keys replay for 24 hours."""

    livemode = False

    def __init__(self, ticking: Ticking) -> None:
        super().__init__(ticking)
        self.customer_rows: dict[str, Body] = {}
        self.tax_id_rows: list[Body] = []
        self.invoice_rows: dict[str, Body] = {}
        self._keys: dict[str, tuple[int, Body]] = {}
        self.mails: list[str] = []

    def _once(self, name: str, key: str, work: Callable[[], Body]) -> Body:
        def replay() -> Body:
            stored = self._keys.get(key)
            if stored and self._now() - stored[0] < 24 * 3600:
                return stored[1]
            self._keys[key] = (self._now(), work())
            return self._keys[key][1]

        answer: Body = self._call(name, replay)
        return answer

    def customers(self) -> Iterator[Body]:
        yield from self._call("customers", lambda: list(self.customer_rows.values()))

    def customers_created(self, since: datetime, until: datetime) -> list[Body]:
        rows = self.customer_rows.values()
        window = (since.timestamp(), until.timestamp())
        return [
            c for c in self._call("customers_created", lambda: list(rows)) if window[0] <= c["created"] <= window[1]
        ]

    def customer(self, customer_id: str) -> Body | None:
        found: Body | None = self._call("customer", lambda: self.customer_rows.get(customer_id))
        return found

    def create_customer(self, body: Body, key: str) -> Body:
        def create() -> Body:
            row = {"id": f"cus_{next(self._numbers)}", "created": self._now(), **body}
            self.customer_rows[row["id"]] = row
            return row

        return self._once("create_customer", key, create)

    def update_customer(self, customer_id: str, body: Body, key: str) -> Body:
        def update() -> Body:
            row = self.customer_rows[customer_id]
            row.update({name: value or None for name, value in body.items()})
            if body.get("address"):
                row["address"] = {part: value or None for part, value in body["address"].items()}
            return row

        return self._once("update_customer", key, update)

    def tax_ids(self, customer_id: str) -> list[Body]:
        rows = self._call("tax_ids", lambda: list(self.tax_id_rows))
        return [t for t in rows if t["customer"] == customer_id]

    def create_tax_id(self, customer_id: str, body: Body, key: str) -> Body:
        def create() -> Body:
            row = {"id": f"txi_{next(self._numbers)}", "customer": customer_id, **body}
            self.tax_id_rows.append(row)
            return row

        return self._once("create_tax_id", key, create)

    def delete_tax_id(self, customer_id: str, tax_id: str) -> None:
        def delete() -> None:
            kept = [t for t in self.tax_id_rows if (t["customer"], t["id"]) != (customer_id, tax_id)]
            self.tax_id_rows[:] = kept

        self._call("delete_tax_id", delete)

    def create_invoice(self, body: Body, key: str) -> Body:
        def create() -> Body:
            row = {
                "id": f"in_{next(self._numbers)}",
                "created": self._now(),
                "status": "draft",
                "lines": {"data": []},
                "total_excluding_tax": 0,
                **body,
            }
            self.invoice_rows[row["id"]] = row
            return row

        return self._once("create_invoice", key, create)

    def add_lines(self, invoice_id: str, lines: list[Body], key: str) -> Body:
        def add() -> Body:
            row = self.invoice_rows[invoice_id]
            row["lines"]["data"] += lines
            row["total_excluding_tax"] = sum(line["amount"] for line in row["lines"]["data"])
            return row

        return self._once("add_lines", key, add)

    def invoice(self, invoice_id: str) -> Body | None:
        found: Body | None = self._call("invoice", lambda: self.invoice_rows.get(invoice_id))
        return found

    def invoices_of(self, customer_id: str, since: datetime) -> list[Body]:
        rows = self._call("invoices_of", lambda: list(self.invoice_rows.values()))
        return [i for i in rows if i["customer"] == customer_id and i["created"] >= since.timestamp()]

    def _final(self, name: str, invoice_id: str, key: str) -> Body:
        def finalise() -> Body:
            row = self.invoice_rows[invoice_id]
            row["status"] = "open"
            row["number"] = f"N-{row['id']}"
            if name == "send":
                self.mails.append(invoice_id)
            return row

        return self._once(name, key, finalise)

    def finalize(self, invoice_id: str, key: str) -> Body:
        return self._final("finalize", invoice_id, key)

    def send(self, invoice_id: str, key: str) -> Body:
        return self._final("send", invoice_id, key)

    def invoices(self, since: datetime) -> Iterator[Body]:
        yield from self.invoice_rows.values()

    def check(self) -> str:
        return "a fake Stripe"


class FakeTracker(_Faulty):
    """Asana, as far as the ledger sees it: no keys; a list may hide what is younger than `lag` seconds."""

    def __init__(self, ticking: Ticking, lag: float = 0) -> None:
        super().__init__(ticking)
        self.lag = lag
        self.project_rows: dict[str, Body] = {}
        self.section_rows: list[Body] = []
        self.task_rows: dict[str, Body] = {}

    def _add(self, body: Body) -> Body:
        gid = str(next(self._numbers))
        link = f"https://tracker.example/{gid}"
        return {"gid": gid, "permalink_url": link, "at": self._now(), **body}

    def create_project(self, body: Body) -> Body:
        def create() -> Body:
            row = self._add(body)
            self.project_rows[row["gid"]] = row
            return row

        answer: Body = self._call("create_project", create)
        return answer

    def projects(self, team: str) -> Iterator[Body]:
        rows = self._call("projects", lambda: list(self.project_rows.values()))
        yield from (p for p in rows if p["team"] == team and self._now() - p["at"] >= self.lag)

    def project(self, gid: str) -> Body | None:
        return self.project_rows.get(gid)

    def instantiate_template(self, template: str, body: Body) -> Body:
        project = self.create_project(body)
        return {"gid": "job", "status": "succeeded", "new_project": project}

    def template(self, gid: str) -> Body | None:
        return None

    def job(self, gid: str) -> Body:
        raise UnknownOutcome("no such job", service="asana")

    def update_project(self, gid: str, body: Body) -> Body:
        def update() -> Body:
            self.project_rows[gid].update(body)
            return self.project_rows[gid]

        answer: Body = self._call("update_project", update)
        return answer

    def create_section(self, project: str, name: str) -> Body:
        def create() -> Body:
            row = self._add({"project": project, "name": name})
            self.section_rows.append(row)
            return row

        answer: Body = self._call("create_section", create)
        return answer

    def sections(self, project: str) -> list[Body]:
        rows = self._call("sections", lambda: list(self.section_rows))
        return [s for s in rows if s["project"] == project]

    def create_task(self, body: Body) -> Body:
        def create() -> Body:
            row = self._add(body)
            self.task_rows[row["external"]["gid"]] = row
            return row

        answer: Body = self._call("create_task", create)
        return answer

    def task_by_external(self, external_gid: str) -> Body | None:
        found: Body | None = self._call("task_by_external", lambda: self.task_rows.get(external_gid))
        return found

    def users(self) -> dict[str, str]:
        return {}

    def check(self) -> str:
        return "a fake Asana"
