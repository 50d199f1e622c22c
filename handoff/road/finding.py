"""A finding of `verify`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A row that breaks an invariant of the ledger (I1–I12, docs/architecture.md)."""

    invariant: str
    subject: str
    what: str
