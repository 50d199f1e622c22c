"""CRMs that keep something from us, in the place of the org: a deal that they count and list, or the time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from connectors.ports import Body, Page, SourceQuery


class Timeless:
    """The real source behind a proxy that takes the date away."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def now(self) -> None:
        return None


class Blind:
    """The real source, but for one deal."""

    def __init__(self, source: Any, deal_id: str) -> None:
        self._source = source
        self._deal_id = deal_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def _without(self, rows: list[Body]) -> list[Body]:
        return [row for row in rows if row["Id"] != self._deal_id]

    def read(self, query: SourceQuery, since: datetime | None, **how: Any) -> Iterator[Page]:
        for page in self._source.read(query, since, **how):
            yield replace(page, snapshots=self._without(page.snapshots))

    def by_ids(self, query: SourceQuery, deal_ids: Iterable[str], **how: Any) -> list[Body]:
        return self._without(self._source.by_ids(query, deal_ids, **how))
