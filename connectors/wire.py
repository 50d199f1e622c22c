"""What all HTTP calls have in common: time-outs, counting, and what may be said about a failure."""

import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ReadTimeoutError

from connectors.errors import ConnectorError, Transient, UnknownOutcome
from connectors.fence import guard

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
LONGEST_MESSAGE = 300
_CHUNK = 2**16
_EMAIL = re.compile(r"[^\s@<>'\"(]+@[^\s@<>'\")]+")
_SHORTEST_SECRET = 4
"""Values of three characters and fewer (currencies, countries) stay readable in a message."""


class Calls:
    """How many HTTP requests were sent, by all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self) -> None:
        with self._lock:
            self.count += 1


class _TimedAdapter(HTTPAdapter):
    """Sets the time-outs that the SDKs leave out, and tells before each request."""

    def __init__(self, before: Callable[[], None], threads: int) -> None:
        self._before = before
        super().__init__(pool_connections=4, pool_maxsize=threads, max_retries=0)

    def init_poolmanager(self, *sizes: Any, **named: Any) -> None:
        super().init_poolmanager(*sizes, **named)
        guard(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **named: Any) -> urllib3.ProxyManager:
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **named)
        guard(manager)
        return manager

    def send(  # noqa: PLR0917 - the signature is that of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self._before()
        until = time.monotonic() + READ_SECONDS
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        response = super().send(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
        _bound(response.raw, until)
        return response


def _bound(raw: Any, until: float) -> None:
    """Let requests read this body by `chunks`; it asks for `stream`, once."""

    def stream(*_: object, **__: object) -> Iterator[bytes]:
        del raw.stream  # the response would otherwise hold itself in memory
        return chunks(raw, until)

    raw.stream = stream


def chunks(raw: Any, until: float, clock: Callable[[], float] = time.monotonic) -> Iterator[bytes]:
    """The body of a urllib3 response as it comes in. A time-out for each read alone would let a slow drip last.

    Raises ReadTimeoutError, and gives the connection up, when the body is not whole at `until` (of `clock`).
    """
    while chunk := raw.read1(_CHUNK, decode_content=True):
        yield chunk
        if clock() > until:
            raw.close()
            raise ReadTimeoutError(None, "", "the answer came too slowly")  # type: ignore[arg-type]  # no pool is known


class BoundedPool:
    """urllib3 connections whose answers are whole within READ_SECONDS; for SDKs that use urllib3 themselves."""

    def __init__(self, pool: urllib3.PoolManager) -> None:
        guard(pool)
        self._pool = pool

    def request(self, method: str, url: str, **named: Any) -> urllib3.BaseHTTPResponse:
        """What urllib3's `request` does, with the body read."""
        until = time.monotonic() + READ_SECONDS
        answer = self._pool.request(method, url, **{**named, "preload_content": False})
        body = b"".join(chunks(answer, until))
        answer.release_conn()
        return urllib3.HTTPResponse(body, answer.headers, answer.status, reason=answer.reason, decode_content=False)


def http_session(url: str, *, before: Callable[[], None], threads: int, ca_file: str | None = None) -> requests.Session:
    """A session for all threads that reads neither netrc nor CA variables of the environment.

    With trust_env on, REQUESTS_CA_BUNDLE would win over `verify`, and netrc over our own Authorization header.
    Proxies are taken over once, as the environment states them for this URL.
    """
    session = requests.Session()
    session.trust_env = False
    session.proxies.update(get_environ_proxies(url, no_proxy=None))
    session.verify = ca_file or True
    adapter = _TimedAdapter(before, threads)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def host(url: str) -> str:
    """Host and port of a URL: all of an address that a message may show."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def broken_connection(error: BaseException, *, service: str, url: str, setting: str) -> ConnectorError:
    """Translate an error of requests or urllib3: Transient if no byte can have gone, UnknownOutcome if one may have."""
    why = _why_not_sent(error)
    if why:
        return Transient(
            f"no connection to {host(url)}: {why}. Nothing was sent; check the network and {setting}.",
            service=service,
            code="no_connection",
        )
    return UnknownOutcome(
        f"the connection to {host(url)} broke before the answer was complete ({type(error).__name__}).",
        service=service,
        code="connection_broken",
    )


def _why_not_sent(error: BaseException) -> str | None:
    reasons: tuple[tuple[type[BaseException], str], ...] = (
        (NameResolutionError, "the host name is not known"),
        (NewConnectionError, "it was refused"),
        (ConnectTimeoutError, f"no answer within {CONNECT_SECONDS:.0f} s"),
        (ssl.SSLCertVerificationError, "its certificate is not trusted"),
    )
    inner = list(_chain(error))
    return next((why for kind, why in reasons if any(isinstance(one, kind) for one in inner)), None)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all it wraps: libraries keep the inner one as cause, as `reason` or among the arguments."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (one.__cause__, getattr(one, "reason", None), *one.args)
        waiting += [candidate for candidate in inner if isinstance(candidate, BaseException)]


def said(message: object, sent: Any = None) -> str:
    """What a service said, fit for logs: one line, without e-mail addresses and without the values we sent."""
    text = _EMAIL.sub("…", " ".join(str(message or "").split()))
    for value in sorted(_texts(sent), key=len, reverse=True):
        text = text.replace(" ".join(value.split()), "…")
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _texts(sent: Any) -> set[str]:
    if isinstance(sent, Mapping):
        return set().union(*(_texts(value) for value in sent.values()))
    if isinstance(sent, list | tuple):
        return set().union(*(_texts(value) for value in sent))
    return {sent} if isinstance(sent, str) and len(sent.strip()) >= _SHORTEST_SECRET else set()


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds that a service asks us to wait; None when it names none, or names a date.

    `headers` finds names in any case, as those of requests and urllib3 do.
    """
    text = (headers or {}).get("Retry-After")
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
