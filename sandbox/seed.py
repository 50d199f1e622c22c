"""Reads the seed folder: one JSON or CSV file per sObject or vendor object, as Data Loader and `sf data` write them."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

Row = dict[str, Any]
Seed = dict[str, list[Row]]

CELL_LIMIT = 16 * 1024 * 1024
RELATIVE_DAY = re.compile(r"\{today([+-][0-9]{1,6})?\}")
"""A value that is a day counted from the day the sandbox starts, so that a seed never grows old: `{today-12}`."""
ANSWERS = "ANSWERS.json"
"""What is known of a seed's deals beforehand, for tests and the demo; no seed itself."""


class SeedError(Exception):
    """A seed cannot be used. The message names the file, what is wrong there and what to do."""


def read_seed(folder: Path, today: date | None = None) -> Seed:
    """File stem (`Opportunity`, `stripe.customers`) -> its rows; files other than .json and .csv are not seeds.

    JSON files hold a list of objects, or an object with the list under `records`, as `sf data query --json` and
    `sf data export tree` write them. Cells of a CSV stay text; an empty one is None. A value such as `{today-12}`
    becomes that day, counted from `today` (by default the day in UTC), as 2026-11-24. Raises SeedError.
    """
    day = today or datetime.now(UTC).date()
    if not folder.is_dir():
        raise SeedError(f"The seed folder {folder} is not there; name a folder with --data.")
    seed: Seed = {}
    for path in sorted(folder.iterdir()):
        reader = {".json": _json_rows, ".csv": _csv_rows}.get(path.suffix.lower())
        if reader is None or not path.is_file() or path.name.startswith(".") or path.name == ANSWERS:
            continue
        if path.stem in seed:
            raise SeedError(f"{path}: {path.stem} is seeded by two files; keep one of them.")
        seed[path.stem] = [_dated(row, day, path) for row in reader(path, _text(path))]
    return seed


def _dated(value: Any, today: date, path: Path) -> Any:
    if isinstance(value, dict):
        return {name: _dated(inner, today, path) for name, inner in value.items()}
    if isinstance(value, list):
        return [_dated(inner, today, path) for inner in value]
    relative = RELATIVE_DAY.fullmatch(value) if isinstance(value, str) else None
    if relative is None:
        return value
    try:
        return (today + timedelta(days=int(relative[1] or 0))).isoformat()
    except OverflowError:
        raise SeedError(f"{path}: {value} is no day of the calendar; write fewer days.") from None


def _text(path: Path) -> str:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    except OSError as error:
        raise SeedError(f"{path}: cannot be read ({error.strerror}); check its permissions.") from None
    if not text.strip():
        raise SeedError(f"{path}: the file is empty; write its rows or remove the file.")
    return text


def _json_rows(path: Path, text: str) -> list[Row]:
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise SeedError(
            f"{path}: line {error.lineno}, column {error.colno} is not JSON ({error.msg}); correct it."
        ) from None
    except ValueError as error:
        raise SeedError(f"{path}: {error}") from None
    if isinstance(content, dict) and isinstance(content.get("result"), dict):
        content = content["result"]
    if isinstance(content, dict) and path.stem.startswith("_"):  # a statement about the seed, such as _schema.json
        return [content]
    if isinstance(content, dict):
        content = content.get("records")
    if not isinstance(content, list):
        raise SeedError(f'{path}: holds no list of rows; write [{{...}}, ...] or {{"records": [{{...}}, ...]}}.')
    for number, row in enumerate(content, start=1):
        if not isinstance(row, dict):
            raise SeedError(f"{path}: row {number} is not an object; write it as {{field: value, ...}}.")
    return content


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number; write the number, or null.")


def _csv_rows(path: Path, text: str) -> list[Row]:
    csv.field_size_limit(CELL_LIMIT)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(lines)
        _check_header(path, header)
        rows = []
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(header):
                raise SeedError(
                    f"{path}: line {lines.line_num} has {len(cells)} cells, the header has {len(header)}; "
                    "correct the line or its quotes."
                )
            rows.append({name: cell or None for name, cell in zip(header, cells, strict=True)})
    except csv.Error as error:
        raise SeedError(f"{path}: line {lines.line_num} is not CSV ({error}); correct it.") from None
    return rows


def _check_header(path: Path, header: list[str]) -> None:
    if not all(name.strip() for name in header):
        raise SeedError(f"{path}: a column has no name; line 1 must name every column.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise SeedError(f"{path}: the column {twice[0]} is named twice in line 1; rename or remove one.")
    if len(header) == 1 and ";" in header[0]:
        raise SeedError(f"{path}: the columns are separated by semicolons; separate them by commas.")
