"""What an entry's reader needs before they decide: its version, kind and level, its questions, what is open to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Relation
from handoff.core.entry import EntryKind
from handoff.report.wording import utc
from handoff.store import questions


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenToYou:
    """One entry, as one person may act on it. `may`: the decisions, likeliest first, by the names of their commands."""

    version: int
    kind: str | None
    level: int
    reassigned_by: str | None
    questions: tuple[Mapping[str, Any], ...]
    reader: str
    relations: tuple[str, ...]
    may: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Under `desk` in `queue show --json` and `explain --json`."""
        return {
            "version": self.version,
            "kind": self.kind,
            "level": self.level,
            "reassigned_by": self.reassigned_by,
            "questions": [dict(q) for q in self.questions],
            "reader": self.reader,
            "relations": list(self.relations),
            "may": list(self.may),
        }

    def facts(self) -> list[tuple[str, str]]:
        """The same for people: a label and what it says."""
        version = f"{self.version} (say --version {self.version} to decide on exactly this)"
        found = [("Version", version)]
        if self.kind:
            found.append(("Asks for", f"a {self.kind}" if self.kind == EntryKind.CORRECTION else f"an {self.kind}"))
        if self.level:
            found.append(("Escalated", "once" if self.level == 1 else f"{self.level} times"))
        if self.reassigned_by:
            found.append(("Assigned by", self.reassigned_by))
        found += [
            ("Question", f"to {q['of']}, by {q['deadline_shown']}, from {q['by']}: {q['text']}") for q in self.questions
        ]
        who = ", ".join(relation.replace("_", " ") for relation in self.relations)
        found.append(("Open to you", f"{', '.join(self.may) or 'nothing'} ({self.reader}: {who})"))
        return found


def open_to(
    tx: sa.Connection, row: sa.Row[Any], reader: str, *, relations: Collection[Relation], may: Sequence[str]
) -> OpenToYou:
    """An entry as one reader may act on it: what they are to it, and the decisions that are open to them."""
    return OpenToYou(
        version=row.row_version,
        kind=row.kind,
        level=row.level,
        reassigned_by=row.reassigned_by,
        questions=tuple(_question(q) for q in questions.unanswered(tx, [row.id])),
        reader=reader,
        relations=tuple(sorted(relations)),
        may=tuple(may),
    )


def _question(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "of": row.asked_of,
        "by": row.asked_by,
        "text": row.text,
        "asked": row.at.isoformat(),
        "deadline": row.deadline.isoformat(),
        "deadline_shown": utc(row.deadline),
        "state": row.state,
    }
