"""`handoff sandbox`: the stand-ins run as a process of their own, for the product knows them by URL alone."""

import os
import sys
from typing import NoReturn


def become(arguments: list[str]) -> NoReturn:
    """Replace this process, so that signals and the exit code are the sandbox's own. -P: not ./sandbox by chance."""
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-P", "-m", "sandbox", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter and module, no shell
