"""Query results in pages: 200 to 2,000 rows each, children counted, reached by locators that live two days."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.salesforce.errors import lost_locator
from sandbox.salesforce.ids import LOCATOR_PREFIX, numbered_id
from sandbox.salesforce.org import Row
from sandbox.salesforce.soql_run import Json, Result

LEAST, MOST = 200, 2_000
LIFETIME = timedelta(days=2)


@dataclass(slots=True, kw_only=True)
class Cursor:
    """An open result."""

    result: Result
    size: int
    version: str
    ends: datetime


class Cursors:
    """The open results of the org, by locator."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._open: dict[str, Cursor] = {}
        self._made = 0

    def first_page(self, result: Result, size: int, version: str) -> Json:
        """The answer to a query; `size` is what the client asked for, kept within what Salesforce gives."""
        size = min(MOST, max(LEAST, size))
        cursor = Cursor(result=result, size=size, version=version, ends=self.clock.now() + LIFETIME)
        return self._page(cursor, None, 0)

    def children(self, size: int, version: str) -> Callable[[list[Row], Callable[[Row], Json]], Json]:
        """How a child subquery's rows are answered inside their parent: in one piece, or the first page of it."""

        def answer(rows: list[Row], build: Callable[[Row], Json]) -> Json:
            return self.first_page(Result(total=len(rows), rows=rows, build=build, child_keys=[]), size, version)

        return answer

    def next_page(self, locator: str) -> Json:
        """The page that a `nextRecordsUrl` names. Raises ApiError when it is unknown or has ended."""
        name, _, start = locator.partition("-")
        cursor = self._open.get(name)
        if cursor is None or cursor.ends <= self.clock.now() or not start.isdecimal():
            raise lost_locator()
        if int(start) >= len(cursor.result.rows):
            raise lost_locator()
        return self._page(cursor, name, int(start))

    def _forget_ended(self) -> None:
        now = self.clock.now()
        for name in [name for name, cursor in self._open.items() if cursor.ends <= now]:
            del self._open[name]

    def _page(self, cursor: Cursor, name: str | None, start: int) -> Json:
        result = cursor.result
        built: list[Json] = []
        room = cursor.size
        for row in result.rows[start : start + cursor.size]:
            made = result.build(row)
            weight = 1 + sum(len(made[key]["records"]) for key in result.child_keys if made[key])
            if built and weight > room:
                break
            built.append(made)
            room -= weight
        end = start + len(built)
        page: dict[str, Any] = {"totalSize": result.total, "done": end >= len(result.rows)}
        if not page["done"]:
            if name is None:
                self._forget_ended()
                self._made += 1
                name = numbered_id(LOCATOR_PREFIX, self._made)
                self._open[name] = cursor
            page["nextRecordsUrl"] = f"/services/data/{cursor.version}/query/{name}-{end}"
        return {**page, "records": built}
