"""Keys that are derived from the row, never random and never from the amount (ledger rule 1)."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_LONGEST_NUMBER = 100
"""Digits; a longer number (1E999999) is written as it came, and a rule says that it cannot be read."""


def digest(*parts: str) -> str:
    """SHA-256 over the parts, in hex; parts are joined by a character that cannot stand in an id."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def billing_key(org_id: str, deal_id: str, kind: str = "initial", revision: int = 0) -> str:
    """What may be billed once: a changed amount must collide with it, not make a second invoice."""
    return digest(org_id, deal_id, kind, str(revision))


def idempotency_key(scope: str, generation: int) -> str:
    """The key sent to a service for one effect; a new generation only after look-and-adopt found nothing."""
    return f"handoff-{digest(scope, str(generation))[:48]}"


def marker(key: str) -> str:
    """The short code in a project's name by which a later look recognises our own work."""
    return f"HO-{key[:12]}"


def canonical_json(value: Any) -> str:
    """One text per value: sorted keys, no spaces, numbers and dates as text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_as_text)


def _as_text(value: Any) -> str:
    """Numbers in full: Salesforce sends ten million as 1.0E7, which no rule reads as an amount."""
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < _LONGEST_NUMBER:
        return f"{value:f}"
    return str(value)


def fingerprint(value: Any) -> str:
    """Hash of a request body or a pack, over its canonical JSON."""
    return digest(canonical_json(value))


# What moves without a change of content: stamps, envelopes, and what we write ourselves.
_ECHO = ("attributes", "SystemModstamp", "LastModifiedDate")


def content_hash(snapshot: Mapping[str, Any], ignore: frozenset[str]) -> str:
    """Hash of a source record over the fields we read, so that our own write-back is no change (RR7)."""
    return fingerprint(_content(snapshot, ignore))


def _content(value: Any, ignore: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {k: _content(v, ignore) for k, v in value.items() if k not in _ECHO and k not in ignore}
    if isinstance(value, list | tuple):
        return [_content(v, ignore) for v in value]
    return value
