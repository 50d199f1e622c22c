"""The crash points of the ledger (CP0 to CP14), as this product reaches them, and the page on which a process marks
where it is, for whoever kills it.

| point | here |
|---|---|
| CP0 | a page of deals has come, its commit has not |
| CP1 | deals and their watermark are committed together, so nothing lies between; what is committed apart, and later, is the watermark of accounts, contacts and lines: the page is in, that watermark is not |
| CP2 | the run is claimed: the lock is held and the run's row is there, nothing has been read |
| CP3 | an effect is chosen, its intent is not committed |
| CP4 | the intent is committed, nothing is sent |
| CP5 | the request is written to the socket, no byte of an answer has been read |
| CP6 | Stripe has answered, the outcome is not committed |
| CP7 | an outcome is committed by itself: what is next has not begun (most outcomes share the commit of the next intent, and then CP4 is the next point) |
| CP8 | all lines go in one call, so there is no point between two; the nearest is the draft without its lines |
| CP9 | the draft is verified, finalising is not sent |
| CP10 | finalising is written to the socket, no byte of an answer has been read |
| CP11 | Asana has created, the outcome is not committed |
| CP12 | the write-back is written to the socket, no byte of an answer has been read |
| CP13 | entries, notices, outcomes of deals, the seal of the audit: before and after their commit |
| CP14 | no run comes there: `handoff notices send` is killed after the yes of a channel in `test_notify` |

Two more rows stand for what is no crash point: `starting`, before the run is claimed, and `judging`, while the gate works.
"""  # noqa: E501 - a table's rows are not broken

import http.client
import mmap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import sqlalchemy as sa

from handoff.store.session import Store
from tests.proof.boundaries import caller

POINTS = ("starting", *(f"CP{n}" for n in range(14)), "judging")
STARTING = 0
CRASH_POINTS = range(1, 15)
"""Indexes into POINTS."""
_JUDGING = 14


class Page:
    """Memory that a parent and its children share: how far all clocks are ahead, and the point a child is at."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)
        self._seconds = memoryview(self._memory)[:8].cast("d")  # written whole: no child reads half a number

    @property
    def ahead_s(self) -> float:
        return self._seconds[0]

    @ahead_s.setter
    def ahead_s(self, seconds: float) -> None:
        self._seconds[0] = seconds

    @property
    def point(self) -> int:
        """Index into POINTS."""
        return self._memory[8]

    @point.setter
    def point(self, point: int) -> None:
        self._memory[8] = point


class Marks:
    """A child's way from point to point: written to the page, then told to `arrive`, which may be its end."""

    def __init__(self, page: Page, arrive: Callable[[int], None] = lambda _: None) -> None:
        self._page = page
        self._arrive = arrive
        self._own = threading.local()

    @classmethod
    def none(cls) -> Self:
        return cls(Page())

    def at(self, number: int) -> None:
        """Be at CP`number`, or at the row after the last."""
        self._page.point = number + 1
        self._arrive(number + 1)

    @property
    def last_call(self) -> str:
        """What this thread called last: `stripe.create_invoice`."""
        found: str = getattr(self._own, "call", "")
        return found

    @last_call.setter
    def last_call(self, call: str) -> None:
        self._own.call = call

    @property
    def calling(self) -> bool:
        return bool(getattr(self._own, "calling", False))

    @calling.setter
    def calling(self, calling: bool) -> None:
        self._own.calling = calling


_BEFORE_COMMIT = {"_read": 0, "_advance": 1, "_send": 3, "_intend": 3, "finish": 13, "_write_down": 13}
_AFTER_COMMIT = {"begin": 2, "_read": 1, "_intend": 4, "settle": 7, "_finish": 7, "_settle": 7, "finish": 13}
_AFTER_COMMIT |= {"_write_down": 13, "_judge_batch": 13, "_advance": _JUDGING}
_IN_FLIGHT = {"stripe.finalize": 10, "stripe.send": 10, "salesforce.write_back": 12}
_ANSWERED = {"stripe.invoice": 9, "asana.create_project": 11, "salesforce.write_back": 6}
_WRITES = ("create", "add", "finalize", "send", "write_back", "update", "instantiate")


class MarkedStore(Store):
    """The store, marking the commits."""

    marks = Marks.none()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        who = caller()
        with super().write() as tx:
            yield tx
            if who in _BEFORE_COMMIT:
                self.marks.at(_BEFORE_COMMIT[who])
        if who in _AFTER_COMMIT:
            self.marks.at(self._after(who))

    def _after(self, who: str) -> int:
        """After an intent: what lies between a call and the next counts more than that nothing is sent yet."""
        if who == "_intend" and self.marks.last_call == "stripe.create_invoice":
            return 8
        if who == "_intend" and self.marks.last_call == "stripe.invoice":
            return 9
        return _AFTER_COMMIT[who]


class MarkedPort:
    """A port, marking what is in flight and what has been answered."""

    def __init__(self, port: Any, name: str, marks: Marks) -> None:
        self._port, self._name, self._marks = port, name, marks

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return self._pages(found) if name == "read" else self._call(found, f"{self._name}.{name}")

    def _call(self, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        def marked(*arguments: Any, **named: Any) -> Any:
            self._marks.last_call, self._marks.calling = what, what.split(".")[1].startswith(_WRITES)
            try:
                answer = call(*arguments, **named)
            finally:
                calling, self._marks.calling = self._marks.calling, False
            if calling or what in _ANSWERED:
                self._marks.at(_ANSWERED.get(what, 6))
            return answer

        return marked

    def _pages(self, read: Callable[..., Any]) -> Callable[..., Any]:
        def marked(*arguments: Any, **named: Any) -> Iterator[Any]:
            for page in read(*arguments, **named):
                self._marks.at(0)
                yield page

        return marked


def mark_requests(marks: Marks) -> None:
    """Mark every writing request of this process between its last byte and the first of its answer."""
    answered = http.client.HTTPConnection.getresponse

    def getresponse(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
        if marks.calling:
            marks.at(_IN_FLIGHT.get(marks.last_call, 5))
        return answered(connection)

    http.client.HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]  # in a child that is to die
