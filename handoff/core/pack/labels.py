"""labels.yaml: per label set the canonical labels, their synonyms and groups."""

from typing import Literal

from handoff.core.pack.part import PackPart


class LabelSet(PackPart):
    """One label set. `labels: iso_3166` stands for the country names of ISO 3166-1 (expanded at load)."""

    owner_role: str
    """The role that decides on the labels of this set."""
    labels: tuple[str, ...] | Literal["iso_3166"]
    """The canonical labels, spelled as they should be."""
    synonyms: dict[str, str] = {}
    """Label as seen -> canonical label, into which it is translated."""
    groups: dict[str, tuple[str, ...]] = {}
    """Name of a group, such as `EU` -> its canonical labels; conditions may name the group."""

    def canonical(self, seen: str) -> str | None:
        """The canonical label for a text (exact, else by synonym); None when unknown."""
        if seen in self.labels:
            return seen
        return self.synonyms.get(seen)
