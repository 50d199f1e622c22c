"""Label decisions and a pack: what may be decided, and the pack with what was. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from handoff.core.errors import PackProblem, UsageError
from handoff.core.label_decision import LabelDecision
from handoff.core.pack import LabelSet, Pack
from mappings.countries import countries
from mappings.pack_problems import Draft, found
from mappings.pack_problems.draft import one_of
from mappings.pack_yaml import Document, Path

LONGEST = 120
"""Characters of a label: an entry shows no more of a value, so that nobody would see what they decide about."""
_PART = "labels"
_PARTS = ("trigger", "fields", "labels", "policies", "owners", "workflow", "billing", "project")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def label_set_named(pack: Pack, source: str, field: str) -> str | None:
    """The name of the label set that a source gives a deal field or `lines.<field>`; None when it has none."""
    source_map = pack.fields.sources.get(source)
    if source_map is None:
        return None
    if field.startswith("lines."):
        mapped = source_map.lines.fields.get(field.removeprefix("lines.")) if source_map.lines else None
    else:
        mapped = source_map.fields.get(field)
    return mapped.labels if mapped else None


def target(pack: Pack, label_set: str, seen: str, as_label: str | None) -> str:
    """The canonical label that a text is to stand for: `as_label`, or the text itself when that is None.

    Raises UsageError for what cannot be decided: no text, one that is known already, a label that does not exist.
    """
    labels = pack.labels[label_set]
    _refuse_text(seen)
    if seen in labels.labels:
        raise UsageError(f"{seen!r} is a canonical label of {label_set} already: there is nothing to decide.")
    if seen in labels.synonyms:
        raise UsageError(
            f"{seen!r} stands for {labels.synonyms[seen]!r} in {label_set} already: run handoff rerun, or withdraw "
            f'that first: handoff labels withdraw {label_set} "{seen}" --why TEXT'
        )
    if as_label is None and labels.labels == countries():
        raise UsageError(f"{label_set} lists the countries of ISO 3166: name the one that {seen!r} is with --as-label.")
    if as_label is None:
        return seen
    if as_label not in labels.labels:
        right = one_of(as_label, labels.labels, f"the canonical labels of {label_set}")
        raise UsageError(f"{as_label!r} is no canonical label of {label_set}. {right}; or take --new-label.")
    return as_label


def extended(pack: Pack, decision: LabelDecision, rules: frozenset[str]) -> Pack:
    """The pack with one more decision, checked as a whole. Raises UsageError when it does not fit the pack."""
    draft = Draft(rules=rules, documents={part: Document(value=None, lines={}) for part in _PARTS})
    for part in _PARTS:
        setattr(draft, part, getattr(pack, part))
    lay_over(draft, [decision])
    problems = found(draft)
    if problems:
        said = " ".join(f"{problem.file}: {problem.key}: {problem.wrong}." for problem in problems)
        raise UsageError(f"{decision} does not fit the pack. {said} Such a label is added in the pack's own files.")
    return replace(pack, labels=draft.labels or {}, fingerprint=f"{pack.fingerprint} with {decision}")


def lay_over(draft: Draft, decisions: Sequence[LabelDecision]) -> None:
    """Add decisions to the label sets of a draft; a clash with what the files say is a problem that names it."""
    if draft.labels is None:
        return
    labels = dict(draft.labels)
    for decision in sorted(decisions, key=lambda d: not d.is_new):  # a synonym may stand for a new label
        known = labels.get(decision.label_set)
        clash = "labels.yaml has no such label set" if known is None else _clash(known, decision)
        if clash is None and known is not None:
            labels[decision.label_set] = _with(known, decision)
        else:
            draft.found.append(_problem(draft, decision, clash or ""))
    draft.labels = labels


def unsaid(labels: dict[str, LabelSet], decisions: Iterable[LabelDecision]) -> list[LabelDecision]:
    """The decisions that the files do not say by themselves."""
    return [d for d in decisions if (known := labels.get(d.label_set)) is None or not _says(known, d)]


def refuse(decisions: Sequence[LabelDecision], label_set: str, seen: str) -> None:
    """Raise UsageError when other decisions in use rest on one that is to be withdrawn."""
    rest = [d for d in decisions if d.label_set == label_set and d.canonical == seen and d.seen != seen]
    if rest:
        names = ", ".join(repr(d.seen) for d in rest)
        raise UsageError(f"{names} of {label_set} stand for {seen!r}: withdraw these first.")


def _says(known: LabelSet, decision: LabelDecision) -> bool:
    if decision.is_new:
        return decision.seen in known.labels
    return known.synonyms.get(decision.seen) == decision.canonical and decision.canonical in known.labels


def _clash(known: LabelSet, decision: LabelDecision) -> str | None:
    """How the files contradict a decision; None when they do not."""
    if _says(known, decision):
        return None
    if decision.seen in known.synonyms:
        return f"labels.yaml translates {decision.seen!r} into {known.synonyms[decision.seen]!r}"
    if decision.seen in known.groups:
        return f"in labels.yaml {decision.seen!r} is a group"
    if not decision.is_new and decision.seen in known.labels:
        return f"in labels.yaml {decision.seen!r} is a canonical label itself"
    if not decision.is_new and decision.canonical not in known.labels:
        return f"labels.yaml has no canonical label {decision.canonical!r} any more"
    return None


def _with(known: LabelSet, decision: LabelDecision) -> LabelSet:
    if _says(known, decision):
        return known
    if decision.is_new:
        return known.model_copy(update={"labels": (*known.labels, decision.seen)})
    return known.model_copy(update={"synonyms": {**known.synonyms, decision.seen: decision.canonical}})


def _problem(draft: Draft, decision: LabelDecision, clash: str) -> PackProblem:
    path: Path = (decision.label_set, "synonyms", decision.seen)
    return PackProblem(
        file=f"{_PART}.yaml",
        line=draft.documents[_PART].line(path),
        key=f"{decision.label_set}.{decision.seen}",
        wrong=f"{clash}, and {decision.by} decided {decision} ({decision.why})",
        right=(
            f'Settle it: handoff labels withdraw {decision.label_set} "{decision.seen}" --why TEXT, or write into '
            "labels.yaml what was decided"
        ),
    )


def _refuse_text(seen: str) -> None:
    if not seen.strip():
        raise UsageError("There is no text to decide about: an empty field is filled in, in the CRM.")
    if len(seen) > LONGEST:
        raise UsageError(f"The text is longer than {LONGEST} characters, so it is no label: correct it in the CRM.")
    hidden = sorted({f"U+{ord(c):04X}" for c in seen if unicodedata.category(c) in _INVISIBLE})
    if hidden:
        raise UsageError(f"The text holds characters that nobody sees ({', '.join(hidden)}): correct it in the CRM.")
