"""The `handoff` command that started a flow as its child: what it asked for, and the pipe on which it listens."""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from prefect import Flow

from handoff.core.errors import HandoffError
from handoff.road.house import Progress
from handoff.road.run import RunSummary


class Command:
    """Nobody in particular: a worker or a person's own script runs the flow. `Pipe` is the command."""

    actor: str | None = None

    def tell(self, what: str, content: Any) -> None:
        """Say what happened, if somebody listens."""

    def when_gone(self, call: Callable[[], None]) -> None:
        """Have `call` made when the command asks us to stop, or is gone."""

    def progress(self, progress: Progress) -> None:
        """How far a stage is."""
        self.tell("progress", {"stage": progress.stage, "done": progress.done, "total": progress.total})

    def summary(self, summary: RunSummary) -> None:
        """What the run did: the outcome, whatever Prefect hears of it."""
        self.tell("summary", {**summary.document(), "pulled": summary.pulled, "interrupted": summary.interrupted})

    def refusal(self, error: HandoffError) -> None:
        """Why there was no run: the sentence that the command's user reads, and its exit code."""
        self.tell("refusal", {"exit_code": error.exit_code, "sentence": str(error)})


class Pipe(Command):
    """One JSON line per message, to the descriptor the command named. While it is there, it keeps our stdin open."""

    def __init__(self, descriptor: int, actor: str) -> None:
        self.actor = actor
        self._descriptor = descriptor
        self._writing = threading.Lock()

    def tell(self, what: str, content: Any) -> None:
        line = json.dumps({"what": what, "content": content}, default=str) + "\n"
        try:
            with self._writing:
                _write(self._descriptor, line.encode())
        except OSError:
            return  # the command is gone; `when_gone` has stopped the road

    def when_gone(self, call: Callable[[], None]) -> None:
        def listen() -> None:
            while os.read(0, 1):  # raw: a daemon thread must not hold sys.stdin's lock when Python ends
                pass
            call()

        threading.Thread(target=listen, name="command", daemon=True).start()


current: Command = Command()
"""Who started this process. Module state, for a flow's parameters are Prefect's to show and store."""


def serve(flow: Flow[..., Any]) -> int:
    """Run a flow for the command: its order is one JSON line on stdin, argument 1 the descriptor it listens on."""
    global current  # noqa: PLW0603 - set once, before the flow begins
    order = json.loads(_line())
    current = Pipe(int(sys.argv[1]), order["actor"])
    flow(**order["parameters"], return_state=True)
    return 0


def _line() -> bytes:
    read = b""
    while not read.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            raise SystemExit("This is started by `handoff sync --prefect`, which writes its order to stdin.")
        read += byte
    return read


def _write(descriptor: int, rest: bytes) -> None:
    while rest:
        rest = rest[os.write(descriptor, rest) :]
