"""The self-fence (ledger.md RR3): whether a write may still leave is asked again right before its bytes do.

Between an intent and its last byte lie waits for the rate, waits between tries, a connection to be made, and perhaps
hours of a suspended machine. What is sent after its time could be sent twice: its key may have been pruned.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.deadline import QuickConnection
from connectors.errors import NotSent

_fence: ContextVar[tuple[str, Callable[[], bool]] | None] = ContextVar("fence", default=None)


@contextmanager
def fenced(service: str, may_send: Callable[[], bool]) -> Iterator[None]:
    """Within this block no write leaves this thread once `may_send` says no: NotSent is raised instead."""
    token = _fence.set((service, may_send))
    try:
        yield
    finally:
        _fence.reset(token)


def guard(pools: urllib3.PoolManager) -> None:
    """Have each connection that `pools` will open ask the fence, and keep to `connectors.deadline`."""
    pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}


def ask() -> None:
    """Raise NotSent when the time to send is over."""
    fence = _fence.get()
    if fence and not fence[1]():
        raise NotSent("the time to send this is over; nothing was sent.", service=fence[0], code="too_late")


class _Http(QuickConnection):
    """Asks before each part of a write: a request is done only once its last byte is there, and between the headers and
    the body others may have had the interpreter, or the machine a rest."""

    _writes = False

    def request(self, method: str, *rest: Any, **named: Any) -> None:
        self._writes = method != "GET"
        super().request(method, *rest, **named)

    def send(self, data: Any) -> None:
        if self._writes:
            if self.sock is None:
                self.connect()  # it may take seconds: only then is it asked
            ask()
        super().send(data)


class _Https(_Http, HTTPSConnection):
    """The same over TLS."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https
