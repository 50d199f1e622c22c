"""What stands before every request: which host, how large, from which page it comes; and the headers of every answer.

OWASP ASVS 5.0: V3.4 (headers), V3.5 (origin of state changes), V4.1 (content types).
"""

import logging
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handoff.core.trace import places

MOST_BYTES = 256 * 1024
"""Of a form: the longest reason, and room for the names of a bulk action."""
_FORM = "application/x-www-form-urlencoded"
_SAFE = frozenset({"GET", "HEAD"})
_CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer: browsers would then send `Origin: null` with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_STATIC = "/static/"
_ALIVE = "/alive"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ONCE = ("host", "origin", "content-type", "content-length", "sec-fetch-site")
"""Headers that are judged: who sends one twice wants two readers to see two requests."""
_log = logging.getLogger(__name__)

Refused = tuple[HTTPStatus, str]


class Shield:
    """An ASGI app around another. `origin`: scheme, host and port by which people come."""

    def __init__(self, app: ASGIApp, *, origin: str, on_loopback: bool) -> None:
        self._app = app
        self._scheme, self._secure = urlsplit(origin).scheme, origin.startswith("https://")
        self._hosts = set(_hosts(host_of(origin), on_loopback=on_loopback))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = self._with_headers(scope, send)
        if refused := self._refused(scope, Headers(scope=scope)):
            await _answer(guarded, *refused)
            return
        body = await _body(receive)
        if body is None:  # they hung up
            return
        if len(body) > MOST_BYTES:
            await _answer(guarded, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large())
            return
        asked = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        try:
            await self._app(asked, _replayed(body, receive), guarded)
        except Exception as error:  # answered as a defect by now; the server would log what it says, and whom it quotes
            _log.error("a defect stopped a request (%s)", type(error).__name__, extra={"trace": places(error)})

    def _refused(self, scope: Scope, headers: Headers) -> Refused | None:
        if any(len(headers.getlist(name)) > 1 for name in _ONCE):
            return HTTPStatus.BAD_REQUEST, "A header of that request stands in it twice."
        host = headers.get("host", "").lower()
        if host not in self._hosts and scope["path"] != _ALIVE:  # a load balancer asks by the machine's number
            return HTTPStatus.MISDIRECTED_REQUEST, "This page is not known by that address: use the link you were sent."
        return None if scope["method"] in _SAFE else self._refused_form(scope["method"], headers, host)

    def _refused_form(self, method: str, headers: Headers, host: str) -> Refused | None:
        if method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and POST are answered here."
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A form is sent as {_FORM}."
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large()
        if headers.get("sec-fetch-site", "same-origin") != "same-origin" or not self._own(headers, host):
            return HTTPStatus.FORBIDDEN, "That form was not on a page of ours: open the page, and send it from there."
        return None

    def _own(self, headers: Headers, host: str) -> bool:
        """Whether a form comes from a page of ours: browsers say so themselves, and say it always."""
        return headers.get("origin", "").lower() == f"{self._scheme}://{host}"

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        static = scope["path"].startswith(_STATIC)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._secure:
                    headers["strict-transport-security"] = "max-age=31536000"
                if not static:
                    headers["cache-control"] = "no-store"
            elif scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        return guarded


def host_of(address: str) -> str:
    """Host and port as a browser names them: without a port that goes without saying."""
    parts = urlsplit(address.lower())
    return parts.netloc.removesuffix(_DEFAULT_PORTS.get(parts.scheme, ""))


def _hosts(netloc: str, *, on_loopback: bool) -> Iterable[str]:
    """The names by which a browser may ask: on loopback each name of this machine, with the port."""
    yield netloc
    if on_loopback:
        _, colon, port = netloc.rpartition(":")
        for name in ("127.0.0.1", "localhost", "[::1]"):
            yield f"{name}:{port}" if colon and port.isdigit() else name


async def _body(receive: Receive) -> bytes | None:
    """The whole body, read no further than to see that it is too large; None when they hung up before its end."""
    parts, size = [], 0
    while size <= MOST_BYTES:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False):
            break
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more; then whatever the server says: an answer under way waits for that, as for a hang-up."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


async def _answer(send: Send, status: HTTPStatus, sentence: str) -> None:
    body = f"{sentence}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _too_large() -> str:
    return f"The form is larger than {MOST_BYTES // 1024} KB: name a document instead of quoting it."
