"""The child process of a flow run: an order on its stdin, messages on a pipe, and no way to outlive its parent."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from handoff.core.settings import Settings

ENDED: dict[str, Any] = {}
"""The last message: the child has closed its end."""
_LEAVE_WITHIN_S = 8.0
_LOG_BYTES = 1_000_000


class Child:
    """`python -m MODULE`, in a process group of its own, with what it prints in HANDOFF_HOME/flow.log.

    A context manager: at its end the child and all that it started are gone. Killing it is safe at any moment, for the
    ledger survives it and the run lock is freed by death; still, one that is on the road is asked first.
    """

    def __init__(self, module: str, order: dict[str, Any], environment: dict[str, str]) -> None:
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.log = Path(environment["HANDOFF_HOME"]) / "flow.log"
        listening, telling = os.pipe()
        with _opened(self.log) as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
                [sys.executable, "-P", "-m", module, str(telling)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(telling,),
                env=environment,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        os.close(telling)
        threading.Thread(target=self._listen, args=(listening,), name="flow", daemon=True).start()
        self._order(json.dumps(order) + "\n")

    def hang_up(self) -> None:
        """Ask the road to end: its calls in flight are finished first."""
        if self._process.stdin and not self._process.stdin.closed:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        if error is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_LEAVE_WITHIN_S)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # a temporary server, too
        self._process.wait()

    def _order(self, line: str) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError):  # it ended already: its messages end, too
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()

    def _listen(self, descriptor: int) -> None:
        with os.fdopen(descriptor, encoding="utf-8") as pipe:
            for line in pipe:
                self.messages.put(json.loads(line))
        self.messages.put(ENDED)


def child_environment(settings: Settings, api_url: str | None) -> dict[str, str]:
    """Our own environment, Prefect kept quick and quiet; a temporary server keeps all it has in our home."""
    home = settings.home.absolute()
    environment = {**os.environ, "HANDOFF_HOME": str(home)}
    wanted = {
        "PREFECT_CLIENT_MAX_RETRIES": "1",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "flows",
    }
    if api_url is None:
        wanted |= {
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
            "PREFECT_SERVER_UI_ENABLED": "false",
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
        }
    return wanted | environment


def _opened(log: Path) -> Any:
    """The child's log, begun anew when it has grown; only its owner reads it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    grown = log.exists() and log.stat().st_size > _LOG_BYTES
    flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | (os.O_TRUNC if grown else 0)
    return os.fdopen(os.open(log, flags, 0o600), "ab")
