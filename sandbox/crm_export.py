"""Reads the five-file export of CRM sales deals (`crm_sales_opportunities`) and refuses one it cannot read whole."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

Cells = dict[str, str]

COLUMNS = {
    "accounts": (
        "account",
        "sector",
        "year_established",
        "revenue",
        "employees",
        "office_location",
        "subsidiary_of",
    ),
    "products": ("product", "series", "sales_price"),
    "sales_teams": ("sales_agent", "manager", "regional_office"),
    "sales_pipeline": (
        "opportunity_id",
        "sales_agent",
        "product",
        "account",
        "deal_stage",
        "engage_date",
        "close_date",
        "close_value",
    ),
}
"""The files read and the columns that each must have."""


class ExportError(Exception):
    """The export cannot be used, or the seed not written. The message says where and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The rows of the four files that matter, cells as text, and the first day that any deal names."""

    accounts: list[Cells]
    products: list[Cells]
    sales_teams: list[Cells]
    sales_pipeline: list[Cells]

    def first_stamp(self) -> str:
        """Noon UTC of the first day that any deal names, for rows without a day of their own."""
        days = [row[column] for row in self.sales_pipeline for column in ("engage_date", "close_date") if row[column]]
        return stamp(min(days, default="2017-01-01"))


def read_export(folder: Path) -> Export:
    """Raises ExportError naming the file, the line and the column."""
    if not folder.is_dir():
        raise ExportError(f"The export folder {folder} is not there; name the folder that holds its CSV files.")
    files = {name: _read(folder / f"{name}.csv", columns) for name, columns in COLUMNS.items()}
    export = Export(**files)
    _check_values(folder, export)
    return export


def stamp(day: str) -> str:
    """Noon UTC of a day, as Salesforce writes a date-time."""
    return f"{day}T12:00:00.000+0000"


def _read(path: Path, columns: Iterable[str]) -> list[Cells]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ExportError(f"{path} is not there; the export needs {', '.join(f'{n}.csv' for n in COLUMNS)}.") from None
    except OSError as error:
        raise ExportError(f"{path} cannot be read ({error.strerror}); check its permissions.") from None
    except UnicodeDecodeError as error:
        raise ExportError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8.") from None
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise ExportError(f"{path}: line 1 has no column {', '.join(missing)}; export it again with its columns.")
        rows = []
        for row in reader:
            if None in row or None in row.values():
                raise ExportError(f"{path}: line {reader.line_num} has more or fewer cells than line 1; correct it.")
            rows.append(row)
    except csv.Error as error:
        raise ExportError(f"{path}: line {reader.line_num} is not CSV ({error}); correct it.") from None
    return rows


def _check_values(folder: Path, export: Export) -> None:
    """Numbers and days must be readable, ids single; names that no file explains are the gate's business."""
    shapes = {"engage_date": "a day (2017-03-01)", "close_date": "a day (2017-03-01)", "close_value": "a number"}
    seen: set[str] = set()
    for number, row in enumerate(export.sales_pipeline, start=2):
        where = f"{folder / 'sales_pipeline.csv'}: line {number}"
        if not row["opportunity_id"] or row["opportunity_id"] in seen:
            raise ExportError(f"{where}: opportunity_id {row['opportunity_id']!r} is empty or used before; correct it.")
        seen.add(row["opportunity_id"])
        for column, wanted in shapes.items():
            if row[column] and not _fits(row[column], number=column == "close_value"):
                raise ExportError(f"{where}: {column} is {row[column][:40]!r}, not {wanted}; correct it.")
    numbers = {"accounts": ("revenue", "employees", "year_established"), "products": ("sales_price",)}
    for name, columns in numbers.items():
        for number, row in enumerate(getattr(export, name), start=2):
            for column in columns:
                if row[column] and not _fits(row[column], number=True):
                    where = f"{folder / name}.csv: line {number}"
                    raise ExportError(f"{where}: {column} is {row[column][:40]!r}, not a number; correct it.")


def _fits(text: str, *, number: bool) -> bool:
    if number:
        return re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,4})?", text) is not None
    try:
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False
