"""The Stripe twin: authentication, parameters, idempotency, and one Starlette route for each path of operations.py."""

import asyncio
import base64
import binascii
import logging
import re
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from sandbox.credentials import STRIPE_KEY_PREFIX
from sandbox.faults import FAULT, WAIT, Fault
from sandbox.refusals import stripe_failed
from sandbox.striking import read
from sandbox.stripe import form, transitions
from sandbox.stripe.account import Account, Call, Invoice
from sandbox.stripe.errors import StripeError, malformed, no_key, unrecognized, wrong_key
from sandbox.stripe.expand import expand
from sandbox.stripe.ids import new_id
from sandbox.stripe.operations import NOT_OFFERED, OPERATIONS, Operation
from sandbox.stripe.params import checked, shape_of
from sandbox.stripe.seeds import Books
from sandbox.world import World

API_VERSION = "2026-10-28.endive"
"""The version that the installed stripe package pins, whose parameters and shapes are served here."""
KEY = re.compile(re.escape(STRIPE_KEY_PREFIX) + r"(\w+)")
FORM = b"application/x-www-form-urlencoded"

log = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]
Served = tuple[int, bytes, Headers]


def build(world: World) -> Starlette:
    """The app. It waits for what its scope says itself, while it holds the idempotency key. Raises SeedError."""
    books = Books(world.seed, int(world.clock.now().timestamp()))
    routes: list[Route | Mount] = [Route(path, Endpoint(world, books, {})) for path in NOT_OFFERED]
    routes += [Route(path, Endpoint(world, books, operations)) for path, operations in OPERATIONS.items()]
    routes.append(Mount("/", Endpoint(world, books, {})))
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    app.state.books = books
    return app


def state(app: Starlette) -> dict[str, Any]:
    """All objects of all accounts, invoices with all their lines, and the mails that Stripe would have sent."""
    books: Books = app.state.books
    return {
        "accounts": {suffix: _objects(account) for suffix, account in books.accounts.items()},
        "sent_mails": [mail for account in books.accounts.values() for mail in account.mails],
    }


def _objects(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "customers": [one for key, one in account.customers.items() if key not in account.deleted_customers],
        "deleted_customers": sorted(account.deleted_customers),
        "tax_ids": [tax_id for held in account.tax_ids.values() for tax_id in held.values()],
        "tax_rates": list(account.tax_rates.values()),
        "invoices": [_with_all_lines(invoice) for invoice in account.invoices.values()],
        "idempotency_keys": list(account.keys.answers),
    }


def _with_all_lines(invoice: Invoice) -> dict[str, Any]:
    lines = {**invoice.wire["lines"], "data": [line.wire for line in invoice.lines], "has_more": False}
    return {**invoice.wire, "lines": lines}


class Endpoint:
    """One path: an ASGI app that serves its methods, and refuses all others as Stripe does."""

    def __init__(self, world: World, books: Books, operations: Mapping[str, Operation]) -> None:
        self._world = world
        self._books = books
        self._operations = {method: (operation, shape_of(operation.typed)) for method, operation in operations.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        headers = dict(scope["headers"])
        request_id = new_id("req_", 14)
        body = await read(receive)
        try:
            status, answer, more = await self._serve(scope, headers, body, request_id)
        except StripeError as error:
            status, answer, more = error.status, orjson.dumps(error.body()), []
            if status == 401:
                more = [(b"www-authenticate", b'Bearer realm="Stripe"')]
        sent: Headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
            (b"request-id", request_id.encode()),
            (b"stripe-version", API_VERSION.encode()),
            *more,
        ]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": answer})

    async def _serve(self, scope: Scope, headers: Mapping[bytes, bytes], body: bytes, request_id: str) -> Served:
        method, path = scope["method"], scope["path"]
        if method not in self._operations:
            raise unrecognized(method, path)
        account = self._books.account(_authenticated(headers))
        _check_headers(headers, account, body)
        pairs = form.pairs_of(scope["query_string"]) + form.pairs_of(body)
        operation, shape = self._operations[method]
        params = checked(shape, form.nest(pairs))
        key = headers.get(b"idempotency-key", b"").decode("latin-1") if method == "POST" else ""
        if not key:
            await self._wait(scope)
            status, answer, _ = self._run(operation, account, params, scope)
            return status, answer, []
        kept = account.keys.claim(key, path, pairs, now=self._world.clock.now().timestamp(), request_id=request_id)
        echoed: Headers = [(b"idempotency-key", key.encode("latin-1"))]
        if kept is not None and kept.body is not None:
            await self._wait(scope)
            replayed = [(b"idempotent-replayed", b"true"), (b"original-request", kept.request_id.encode())]
            return kept.status, kept.body, [*echoed, *replayed]
        try:
            await self._wait(scope)
            status, answer, executed = self._run(operation, account, params, scope)
        except BaseException:
            account.keys.release(key)  # the server is stopping; a key must not stay in use
            raise
        if executed:
            account.keys.settle(key, status, answer)
        else:
            account.keys.release(key)
        return status, answer, [*echoed, (b"original-request", request_id.encode())]

    async def _wait(self, scope: Scope) -> None:
        seconds = scope.get(WAIT, self._world.delay_ms / 1000)
        if seconds:
            await asyncio.sleep(seconds)

    def _run(
        self, operation: Operation, account: Account, params: dict[str, Any], scope: Scope
    ) -> tuple[int, bytes, bool]:
        """Status, body, and whether the endpoint began its work, so that its answer is kept under the key."""
        now = int(self._world.clock.now().timestamp())
        fault: Fault | None = scope.get(FAULT)
        if fault is not None and fault.do == "cached_500":
            return 500, orjson.dumps(stripe_failed()), True
        lag = fault.seconds if fault is not None and fault.do == "list_lag" else 0
        try:
            if account.advancing:
                transitions.advance(account, now)
            call = Call(
                account=account, now=now, params=params, ids=scope.get("path_params", {}), path=scope["path"], lag=lag
            )
            answered = operation.run(call)
            if "expand" in params:
                answered = expand(account, answered, params["expand"])
            return 200, orjson.dumps(answered), True
        except StripeError as error:
            return error.status, orjson.dumps(error.body()), error.executed
        except Exception:
            log.exception("The Stripe sandbox failed at %s %s", scope["method"], scope["path"])
            failure = StripeError("The sandbox failed; its log says why.", status=500, kind="api_error")
            return 500, orjson.dumps(failure.body()), True


def _check_headers(headers: Mapping[bytes, bytes], account: Account, body: bytes) -> None:
    version = headers.get(b"stripe-version", API_VERSION.encode()).decode("latin-1")
    if version != API_VERSION:
        raise malformed(f"Invalid Stripe API version: {version}. This sandbox serves {API_VERSION} alone.")
    other = headers.get(b"stripe-account", account.id.encode()).decode("latin-1")
    if other != account.id:
        raise StripeError(
            f"The provided key does not have access to account '{other}' (or that account does not exist). "
            "Application access may have been revoked.",
            status=403,
            code="account_invalid",
            executed=False,
        )
    if body and headers.get(b"content-type", FORM).split(b";")[0].strip() != FORM:
        raise malformed(
            "Invalid request (check that your POST content type is application/x-www-form-urlencoded). If you have "
            "any questions, we can help at https://support.stripe.com/."
        )


def _authenticated(headers: Mapping[bytes, bytes]) -> str:
    """The suffix of the key. Raises StripeError 401."""
    scheme, _, credential = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    key = credential.strip()
    if scheme.lower() == "basic":
        try:
            key = base64.b64decode(key, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            key = ""
    elif scheme.lower() != "bearer":
        key = ""
    if not key:
        raise no_key()
    match = KEY.fullmatch(key)
    if match is None:
        raise wrong_key(key)
    return match[1]
