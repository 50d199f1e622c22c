"""The road in a thread of its own, out of reach of what Prefect does to a flow's thread."""

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from prefect.exceptions import TerminationSignal

T = TypeVar("T")
_TURN_S = 0.2
_ASKED_TO_STOP = (TerminationSignal, KeyboardInterrupt, SystemExit)


class RoadThread(Generic[T]):
    """Runs `road`; `wait` returns what it returned, or raises what it raised.

    Prefect throws an exception into a flow's thread when it cannot renew a concurrency lease, which a dead server
    makes sure of: the road would be cut in the middle of an effect. A signal to stop becomes `halt`, and the road
    ends its calls in flight first.
    """

    def __init__(self, road: Callable[[], T], halt: threading.Event) -> None:
        self._road = road
        self._halt = halt
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._ended = threading.Event()
        self.stopped: BaseException | None = None
        """The signal that asked the road to stop, for the flow to raise again when the road has ended."""

    def wait(self) -> T:
        """Run the road to its end, whatever is thrown at this thread meanwhile. RuntimeError when no thread starts."""
        context = contextvars.copy_context()  # tasks find their flow run through it
        thread = threading.Thread(target=context.run, args=(self._run,), name="road", daemon=True)
        self._shielded(thread.start)
        while not self._ended.is_set():
            self._shielded(lambda: self._ended.wait(_TURN_S))
        if self._error is not None:
            raise self._error
        return self._result[0]

    def _shielded(self, step: Callable[[], object]) -> None:
        try:
            step()
        except _ASKED_TO_STOP as asked:
            self.stopped = asked
            self._halt.set()
        except RuntimeError:
            raise  # the system has no thread for us
        except BaseException:  # noqa: S110 - a lost lease, a time-out: Prefect's affair; the ledger decides
            pass

    def _run(self) -> None:
        try:
            self._result.append(self._road())
        except BaseException as error:  # raised again in the flow's thread
            self._error = error
        finally:
            self._ended.set()
