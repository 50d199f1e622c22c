"""The Salesforce twin: log-in, the session of every call, its share of the daily limit, and one place for errors."""

from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from sandbox.faults import FAULT, Fault
from sandbox.salesforce.auth import LoginError, Sessions
from sandbox.salesforce.errors import ApiError, method_not_allowed, no_calls_left, not_found
from sandbox.salesforce.locators import Cursors
from sandbox.salesforce.operations import PATHS, VERSIONS, Call, Operation, Service, versions
from sandbox.salesforce.orders import orders
from sandbox.salesforce.seeding import open_org
from sandbox.salesforce.usage import Usage
from sandbox.striking import read
from sandbox.world import World

URI_AND_HEADERS = 16_384
"""Bytes that the request line and the headers may have together (Salesforce's API limits)."""
TOKEN_PATH = "/services/oauth2/token"

Headers = dict[str, str]


def build(world: World) -> Starlette:
    """The app over the org that the world's seed describes. Raises SeedError."""
    org = open_org(world.seed, world.clock)
    service = Service(org=org, cursors=Cursors(world.clock), usage=Usage(world.clock, org.daily_requests))
    sessions = Sessions(world.clock, world.token_lifetime_s, world.urls.get("salesforce", "https://sandbox"))
    world.orders |= orders(org)
    app = Starlette(routes=[Mount("/", Endpoint(world, service, sessions))])
    app.router.redirect_slashes = False
    app.state.service = service
    app.state.sessions = sessions
    return app


def state(app: Starlette) -> dict[str, Any]:
    """All rows by sObject, deleted ones included (their IsDeleted is true)."""
    service: Service = app.state.service
    service.org.commits.end_due()
    return {name: list(rows.values()) for name, rows in service.org.tables.items()}


class Endpoint:
    """The ASGI app under Starlette's root."""

    def __init__(self, world: World, service: Service, sessions: Sessions) -> None:
        self.world = world
        self.service = service
        self.sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await read(receive)
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        size += sum(len(name) + len(value) for name, value in scope["headers"])
        if size > URI_AND_HEADERS:
            await _send(send, 414, b"<h1>Bad Message 414</h1><pre>reason: URI Too Long</pre>", {}, kind=b"text/html")
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.service.org.commits.end_due()
        status, content, more = self._answer(scope, headers, body, scope.get(FAULT))
        more["date"] = format_datetime(self.world.clock.now(), usegmt=True)  # the org's clock, not this machine's
        await _send(send, status, b"" if content is None else orjson.dumps(content), more)

    def _answer(self, scope: Scope, headers: Headers, body: bytes, fault: Fault | None) -> tuple[int, Any, Headers]:
        path = scope["path"]
        if path == TOKEN_PATH:
            return *self._log_in(scope["method"], body), {}
        more: Headers = {}
        try:
            params = _params(scope["query_string"])
            self._suffer(fault, headers)
            if path.rstrip("/") == "/services/data" and scope["method"] == "GET":
                operation: Operation = versions
                named: dict[str, str] = {}
            else:
                operation, named = self._admit(scope["method"], path, params, headers, more)
            call = Call(method=scope["method"], named=named, params=params, headers=headers, body=body, fault=fault)
            status, content = operation(self.service, call)
        except ApiError as error:
            status, content = error.status, error.body()
        return status, content, more

    def _suffer(self, fault: Fault | None, headers: Headers) -> None:
        if fault is not None and fault.do == "expired_token":
            self.sessions.end(headers.get("authorization"))
        if fault is not None and fault.do == "daily_limit":
            raise no_calls_left()

    def _admit(
        self, method: str, path: str, params: Headers, headers: Headers, more: Headers
    ) -> tuple[Operation, dict[str, str]]:
        """Check session, limit, path, method and parameters; `more` takes the limit's header."""
        self.sessions.check(headers.get("authorization"))
        self.service.usage.count(limited=self.world.vendor_limits)
        more["Sforce-Limit-Info"] = self.service.usage.header()
        for pattern, operations, allowed in PATHS:
            match = pattern.fullmatch(path)
            if match is None or int(match["number"]) not in VERSIONS:
                continue
            if method not in operations:
                raise method_not_allowed(method, list(operations))
            unknown = next((name for name in params if name not in allowed), None)
            if unknown is not None:  # Salesforce ignores some of these; here a mistake of ours must show
                raise ApiError(400, "INVALID_ARGUMENT", f"Unknown query parameter: {unknown}")
            return operations[method], match.groupdict()
        raise not_found()

    def _log_in(self, method: str, body: bytes) -> tuple[int, Any]:
        if method != "POST":
            return 400, {"error": "invalid_request", "error_description": "must use HTTP POST"}
        try:
            return 200, self.sessions.log_in(_params(body))
        except LoginError as error:
            return 400, error.body
        except ApiError:
            return 400, {"error": "invalid_request", "error_description": "the body is not form-encoded"}


def _params(encoded: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(encoded.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        raise ApiError(400, "MALFORMED_QUERY", "The query string is not URL-encoded UTF-8") from None
    return dict(pairs)


async def _send(send: Send, status: int, body: bytes, more: Headers, *, kind: bytes = b"application/json") -> None:
    headers = [(name.encode(), value.encode()) for name, value in more.items()]
    if status != 204:
        headers += [(b"content-type", kind + b";charset=UTF-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
