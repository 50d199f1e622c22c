"""What all HTTP calls have in common: time-outs, counting, and what may be said about a failure."""

import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from connectors.deadline import within
from connectors.errors import ConnectorError, Transient, UnknownOutcome
from connectors.fence import guard

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""For an answer as a whole, from the moment that the call began."""
LARGEST_ANSWER = 8 * 2**20
"""Bytes. Stripe and Asana answer at most a hundred objects of some kilobytes; what is longer did not come from them."""
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

    def __init__(self, before: Callable[[], None], threads: int, *, most: int, seconds: float) -> None:
        self._before = before
        self._most = most
        self._seconds = seconds
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
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        with within(self._seconds):
            response = super().send(request, stream=stream, timeout=timeout, verify=verify, cert=cert, proxies=proxies)
        _bound(response.raw, self._most)
        return response


class AnswerTooLargeError(requests.RequestException, urllib3.exceptions.HTTPError):
    """An answer is longer than `most` bytes."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"longer than {most} bytes")


def _bound(raw: Any, most: int) -> None:
    """Let requests read this body by `chunks`; it asks for `stream`, once."""

    def stream(*_: object, **__: object) -> Iterator[bytes]:
        del raw.stream  # the response would otherwise hold itself in memory
        return chunks(raw, most)

    raw.stream = stream


def chunks(raw: Any, most: int) -> Iterator[bytes]:
    """The body of a urllib3 response as it comes in, unpacked.

    Raises AnswerTooLargeError, and gives the connection up, when it is longer than `most` bytes.
    """
    size = 0
    while chunk := raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > most:
            raw.close()
            raise AnswerTooLargeError(most)
        yield chunk


class BoundedPool:
    """urllib3 connections whose answers are bounded in time and length; for SDKs that use urllib3 themselves.

    They follow no redirects: our services send none, and a proxy's log-in page is not to get what we send.
    """

    def __init__(self, pool: urllib3.PoolManager, *, most: int = LARGEST_ANSWER, seconds: float = READ_SECONDS) -> None:
        guard(pool)
        self._pool = pool
        self._most = most
        self._seconds = seconds

    def request(self, method: str, url: str, **named: Any) -> urllib3.BaseHTTPResponse:
        """What urllib3's `request` does, with the body read."""
        with within(self._seconds):
            answer = self._pool.request(method, url, **{**named, "preload_content": False, "redirect": False})
        body = b"".join(chunks(answer, self._most))
        answer.release_conn()
        return urllib3.HTTPResponse(body, answer.headers, answer.status, reason=answer.reason, decode_content=False)


class _Session(requests.Session):
    """Follows no redirects, for the reason that BoundedPool gives."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        return None


def http_session(
    url: str,
    *,
    before: Callable[[], None],
    threads: int,
    ca_file: str | None = None,
    most: int = LARGEST_ANSWER,
    seconds: float = READ_SECONDS,
) -> requests.Session:
    """A session for all threads that reads neither netrc nor CA variables of the environment.

    With trust_env on, REQUESTS_CA_BUNDLE would win over `verify`, and netrc over our own Authorization header.
    Proxies are taken over once, as the environment states them for this URL.
    """
    session = _Session()
    session.trust_env = False
    session.proxies.update(get_environ_proxies(url, no_proxy=None))
    session.verify = ca_file or True
    adapter = _TimedAdapter(before, threads, most=most, seconds=seconds)
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
    too_large = next((one for one in _chain(error) if isinstance(one, AnswerTooLargeError)), None)
    if too_large:
        return UnknownOutcome(
            f"{host(url)} gave an answer longer than {too_large.most // 2**20} MB, which was not read to its end.",
            service=service,
            code="too_large",
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
