"""One sync or re-run at a time: an OS lock on a file in HANDOFF_HOME, which death frees."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from handoff.core.errors import LockHeldError


@contextmanager
def run_lock(home: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the run lock; raise LockHeldError (exit 3) when another process still holds it after `wait_seconds`."""
    home.mkdir(parents=True, exist_ok=True)
    file = os.open(home / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(file, home, wait_seconds)
        os.ftruncate(file, 0)
        os.write(file, str(os.getpid()).encode())
        yield
    finally:
        os.close(file)


def _acquire(file: int, home: Path, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                holder = os.pread(file, 32, 0).decode(errors="replace") or "unknown"
                raise LockHeldError(
                    f"Another run (process {holder}) holds the lock {home / 'run.lock'}: "
                    "wait for it to end; nothing was done."
                ) from None
            time.sleep(0.1)
        else:
            return
