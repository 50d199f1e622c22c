"""Every call of the three ports, what it needs beforehand, and answers that cannot be its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from connectors.ports import Billing, Body, DealSource, SourceQuery, Tracker
from tests.contract.small_org import opportunity_id

CANARY = "CANARY Corp"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TEMPLATE = "1200000000000301"
DEALS = SourceQuery(object="Opportunity", fields=("Name",), won_only={"IsWon": True})
RELATED = SourceQuery(object="Opportunity", fields=("Name",), related={"Account": "AccountId"})
MANY = 12
"""More lines than an invoice shows of itself."""

NEVER: tuple[Any, ...] = (None, 7, CANARY, [CANARY], [{"id": CANARY}], {}, {"unexpected": CANARY}, {"data": None})
"""Bodies that no call can be answered with."""
numbers = count(1)


def key() -> str:
    return f"bad-{next(numbers)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call: `ready` makes what it needs, `act` does it with that; `others` are bodies not its own either."""

    name: str
    method: str
    path: str
    act: Callable[[Any, Any], Any]
    ready: Callable[[Any], Any] = lambda port: None
    others: tuple[Any, ...] = field(default=())

    @property
    def fault(self) -> dict[str, Any]:
        """As a fault plan names it."""
        return {"method": self.method, "path": self.path, "times": None}

    @property
    def bodies(self) -> tuple[Any, ...]:
        return NEVER + self.others


# Stripe

_DRAFT: Body = {
    "currency": "eur",
    "collection_method": "send_invoice",
    "days_until_due": 30,
    "auto_advance": False,
    "metadata": {"handoff_key": "k", "handoff_invoice": "0"},
}
MARK = {"handoff_scope": "s"}
CUSTOMER: Body = {"name": CANARY, "email": "canary@example.com", "metadata": MARK}


def a_customer(port: Billing) -> str:
    return str(port.create_customer(CUSTOMER, key())["id"])


def a_tax_id(port: Billing) -> tuple[str, str]:
    """A customer, and its tax id."""
    customer = a_customer(port)
    return customer, str(port.create_tax_id(customer, {"type": "eu_vat", "value": "DE123456789"}, key())["id"])


def a_draft(port: Billing, lines: int = 0) -> str:
    draft = port.create_invoice({**_DRAFT, "customer": a_customer(port)}, key())
    if lines:
        port.add_lines(draft["id"], [{"amount": n, "description": CANARY} for n in range(1, lines + 1)], key())
    return str(draft["id"])


def _keyed(make: Callable[[Billing], Any]) -> Callable[[Billing], tuple[Any, str]]:
    """What is made, and the key that the call and its repetition share."""
    return lambda port: (make(port), key())


_OBJECTS = ({"id": None}, {"id": 7}, {"id": ""}, {"id": "in_"}, {"id": "../in_1"})
_PAGES = (
    {"data": {}, "has_more": False},
    {"data": [7], "has_more": False},
    {"data": [{}], "has_more": False},
    {"data": [{"id": "cus_1"}], "has_more": False},
    {"data": [{"id": "prod_1", "object": "product"}], "has_more": False},
    {"data": []},
    {"data": [], "has_more": "no"},
    {"data": [], "has_more": True},
)
LINE: Body = {"amount": 5, "description": CANARY}
STRIPE_WRITES = [
    Asked(
        name="create_customer",
        method="POST",
        path="/v1/customers",
        ready=_keyed(lambda port: None),
        act=lambda port, given: port.create_customer(CUSTOMER, given[1]),
        others=_OBJECTS,
    ),
    Asked(
        name="update_customer",
        method="POST",
        path="/v1/customers/{id}",
        ready=_keyed(a_customer),
        act=lambda port, given: port.update_customer(given[0], {"name": CANARY, "metadata": MARK}, given[1]),
        others=(*_OBJECTS, {"id": "cus_another", "metadata": MARK}),
    ),
    Asked(
        name="delete_tax_id",
        method="DELETE",
        path="/v1/customers/{id}/tax_ids/{id}",
        ready=a_tax_id,
        act=lambda port, given: port.delete_tax_id(*given),
        others=(*_OBJECTS, {"id": "txi_another", "deleted": True}),
    ),
    Asked(
        name="create_tax_id",
        method="POST",
        path="/v1/customers/{id}/tax_ids",
        ready=_keyed(a_customer),
        act=lambda port, given: port.create_tax_id(given[0], {"type": "eu_vat", "value": "DE123456789"}, given[1]),
        others=_OBJECTS,
    ),
    Asked(
        name="create_invoice",
        method="POST",
        path="/v1/invoices",
        ready=_keyed(a_customer),
        act=lambda port, given: port.create_invoice({**_DRAFT, "customer": given[0]}, given[1]),
        others=_OBJECTS,
    ),
    Asked(
        name="add_lines",
        method="POST",
        path="*/add_lines",
        ready=_keyed(a_draft),
        act=lambda port, given: port.add_lines(given[0], [LINE], given[1]),
        others=_OBJECTS,
    ),
    Asked(
        name="finalize",
        method="POST",
        path="*/finalize",
        ready=_keyed(lambda port: a_draft(port, 1)),
        act=lambda port, given: port.finalize(*given),
        others=_OBJECTS,
    ),
    Asked(
        name="send",
        method="POST",
        path="*/send",
        ready=_keyed(lambda port: a_draft(port, 1)),
        act=lambda port, given: port.send(*given),
        others=_OBJECTS,
    ),
]
STRIPE_READS = [
    Asked(
        name="customers",
        method="GET",
        path="/v1/customers",
        act=lambda port, _: list(port.customers()),
        others=(
            *_PAGES,
            {"data": [{"id": "cus_1", "object": "customer", "tax_ids": CANARY}], "has_more": False},
            {"data": [{"id": "cus_1", "object": "customer", "email": [CANARY]}], "has_more": False},
        ),
    ),
    Asked(
        name="customers_created",
        method="GET",
        path="/v1/customers",
        act=lambda port, _: port.customers_created(LONG_AGO, datetime(2027, 1, 1, tzinfo=UTC)),
        others=_PAGES,
    ),
    Asked(
        name="customer",
        method="GET",
        path="/v1/customers/{id}",
        ready=a_customer,
        act=lambda port, given: port.customer(given),
        others=_OBJECTS,
    ),
    Asked(
        name="tax_ids",
        method="GET",
        path="*/tax_ids",
        ready=a_customer,
        act=lambda port, given: port.tax_ids(given),
        others=_PAGES,
    ),
    Asked(
        name="invoice",
        method="GET",
        path="/v1/invoices/{id}",
        ready=a_draft,
        act=lambda port, given: port.invoice(given),
        others=_OBJECTS,
    ),
    Asked(
        name="invoice with many lines",
        method="GET",
        path="*/lines",
        ready=lambda port: a_draft(port, MANY),
        act=lambda port, given: port.invoice(given),
        others=_PAGES,
    ),
    Asked(
        name="invoices_of",
        method="GET",
        path="/v1/invoices",
        ready=a_customer,
        act=lambda port, given: port.invoices_of(given, LONG_AGO),
        others=_PAGES,
    ),
    Asked(
        name="invoices",
        method="GET",
        path="/v1/invoices",
        act=lambda port, _: list(port.invoices(LONG_AGO)),
        others=_PAGES,
    ),
    Asked(name="check", method="GET", path="/v1/account", act=lambda port, _: port.check(), others=_OBJECTS),
]

# Asana

TEAM = "1200000000000002"


def a_project(port: Tracker) -> str:
    return str(port.create_project({"name": CANARY, "team": TEAM})["gid"])


def a_job(port: Tracker) -> str:
    return str(_instantiate(port)["gid"])


def _instantiate(port: Tracker) -> Body:
    template = port.template(TEMPLATE) or {}
    dates = [{"gid": date["gid"], "value": "2026-12-01"} for date in template["requested_dates"]]
    return port.instantiate_template(TEMPLATE, {"name": CANARY, "team": TEAM, "requested_dates": dates})


def a_project_with_a_task(port: Tracker) -> str:
    project = a_project(port)
    port.create_task({"name": CANARY, "projects": [project], "external": {"gid": f"handoff:{key()}"}})
    return project


def a_task(port: Tracker) -> str:
    external = f"handoff:{key()}"
    port.create_task({"name": CANARY, "projects": [a_project(port)], "external": {"gid": external}})
    return external


_DATA = (
    {"data": 7},
    {"data": []},
    {"data": {}},
    {"data": {"gid": None}},
    {"data": {"gid": "in_1"}},
    {"data": {"gid": 12}},
    {"data": {"gid": "12", "resource_type": "portfolio", "name": CANARY, "status": "failed"}},
)
_LISTS = (
    {"data": {}},
    {"data": [7]},
    {"data": [{}]},
    {"data": [{"gid": "x"}]},
    {"data": [{"gid": "12", "resource_type": "portfolio", "name": CANARY}]},
    {"data": [], "next_page": CANARY},
    {"data": [], "next_page": {}},
    {"data": [], "next_page": {"offset": ""}},
)
ASANA_WRITES = [
    Asked(
        name="create_project",
        method="POST",
        path="*/projects",
        act=lambda port, _: port.create_project({"name": CANARY, "team": TEAM}),
        others=_DATA,
    ),
    Asked(
        name="instantiate_template",
        method="POST",
        path="*/instantiateProject",
        act=lambda port, _: _instantiate(port),
        others=(*_DATA, {"data": {"gid": "12", "status": "succeeded"}}),
    ),
    Asked(
        name="create_section",
        method="POST",
        path="*/sections",
        ready=a_project,
        act=lambda port, given: port.create_section(given, CANARY),
        others=_DATA,
    ),
    Asked(
        name="create_task",
        method="POST",
        path="*/tasks",
        ready=a_project,
        act=lambda port, given: port.create_task({"name": CANARY, "projects": [given]}),
        others=_DATA,
    ),
    Asked(
        name="update_project",
        method="PUT",
        path="*/projects/{id}",
        ready=a_project,
        act=lambda port, given: port.update_project(given, {"notes": CANARY}),
        others=(*_DATA, {"data": {"gid": "12", "name": CANARY}}),
    ),
]
ASANA_READS = [
    Asked(
        name="projects",
        method="GET",
        path="*/projects",
        act=lambda port, _: list(port.projects(TEAM)),
        others=(*_LISTS, {"data": [{"gid": "12"}]}),
    ),
    Asked(
        name="project",
        method="GET",
        path="*/projects/{id}",
        ready=a_project,
        act=lambda port, given: port.project(given),
        others=(*_DATA, {"data": {"gid": "12", "name": CANARY}}),
    ),
    Asked(
        name="template",
        method="GET",
        path="*/project_templates/{id}",
        act=lambda port, _: port.template(TEMPLATE),
        others=(*_DATA, {"data": {"gid": TEMPLATE, "requested_dates": [CANARY]}}),
    ),
    Asked(
        name="job",
        method="GET",
        path="*/jobs/{id}",
        ready=a_job,
        act=lambda port, given: port.job(given),
        others=(*_DATA, {"data": {"gid": "12", "status": "failed"}}),
    ),
    Asked(
        name="sections",
        method="GET",
        path="*/sections",
        ready=a_project,
        act=lambda port, given: port.sections(given),
        others=_LISTS,
    ),
    Asked(
        name="tasks",
        method="GET",
        path="*/projects/{id}/tasks",
        ready=a_project_with_a_task,
        act=lambda port, given: port.tasks(given),
        others=_LISTS,
    ),
    Asked(
        name="task_by_external",
        method="GET",
        path="*/tasks/{id}",
        ready=a_task,
        act=lambda port, given: port.task_by_external(given),
        others=(*_DATA, {"data": {"gid": "12"}}, {"data": {"gid": "12", "external": {"gid": "another"}}}),
    ),
    Asked(
        name="users",
        method="GET",
        path="*/users",
        act=lambda port, _: port.users(),
        others=(*_LISTS, {"data": [{"gid": "12", "email": 7}]}),
    ),
    Asked(
        name="check",
        method="GET",
        path="*/users/me",
        act=lambda port, _: port.check(),
        others=(*_DATA, {"data": {"gid": "12", "workspaces": CANARY}}),
    ),
]

# Salesforce

_ROWS = (
    {"records": None, "done": True},
    {"records": [7], "done": True},
    {"records": []},
    {"records": [], "done": "yes"},
    {"records": [], "done": False},
    {"records": [{"Id": "cus_1"}], "done": True},
    {"records": [{"Id": None}], "done": True},
    {"records": [{"AccountId": [CANARY]}], "done": True},
    {"records": [{"Id": opportunity_id(1), "SystemModstamp": CANARY}], "done": True},
    {"records": [{"Id": opportunity_id(1), "SystemModstamp": "2026-11-01T00:00:00"}], "done": True},
    {"records": [{"Id": opportunity_id(1), "Lines": {"records": CANARY}}], "done": True},
)
WRITTEN: Body = {"Id": opportunity_id(2), "NextStep": CANARY}


def _all(port: DealSource, query: SourceQuery = DEALS) -> list[Body]:
    return [snapshot for page in port.read(query, None) for snapshot in page.snapshots]


SALESFORCE_WRITE = Asked(
    name="write_back",
    method="PATCH",
    path="*/composite/sobjects",
    act=lambda port, _: port.write_back("Opportunity", [WRITTEN]),
    others=(
        [7],
        [{"success": "yes"}],
        [{"success": True}],
        [{"success": True, "id": opportunity_id(3)}],
        [{"success": True, "id": opportunity_id(2)}] * 2,
        [{"success": False, "errors": [7]}],
    ),
)
SALESFORCE_READS = [
    Asked(name="read", method="GET", path="*/query/", act=lambda port, _: _all(port), others=_ROWS),
    Asked(name="read, second page", method="GET", path="*/query/{id}", act=lambda port, _: _all(port), others=_ROWS),
    Asked(
        name="by_ids",
        method="GET",
        path="*/query/",
        act=lambda port, _: port.by_ids(DEALS, [opportunity_id(1)]),
        others=_ROWS,
    ),
    Asked(
        name="by_ids, deleted ones too",
        method="GET",
        path="*/queryAll/",
        act=lambda port, _: port.by_ids(DEALS, [opportunity_id(1)], deleted=True),
        others=_ROWS,
    ),
    Asked(
        name="changed",
        method="GET",
        path="*/queryAll/",
        act=lambda port, _: port.changed(DEALS, LONG_AGO),
        others=_ROWS,
    ),
    Asked(
        name="count_won",
        method="GET",
        path="*/query/",
        act=lambda port, _: port.count_won(DEALS, None, None),
        others=({"totalSize": None}, {"totalSize": True}, {"totalSize": "5"}, {"totalSize": -1}),
    ),
    Asked(
        name="touched",
        method="GET",
        path="*/queryAll/",
        act=lambda port, _: port.touched(RELATED, LONG_AGO),
        others=_ROWS,
    ),
    Asked(
        name="count_won",
        method="GET",
        path="*/query/",
        act=lambda port, _: port.count_won(DEALS, LONG_AGO, None),
        others=tuple({"records": [], "done": True, **told} for told in ({}, {"totalSize": "7"}, {"totalSize": -1})),
    ),
    Asked(
        name="won_ids",
        method="GET",
        path="*/query/",
        act=lambda port, _: port.won_ids(DEALS, LONG_AGO, None),
        others=_ROWS,
    ),
    Asked(
        name="changed",
        method="GET",
        path="*/queryAll/",
        act=lambda port, _: port.changed(DEALS, LONG_AGO),
        others=_ROWS,
    ),
    Asked(
        name="describe",
        method="GET",
        path="*/describe",
        act=lambda port, _: port.describe("Opportunity"),
        others=(
            {"fields": None},
            {"fields": []},
            {"fields": [7]},
            {"fields": [{"name": "Id"}]},
            {"fields": [{"name": "Id", "type": "id", "picklistValues": [{"active": True}]}]},
        ),
    ),
    Asked(name="is_sandbox", method="GET", path="*/query/", act=lambda port, _: port.is_sandbox(), others=_ROWS),
    Asked(name="check", method="GET", path="*/sobjects", act=lambda port, _: port.check()),
]
LOG_IN = Asked(
    name="org_id",
    method="POST",
    path="/services/oauth2/token",
    act=lambda port, _: port.org_id(),
    others=({"access_token": CANARY}, {"access_token": 7, "instance_url": 7}),
)
