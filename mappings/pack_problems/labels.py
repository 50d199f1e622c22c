"""labels.yaml: each label canonical once, each synonym leading to exactly one label."""

from collections import Counter

from handoff.core.pack import LabelSet
from mappings.pack_problems.draft import Draft, one_of

PART = "labels"


def check(draft: Draft) -> None:
    for name, found in (draft.labels or {}).items():
        draft.check_role(PART, (name, "owner_role"), found.owner_role)
        _check_labels(draft, name, found)
        _check_synonyms(draft, name, found)
        _check_groups(draft, name, found)


def _check_labels(draft: Draft, name: str, found: LabelSet) -> None:
    if not found.labels:
        draft.say(PART, (name, "labels"), "the label set has no labels", "List its canonical labels")
    for label, count in Counter(found.labels).items():
        path = (name, "labels", len(found.labels) - 1 - found.labels[::-1].index(label))
        if count > 1:
            draft.say(PART, path, f"the canonical label {label!r} stands {count} times", "Keep it once")
        if not label.strip() or label != label.strip():
            wrong = f"the label {label!r} is blank, or has a space at an end"
            draft.say(PART, path, wrong, "Values are read without spaces at their ends, so write it without")


def _check_synonyms(draft: Draft, name: str, found: LabelSet) -> None:
    what = f"the canonical labels of {name}"
    for synonym, label in found.synonyms.items():
        path = (name, "synonyms", synonym)
        if synonym in found.labels:
            wrong = f"{synonym!r} is a canonical label itself, so it cannot stand for {label!r} too"
            draft.say(PART, path, wrong, "Remove the synonym, or the label")
        if label not in found.labels:
            draft.say(PART, path, f"it stands for {label!r}, which is no label here", one_of(label, found.labels, what))


def _check_groups(draft: Draft, name: str, found: LabelSet) -> None:
    what = f"the canonical labels of {name}"
    for group, labels in found.groups.items():
        if group in found.labels:
            wrong = f"{group!r} is the name of a label and of a group"
            draft.say(PART, (name, "groups", group), wrong, "Give the group another name")
        for n, label in enumerate(labels):
            if label not in found.labels:
                path = (name, "groups", group, n)
                draft.say(
                    PART, path, f"the group holds {label!r}, which is no label", one_of(label, found.labels, what)
                )
