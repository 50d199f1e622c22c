"""Late commits: a write is stamped at its moment and seen when its transaction ends, which may be minutes later.

Every reader sees the rows as they were until then, as in a real org (ledger.md 4.1). `POST /_control` orders it.
"""

import heapq
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random

from sandbox.clock import Clock


class Commits:
    """The writes that are made and not yet seen, in the order in which their transactions end."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._up_to = 0.0
        self._random = Random(0)  # noqa: S311 - it hides no secret
        self._waiting: list[tuple[datetime, int, str, Callable[[], None]]] = []
        self._ends: dict[str, datetime] = {}
        self._made = 0

    @property
    def late(self) -> bool:
        """Whether a write may be seen later than it is made."""
        return self._up_to > 0 or bool(self._waiting)

    def delay(self, up_to: float, seed: int) -> None:
        """From now on a transaction lasts up to so many seconds; those under way end when they would have ended."""
        self._up_to = up_to
        self._random = Random(seed)  # noqa: S311 - as above

    def write(self, row_id: str, act: Callable[[], None], *, at: datetime | None = None, within: Iterable[str]) -> None:
        """Do `act` when the transaction that began `at` ends. Raises nothing that `act` does not.

        A row's next writer waits for the last; a row written `within` another's transaction (ids) ends with it.
        """
        under_way = [end for one in within if (end := self._ends.get(one))]
        lasts = timedelta(seconds=self._random.uniform(0, self._up_to) if self._up_to else 0)
        end = max(under_way) if under_way else (at or self.clock.now()) + lasts
        end = max(end, self._ends.get(row_id, end))
        if end <= self.clock.now():
            act()
            return
        self._made += 1
        self._ends[row_id] = end
        heapq.heappush(self._waiting, (end, self._made, row_id, act))

    def waits_for(self, row_id: str) -> bool:
        """Whether a write of this row is not seen yet."""
        return row_id in self._ends

    def end_due(self) -> None:
        """End the transactions whose time has come, in their order."""
        now = self.clock.now()
        while self._waiting and self._waiting[0][0] <= now:
            end, _, row_id, act = heapq.heappop(self._waiting)
            if self._ends.get(row_id) == end:
                del self._ends[row_id]
            act()
