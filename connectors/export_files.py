"""A folder of exports as the source of deals: one file of deals, look-up files hung under them. Nothing is written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.errors import Refused
from connectors.export_table import PAGE, ExportTable, Row, nested
from connectors.ports import Body, Page, SourceField, SourceQuery, Usage, WriteResult
from handoff.core.errors import UsageError
from handoff.core.pack import SourceMap

ORG_ID = "EXPORT000000000000"
"""An export says nothing of its org; the same deal of a later export must meet the same billing key."""


class ExportFiles:
    """The DealSource port over CSV and Parquet files; all values are text, as they stand there.

    `won_only` is not applied: a cell may say `yes` where a CRM says true, and the trigger judges each row anyway.
    """

    name = "export"
    calls = 0

    def __init__(self, folder: Path, source_map: SourceMap) -> None:
        if not folder.exists():
            raise UsageError(f"{folder} does not exist. Name the folder that holds the exports.")
        if not folder.is_dir():
            raise UsageError(f"{folder} is a file. Name the folder that holds it.")
        if not source_map.file:
            raise UsageError("The export in fields.yaml names no `file` of deals. Add it.")
        self._folder = folder
        self._map = source_map
        self._table = self._open(source_map.file)
        self._table.need(self._own_columns())

    @property
    def total_rows(self) -> int:
        """Rows of the deals' file, once it has been read."""
        return self._table.total_rows

    def org_id(self) -> str:
        return ORG_ID

    def is_sandbox(self) -> bool | None:
        return None

    def now(self) -> datetime | None:
        return None

    def usage(self) -> Usage | None:
        return None

    def read(self, query: SourceQuery, since: datetime | None, *, won: bool = False) -> Iterator[Page]:
        """All deals: an export has no stamps, so `since` cannot narrow it."""
        joined = self._joins()
        self._table.check()
        page: list[Body] = []
        for _, row in self._table.rows():
            page.append(self._snapshot(row, joined))
            if len(page) == PAGE:
                yield Page(snapshots=page, stamp=None, last_id=None)
                page = []
        if page:
            yield Page(snapshots=page, stamp=None, last_id=None)

    def changed(self, query: SourceQuery, since: datetime) -> set[str]:
        return set()

    def count_won(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> int | None:
        return None

    def won_ids(self, query: SourceQuery, since: datetime | None, before: datetime | None) -> set[str]:
        return set()

    def counts(self, query: SourceQuery, snapshot: Body) -> bool:
        return True

    def version_of(self, snapshot: Body) -> tuple[str, datetime | None]:
        return str(_reach(snapshot, self._id_column())), None

    def by_ids(self, query: SourceQuery, deal_ids: Iterable[str], *, deleted: bool = False) -> list[Body]:
        column = self._id_column()
        wanted = set(deal_ids)
        found = (snapshot for page in self.read(query, None) for snapshot in page.snapshots)
        return [snapshot for snapshot in found if _reach(snapshot, column) in wanted]

    def touched(self, query: SourceQuery, since: datetime) -> set[str]:
        return set()

    def write_back(self, object: str, rows: list[Body]) -> list[WriteResult]:
        raise Refused(f"cannot write {object}: these are files that somebody exported.", service="Export")

    def describe(self, object: str) -> dict[str, SourceField]:
        columns = list(self._table.columns)
        for name, join in self._map.joins.items():
            columns += [f"{name}.{column}" for column in self._open(join.file).columns]
        return {column: SourceField(name=column, type="string", updateable=False) for column in columns}

    def check(self) -> str:
        self._joins()
        self._table.check()
        rows, columns = self._table.total_rows, len(self._table.columns)
        return f"Export {self._table.path}: {rows} rows with {columns} columns can be read."

    def _open(self, file: str) -> ExportTable:
        return ExportTable(self._folder / file, delimiter=self._map.delimiter, encoding=self._map.encoding)

    def _id_column(self) -> str:
        column = self._map.fields["deal_id"].source if "deal_id" in self._map.fields else None
        if column is None:
            raise UsageError("The export in fields.yaml maps no `deal_id`. Add it.")
        return column

    def _paths(self) -> list[str]:
        """Every column that the map or a join asks for, a joined one with its join in front."""
        lines = self._map.lines.fields.values() if self._map.lines else ()
        mapped = [field.source for field in (*self._map.fields.values(), *lines) if field.source]
        return [*mapped, *(path for join in self._map.joins.values() for path in join.on)]

    def _own_columns(self) -> list[str]:
        return [path for path in self._paths() if path.split(".")[0] not in self._map.joins]

    def _joins(self) -> dict[str, Callable[[Body], Body | None]]:
        """For each join, in the pack's order: what finds the row that belongs to a deal."""
        wanted: dict[str, list[str]] = {name: list(join.on.values()) for name, join in self._map.joins.items()}
        for path in self._paths():
            name, _, column = path.partition(".")
            if name in wanted and column:
                wanted[name].append(column)
        return {name: self._join(name, columns) for name, columns in wanted.items()}

    def _join(self, name: str, columns: list[str]) -> Callable[[Body], Body | None]:
        join = self._map.joins[name]
        table = self._open(join.file)
        table.need(columns)
        table.check()
        index = _indexed(table, tuple(join.on.values()))
        paths = tuple(join.on)

        def find(snapshot: Body) -> Body | None:
            key = tuple(_reach(snapshot, path) for path in paths)
            return None if None in key else index.get(key)

        return find

    def _snapshot(self, row: Row, joined: Mapping[str, Callable[[Body], Body | None]]) -> Body:
        snapshot = nested(row)
        for name, find in joined.items():
            snapshot[name] = find(snapshot)
        return snapshot


def _indexed(table: ExportTable, columns: tuple[str, ...]) -> dict[tuple[Any, ...], Body]:
    """Rows by key. Raises UsageError when two share one: either could be meant."""
    index: dict[tuple[Any, ...], Body] = {}
    lines: dict[tuple[Any, ...], int] = {}
    for line, row in table.rows():
        key = tuple(row[column] for column in columns)
        if None in key:
            continue
        if key in index:
            raise UsageError(
                f"{table.path.name} has the same {', '.join(columns)} on lines {lines[key]} and {line}. "
                "Keep one of them: a deal must find exactly one row."
            )
        index[key], lines[key] = nested(row), line
    return index


def _reach(snapshot: Body, path: str) -> Any:
    """The value at a dotted path; None when a parent is missing."""
    value: Any = snapshot
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
