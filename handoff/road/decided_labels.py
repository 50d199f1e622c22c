"""The label decisions of a store: withdraw one, or write them into the pack's labels.yaml, proven the same pack."""

import difflib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handoff.core.errors import PackError, UsageError
from handoff.core.label_decision import LabelDecision, LabelState
from handoff.quarantine import label_decisions
from handoff.road.house import House, decided_pack
from handoff.road.labels import document
from handoff.road.packs import find_pack, pack_folder
from handoff.store import label_decisions as stored
from handoff.store.events import Author
from mappings import decided_labels
from mappings.label_text import TextError, inserted
from mappings.pack import shipped
from mappings.pack_problems.draft import one_of

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """labels.yaml before and after; `decisions` are those in use, which it then says by itself."""

    file: Path
    before: str
    after: str
    decisions: tuple[LabelDecision, ...]

    @property
    def difference(self) -> str:
        """What changes, as a unified diff; empty when the file says it all already."""
        sides = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        return "".join(difflib.unified_diff(*sides, "labels.yaml", "labels.yaml"))

    def document(self) -> dict[str, Any]:
        """For programs."""
        made = [document(decision) for decision in self.decisions]
        return {"file": str(self.file), "difference": self.difference, "decisions": made}


def withdraw(house: House, label_set: str, seen: str, why: str) -> LabelDecision:
    """Take a decision out of use; the deals it let pass stay delivered. `house`: opened with `decided=False`."""
    with house.store.write() as tx:
        in_use = stored.in_use(tx)
        found = next((d for d in in_use if (d.label_set, d.seen) == (label_set, seen)), None)
        if found is None:
            raise _unknown(stored.find(tx, label_set, seen), in_use, label_set, seen)
        decided_labels.refuse(in_use, label_set, seen)
        label_decisions.withdraw(tx, house.pack, found, _author(house), why)
    return found


def export(house: House) -> Export:
    """What labels.yaml would be with all decisions in it; proven to be the same pack. Nothing is written.

    `house`: opened with `decided=False`. Raises PackError for a clash, UsageError for a file that takes no insertion.
    """
    with house.store.read() as tx:
        in_use = stored.in_use(tx)
    wanted = decided_pack(house.settings, house.store)
    file = pack_folder(house.settings.pack) / "labels.yaml"
    before = file.read_bytes().decode("utf-8")
    missing = decided_labels.unsaid(house.pack.labels, in_use)
    by_hand = f"Write it there by hand: {'; '.join(str(decision) for decision in missing)}."
    try:
        after = _BOM * before.startswith(_BOM) + inserted(before.removeprefix(_BOM), missing)
    except TextError as error:
        raise UsageError(f"{file}: nothing can be inserted: {error}. {by_hand}") from None
    if _fingerprint(file, after) != wanted.fingerprint:
        raise UsageError(f"{file}: with an insertion it would not be the same pack. {by_hand}")
    return Export(file=file, before=before, after=after, decisions=in_use)


def write(house: House, made: Export) -> None:
    """Put labels.yaml in its place; its decisions are the file's from then on."""
    if made.file.parent.resolve() == shipped(made.file.parent.name).resolve():
        raise UsageError(
            "This pack is one that we ship: copy it to a folder of your own, and set HANDOFF_PACK to that."
        )
    with house.store.write() as tx:
        for decision in made.decisions:  # first: a withdrawal meanwhile leaves the file alone
            label_decisions.exported(tx, decision, _author(house))
        if made.after != made.before:
            beside = made.file.with_name("labels.yaml.new")
            beside.write_bytes(made.after.encode())
            shutil.copymode(made.file, beside)
            os.replace(beside, made.file)  # noqa: PTH105 - in one step: a reader sees the old file or the new one


def _fingerprint(file: Path, text: str) -> str:
    """Of the pack with this text as its labels.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "pack"
        shutil.copytree(file.parent, copy)
        (copy / file.name).write_bytes(text.encode())
        try:
            return find_pack(copy).fingerprint
        except PackError:
            return ""


def _unknown(known: LabelDecision | None, in_use: Sequence[LabelDecision], label_set: str, seen: str) -> UsageError:
    if known is not None and known.state is LabelState.EXPORTED:
        return UsageError(f"{known} was written into labels.yaml: change it there.")
    if known is not None:
        return UsageError(f"{known} is withdrawn already.")
    about = [d.seen for d in in_use if d.label_set == label_set]
    right = one_of(seen, about, f"the texts decided about in {label_set}") if about else "Nothing was decided there"
    return UsageError(f"Nothing was decided about {seen!r} in {label_set}. {right}: handoff labels list.")


def _author(house: House) -> Author:
    return Author(actor=house.actor, at=house.clock.now())
