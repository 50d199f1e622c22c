"""What stands before every service: counts calls, keeps the vendors' rate limits, lets the fault plan strike, and
answers `GET /_state` (all objects) and `POST /_control` (clock, delay, limits, faults)."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.faults import FAULT, WAIT, Plan, parse, parse_seed
from sandbox.refusals import Answer, asana_rate_limited, stripe_rate_limited
from sandbox.striking import STRUCK_HERE, UNHEARD, answer, as_json, read, strike
from sandbox.world import World

ID_SEGMENT = re.compile(
    r"\d{4,}|external(?::|%3A).*|(?:cus|in|il|ii|txi|txr|acct)_\w+|0r8\w+(?:-\d+)?|(?=\w*\d)[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?"
)
"""A path segment that names one object: an Asana gid, a Stripe id, a Salesforce locator or id."""
ASANA_AT_ONCE = {"reads": 50, "writes": 15}
"""Requests of one token that Asana serves at the same time (Asana's documentation, concurrent request limits)."""

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
            await answer(send, as_json(await self._own(path, scope["method"], receive)))
            return
        self.calls[f"{scope['method']} {template(_raw_path(scope))}"] += 1
        if self.world.vendor_limits:
            await self._within_limits(scope, receive, send)
        else:
            await self._reach(scope, receive, send)

    async def _reach(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The one place where a call meets the service, and where a fault befalls it."""
        path = _raw_path(scope)
        wait, fault = self.world.plan(self.service).meet(scope["method"], path, template(path))
        wait += self.world.delay_ms / 1000
        scope[WAIT], scope[FAULT] = wait, fault
        reaches = fault is None or fault.do not in UNHEARD
        if wait and not (self.service == "stripe" and reaches):  # Stripe's app waits itself, holding the key
            await asyncio.sleep(wait)
        if fault is not None and fault.do in STRUCK_HERE:
            await strike(fault, self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _within_limits(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = "reads" if scope["method"] == "GET" else "writes"
        refusal = self._refusal(scope, kind)
        if refusal is not None:
            await answer(send, as_json(refusal))
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
        world = self.world
        if path == "/_state" and method == "GET":
            told: dict[str, Any] = {"now": world.clock.now().isoformat(), "calls": dict(self.calls)}
            return 200, {}, {**self.state(), **told, "faults": world.plan(self.service).state()}
        if path == "/_control" and method == "POST":
            try:
                control(world, orjson.loads(await read(receive)), self.service)
            except ValueError as error:
                return 400, {}, {"error": str(error)}
            told = {"now": world.clock.now().isoformat(), "delay_ms": world.delay_ms, "limits": world.vendor_limits}
            return 200, {}, {**told, "faults": world.plan(self.service).state()}
        return 405, {}, {"error": f"{method} {path} is not offered; use GET /_state or POST /_control."}


def control(world: World, orders: Any, service: str) -> None:
    """Apply `{"shift": seconds, "set": "2026-01-31T09:00:00Z", "delay_ms": n, "limits": bool}`, any of them, and
    `{"faults": [...], "seed": n}`, which takes the place of the service's fault plan.

    Beside them, last and in the order given, what the services' apps offer in `world.orders`.

    Raises OrderError, FaultError, or ValueError for a moment that cannot be read, having changed nothing.
    """
    _check_orders(orders, [*world.orders])
    plan = Plan(parse(orders["faults"], service), parse_seed(orders.get("seed", 0))) if "faults" in orders else None
    acts = [world.orders[name](given) for name, given in orders.items() if name in world.orders]
    if "set" in orders:
        world.clock.set(datetime.fromisoformat(orders["set"]))
    world.clock.shift(orders.get("shift", 0))
    world.delay_ms = orders.get("delay_ms", world.delay_ms)
    world.vendor_limits = orders.get("limits", world.vendor_limits)
    if plan is not None:
        world.plans[service] = plan
    for act in acts:
        act()


def _check_orders(orders: Any, of_apps: list[str]) -> None:
    kinds = {"shift": (int, float), "set": (str,), "delay_ms": (int,), "limits": (bool,), "faults": (list,)}
    kinds["seed"] = (int,)
    if not isinstance(orders, dict):
        raise OrderError("The body must be a JSON object.")
    for name, given in orders.items():
        if name in of_apps:
            continue
        if name not in kinds:
            raise OrderError(f"{name} is not one of {', '.join([*kinds, *of_apps])}.")
        if not isinstance(given, kinds[name]) or (isinstance(given, bool) and name != "limits"):
            raise OrderError(f"{name} is of the wrong type.")
    if orders.get("delay_ms", 0) < 0:
        raise OrderError("delay_ms must not be negative.")
    if "seed" in orders and "faults" not in orders:
        raise OrderError("seed goes with faults, which are missing.")


def _raw_path(scope: Scope) -> str:
    """The path as it was asked for, before it was unquoted."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1")


def _credential(scope: Scope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")
