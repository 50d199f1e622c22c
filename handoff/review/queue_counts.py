"""What is counted for the queue, kept until something changes; causes of a large store are counted on the side."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from handoff.core.errors import HandoffError
from handoff.report.cause_list import HeldCause
from handoff.review.access import Visit
from handoff.road import causes
from handoff.store import queue_pages

_log = logging.getLogger(__name__)
_TALLIES, _LISTS = 256, 6
MANY = 4_000
"""Open entries from which on nobody waits for causes to be counted: it takes 40 microseconds an entry."""
_OLDEST_S = 600
"""Seconds after which causes are too old to be shown while they are counted anew."""
_REST = 10
"""Counting many causes takes seconds; for so many times as long nobody counts them again, whatever has changed."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseList:
    """Causes as they were at a moment, most money first."""

    causes: tuple[HeldCause, ...]
    at: datetime

    def find(self, name: str) -> HeldCause | None:
        """The cause of an id, however it is written."""
        wanted = name.upper()
        return next((cause for cause in self.causes if cause.id.upper() == wanted), None)


@dataclass(slots=True)
class _Kept(Generic[T]):
    """The latest values by key, the longest unused dropped first."""

    most: int
    values: "OrderedDict[Hashable, T]" = field(default_factory=OrderedDict)

    def get(self, key: Hashable) -> T | None:
        found = self.values.get(key)
        if found is not None:
            self.values.move_to_end(key)
        return found

    def put(self, key: Hashable, value: T) -> None:
        self.values[key] = value
        self.values.move_to_end(key)
        while len(self.values) > self.most:
            self.values.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Listed:
    stamp: Hashable
    made: float
    took: float
    found: CauseList

    @property
    def rests(self) -> bool:
        return time.monotonic() - self.made < _REST * self.took


@dataclass
class Counts:
    """Of one running page. Keys say whose view it is; the store's stamp and the pack's fingerprint end what is kept."""

    _tallies: _Kept[tuple[Hashable, list[Any]]] = field(default_factory=lambda: _Kept(_TALLIES))
    _lists: _Kept[_Listed] = field(default_factory=lambda: _Kept(_LISTS))
    _running: set[Hashable] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tally(
        self, tx: sa.Connection, visit: Visit, key: Hashable, where: Sequence[queue_pages.Condition]
    ) -> list[Any]:
        """What matching entries come to. What is overdue is exact to the minute."""
        now = visit.site.clock.now()
        stamp = (queue_pages.stamp(tx), visit.pack.fingerprint, int(now.timestamp()) // 60)
        with self._lock:
            kept = self._tallies.get(key)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        found = queue_pages.tally(tx, where, now)
        with self._lock:
            self._tallies.put(key, (stamp, found))
        return found

    def causes(
        self, visit: Visit, key: Hashable, where: Sequence[queue_pages.Condition], *, many: bool
    ) -> CauseList | None:
        """The causes of matching entries. `many`: those of a while ago, or None, while they are counted."""
        with visit.site.store.read() as tx:
            stamp = queue_pages.stamp(tx)
        key = (key, visit.pack.fingerprint)
        with self._lock:
            kept = self._lists.get(key)
            if kept is not None and kept.stamp == stamp:
                return kept.found
            if many and (key in self._running or (kept is not None and kept.rests)):
                return _still_good(kept)
            self._running.add(key)

        def count() -> CauseList:
            try:
                at, began = visit.site.clock.now(), time.monotonic()
                found = CauseList(causes=tuple(causes.listed(visit.house, where=where)), at=at)
                with self._lock:
                    self._lists.put(key, _Listed(stamp, time.monotonic(), time.monotonic() - began, found))
                return found
            finally:
                with self._lock:
                    self._running.discard(key)

        if not many:
            return count()
        threading.Thread(target=_beside, args=(count,), daemon=True, name="causes").start()
        return _still_good(kept)


def counts_of(visit: Visit) -> Counts:
    """The counts of the page that answers."""
    state = visit.request.app.state
    if not hasattr(state, "counts"):
        state.counts = Counts()
    found: Counts = state.counts
    return found


def _beside(count: Callable[[], CauseList]) -> None:
    try:
        count()
    except HandoffError:
        _log.warning("the causes could not be counted: the next look at the queue tries again")


def _still_good(kept: _Listed | None) -> CauseList | None:
    return kept.found if kept is not None and time.monotonic() - kept.made < _OLDEST_S else None
