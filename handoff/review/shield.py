"""What stands before every request: which host, how large, from which page it comes; and the headers of every answer.

OWASP ASVS 5.0: V3.4 (headers), V3.5 (origin of state changes), V4.1 (content types).
"""

from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

Refused = tuple[HTTPStatus, str]


class Shield:
    """An ASGI app around another. `origin`: scheme, host and port by which people come."""

    def __init__(self, app: ASGIApp, *, origin: str, on_loopback: bool) -> None:
        self._app = app
        self._origin = origin.lower()
        self._secure = self._origin.startswith("https://")
        self._hosts = set(_hosts(self._origin.split("://", 1)[1], on_loopback=on_loopback))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = self._with_headers(scope, send)
        headers = Headers(scope=scope)
        if refused := self._refused(scope, headers):
            await _answer(guarded, *refused)
            return
        body, too_large = await _body(receive)
        if too_large:
            await _answer(guarded, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large())
            return
        await self._app(scope, _replayed(body, receive), guarded)

    def _refused(self, scope: Scope, headers: Headers) -> Refused | None:
        host = headers.get("host", "").lower()
        if host not in self._hosts:
            return HTTPStatus.MISDIRECTED_REQUEST, "This page is not known by that address: use the link you were sent."
        return None if scope["method"] in _SAFE else self._refused_form(scope["method"], headers, host)

    def _refused_form(self, method: str, headers: Headers, host: str) -> Refused | None:
        if method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and POST are answered here."
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A form is sent as {_FORM}."
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _too_large()
        if headers.get("sec-fetch-site", "same-origin") != "same-origin" or not self._own(headers, host):
            return HTTPStatus.FORBIDDEN, "That form was not on a page of ours: open the page, and send it from there."
        return None

    def _own(self, headers: Headers, host: str) -> bool:
        """Whether a form comes from a page of ours: browsers say so themselves, and say it always."""
        scheme = "https" if self._secure else "http"
        return headers.get("origin", "").lower() == f"{scheme}://{host}"

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
            await send(message)

        return guarded


def _hosts(netloc: str, *, on_loopback: bool) -> Iterable[str]:
    """The names by which a browser may ask: on loopback each name of this machine, with the port."""
    yield netloc
    if on_loopback:
        _, colon, port = netloc.rpartition(":")
        for name in ("127.0.0.1", "localhost", "[::1]"):
            yield f"{name}:{port}" if colon and port.isdigit() else name


async def _body(receive: Receive) -> tuple[bytes, bool]:
    """The whole body, and whether it was too large to be read."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"", False
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            return b"", True
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts), False


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
