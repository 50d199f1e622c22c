"""What Prefect's window shows while a run goes: its tags and how far it is, by a thread that no run waits for."""

import contextvars
import logging
import threading
from typing import Protocol, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from handoff.road.house import Progress

PROGRESS_KEY = "progress"
EVERY_S = 5.0
"""How often Prefect hears of it at most; a run that is over before has no progress to show."""
_CLOSE_WITHIN_S = 5.0

_log = logging.getLogger(__name__)


def tags_of(pack: str) -> list[str]:
    """The tags of a run and its tasks."""
    return ["handoff", f"pack:{pack}"]


class Shown(Protocol):
    """Where it is shown. Either call may fail or last for minutes."""

    def tag(self, pack: str) -> None: ...
    def progress(self, percent: float, text: str) -> None: ...


class InPrefect:
    """The flow run that is under way: its tags, and one progress artifact, made once and then brought up to date."""

    def __init__(self) -> None:
        self._artifact: UUID | None = None

    def tag(self, pack: str) -> None:
        """Add to the tags that the deployment gave."""
        context = FlowRunContext.get()
        if context is None or context.flow_run is None:
            return
        with get_client(sync_client=True) as client:
            client.update_flow_run(context.flow_run.id, tags=sorted({*context.flow_run.tags, *tags_of(pack)}))

    def progress(self, percent: float, text: str) -> None:
        """Show the stage."""
        if self._artifact is None:
            made = create_progress_artifact(percent, key=PROGRESS_KEY, description=text)
            self._artifact = cast("UUID", made)  # a coroutine only where an event loop runs, and here is none
        else:
            update_progress_artifact(self._artifact, percent, description=text)


class Window:
    """Hears the run's progress and hands it on, the latest only; what stands in the way ends that, not the run."""

    def __init__(self, shown: Shown | None = None, every_s: float = EVERY_S) -> None:
        self._shown = shown or InPrefect()
        self._every_s = every_s
        self._latest: Progress | None = None
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self, pack: str) -> None:
        """Begin, in the context of the flow run."""
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run, pack), name="window", daemon=True)
        self._thread.start()

    def hear(self, progress: Progress) -> None:
        """How far a stage is. Never waits."""
        self._latest = progress

    def close(self, within_s: float = _CLOSE_WITHIN_S) -> None:
        """Say the end, as far as Prefect takes it in time."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(within_s)

    def _run(self, pack: str) -> None:
        try:
            self._shown.tag(pack)
            self._watch()
        except Exception as error:  # Prefect's affair: the run goes on, and its summary says what it did
            _log.info("Prefect shows no progress of this run (%s).", type(error).__name__)

    def _watch(self) -> None:
        said = None
        while not self._over.wait(self._every_s):
            latest = self._latest
            if latest is not None and latest is not said:
                said = latest
                self._shown.progress(_percent(latest), _text(latest))
        if said is not None:
            self._shown.progress(100, "The run is over: its summary says what it did.")


def _percent(progress: Progress) -> float:
    return min(100.0, 100 * progress.done / progress.total) if progress.total else 0.0


def _text(progress: Progress) -> str:
    total = f" of {progress.total:,}" if progress.total else ""
    return f"{progress.stage}: {progress.done:,}{total}"
