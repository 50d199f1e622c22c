"""A deal out of our store: what was read of it, always under what people corrected."""

from collections.abc import Mapping
from typing import Any, Protocol

from handoff.core.deal import DealRow
from handoff.core.pack import Pack
from mappings.deal_row import to_row


class Stored(Protocol):
    """A snapshot out of our store, with its source and the corrections that lie over it."""

    @property
    def content(self) -> Mapping[str, Any]: ...
    @property
    def source(self) -> str: ...
    @property
    def overlay(self) -> Mapping[str, str | None]: ...


def stored_row(stored: Stored, pack: Pack) -> DealRow:
    """The row of a stored deal. (`to_row` alone is for what a source has just told.)"""
    return to_row(stored.content, pack, stored.source, stored.overlay)
