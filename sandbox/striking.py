"""How a fault befalls a call: refused before the service hears of it, or done and the reply lost or spoiled."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import orjson
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import Fault
from sandbox.refusals import REFUSED, Answer

TRANSPORT = "sandbox.transport"
"""Where a call's ASGI scope carries its connection; `sandbox.server` puts it there."""
HUGE = 10 * 1024 * 1024
PIECES = 1000
"""A body that drips comes byte by byte, a longer one in so many pieces."""
HTML = (
    b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    b"<body><h1>502 Bad Gateway</h1><p>The proxy server received an invalid response.</p></body></html>"
)


class ConnectionCut(ConnectionError):  # noqa: N818 - named as what happens
    """The plan closes the connection, and there is none: the app is called in process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, whole."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def typed(self, kind: bytes) -> "Reply":
        """The same with another content type."""
        return replace(self, headers=(*(h for h in self.headers if h[0] != b"content-type"), (b"content-type", kind)))


async def strike(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one call with this fault. Raises ConnectionCut where there is no connection to cut."""
    if fault.do in REFUSED:
        await read(receive)
        await answer(send, as_json(REFUSED[fault.do](fault)))
        return
    if fault.do == "drop_before":
        await read(receive)
        await _cut(scope, receive)
        return
    reply = await _served(app, scope, receive)
    if fault.do in SPOILED:
        await answer(send, SPOILED[fault.do](fault, reply))
    else:
        await CUT_SHORT[fault.do](fault, reply, scope, receive, send)


async def read(receive: Receive) -> bytes:
    """The body of a request, whole: half a request is none, and must not be acted on. Raises ClientDisconnect."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def answer(send: Send, reply: Reply) -> None:
    """Send a reply, whole."""
    await _begin(send, reply)
    await send({"type": "http.response.body", "body": reply.body})


async def _begin(send: Send, reply: Reply) -> None:
    headers = list(reply.headers)
    if reply.status != 204:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})


async def _served(app: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    """What the service answers, kept from the client."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    start, *rest = messages
    headers = tuple((name, value) for name, value in start["headers"] if name.lower() != b"content-length")
    return Reply(status=start["status"], headers=headers, body=b"".join(one.get("body", b"") for one in rest))


async def _cut(scope: Scope, receive: Receive, *, flush: bool = False) -> None:
    """Close the connection; `flush`: once what was written has left."""
    connection: asyncio.Transport | None = scope.get(TRANSPORT)
    if connection is None:
        raise ConnectionCut("The fault plan closes this connection.")
    if flush:
        connection.close()
    else:
        connection.abort()
    while (await receive())["type"] != "http.disconnect":  # so that nothing is sent in place of the reply
        pass


async def _drop(fault: Fault, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    await _cut(scope, receive)


async def _half(fault: Fault, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    await _begin(send, reply)
    await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
    await _cut(scope, receive, flush=True)


async def _drip(fault: Fault, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    size = max(1, math.ceil(len(reply.body) / PIECES))
    pieces = [reply.body[at : at + size] for at in range(0, len(reply.body), size)] or [b""]
    await _begin(send, reply)
    for piece in pieces:
        await asyncio.sleep(fault.seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


CutShort = Callable[[Fault, Reply, Scope, Receive, Send], Awaitable[None]]
CUT_SHORT: dict[str, CutShort] = {"drop_after": _drop, "reset_mid_reply": _half, "slow_drip": _drip}


def _truncated(fault: Fault, reply: Reply) -> Reply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _huge(fault: Fault, reply: Reply) -> Reply:
    return replace(_with_body(reply), body=reply.body.ljust(HUGE))


def _put(body: bytes | None, kind: bytes) -> Callable[[Fault, Reply], Reply]:
    """Replace the reply by `body`, or keep its own (None), said to be of this content type."""

    def spoil(fault: Fault, reply: Reply) -> Reply:
        reply = _with_body(replace(reply, status=fault.status or reply.status))
        return replace(reply.typed(kind), body=reply.body if body is None else body)

    return spoil


def _other(fault: Fault, reply: Reply) -> Reply:
    return _put(orjson.dumps(fault.body), b"application/json")(fault, reply)


def _with_body(reply: Reply) -> Reply:
    """A 204 has no body, so what gets one is a 200."""
    return replace(reply, status=200) if reply.status == 204 else reply


SPOILED: dict[str, Callable[[Fault, Reply], Reply]] = {
    "truncated": _truncated,
    "not_json": _put(b"Service under maintenance, please come back later.", b"application/json"),
    "html": _put(HTML, b"text/html; charset=utf-8"),
    "other_shape": _other,
    "huge": _huge,
    "wrong_type": _put(None, b"text/plain; charset=utf-8"),
}


UNHEARD = frozenset((*REFUSED, "drop_before"))
"""What keeps a call from the service."""
STRUCK_HERE = UNHEARD | SPOILED.keys() | CUT_SHORT.keys()
"""What strikes before or after the service; all other faults the service commits itself."""


def as_json(given: Answer) -> Reply:
    """An answer whose content is sent as JSON."""
    status, headers, content = given
    body = orjson.dumps(content, default=str, option=orjson.OPT_NON_STR_KEYS)
    more = tuple((name.encode(), value.encode()) for name, value in headers.items())
    return Reply(status=status, body=body, headers=((b"content-type", b"application/json"), *more))
