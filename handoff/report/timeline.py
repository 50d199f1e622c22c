"""What happened to a deal, oldest first: one line each, for people; `explain --json` has the events whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectState
from handoff.report.wording import spoken

_MOST = 160
"""Characters of a line's text: a terminal cuts it shorter."""
_SETTLED = frozenset(
    {EffectState.CONFIRMED.value, EffectState.REFUSED.value, EffectState.PLANNED.value, EffectState.UNKNOWN.value}
)
"""How an attempt at an effect ends: then the line of its beginning says nothing more."""
_INNER = frozenset(
    {"generation", "row_version", "payload", "payload_hash", "concerns", "told", "status_code", "outcome"}
)
"""What an event keeps for programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """When (UTC), who, what, with old and new, and why."""

    at: datetime
    who: str
    what: str
    why: str

    def document(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "who": self.who, "what": self.what, "why": self.why or None}


def lines(
    happened: Sequence[sa.Row[Any]], snapshots: Sequence[sa.Row[Any]], on: Mapping[str, str]
) -> tuple[TimelineLine, ...]:
    """One line per event and per reading of the deal. `on`: subject -> `deal`, the effect's kind, or the entry."""
    read = [
        TimelineLine(
            at=row.seen_at,
            who="sync",
            what=f"read {'anew ' if n else ''}from {row.source}",
            why="it changed" if n else "",
        )
        for n, row in enumerate(snapshots)
    ]
    told = [
        TimelineLine(at=row.at, who=row.actor, what=_short(_what(row, on[row.subject])), why=_short(row.why or ""))
        for n, row in enumerate(happened)
        if not _superseded(row, happened[n + 1 :])
    ]
    return tuple(sorted((*read, *told), key=lambda line: line.at))


def _superseded(row: sa.Row[Any], later: Sequence[sa.Row[Any]]) -> bool:
    """Whether this is only the beginning of an attempt whose end is told, too."""
    if row.what != EffectState.IN_FLIGHT:
        return False
    then = next((other for other in later if other.subject == row.subject), None)
    return then is not None and then.what in _SETTLED


def _what(row: sa.Row[Any], on: str) -> str:
    new = row.new
    if row.subject.startswith("effect:"):
        return f"{spoken(on)} {_OF_EFFECTS.get(row.what, spoken(row.what))}{_external_id(new)}"
    if row.what == "translated" and isinstance(new, list):
        return "translated " + ", ".join(f"{t.get('seen')} to {t.get('canonical')}" for t in new)
    if row.what in ("opened", "reopened") and isinstance(new, dict):
        rules = ", ".join(map(str, new.get("rules") or ())) or "a failure"
        return f"{'held' if row.what == 'opened' else 'held again'} by {rules}; owner {new.get('owner')}{_skipped(new)}"
    said = _OF_DEALS.get(row.what, spoken(row.what))
    change = _change(row.old, new)
    return f"{said}: {change}" if change else said


_OF_EFFECTS = {
    "confirmed": "done",
    "in_flight": "begun",
    "unknown": "sent, outcome not known",
    "planned": "not done, tried again later",
    "planned_anew": "planned anew",
    "dropped": "taken out of the plan",
}
_OF_DEALS = {
    "passed": "passed every rule",
    "noted": "changed in the CRM, in nothing that was sent",
    "correct": "corrected",
    "approve": "approved",
    "decline": "declined",
    "waive": "waived",
    "reject": "rejected",
    "reopen": "reopened",
    "reassign": "reassigned",
    "comment": "commented",
    "pause": "paused",
    "resume": "resumed",
    "ask": "asked",
    "answer": "answered",
    "warned": "warned its owner",
    "rerouted": "given to another owner",
    "recounted": "due moved",
    "request_approval": "asked for approval",
    "done_by_hand": "done by hand",
}


def _external_id(new: Any) -> str:
    found = new.get("external_id") if isinstance(new, dict) else None
    return f": {found}" if found else ""


def _skipped(new: Mapping[str, Any]) -> str:
    passed_over = [str(s.get("person")) for s in new.get("skipped") or () if isinstance(s, dict)]
    return f", as {', '.join(passed_over)} cannot" if passed_over else ""


def _change(old: Any, new: Any) -> str:
    """`old → new`, field by field where both are given by field; nothing when an event keeps neither."""
    if isinstance(new, dict):
        before = old if isinstance(old, dict) else {}
        shown = {name: value for name, value in new.items() if name not in _INNER and value not in (None, [], {})}
        parts = [_pair(name, before, value) for name, value in shown.items() if before.get(name) != value]
        return ", ".join(parts)
    if new is None or new == old:
        return ""
    return f"{_value(old)} → {_value(new)}" if old is not None and not isinstance(old, dict) else _value(new)


def _pair(name: str, before: Mapping[str, Any], value: Any) -> str:
    change = f"{_value(before[name])} → {_value(value)}" if before.get(name) is not None else _value(value)
    return f"{spoken(name)} {change}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{spoken(name)} {_value(inner)}" for name, inner in value.items() if name not in _INNER)
    if isinstance(value, list | tuple):
        return ", ".join(_value(inner) for inner in value)
    text = str(value)
    try:
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}" if "T" in text and len(text) > 15 else text
    except ValueError:
        return text


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _MOST else one_line[: _MOST - 1].rstrip() + "…"
