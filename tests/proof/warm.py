"""A warm parent: it has imported everything and holds no threads, so each child that it forks is at work at once.

It must never judge a deal itself: polars then starts threads of its own, which no child would have.
"""

import importlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors import open_billing, open_salesforce, open_tracker
from handoff.core.clock import Clock
from handoff.core.errors import LockHeldError
from handoff.core.pack import Pack
from handoff.core.settings import Settings
from handoff.road.house import House
from handoff.road.sync import sync
from tests.proof.points import MarkedPort, MarkedStore, Marks, Page, mark_requests

for _late in ("connectors.asana_tracker", "connectors.salesforce", "connectors.stripe_billing", "handoff.road.rerun"):
    importlib.import_module(_late)  # else every child would import them anew

BROKEN = 70
"""Exit code of a child whose road ended with an error of the product: never allowed."""


@dataclass(frozen=True)
class Workplace:
    """What the children work at: settings, pack, and the page they share with the parent."""

    settings: Settings
    pack: Pack
    page: Page
    log: Path
    sleep: Callable[[float], None] = time.sleep

    def clock(self) -> Clock:
        """The clock of every child: the real one, as far ahead as the page says."""
        return Clock(now=lambda: datetime.now(UTC) + timedelta(seconds=self.page.ahead_s), sleep=self.sleep)

    def house(self, marks: Marks | None) -> House:
        """A house over the real services; with `marks`, store and ports tell where they are."""
        if marks is None:
            store = MarkedStore(self.settings.store)
            return House(settings=self.settings, pack=self.pack, store=store, actor="sync", clock=self.clock())
        store = MarkedStore(self.settings.store)
        store.marks = marks
        house = House(settings=self.settings, pack=self.pack, store=store, actor="sync", clock=self.clock())
        for entity in self.pack.billing.entities.values():
            stripe = MarkedPort(open_billing(self.settings, entity.stripe_account), "stripe", marks)
            house._billing[entity.stripe_account] = stripe  # type: ignore[assignment]  # it acts as one
        house.__dict__["source"] = MarkedPort(open_salesforce(self.settings), "salesforce", marks)
        house.__dict__["tracker"] = MarkedPort(open_tracker(self.settings), "asana", marks)
        return house


def fork(work: Callable[[], int], log: Path) -> int:
    """A child that does `work` and exits with its code; returns its process id. Errors go to `log`."""
    if threading.active_count() != 1:
        raise RuntimeError(f"the warm parent has threads: {threading.enumerate()}; a child could hang on their locks")
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = BROKEN
    try:
        code = work()
    except BaseException:  # whatever it is, the parent must hear of it
        with log.open("a") as file:
            file.write(f"--- {datetime.now(UTC).isoformat()}\n{traceback.format_exc()}\n")
    finally:
        os._exit(code)


def start_sync(place: Workplace, arrive: Callable[[int], None] = lambda _: None, *, marked: bool = True) -> int:
    """A child that syncs: exit code 0 or 1 as the command's, 3 when another holds the lock."""

    def work() -> int:
        marks = Marks(place.page, arrive) if marked else None
        if marks:
            mark_requests(marks)
        try:
            return sync(place.house(marks)).exit_code
        except LockHeldError:
            return LockHeldError.exit_code

    return fork(work, place.log)


def ended(pid: int, *, within_s: float | None = None) -> int | None:
    """The wait status of a child that has ended; None while it runs on after `within_s` (None: as long as it takes)."""
    until = None if within_s is None else time.monotonic() + within_s
    while True:
        reaped, status = os.waitpid(pid, 0 if until is None else os.WNOHANG)
        if reaped:
            return status
        if until is not None and time.monotonic() >= until:
            return None
        time.sleep(0.002)


def killed(status: int) -> bool:
    """Whether a child died of kill -9."""
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def settings_of(env: dict[str, str], **others: Any) -> Settings:
    """The settings that a sandbox's variables make."""
    stated = {name.removeprefix("HANDOFF_").lower(): value for name, value in env.items()}
    return Settings(_env_file=None, **{**stated, **others})
