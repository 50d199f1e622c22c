"""What each path of the REST API does; a path or method that is not here is refused as Salesforce refuses it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.faults import Fault
from sandbox.salesforce import writes
from sandbox.salesforce.errors import ApiError, lost_locator, no_such_column, not_found
from sandbox.salesforce.fields import NUMBERS, wire_number
from sandbox.salesforce.locators import MOST, Cursors
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.soql_run import run
from sandbox.salesforce.soql_where import value_getter
from sandbox.salesforce.usage import Usage

VERSIONS = range(50, 67)
"""The API versions served."""

Answered = tuple[int, Any]


@dataclass(slots=True, kw_only=True)
class Call:
    """One request. `named` holds the parts of its path, `params` those of its query string."""

    method: str
    named: Mapping[str, str]
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None = None

    @property
    def version(self) -> str:
        """`v62.0`, as in the path."""
        return f"v{self.named['number']}.0"

    def json(self) -> Any:
        """The body. Raises ApiError when it is no JSON or is not said to be."""
        if self.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            message = "Content-Type header specified in HTTP request is not supported: "
            raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", message + self.headers.get("content-type", "none"))
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            message = f"{error.msg} at [line:{error.lineno}, column:{error.colno}]"
            raise ApiError(400, "JSON_PARSER_ERROR", message) from None

    def row(self) -> Row:
        """The body as one row's fields."""
        body = self.json()
        if not isinstance(body, dict):
            raise ApiError(400, "JSON_PARSER_ERROR", "The request body must be an object at [line:1, column:1]")
        return body


@dataclass(slots=True, kw_only=True)
class Service:
    """The org and what goes with it."""

    org: Org
    cursors: Cursors
    usage: Usage


def versions(service: Service, call: Call) -> Answered:
    """`GET /services/data`: needs no session."""
    return 200, [{"label": f"v{n}", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in VERSIONS]


def resources(service: Service, call: Call) -> Answered:
    root = f"/services/data/{call.version}"
    return 200, {name: f"{root}/{name}" for name in ("sobjects", "query", "queryAll", "limits", "composite")}


def limits(service: Service, call: Call) -> Answered:
    used, most = service.usage.used(), service.org.daily_requests
    return 200, {"DailyApiRequests": {"Max": most, "Remaining": max(0, most - used)}}


def query(service: Service, call: Call) -> Answered:
    text = call.params.get("q")
    if not text:
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    size = _batch_size(call.headers.get("sforce-query-options", ""))
    result = run(
        service.org,
        text,
        version=call.version,
        with_deleted=call.named["query"] == "queryAll",
        children=service.cursors.children(size, call.version),
    )
    return 200, service.cursors.first_page(result, size, call.version)


def next_page(service: Service, call: Call) -> Answered:
    if call.fault is not None and call.fault.do == "lost_locator":
        raise lost_locator()
    return 200, service.cursors.next_page(call.named["locator"])


def list_objects(service: Service, call: Call) -> Answered:
    shown = [kind.describe_short(call.version) for kind in service.org.schema.values()]
    return 200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown}


def show_object(service: Service, call: Call) -> Answered:
    return 200, {"objectDescribe": _kind(service, call).describe_short(call.version), "recentItems": []}


def describe(service: Service, call: Call) -> Answered:
    return 200, _kind(service, call).describe(call.version)


def create(service: Service, call: Call) -> Answered:
    row = writes.create(service.org, _kind(service, call), call.row())
    return 201, {"id": row["Id"], "success": True, "errors": []}


def read(service: Service, call: Call) -> Answered:
    kind = _kind(service, call)
    return 200, _whole(service.org, kind, writes.row_by_id(service.org, kind, call.named["id"]), call)


def change(service: Service, call: Call) -> Answered:
    kind = _kind(service, call)
    writes.change(service.org, kind, writes.row_by_id(service.org, kind, call.named["id"]), call.row())
    return 204, None


def delete(service: Service, call: Call) -> Answered:
    kind = _kind(service, call)
    writes.delete(service.org, kind, writes.row_by_id(service.org, kind, call.named["id"]))
    return 204, None


def read_by_external_id(service: Service, call: Call) -> Answered:
    kind = _kind(service, call)
    rows = writes.rows_by_external_id(service.org, kind, call.named["field"], call.named["value"])
    if not rows:
        raise not_found()
    return _several(kind, rows, call) or (200, _whole(service.org, kind, rows[0], call))


def upsert(service: Service, call: Call) -> Answered:
    """By external id: 201 when made, 200 when changed, 300 when several rows match."""
    kind, body = _kind(service, call), call.row()
    field_name, value = call.named["field"], call.named["value"]
    rows = writes.rows_by_external_id(service.org, kind, field_name, value)
    named = kind.by_lower[field_name.lower()].name
    if any(key.lower() in {"id", named.lower()} for key in body):
        raise ApiError(400, "INVALID_FIELD", f"The {named} field should not be specified in the sobject data.")
    if len(rows) > 1:
        return _several(kind, rows, call) or (300, [])
    if rows:
        writes.change(service.org, kind, rows[0], body)
        return 200, {"id": rows[0]["Id"], "success": True, "errors": [], "created": False}
    if named == "Id":
        raise not_found()
    row = writes.create(service.org, kind, {**body, named: value})
    return 201, {"id": row["Id"], "success": True, "errors": [], "created": True}


def change_collection(service: Service, call: Call) -> Answered:
    return 200, writes.change_collection(service.org, call.json(), call.fault)


def _kind(service: Service, call: Call) -> ObjectType:
    name = call.named["object"].lower()
    found = next((kind for kind in service.org.schema.values() if kind.name.lower() == name), None)
    if found is None:
        raise not_found()
    return found


def _several(kind: ObjectType, rows: list[Row], call: Call) -> Answered | None:
    if len(rows) < 2:
        return None
    return 300, [f"/services/data/{call.version}/sobjects/{kind.name}/{row['Id']}" for row in rows]


def _whole(org: Org, kind: ObjectType, row: Row, call: Call) -> Row:
    """A row with all its fields, or those of `?fields=`."""
    names = call.params["fields"].split(",") if "fields" in call.params else list(kind.fields)
    shown: Row = {
        "attributes": {"type": kind.name, "url": f"/services/data/{call.version}/sobjects/{kind.name}/{row['Id']}"}
    }
    for name in names:
        found = kind.by_lower.get(name.strip().lower())
        if found is None:
            raise no_such_column(name, kind.name)
        value = value_getter(org, kind, found)(row)
        shown[found.name] = wire_number(value) if found.type in NUMBERS - {"int"} else value
    shown.setdefault("Id", row["Id"])
    return shown


def _batch_size(options: str) -> int:
    match = re.fullmatch(r"\s*batchSize\s*=\s*(\d{1,6})\s*", options)
    return int(match[1]) if match else MOST


Operation = Callable[[Service, Call], Answered]

_OBJECT = r"/sobjects/(?P<object>\w+)"
Path = tuple[str, dict[str, Operation], frozenset[str]]
NOTHING: frozenset[str] = frozenset()
_PATHS: list[Path] = [
    ("", {"GET": resources}, NOTHING),
    ("/limits", {"GET": limits}, NOTHING),
    ("/(?P<query>query|queryAll)", {"GET": query}, frozenset({"q"})),
    (r"/(?:query|queryAll)/(?P<locator>[\w-]+)", {"GET": next_page}, NOTHING),
    ("/sobjects", {"GET": list_objects}, NOTHING),
    ("/composite/sobjects", {"PATCH": change_collection}, NOTHING),
    (_OBJECT, {"GET": show_object, "POST": create}, NOTHING),
    (f"{_OBJECT}/describe", {"GET": describe}, NOTHING),
    (rf"{_OBJECT}/(?P<id>\w+)", {"GET": read, "PATCH": change, "DELETE": delete}, frozenset({"fields"})),
    (rf"{_OBJECT}/(?P<field>\w+)/(?P<value>.+)", {"GET": read_by_external_id, "PATCH": upsert}, frozenset({"fields"})),
]
PATHS = [
    (re.compile(rf"/services/data/v(?P<number>\d+)\.0{path}/?"), operations, params)
    for path, operations, params in _PATHS
]
"""Path, its operation for each method, and the query parameters it takes; the first that fits is taken."""
