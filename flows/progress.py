"""How far a long run is, in Prefect's window. Told by a thread of its own: a slow server holds back only that."""

import contextvars
import logging
import threading
from collections.abc import Callable
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from handoff.road.house import Progress

KEY = "run-progress"
EVERY_S = 5.0
"""At most so often is Prefect told; a run that is shorter shows none."""
_log = logging.getLogger(__name__)

Tell = Callable[[UUID | None, float, str], UUID]
"""Creates the artifact (None), or moves it on; the percentage, and a sentence."""


def _told(artifact: UUID | None, percent: float, text: str) -> UUID:
    if artifact is None:
        found = create_progress_artifact(percent, key=KEY, description=text)
    else:
        found = update_progress_artifact(artifact, percent, description=text)
    return cast("UUID", found)  # a coroutine only where an event loop runs, and here is none


class Shown:
    """Passes a run's progress on to `watch`, and every few seconds to Prefect, until the run is over."""

    def __init__(self, watch: Callable[[Progress], None], *, every_s: float = EVERY_S, tell: Tell = _told) -> None:
        self._watch = watch
        self._every_s = every_s
        self._tell = tell
        self._latest: Progress | None = None
        self._over = threading.Event()
        context = contextvars.copy_context()  # the artifact finds its flow run through it
        threading.Thread(target=context.run, args=(self._show,), name="progress", daemon=True).start()

    def __call__(self, progress: Progress) -> None:
        self._latest = progress
        self._watch(progress)

    def end(self) -> None:
        """The run is over: nothing more is told, and nobody waits for what is being told."""
        self._over.set()

    def _show(self) -> None:
        artifact: UUID | None = None
        told: Progress | None = None
        while not self._over.wait(self._every_s):
            latest = self._latest
            if latest is None or latest is told:
                continue
            try:
                artifact = self._tell(artifact, *in_words(latest))
            except Exception as error:  # a window that does not open: the run goes on
                _log.info("Prefect was not told how far the run is: %s", type(error).__name__)
                return
            told = latest


def in_words(progress: Progress) -> tuple[float, str]:
    """A stage in percent and in a sentence; a stage whose end is not known has no percentage but 0."""
    if progress.total:
        return 100.0 * progress.done / progress.total, f"{progress.stage}: {progress.done:,} of {progress.total:,}"
    return 0.0, f"{progress.stage}: {progress.done:,}"
