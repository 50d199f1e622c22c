"""The entry: what a held deal is filed under, one per deal, kept through fail-fix-reopen."""

from datetime import datetime, timedelta
from enum import StrEnum


class EntryState(StrEnum):
    """Where an entry stands."""

    OPEN = "open"  # a person must act
    RELEASED = "released"  # the deal passed, or what stopped it is gone
    REJECTED = "rejected"  # a person decided that the deal is not handed off


class EntryKind(StrEnum):
    """What an entry asks of its owner."""

    CORRECTION = "correction"  # data to put right
    APPROVAL = "approval"  # a yes or a no
    EXCEPTION = "exception"  # no rule fits: a person decides what is done


def due(opened: datetime, respond_within_hours: int) -> datetime:
    """When the owner must have answered, in elapsed hours (UTC)."""
    return opened + timedelta(hours=respond_within_hours)


def entry_name(number: int) -> str:
    """How people call an entry: E-000123."""
    return f"E-{number:06d}"


def page_of(review_url: str, name: str) -> str:
    """The address of an entry's page: it shows, and decides nothing, whoever follows it."""
    return f"{review_url}/entries/{name}"


def entry_number(name: str) -> int | None:
    """The number of `E-000123`, `e-123` or `123`; None when it is no entry name."""
    digits = name.strip().upper().removeprefix("E-")
    return int(digits) if digits.isascii() and digits.isdigit() else None
