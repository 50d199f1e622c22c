"""A sync as its Prefect flow, in a child process: what Prefect does, or fails to do, never changes the outcome."""

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from handoff.cli.flow_child import ENDED, Child, child_environment
from handoff.cli.flow_server import ServerWatch, answers_within
from handoff.core.errors import HandoffError, LockHeldError, UsageError
from handoff.core.settings import Settings
from handoff.road.house import Progress, open_house
from handoff.road.run import OUTCOMES, Complete, RunSummary
from handoff.road.sync import sync

_SILENT_S = 6.0
"""How long a server may be silent before we say so."""
_BEGIN_WITHIN_S = 120.0
"""A first temporary server makes its database: 25 s on two idle cores, more on busy ones."""
_FAREWELL_S = 20.0
"""How long the flow may take, after the run's end, to tell Prefect of it."""
_LOCK_FREED_S = 10.0

_log = logging.getLogger(__name__)


def sync_as_flow(
    settings: Settings,
    actor: str,
    *,
    halt: threading.Event,
    watch: Callable[[Progress], None] = lambda _: None,
    wait_seconds: float = 0,
) -> RunSummary:
    """One sync as the flow `sync-deals`, at PREFECT_API_URL or else with a temporary server of its own.

    When Prefect fails the run, at whatever moment, that is one warning and the sync goes on along the plain road: in
    the child if it has begun there (Prefect has no hand in it then), else here. Raises what the plain road raises.
    """
    order = {"actor": actor, "parameters": {"wait_seconds": wait_seconds}}
    attempt = _Attempt(settings=settings, order=order, halt=halt, watch=watch)
    summary = attempt.run()
    if summary is None:
        house = open_house(settings, actor, halt=halt, watch=watch)
        with contextlib.closing(house.store):
            summary = sync(house, wait_seconds=max(wait_seconds, _LOCK_FREED_S))
    return summary


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One flow run as its parent sees it."""

    settings: Settings
    order: dict[str, Any]
    halt: threading.Event
    watch: Callable[[Progress], None]
    api_url: str | None = field(default_factory=lambda: os.environ.get("PREFECT_API_URL") or None)
    server: ServerWatch | None = None
    begun: bool = False
    """The road is under way in the child; from here on Prefect cannot hold it."""
    summary: RunSummary | None = None
    refusal: HandoffError | None = None
    deadline: float = 0
    warned: bool = False

    def run(self) -> RunSummary | None:
        """The summary; None when the plain road must do the work. Raises the refusal of the child's road."""
        if self.api_url and not answers_within(self.api_url, _SILENT_S):
            self._warn(f"The Prefect server at {self.api_url} does not answer: the work is done without it.")
            return None
        self.watch(Progress(stage="prefect", done=0, total=None))
        self.deadline = time.monotonic() + _BEGIN_WITHIN_S
        with Child("flows.sync_deals", self.order, child_environment(self.settings, self.api_url)) as child:
            if self.api_url:
                self.server = ServerWatch(self.api_url)
            while self._turn(child):
                pass
        if self.server:
            self.server.stop()
        if self.refusal:
            raise self.refusal
        if self.summary is None and not self.halt.is_set():
            self._warn(f"The Prefect flow did not do the work (see {child.log}): it is done on the plain road.")
        return self.summary

    def _turn(self, child: Child) -> bool:
        """Hear one message, or look around; False when there is nothing more to wait for."""
        try:
            message = child.messages.get(timeout=0.2)
        except queue.Empty:
            return self._look_around(child)
        if message is ENDED:
            return False
        self._hear(message["what"], message["content"])
        return True

    def _hear(self, what: str, content: Any) -> None:
        match what:
            case "server":
                self.server = self.server or ServerWatch(content)
            case "begun":
                self.begun = True
            case "progress":
                self.watch(Progress(**content))
            case "summary":
                self.summary = read_summary(content)
                self.deadline = time.monotonic() + _FAREWELL_S
            case "refusal":
                self.refusal = _refusal(content["exit_code"], content["sentence"])
                self.deadline = time.monotonic() + _FAREWELL_S
            case "unreported":
                self._warn(f"{content}; the run itself is complete.")
            case _:
                raise ValueError(f"a flow told {what!r}, which nobody here understands")

    def _look_around(self, child: Child) -> bool:
        over = self.summary is not None or self.refusal is not None
        if self.halt.is_set():
            child.hang_up()
            if not self.begun:
                return False
        if self.server and self.server.silent_for() > _SILENT_S:
            how = "goes on" if self.begun else "is done"
            self._warn(f"The Prefect server at {self.server.url} does not answer: the work {how} without it.")
            if over or not self.begun:
                return False
        if (over or not self.begun) and time.monotonic() > self.deadline:
            if over:
                self._warn("Prefect did not hear the end of the run in time; the run itself is complete.")
            return False
        return True

    def _warn(self, text: str) -> None:
        """One warning a run, whatever else follows from the same trouble."""
        _log.log(logging.INFO if self.warned else logging.WARNING, text)
        self.warned = True


def read_summary(content: dict[str, Any]) -> RunSummary:
    """The summary that a flow told, as the plain road would have returned it."""
    return RunSummary(
        run_id=content["run_id"],
        pulled=content["pulled"],
        outcomes={name: content[name] for name in OUTCOMES},
        balanced=content["balanced"],
        held_by_rule=content["held_by_rule"],
        effects=content["effects"],
        calls=content["calls"],
        duration_s=content["duration_s"],
        warnings=tuple(content["warnings"]),
        outages=content["outages"],
        in_progress=tuple(content["waiting"]),
        changes=tuple(content["changes"]),
        interrupted=content["interrupted"],
        complete=Complete(**content["complete"]) if content["complete"] else None,
    )


def _refusal(exit_code: int, sentence: str) -> HandoffError:
    """The error of the child's road, with the exit code that the plain road would have had."""
    for kind in (LockHeldError, UsageError):
        if kind.exit_code == exit_code:
            return kind(sentence)
    return HandoffError(sentence)
