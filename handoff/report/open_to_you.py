"""What an entry's reader needs before they decide: its version, kind and level, its questions, what is open to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action, may
from handoff.core.entry import EntryKind, EntryState
from handoff.core.ownership import accountable
from handoff.core.pack import Pack
from handoff.core.standing import Hanging, standing
from handoff.report.wording import utc
from handoff.store import entries, questions

_WHEN_OPEN = (
    Action.CORRECT,
    Action.DECIDE_LABEL,
    Action.REQUEST_APPROVAL,
    Action.WAIVE,
    Action.REJECT,
    Action.REASSIGN,
    Action.COMMENT,
    Action.PAUSE,
    Action.ASK,
    Action.ANSWER,
    Action.DONE_BY_HAND,
)
_AT_ITS_END = {EntryState.REJECTED: (Action.REOPEN, Action.COMMENT), EntryState.RELEASED: (Action.COMMENT,)}
_COMMANDS = {
    Action.DECIDE_LABEL: "label",
    Action.REQUEST_APPROVAL: "request-approval",
    Action.DONE_BY_HAND: "done-by-hand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenToYou:
    """One entry, as one person may act on it. `may`: the words after `handoff queue`."""

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
    tx: sa.Connection, pack: Pack, number: int, values: Mapping[str, str | None], actor: str, *, source: str
) -> OpenToYou:
    """An entry as an actor may act on it; `values`: the deal's, for look-ups of roles."""
    row = entries.by_id(tx, number)
    violations = entries.violations_of(tx, [number])[number]
    waiting = questions.unanswered(tx, [number])
    hanging = Hanging(asked=[q.asked_of for q in waiting])
    found = standing(pack, row, violations, actor, values, source=source, hanging=hanging)
    state = EntryState(row.state)
    actions = _AT_ITS_END.get(state, _WHEN_OPEN)
    approval = any(accountable(pack.owners, v.rule).kind is EntryKind.APPROVAL for v in violations)
    allowed = [
        _COMMANDS.get(action, action.value)
        for action in actions
        if may(action, found) and (approval or action is not Action.REQUEST_APPROVAL)
    ]
    return OpenToYou(
        version=row.row_version,
        kind=row.kind,
        level=row.level,
        reassigned_by=row.reassigned_by,
        questions=tuple(_question(q) for q in waiting),
        reader=actor,
        relations=tuple(sorted(found)),
        may=tuple(allowed),
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
