"""In-memory Salesforce, Stripe and Asana behind the ports, which can lose replies, refuse, and prune keys."""

import copy
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors import fence
from connectors.errors import ConnectorError, UnknownOutcome
from connectors.ports import Body, Page, SourceField, SourceQuery, Usage, WriteResult
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
    """Counts calls and fails as told: `before` nothing was done, `after` it was done but the reply is lost.

    `waits` are the seconds that a call waits for its turn.
    """

    def __init__(self, ticking: Ticking) -> None:
        self.ticking = ticking
        self.log: list[str] = []
        self.before: dict[str, list[BaseException]] = {}
        self.after: dict[str, list[BaseException]] = {}
        self.waits: dict[str, float] = {}
        self._numbers = itertools.count(1)

    @property
    def calls(self) -> int:
        return len(self.log)

    def _call(self, name: str, work: Callable[[], Any]) -> Any:
        self.ticking.forward(self.waits.get(name, 0))
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

    def tasks(self, project: str) -> list[Body]:
        rows = self._call("tasks", lambda: list(self.task_rows.values()))
        return [{"completed": False, **t} for t in rows if project in t.get("projects", [])]

    def users(self) -> dict[str, str]:
        return {}

    def check(self) -> str:
        return "a fake Asana"


class FakeSource(_Faulty):
    """Salesforce, as far as the road sees it: every write moves the stamp of its deal, our own write-back too.

    Of `deals` (deal id -> snapshot) a reader gets all but what is written back, which stands in `shown`.
    """

    name = "salesforce"

    def __init__(self, ticking: Ticking, deals: Iterable[Body] = (), page: int = 200) -> None:
        super().__init__(ticking)
        self.page = page
        self.deals: dict[str, Body] = {}
        self.shown: dict[str, Body] = {}
        self.fields: tuple[str, ...] = ()
        """What `describe` tells of the deal's object: the fields that we may write."""
        for deal in deals:
            self.change(deal["Id"], **deal)

    def change(self, deal_id: str, **fields: Any) -> None:
        """What a person does in the CRM."""
        self.deals[deal_id] = {**self.deals.get(deal_id, {}), **copy.deepcopy(fields)}
        self._stamp(deal_id)

    def _stamp(self, deal_id: str) -> None:
        self.deals[deal_id]["SystemModstamp"] = self.ticking.at.isoformat()

    def org_id(self) -> str:
        return "00D000000000001AAA"

    def is_sandbox(self) -> bool | None:
        return True

    def now(self) -> datetime | None:
        return self.ticking.at

    def usage(self) -> Usage | None:
        return None

    def read(self, query: SourceQuery, since: datetime | None, *, won: bool = False) -> Iterator[Page]:
        def found() -> list[Body]:
            narrow = won or since is None
            return [d for d in self.deals.values() if self._since(d, since) and (not narrow or self.counts(query, d))]

        rows = sorted(self._call("read", found), key=lambda d: (d["SystemModstamp"], d["Id"]))
        for n in range(0, len(rows), self.page):
            part = copy.deepcopy(rows[n : n + self.page])
            stamp = datetime.fromisoformat(part[-1]["SystemModstamp"])
            yield Page(snapshots=part, stamp=stamp, last_id=part[-1]["Id"])

    def changed(self, query: SourceQuery, since: datetime) -> set[str]:
        found: set[str] = self._call("changed", lambda: {d["Id"] for d in self.deals.values() if self._since(d, since)})
        return found

    def count_won(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> int | None:
        def count() -> int:
            rows = [d for d in self.deals.values() if self._since(d, since) and self.counts(query, d)]
            return sum(1 for d in rows if before is None or datetime.fromisoformat(d["SystemModstamp"]) < before)

        found: int = self._call("count_won", count)
        return found

    def counts(self, query: SourceQuery, snapshot: Body) -> bool:
        return all(snapshot.get(name) == value for name, value in query.won_only.items())

    def version_of(self, snapshot: Body) -> tuple[str, datetime | None]:
        return snapshot["Id"], datetime.fromisoformat(snapshot["SystemModstamp"])

    def _since(self, deal: Body, since: datetime | None) -> bool:
        return since is None or datetime.fromisoformat(deal["SystemModstamp"]) >= since

    def by_ids(self, query: SourceQuery, deal_ids: Iterable[str], *, deleted: bool = False) -> list[Body]:
        """The deals; where it is only asked what is shown of them, that."""
        ids = [d for d in deal_ids if d in self.deals]
        if set(query.fields) <= {"Id", *self.fields}:
            return [{"Id": d, **{name: self.shown.get(d, {}).get(name) for name in query.fields[1:]}} for d in ids]
        found: list[Body] = self._call("by_ids", lambda: [copy.deepcopy(self.deals[d]) for d in ids])
        return found

    def touched(self, query: SourceQuery, since: datetime) -> set[str]:
        """Nothing hangs on its deals that could change by itself."""
        found: set[str] = self._call("touched", set)
        return found

    def write_back(self, object: str, rows: list[Body]) -> list[WriteResult]:
        def write() -> list[WriteResult]:
            for row in rows:
                self.shown[row["Id"]] = {**self.shown.get(row["Id"], {}), **row}
                self._stamp(row["Id"])
            return [WriteResult(deal_id=row["Id"]) for row in rows]

        results: list[WriteResult] = self._call("write_back", write)
        return results

    def describe(self, object: str) -> dict[str, SourceField]:
        fields = {name: SourceField(name=name, type="string", updateable=True) for name in self.fields}
        found: dict[str, SourceField] = self._call("describe", lambda: fields)
        return found

    def check(self) -> str:
        return "a fake Salesforce"
