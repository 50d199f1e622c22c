"""Calls an ASGI app in this process, without sockets or threads."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message


@dataclass(kw_only=True)
class Answer:
    """What the app answered; header names are in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.content)


def call(
    app: ASGIApp,
    method: str,
    url: str,
    body: object = None,
    headers: dict[str, str] | None = None,
    host: str = "sandbox",
) -> Answer:
    """Send one request; a body that is not bytes goes as JSON."""
    sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    split = urlsplit(url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(split.path),
        "raw_path": split.path.encode(),
        "root_path": "",
        "query_string": split.query.encode(),
        "headers": [
            (b"host", host.encode()),
            (b"content-length", str(len(sent)).encode()),
            *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answered: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(message: Message) -> None:
        answered.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    start = answered[0]
    return Answer(
        status=start["status"],
        headers={name.decode().lower(): value.decode() for name, value in start["headers"]},
        content=b"".join(message.get("body", b"") for message in answered[1:]),
    )
