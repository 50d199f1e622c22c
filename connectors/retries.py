"""The one retry layer: bounded, full jitter, honours Retry-After. Nothing else in the product sends twice by itself."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from connectors.errors import ConnectorError, NotSent, Transient, UnknownOutcome

T = TypeVar("T")


class _Switch:
    """Whether waits are skipped; a switch of the product, so that tests need no patching."""

    skip_waits = False


def set_testing(testing: bool) -> None:
    """Skip the waits between tries (for tests). What is tried, and how often, stays as it is."""
    _Switch.skip_waits = testing


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a call is tried and how long is waited in between (seconds)."""

    attempts: int = 3
    first_wait: float = 0.5
    longest_wait: float = 30.0
    """A service that asks for a longer wait gets the call back to the caller, who plans it for later."""
    sleep: Callable[[float], None] = time.sleep

    def call(self, act: Callable[[], T], *, repeatable: bool) -> T:
        """Do `act`; try again what was not done, and what may have been done only if it is `repeatable`.

        Repeatable: a read, a write of absolute values, or a write under an idempotency key.
        Raises the last ConnectorError; its `maybe_done` tells that this try or an earlier one may have been done.
        """
        doubtful = False

        def worth_it(error: BaseException) -> bool:
            if isinstance(error, UnknownOutcome):
                return repeatable and not error.replayed
            return isinstance(error, Transient) and not isinstance(error, NotSent)

        def once() -> T:
            nonlocal doubtful
            try:
                return act()
            except ConnectorError as error:
                doubtful = doubtful or isinstance(error, UnknownOutcome)
                error.maybe_done = doubtful
                raise

        tries = Retrying(
            retry=retry_if_exception(worth_it), stop=self._stop, wait=self._wait, sleep=self._rest, reraise=True
        )
        return tries(once)

    def _stop(self, state: RetryCallState) -> bool:
        error = _error(state)
        if error.retry_after is not None and error.retry_after > self.longest_wait:
            return True
        if isinstance(error, UnknownOutcome) and (error.status or 0) >= 500:
            # An answer of 500 is stored with its key: a key that got one is sent once more, never oftener (R7).
            return state.attempt_number >= min(2, self.attempts)
        return state.attempt_number >= self.attempts

    def rest(self, turn: int) -> None:
        """Wait before try number `turn` + 1, for a loop of its own (rows of a collection that were locked)."""
        self._rest(self._jitter(turn))

    def _wait(self, state: RetryCallState) -> float:
        return (_error(state).retry_after or 0.0) + self._jitter(state.attempt_number)

    def _jitter(self, turn: int) -> float:
        return random.uniform(0, self.first_wait * 2 ** (turn - 1))  # noqa: S311 - it hides no secret

    def _rest(self, seconds: float) -> None:
        if not _Switch.skip_waits:
            self.sleep(seconds)


def _error(state: RetryCallState) -> ConnectorError:
    """The error of a failed try; tenacity asks only about failed ones, and `worth_it` let only ours through."""
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, ConnectorError):
        raise TypeError(f"a retry of {type(error).__name__} was planned")
    return error
