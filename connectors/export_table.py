"""One file of an export as rows of text: CSV checked line by line before any row is told, or Parquet.

The csv module and not polars reads CSV: polars 2.1 fills short lines with nulls in silence and names no line.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from handoff.core.errors import UsageError

Row = dict[str, str | None]
PAGE = 2_000
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_LONGEST_CELL = 2**31 - 1
_NAMED_LINES = 3


class ExportTable:
    """A file with a header. `total_rows` counts its rows once `check` has read it to the end."""

    def __init__(self, path: Path, *, delimiter: str = ",", encoding: str = "utf-8") -> None:
        self.path = path
        self._delimiter = delimiter
        self._encoding = _codec(path, encoding)
        self.total_rows = 0
        if not path.is_file():
            there = ", ".join(sorted(p.name for p in path.parent.glob("*") if p.is_file())) or "no file"
            raise UsageError(f"{path} does not exist; {path.parent} holds {there}. Correct `file` in fields.yaml.")
        if len(delimiter) != 1:
            raise UsageError(f"The delimiter {delimiter!r} for {path.name} is not one character. Correct fields.yaml.")
        # A module-wide limit of csv, 128 kB by default: a long cell is for the gate to judge, not for the reader.
        csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
        self.columns = self._parquet_columns() if self._parquet else self._header()

    @property
    def _parquet(self) -> bool:
        return self.path.suffix.lower() in {".parquet", ".pq"}

    def need(self, columns: list[str]) -> None:
        """Raise UsageError when one of these is missing, or when the delimiter must be another."""
        missing = [column for column in dict.fromkeys(columns) if column not in self.columns]
        if not missing:
            return
        if len(self.columns) == 1 and not self._parquet:
            for character, name in _DELIMITERS.items():
                if character in self.columns[0]:
                    raise UsageError(
                        f"{self.path.name} has one column only: its delimiter looks not like {self._delimiter!r} but "
                        f"like {character!r} ({name}). State `delimiter: {character!r}` in fields.yaml."
                    )
        raise UsageError(
            f"{self.path.name} has no column {', '.join(missing)}; it has {', '.join(self.columns)}. "
            "Correct fields.yaml, or export the column."
        )

    def check(self) -> None:
        """Read to the end, so that no row of a file that cannot be read whole is handed on. Raises UsageError."""
        if self._parquet:
            return
        wrong: list[str] = []
        count = 0
        for line, cells in self._lines():
            count += 1
            if len(cells) != len(self.columns):
                wrong.append(f"line {line} ({len(cells)} cells)")
        if wrong:
            more = f" and {len(wrong) - _NAMED_LINES} more" if len(wrong) > _NAMED_LINES else ""
            raise UsageError(
                f"{self.path.name} names {len(self.columns)} columns; not so {', '.join(wrong[:_NAMED_LINES])}{more}. "
                f"Put cells that contain {self._delimiter!r} or a line break in double quotes."
            )
        self.total_rows = count

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Line number and cells of each row; an empty cell is None."""
        if self._parquet:
            yield from self._parquet_rows()
            return
        for line, cells in self._lines():
            yield line, {name: cell or None for name, cell in zip(self.columns, cells, strict=True)}

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Every line that is not blank, below the header."""
        with self._opened() as text:
            lines = csv.reader(text, delimiter=self._delimiter, strict=True)
            first, in_body = 1, False
            try:
                for cells in lines:
                    if cells and in_body:
                        yield first, cells
                    in_body = in_body or bool(cells)
                    first = lines.line_num + 1
            except csv.Error as error:
                raise UsageError(f"{self.path.name}, line {first}: {error}. Correct the quotes of that line.") from None
            except UnicodeError:
                raise UsageError(self._undecodable()) from None

    def _opened(self) -> io.TextIOWrapper:
        try:
            return self.path.open(encoding=self._encoding, newline="")
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read: {error.strerror}.") from None

    def _header(self) -> list[str]:
        try:
            with self._opened() as text:
                header = next((cells for cells in csv.reader(text, delimiter=self._delimiter) if cells), None)
        except UnicodeError:
            raise UsageError(self._undecodable()) from None
        if not header:
            raise UsageError(f"{self.path.name} is empty: its first line must name the columns.")
        twice = [column for column, count in Counter(header).items() if count > 1]
        if twice:
            raise UsageError(f"{self.path.name} has several columns named {', '.join(twice)}. Rename or remove them.")
        return header

    def _undecodable(self) -> str:
        """Where the file stops being text, and which encoding would do."""
        raw = self.path.read_bytes()
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            return f"{self.path.name} is UTF-16. State `encoding: utf-16` in fields.yaml, or save it as UTF-8."
        try:
            raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            where = f"byte 0x{raw[error.start]:02X} on line {line}"
            return (
                f"{self.path.name} is not {self._encoding} ({where}). If Excel or an older system wrote it, state "
                "`encoding: latin-1` (or cp1252) in fields.yaml; or save it as UTF-8."
            )
        return f"{self.path.name} is not {self._encoding}. State its encoding in fields.yaml."

    def _parquet_columns(self) -> list[str]:
        import polars as pl  # noqa: PLC0415 - only Parquet needs it

        try:
            return list(pl.read_parquet_schema(self.path))
        except (pl.exceptions.PolarsError, OSError):
            raise UsageError(f"{self.path.name} is no Parquet file that can be read.") from None

    def _parquet_rows(self) -> Iterator[tuple[int, Row]]:
        import polars as pl  # noqa: PLC0415 - only Parquet needs it

        try:
            frame = pl.read_parquet(self.path).select(pl.all().cast(pl.String))
        except pl.exceptions.PolarsError:
            raise UsageError(f"{self.path.name} has columns that cannot be read as text.") from None
        self.total_rows = frame.height
        yield from enumerate(frame.iter_rows(named=True), start=1)


def nested(row: Row) -> dict[str, Any]:
    """Columns such as `Account.Name` as a CRM tells them: a parent with its own fields, None when all are empty."""
    flat: dict[str, Any] = {}
    for column, cell in row.items():
        *parents, name = column.split(".")
        place = flat
        for parent in parents:
            inner = place.get(parent)
            if not isinstance(inner, dict):
                inner = place[parent] = {}
            place = inner
        place.setdefault(name, cell)
    return flat


def _codec(path: Path, encoding: str) -> str:
    """The encoding with its mark at the beginning (BOM) swallowed. Raises UsageError for an unknown one."""
    try:
        "".encode(encoding)
    except LookupError:
        raise UsageError(f"The encoding {encoding!r} for {path.name} is not known. State utf-8 or latin-1.") from None
    return "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
