"""Where Chromium is: Debian's, installed where it is missing and may be; else why it cannot be."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_NAMES = ("/usr/bin/chromium", "chromium", "chromium-browser")
_LOCK = Path(tempfile.gettempdir()) / f"handoff-chromium-{os.getuid()}.lock"
_COMMANDS = (
    ["apt-get", "update", "-q"],
    ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
)
_WITHIN_S = 300


class NoChromiumError(Exception):
    """There is no Chromium; the message says why, in a sentence."""


def find_or_install() -> Path:
    """The program. Two test processes may ask at once: one installs, the other waits. Raises NoChromiumError."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _found() or _installed()


def _found() -> Path | None:
    for name in _NAMES:
        if there := shutil.which(name):
            return Path(there)
    return None


def _installed() -> Path:
    if shutil.which("apt-get") is None:
        raise NoChromiumError("Chromium is not installed, and there is no apt-get to install it with.")
    if os.getuid() != 0:
        raise NoChromiumError("Chromium is not installed, and only root may: apt-get install chromium.")
    for command in _COMMANDS:
        try:
            done = subprocess.run(
                command,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                check=False,
                timeout=_WITHIN_S,
            )
        except subprocess.TimeoutExpired:
            raise NoChromiumError(f"{' '.join(command)} took more than {_WITHIN_S} s.") from None
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise NoChromiumError(f"{' '.join(command)} failed: {''.join(last)}")
    found = _found()
    if found is None:
        raise NoChromiumError("apt-get installed chromium, and there is no such program.")
    return found
