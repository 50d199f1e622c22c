"""What we write on a deal in the CRM, and where a person finds it there."""

from collections.abc import Mapping
from typing import Any

from handoff.core.pack import Pack

SOURCE = "salesforce"
_LONGEST = 255  # a text field's limit in the shipped metadata


def write_back_row(deal_id: str, values: Mapping[str, str | None], pack: Pack) -> dict[str, Any]:
    """One row of a write-back: the pack's CRM field for each handoff value, absolute (None empties it)."""
    fields = pack.fields.sources[SOURCE].write_back
    written = {fields[name]: _cut(value) for name, value in values.items() if name in fields}
    return {"Id": deal_id, **written}


def _cut(value: str | None) -> str | None:
    return value if value is None or len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def link(instance_url: str, record_id: str) -> str:
    """Where a person opens a CRM record."""
    return f"{instance_url.rstrip('/')}/{record_id}"
