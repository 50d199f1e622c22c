"""Calls the Stripe twin in process, without sockets or an event loop, encoded as the stripe package encodes them."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.types import Message
from stripe._encode import _api_encode

from sandbox.stripe.app import build, state
from sandbox.world import World

VERSION = "2026-10-28.endive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the twin answered."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """The error's type, code, param and message."""
        found: dict[str, Any] = self.body["error"]
        return found


class StripeTwin:
    """One sandbox's Stripe."""

    def __init__(self, **options: Any) -> None:
        self.world = World(**options)
        self.app = build(self.world)

    def get(self, path: str, params: dict[str, Any] | None = None, **more: Any) -> Answer:
        """GET with the parameters in the query string."""
        return self.call("GET", path, query=encoded(params), **more)

    def delete(self, path: str) -> Answer:
        """DELETE."""
        return self.call("DELETE", path)

    def post(self, path: str, params: dict[str, Any] | None = None, **more: Any) -> Answer:
        """POST with the parameters in a form."""
        return self.call("POST", path, body=encoded(params), **more)

    def call(self, method: str, path: str, **more: Any) -> Answer:
        """One call, run to its end without a loop: nothing in the twin waits while there is no delay."""
        running = self.calling(method, path, **more)
        try:
            running.send(None)
        except StopIteration as ended:
            answer: Answer = ended.value
            return answer
        raise AssertionError("the call waits")

    def calling(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: str = "",
        key: str | None = None,
        account: str = "default",
        headers: dict[str, str] | None = None,
    ) -> Coroutine[Any, Any, Answer]:
        """One call as a coroutine."""
        sent = {"authorization": f"Bearer sk_test_handoff_{account}", "stripe-version": VERSION}
        if method == "POST":
            sent["content-type"] = "application/x-www-form-urlencoded"
        if key is not None:
            sent["idempotency-key"] = key
        sent |= headers or {}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items() if value],
        }
        return self._answer(scope, body.encode())

    async def _answer(self, scope: dict[str, Any], body: bytes) -> Answer:
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        start, end = messages
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(status=start["status"], body=orjson.loads(end["body"]), headers=headers)

    def state(self, account: str = "default") -> dict[str, Any]:
        """What `GET /_state` lists of one account."""
        found: dict[str, Any] = state(self.app)["accounts"][account]
        return found

    def mails(self) -> list[dict[str, Any]]:
        """The mails that Stripe would have sent."""
        sent: list[dict[str, Any]] = state(self.app)["sent_mails"]
        return sent

    def customer(self, **params: Any) -> str:
        """Make a customer and return its id."""
        made = self.post("/v1/customers", {"name": "Acme", "email": "ap@acme.example", **params})
        assert made.status == 200, made.body
        return str(made.body["id"])

    def draft(self, customer: str | None = None, lines: list[dict[str, Any]] | None = None, **params: Any) -> str:
        """Make a draft that will be sent, with lines (10.00 in all unless given), and return its id."""
        terms = {"collection_method": "send_invoice", "days_until_due": 30}
        made = self.post("/v1/invoices", {"customer": customer or self.customer(), **terms, **params})
        assert made.status == 200, made.body
        path = f"/v1/invoices/{made.body['id']}"
        given = [{"amount": 1000, "description": "Licence"}] if lines is None else lines
        if given:
            added = self.post(f"{path}/add_lines", {"lines": given})
            assert added.status == 200, added.body
        return path


def encoded(params: dict[str, Any] | None) -> str:
    """The parameters as the stripe package writes them."""
    return urlencode(list(_api_encode(params or {})))
