"""Texts with deal fields in braces."""

from handoff.core.deal import FIELD_BY_NAME
from mappings.pack_problems.draft import Draft, one_of
from mappings.pack_yaml import Path
from mappings.texts import unknown_fields


def check_text(draft: Draft, part: str, path: Path, text: str) -> None:
    """Every name in braces is a deal field, and every brace has its other half."""
    try:
        unknown = list(unknown_fields(text))
    except ValueError as error:
        draft.say(part, path, f"its braces cannot be read: {error}", "Write {account_name}, and {{ for a plain brace")
        return
    for name in unknown:
        right = one_of(name, FIELD_BY_NAME, "a deal's fields")
        draft.say(part, path, f"{{{name}}} is no deal field", right)
