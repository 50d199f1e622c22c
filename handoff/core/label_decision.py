"""A label decision: what the owner of a label set decided about one text, beside labels.yaml. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LabelState(StrEnum):
    """Where a label decision stands."""

    DECIDED = "decided"  # added to the pack as it is loaded
    EXPORTED = "exported"  # written into labels.yaml, which says it from then on
    WITHDRAWN = "withdrawn"  # taken back by a person


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDecision:
    """`seen` stands for `canonical` in a label set; `is_new`: `seen` itself is a canonical label. `at` is UTC."""

    label_set: str
    seen: str
    canonical: str
    is_new: bool
    actor: str
    at: datetime
    why: str
    state: LabelState = LabelState.DECIDED

    def __str__(self) -> str:
        """As people read it: `product 'GTXPro' -> 'GTX Pro'`."""
        what = "a label of its own" if self.is_new else repr(self.canonical)
        return f"{self.label_set} {self.seen!r} -> {what}"

    @property
    def by(self) -> str:
        """Who decided it, and on which day."""
        return f"{self.actor} on {self.at:%Y-%m-%d}"
