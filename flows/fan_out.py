"""Fan-out: one Prefect task per batch of handoffs. Prefect may watch a batch; it can never hold it back."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, Failed

from handoff.road.house import Batch

PATIENCE_S = 10.0
"""How long a task may take to begin before its batch goes on without one (a dead server holds calls for minutes)."""

_log = logging.getLogger(__name__)


class Once:
    """A batch that is delivered exactly once, by whoever begins first: its task, or the road itself."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._claim = threading.Lock()
        self.begun = threading.Event()
        self.ended = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Deliver the batch, unless somebody else has begun. An error is kept for the road, which decides."""
        if not self._claim.acquire(blocking=False):
            return
        self.begun.set()
        try:
            self._work()
        except BaseException as error:  # handed to the road's own thread, where it is raised again
            self.error = error
        finally:
            self.ended.set()


@task(
    name="deliver-batch",
    task_run_name="deliver-batch-{number}",
    retries=0,
    persist_result=False,
    cache_policy=NO_CACHE,
    result_serializer="json",
    log_prints=False,
)
def deliver_batch(number: int, deals: int, batch: Once) -> Any:
    """Deliver one batch. Its error's text may quote a deal, so Prefect hears only what kind it was."""
    batch.run()
    if batch.error is not None:
        return Failed(message=f"Batch {number} ({deals} deals) ended with {type(batch.error).__name__}.")
    return Completed(message=f"Batch {number}: {deals} deals.")


Submit = Callable[[int, int, Once], Any]
"""Starts a task for a batch (its number, how many deals) and returns a future."""


class Tasks:
    """A house's `fan_out` inside a flow: the batches in turn, as on the plain road, each as a task."""

    def __init__(self, submit: Submit = deliver_batch.submit, patience_s: float = PATIENCE_S) -> None:
        self.unreported: str | None = None
        """Why Prefect no longer hears of batches; None while it does."""
        self._submit_task = submit
        self._patience_s = patience_s
        self._number = 0
        self._futures: list[Any] = []

    def __call__(self, work: Callable[[Batch], None], batches: Sequence[Batch]) -> None:
        for batch in batches:
            self._number += 1
            self._deliver(lambda b=batch: work(b), len(batch))  # type: ignore[misc]  # a default binds the batch now

    def settle(self, timeout_s: float) -> None:
        """Give the tasks a moment to tell Prefect that they ended."""
        for future in self._futures:
            if self.unreported is None:
                future.wait(timeout=timeout_s)

    def _deliver(self, work: Callable[[], None], deals: int) -> None:
        once = Once(work)
        if self.unreported is None:
            self._submit(once, deals)
        once.run()
        once.ended.wait()
        if once.error is not None:
            raise once.error

    def _submit(self, once: Once, deals: int) -> None:
        try:
            self._futures.append(self._submit_task(self._number, deals, once))
        except Exception as error:  # whatever Prefect raises, the batch is delivered all the same
            self.unreported = f"Prefect did not take batch {self._number} ({type(error).__name__})"
            return
        if not once.begun.wait(self._patience_s):
            self.unreported = f"Prefect did not begin batch {self._number} within {self._patience_s:g} s"
