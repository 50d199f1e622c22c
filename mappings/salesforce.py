"""What we write on an Opportunity, and where a person finds a record of the org."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handoff.core.pack import Pack

SOURCE = "salesforce"
_MOMENTS = ("due", "last_run")
_LONGEST = 255
"""Characters of a text field of Salesforce; a longer value would be refused as a whole."""


def write_back_row(deal_id: str, values: Mapping[str, str | None], pack: Pack) -> dict[str, Any]:
    """The row that tells a rep how far the handoff is, in the org's own field names; None clears a field.

    Values that fields.yaml maps to no field are left out.
    """
    fields = pack.fields.sources[SOURCE].write_back
    row: dict[str, Any] = {"Id": deal_id}
    for name, value in values.items():
        if name in fields:
            row[fields[name]] = _moment(value) if name in _MOMENTS else _clip(value)
    return row


def link(instance_url: str, row_id: str) -> str:
    """The address at which a person opens a row of the org in the browser."""
    return f"{instance_url.rstrip('/')}/{row_id}"


def record_link(org_url: str, object_name: str, row_id: str) -> str:
    """The page of a row in Lightning; `org_url` is the org's own address (My Domain)."""
    return f"{org_url.rstrip('/')}/lightning/r/{object_name}/{row_id}/view"


def _moment(value: str | None) -> str | None:
    """An ISO moment as Salesforce writes it, to the second: 2026-11-24T10:00:00.000+0000."""
    if value is None:
        return None
    return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def _clip(value: str | None) -> str | None:
    return value if value is None or len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"
