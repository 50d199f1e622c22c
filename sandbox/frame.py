"""What stands before every service: counts calls, delays them, keeps the vendors' rate limits, and answers
`GET /_state` (all objects) and `POST /_control` (clock, delay, limits)."""

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.world import World

ID_SEGMENT = re.compile(
    r"\d{4,}|external(?::|%3A).*|(?:cus|in|il|ii|txi|txr|acct)_\w+|0r8\w+(?:-\d+)?|(?=\w*\d)[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?"
)
"""A path segment that names one object: an Asana gid, a Stripe id, a Salesforce locator or id."""
ASANA_AT_ONCE = {"reads": 50, "writes": 15}
"""Requests of one token that Asana serves at the same time (Asana's documentation, concurrent request limits)."""

Answer = tuple[int, dict[str, str], Any]
State = Callable[[], dict[str, Any]]


def template(path: str) -> str:
    """The path with `{id}` where it names one object, so that calls are counted by kind."""
    return "/".join("{id}" if ID_SEGMENT.fullmatch(part) else part for part in path.split("/"))


class OrderError(ValueError):
    """A `/_control` body cannot be followed. The message says which part."""


class Frame:
    """An ASGI app round a service's own."""

    def __init__(self, app: ASGIApp, *, service: str, world: World, state: State) -> None:
        self.app = app
        self.service = service
        self.world = world
        self.state = state
        self.calls: Counter[str] = Counter()
        self._at_once: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        if path in {"/_state", "/_control"}:
            await _send(send, await self._own(path, scope["method"], receive))
            return
        self.calls[f"{scope['method']} {template(scope.get('raw_path', path.encode()).decode('latin-1'))}"] += 1
        if self.world.vendor_limits:
            await self._within_limits(scope, receive, send)
        else:
            await self._reach(scope, receive, send)

    async def _reach(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The one place where a call meets the service; a fault plan goes here, before and after the app."""
        if self.world.delay_ms and self.service != "stripe":  # Stripe's app waits itself, holding the idempotency key
            await asyncio.sleep(self.world.delay_ms / 1000)
        await self.app(scope, receive, send)

    async def _within_limits(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = "reads" if scope["method"] == "GET" else "writes"
        refusal = self._refusal(scope, kind)
        if refusal is not None:
            await _send(send, refusal)
            return
        self._at_once[kind] += 1
        try:
            await self._reach(scope, receive, send)
        finally:
            self._at_once[kind] -= 1

    def _refusal(self, scope: Scope, kind: str) -> Answer | None:
        if self.service == "salesforce":  # counts by the day, in its own app
            return None
        wait = self.world.wait_for(self.service, _credential(scope))
        if self.service == "stripe":
            return stripe_rate_limited() if wait else None
        if self._at_once[kind] >= ASANA_AT_ONCE[kind]:
            wait = max(wait, 1)
        return asana_rate_limited(wait) if wait else None

    async def _own(self, path: str, method: str, receive: Receive) -> Answer:
        if path == "/_state" and method == "GET":
            now = self.world.clock.now().isoformat()
            return 200, {}, {**self.state(), "now": now, "calls": dict(self.calls)}
        if path == "/_control" and method == "POST":
            try:
                orders = orjson.loads(await _body(receive))
                control(self.world, _for_all(self.world, orders))
                _follow(self.world, orders)
            except ValueError as error:
                return 400, {}, {"error": str(error)}
            now = self.world.clock.now().isoformat()
            return 200, {}, {"now": now, "delay_ms": self.world.delay_ms, "limits": self.world.vendor_limits}
        return 405, {}, {"error": f"{method} {path} is not offered; use GET /_state or POST /_control."}


def control(world: World, orders: Any) -> None:
    """Apply `{"shift": seconds, "set": "2026-01-31T09:00:00Z", "delay_ms": n, "limits": bool}`, any of them.

    Raises OrderError, or ValueError for a moment that cannot be read, having changed nothing.
    """
    kinds = {"shift": (int, float), "set": (str,), "delay_ms": (int,), "limits": (bool,)}
    if not isinstance(orders, dict):
        raise OrderError("The body must be a JSON object.")
    for name, given in orders.items():
        if name not in kinds:
            raise OrderError(f"{name} is not one of {', '.join(kinds)}.")
        if not isinstance(given, kinds[name]) or (isinstance(given, bool) and name != "limits"):
            raise OrderError(f"{name} is of the wrong type.")
    if orders.get("delay_ms", 0) < 0:
        raise OrderError("delay_ms must not be negative.")
    if "set" in orders:
        world.clock.set(datetime.fromisoformat(orders["set"]))
    world.clock.shift(orders.get("shift", 0))
    world.delay_ms = orders.get("delay_ms", world.delay_ms)
    world.vendor_limits = orders.get("limits", world.vendor_limits)


def _for_all(world: World, orders: Any) -> Any:
    """Without the orders that an app offers."""
    return {n: given for n, given in orders.items() if n not in world.orders} if isinstance(orders, dict) else orders


def _follow(world: World, orders: dict[str, Any]) -> None:
    """Have the apps follow the orders that they offer."""
    for name, given in orders.items():
        if name in world.orders:
            world.orders[name](given)


def stripe_rate_limited() -> Answer:
    """Stripe's answer to a call over the rate limit."""
    doc = "https://docs.stripe.com/rate-limits"
    error = {
        "message": f"Request rate limit exceeded. Learn more about rate limits here {doc}.",
        "type": "invalid_request_error",
        "code": "rate_limit",
        "doc_url": "https://docs.stripe.com/error-codes#rate-limit",
    }
    return 429, {"stripe-rate-limited-reason": "global-rate"}, {"error": error}


def asana_rate_limited(wait: float) -> Answer:
    """Asana's answer to a call over a limit; `wait` in seconds, sent as whole ones."""
    message = "You've made too many requests and hit a rate limit. Please retry after the given amount of time."
    return 429, {"retry-after": str(max(1, math.ceil(wait)))}, {"errors": [{"message": message}]}


def _credential(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _send(send: Send, answer: Answer) -> None:
    status, headers, content = answer
    body = orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)
    sent = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    sent += [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})
