"""Texts of a pack with deal fields in braces: `{account_name}: {deal_name}`."""

from collections.abc import Iterator
from string import Formatter

from handoff.core.deal import FIELD_BY_NAME, DealRow


def filled(text: str, row: DealRow) -> str:
    """The text with the deal's values; an empty field leaves nothing."""
    parts = []
    for literal, name, _, _ in Formatter().parse(text):
        parts.append(literal)
        if name is not None:
            parts.append(row.get(name) or "")
    return " ".join("".join(parts).split(" ")).strip()


def unknown_fields(text: str) -> Iterator[str]:
    """What stands in braces and is no deal field. Raises ValueError for braces that do not match."""
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None and (name not in FIELD_BY_NAME or spec or conversion):
            yield name
