"""Reads a pack from its folder of YAML and validates the whole of it: a Pack, or every problem at once."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handoff.core.errors import PackError, PackProblem
from handoff.core.keys import fingerprint
from handoff.core.label_decision import LabelDecision
from handoff.core.pack import (
    BillingPlan,
    FieldMap,
    LabelSet,
    Owners,
    Pack,
    Policies,
    ProjectPlan,
    Trigger,
    Workflow,
)
from mappings import pack_yaml
from mappings.countries import countries
from mappings.decided_labels import lay_over
from mappings.pack_problems import Draft, found
from mappings.pack_problems.shape import shaped

PARTS: dict[str, Any] = {
    "trigger": Trigger,
    "fields": FieldMap,
    "labels": dict[str, LabelSet],
    "policies": Policies,
    "owners": Owners,
    "workflow": Workflow,
    "billing": BillingPlan,
    "project": ProjectPlan,
}
"""The files of a pack, `<name>.yaml`, and what each holds."""
_LARGEST = 2_000_000
_DECIDES = re.compile(r"decision|decide", re.IGNORECASE)


def shipped(name: str) -> Path:
    """The folder of a pack that we ship; it exists only for names that we do."""
    return Path(__file__).parent / "packs" / name


def load(directory: Path, rules: frozenset[str], decisions: Sequence[LabelDecision] = ()) -> Pack:
    """The pack in a folder, with the label `decisions` in use. `rules` are the rules that exist.

    Raises PackError with all problems at once; a decision that the files contradict is one of them.
    """
    if not directory.is_dir():
        wrong = "there is no such folder" if not directory.exists() else "this is a file, not a folder"
        right = f"Name a folder that holds {', '.join(f'{part}.yaml' for part in PARTS)}"
        raise PackError([PackProblem(file=str(directory), line=1, key="(folder)", wrong=wrong, right=right)])
    draft = Draft(rules=rules)
    for part, annotation in PARTS.items():
        _read(draft, directory, part, annotation)
    _check_folder(draft, directory)
    draft.labels = _expanded(draft.labels)
    lay_over(draft, decisions)
    problems = found(draft)
    parts = {part: getattr(draft, part) for part in PARTS}
    if problems or None in parts.values():
        raise PackError(problems)
    return Pack(name=directory.resolve().name, fingerprint=_fingerprint(parts), **parts)


def _read(draft: Draft, directory: Path, part: str, annotation: Any) -> None:
    """Read one file into the draft, or note why it cannot be read."""
    draft.documents[part] = pack_yaml.Document(value=None, lines={})
    text = _text(draft, directory / f"{part}.yaml", part)
    if text is None:
        return
    _check_opening(draft, part, text)
    document = draft.documents[part] = pack_yaml.read(text)
    for fault in document.faults:
        file, key = f"{part}.yaml", ".".join(str(p) for p in fault.path if isinstance(p, str)) or "(whole file)"
        problem = PackProblem(file=file, line=fault.line, key=key, wrong=fault.wrong, right=fault.right)
        draft.found.append(problem)
    if document.value is None:
        if not document.faults:
            draft.say(part, (), "the file holds nothing", "Write the company's decisions, as the demo pack does")
        return
    if not isinstance(document.value, dict):
        draft.say(part, (), "the file is not a mapping", "Begin with `key: value` lines, as the demo pack does")
        return
    setattr(draft, part, shaped(draft, part, annotation))


def _text(draft: Draft, path: Path, part: str) -> str | None:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        draft.say(part, (), "the file is missing", f"Add it: a pack has {', '.join(f'{name}.yaml' for name in PARTS)}")
        return None
    except OSError as error:
        draft.say(part, (), f"the file cannot be read: {error.strerror}", "Correct its permissions")
        return None
    if len(raw) > _LARGEST:
        draft.say(part, (), "the file is larger than 2 MB", "A pack's file is a page or two of decisions")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        wrong, right = f"line {line} is not UTF-8", "Save the file as UTF-8"
        problem = PackProblem(file=f"{part}.yaml", line=line, key="(whole file)", wrong=wrong, right=right)
        draft.found.append(problem)
        return None


def _check_opening(draft: Draft, part: str, text: str) -> None:
    """Whoever opens a file reads first whose decision it is."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    opening = []
    for line in lines:
        if not line.startswith("#"):
            break
        opening.append(line)
    if lines and not _DECIDES.search(" ".join(opening)):
        wrong = "the file does not open with a comment that says whose decision it is"
        draft.say(part, (), wrong, "Begin with a line such as `# Decision of: the head of finance`")


def _check_folder(draft: Draft, directory: Path) -> None:
    """A file that nobody reads is a decision that nobody follows."""
    known = {f"{part}.yaml" for part in PARTS}
    for path in sorted(directory.iterdir()):
        if path.suffix in (".yaml", ".yml") and path.name not in known:
            right = f"Rename it to one of {', '.join(sorted(known))}, or remove it"
            wrong = "no part of a pack has this name, so nobody would read it"
            problem = PackProblem(file=path.name, line=1, key="(whole file)", wrong=wrong, right=right)
            draft.found.append(problem)


def _expanded(labels: dict[str, LabelSet] | None) -> dict[str, LabelSet] | None:
    """Write `iso_3166` out as the country names of ISO 3166-1."""
    if labels is None:
        return None
    return {
        name: found.model_copy(update={"labels": countries()}) if found.labels == "iso_3166" else found
        for name, found in labels.items()
    }


def _fingerprint(parts: dict[str, Any]) -> str:
    """Hash of all decisions, defaults written out; comments and the order of keys do not count."""
    content = {
        part: {name: found.model_dump(mode="json", by_alias=True) for name, found in value.items()}
        if isinstance(value, dict)
        else value.model_dump(mode="json", by_alias=True)
        for part, value in parts.items()
    }
    return fingerprint(content)
