"""The end of a call: no answer is waited for longer than its whole time, however slowly it drips, headers included.

The time-outs of requests and urllib3 hold for each read alone: a byte every 29 seconds would be waited for for ever.
"""

import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from urllib3.connection import HTTPConnection

Clock = Callable[[], float]
_until: ContextVar[tuple[float, Clock] | None] = ContextVar("until", default=None)


@contextmanager
def within(seconds: float, clock: Clock = time.monotonic) -> Iterator[None]:
    """Answers that begin within this block end `seconds` after it began, or with TimeoutError while they are read."""
    token = _until.set((clock() + seconds, clock))
    try:
        yield
    finally:
        _until.reset(token)


class TimedResponse(HTTPResponse):
    """The answer on a connection; it takes its end from the block that it was asked in."""

    def __init__(self, sock: socket.socket, *rest: Any, **named: Any) -> None:
        super().__init__(sock, *rest, **named)
        end = _until.get()
        if end is not None:
            self.fp = io.BufferedReader(TimedReader(self.fp.detach(), sock, *end))


class QuickConnection(HTTPConnection):
    """Its connect time-out holds for all addresses of the host together; urllib3 allows it to each of them."""

    response_class = TimedResponse

    def _new_conn(self) -> socket.socket:
        whole = self.timeout
        if not isinstance(whole, int | float):
            return super()._new_conn()
        self.timeout = whole / self._addresses()
        try:
            connected = super()._new_conn()
        finally:
            self.timeout = whole
        connected.settimeout(whole)
        return connected

    def _addresses(self) -> int:
        try:
            return max(1, len(socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)))
        except OSError:
            return 1  # urllib3 asks again, and says what is wrong


class TimedReader(io.RawIOBase):
    """Reads a socket until a moment of a clock; each read waits for what is left of the time, and no longer."""

    def __init__(self, inner: io.RawIOBase, sock: socket.socket, until: float, clock: Clock) -> None:
        self._inner = inner
        self._sock = sock
        self._until = until
        self._clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - self._clock()
        if left <= 0:
            raise TimeoutError("the answer came too slowly")
        self._sock.settimeout(left)
        return self._inner.readinto(buffer)

    def close(self) -> None:
        self._inner.close()
        super().close()
