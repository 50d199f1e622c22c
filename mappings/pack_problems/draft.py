"""A pack while it is being checked: its parts as far as they could be read, and the problems found so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import process

from handoff.core.errors import PackProblem
from handoff.core.pack import (
    BillingPlan,
    FieldMap,
    LabelSet,
    Owners,
    Policies,
    ProjectPlan,
    SourceMap,
    Trigger,
    Workflow,
)
from mappings.pack_yaml import Document, Path

_ALIKE = 70
"""Of 100: below this, two words have nothing in common that would help."""
_LISTED = 12


def one_of(word: str, known: Iterable[str], what: str = "the known ones") -> str:
    """What would be right instead of a word: the nearest known one, or all of them."""
    names = sorted(known)
    found = process.extractOne(word, names, score_cutoff=_ALIKE) if names else None
    if found:
        return f"Write {found[0]!r}, the nearest of {what}"
    if not names:
        return f"There is none yet: add {word!r} to {what}, or remove it here"
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"Use one of {what}: {', '.join(names[:_LISTED])}{more}"


def key_of(path: Path) -> str:
    """A path as people read it; positions in a list are left to the line number."""
    return ".".join(part for part in path if isinstance(part, str)) or "(whole file)"


@dataclass(slots=True, kw_only=True)
class Draft:
    """A part is None when its file could not be read; checks that need it are then left out."""

    rules: frozenset[str]
    documents: dict[str, Document] = field(default_factory=dict)
    trigger: Trigger | None = None
    fields: FieldMap | None = None
    labels: dict[str, LabelSet] | None = None
    policies: Policies | None = None
    owners: Owners | None = None
    workflow: Workflow | None = None
    billing: BillingPlan | None = None
    project: ProjectPlan | None = None
    found: list[PackProblem] = field(default_factory=list)

    def say(self, part: str, path: Path, wrong: str, right: str) -> None:
        """Note a problem at a path of a file."""
        line = self.documents[part].line(path)
        self.found.append(PackProblem(file=f"{part}.yaml", line=line, key=key_of(path), wrong=wrong, right=right))

    def check_role(self, part: str, path: Path, role: str | None) -> None:
        """A role that owners.yaml must define."""
        if role is not None and self.owners and role not in self.owners.roles:
            right = one_of(role, self.owners.roles, "the roles of owners.yaml")
            self.say(part, path, f"no role is named {role!r}", right)

    def check_label(self, part: str, path: Path, name: str, label: str) -> None:
        """A canonical label of a deal field (or `lines.<field>`); left out when no source gives the field labels."""
        labels = self.labels_of(name)
        if labels and label not in labels:
            what = f"the canonical labels of {name.removeprefix('lines.')}"
            self.say(part, path, f"{label!r} is not a canonical label", one_of(label, labels, what))

    def labels_of(self, name: str) -> frozenset[str]:
        """The canonical labels of a deal field, of all sources together; empty when it has no label set."""
        return frozenset(label for found in self.label_sets_of(name) for label in found.labels)

    def label_sets_of(self, name: str) -> list[LabelSet]:
        """The label sets that the sources give a deal field."""
        if not self.fields or self.labels is None:
            return []
        names = {mapped_labels(source, name) for source in self.fields.sources.values()}
        return [self.labels[found] for found in sorted(names - {None}, key=str) if found in self.labels]

    def filled_by_all(self, name: str) -> bool:
        """Whether every source maps a deal field (also when fields.yaml could not be read: said elsewhere)."""
        return not self.fields or all(is_mapped(source, name) for source in self.fields.sources.values())

    def always_required(self, name: str) -> bool:
        """Whether every deal must have this field (also when fields.yaml could not be read: said elsewhere)."""
        return not self.fields or self.fields.required.get(name) == "always"


def mapped_labels(source: SourceMap, name: str) -> str | None:
    """The label set that a source names for a deal field or `lines.<field>`."""
    if name.startswith("lines."):
        mapped = source.lines.fields.get(name.removeprefix("lines.")) if source.lines else None
    else:
        mapped = source.fields.get(name)
    return mapped.labels if mapped else None


def is_mapped(source: SourceMap, name: str) -> bool:
    """Whether a source fills a deal field, or `lines.<field>`."""
    if name.startswith("lines."):
        return source.lines is not None and name.removeprefix("lines.") in source.lines.fields
    return name in source.fields
