"""How text of a source is read: amounts, days, flags. Text that cannot be read stays as it was seen."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

AMOUNT_FORMATS: Mapping[str, tuple[str, str]] = {"1234.50": ("", "."), "1,234.50": (",", "."), "1.234,50": (".", ",")}
"""How amounts are written -> their thousands separator and decimal sign."""
_GROUPED = {
    name: re.compile(rf"-?([0-9]{{1,3}}({re.escape(thousands)}[0-9]{{3}})+|[0-9]+)({re.escape(point)}[0-9]+)?")
    for name, (thousands, point) in AMOUNT_FORMATS.items()
}
_WHOLE = re.compile(r"-?[0-9]+\.0")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:?[0-9]{2})")

_DIGITS = 100
"""Longer numbers are no amounts; written out they could fill the memory (1e999999)."""
_LONGEST_DAY = 64


def plain(value: Any) -> str | None:
    """Any value of a snapshot as text without spaces at its ends; None when nothing is left.

    Numbers are written out in full (never 1E+3), flags as true and false, whatever is no plain value as it prints.
    """
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(repr(value))
    if isinstance(value, Decimal):
        return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < _DIGITS else str(value)
    try:
        return str(value).strip() or None
    except (ValueError, RecursionError):  # Python writes no integer of more than 4,300 digits
        return "a value that cannot be written down"


def amount(text: str, format: str | None) -> str:
    """An amount as a plain decimal: `1,234.50` under its format becomes `1234.50`.

    A CRM that knows only floats writes 600 as `600.0`; people read 600.
    """
    if format and format != "1234.50" and _GROUPED[format].fullmatch(text):
        thousands, point = AMOUNT_FORMATS[format]
        text = text.replace(thousands, "").replace(point, ".")
    return text[:-2] if _WHOLE.fullmatch(text) else text


def day(text: str, format: str | None) -> str:
    """A day in ISO 8601. Without a format an ISO day, or the UTC day of an ISO moment, is read."""
    return _day(text, format) if len(text) <= _LONGEST_DAY else text


@lru_cache(maxsize=20_000)
def _day(text: str, format: str | None) -> str:
    try:
        if format is not None:
            return datetime.strptime(text, format).date().isoformat()  # noqa: DTZ007 - a day has no zone
        if _DAY.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC).date().isoformat()
    except (ValueError, OverflowError):
        return text
    return text
