"""What happened to a deal, oldest first: one line each, for people; `explain --json` has the events whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectState
from handoff.report.event_words import OF_DEALS, OF_EFFECTS, PLAIN, SENTENCES
from handoff.report.wording import spoken, utc

_MOST = 160
"""Characters of a line's text: a terminal cuts it shorter."""
_SETTLED = frozenset(
    {EffectState.CONFIRMED.value, EffectState.REFUSED.value, EffectState.PLANNED.value, EffectState.UNKNOWN.value}
)
"""How an attempt at an effect ends: then the line of its beginning says nothing more."""
_INNER = frozenset(
    {
        "generation",
        "row_version",
        "payload",
        "payload_hash",
        "batch",
        "handoff",
        "entry",
        "concerns",
        "told",
        "status_code",
        "outcome",
    }
)
"""What an event keeps for programs."""
_OF_RUNS = frozenset({"opened", "reopened", "released", "passed", "excluded", "noted", "translated", "delivered"})
_OF_RUNS |= {"warned", "escalated", "rerouted", "question_expired", "waiver_expired", "approval_overdue"}
_OF_RUNS |= {"approval_escalated", "approval_stale", "approval_carried_over", "correction_retired", "recounted"}
"""What no person does."""
_Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """When (UTC), who, what, with old and new, and why."""

    at: datetime
    who: str
    what: str
    why: str
    by_run: bool = False
    """Whether it is a run's doing, whoever had begun the run."""

    def document(self) -> dict[str, Any]:
        return {"at": self.at.isoformat(), "who": self.who, "what": self.what, "why": self.why or None}


def _utc(at: datetime) -> str:
    return utc(at.astimezone(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How a reader reads it: people, rules and moments; by default as the command line takes and shows them."""

    person: Callable[[str], str] = str
    rule: Callable[[str], str] = str
    at: Callable[[datetime], str] = _utc
    held: str = "held by"


_AS_TYPED = Words()


def lines(
    happened: Sequence[sa.Row[Any]],
    snapshots: Sequence[sa.Row[Any]],
    on: Mapping[str, str],
    words: Words = _AS_TYPED,
) -> tuple[TimelineLine, ...]:
    """One line per event and per reading of the deal. `on`: subject -> `deal`, the effect's kind, or the entry."""
    read = [
        TimelineLine(
            at=row.seen_at,
            who="sync",
            what=f"read {'anew ' if n else ''}from {row.source}",
            why="it changed" if n else "",
            by_run=True,
        )
        for n, row in enumerate(snapshots)
    ]
    told = [
        TimelineLine(
            at=row.at,
            who=row.actor,
            what=_short(_what(row, on[row.subject], words)),
            why="" if row.what in ("opened", "reopened") else _short(row.why or ""),
            by_run=row.what in _OF_RUNS
            or row.subject.startswith("effect:")
            or getattr(row, "run_id", None) is not None,
        )
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


def _what(row: sa.Row[Any], on: str, words: Words) -> str:
    old, new = _facts(row.old), _facts(row.new)
    if row.subject.startswith("effect:"):
        return f"{spoken(on)} {OF_EFFECTS.get(row.what, spoken(row.what))}{_external_id(new)}"
    if row.what == "translated" and isinstance(row.new, list):
        return "translated " + ", ".join(f"{t.get('seen')} to {t.get('canonical')}" for t in row.new)
    if row.what in ("opened", "reopened") and new:
        rules = ", ".join(words.rule(str(rule)) for rule in new.get("rules") or ()) or "a failure"
        again = words.held if row.what == "opened" else words.held.replace(" by", " again by", 1)
        return f"{again} {rules}; owner {words.person(str(new.get('owner')))}{_skipped(new, words)}"
    told = _told(row, old, new, words)
    if told is not None:
        return told
    said = OF_DEALS.get(row.what, spoken(row.what))
    change = "" if row.what in PLAIN else _change(row.old, row.new, words)
    return f"{said}: {change}" if change else said


def _told(row: sa.Row[Any], old: _Facts, new: _Facts, words: Words) -> str | None:
    """A sentence of its own, for events whose facts make one; None for others, and where a fact lacks."""
    sentence = SENTENCES.get(row.what)
    if sentence is None:
        return None
    given = {"old": row.old, "new": row.new} if isinstance(row.new, str) else {"old": old.get("owner"), **new}
    try:
        return sentence.format_map({name: _value(fact, words, name) for name, fact in given.items() if fact})
    except KeyError:
        return None


def _external_id(new: Any) -> str:
    found = new.get("external_id") if isinstance(new, dict) else None
    return f": {found}" if found else ""


def _skipped(new: _Facts, words: Words) -> str:
    passed_over = [words.person(str(s.get("person"))) for s in new.get("skipped") or () if isinstance(s, dict)]
    return f", as {', '.join(passed_over)} cannot" if passed_over else ""


def _facts(kept: Any) -> _Facts:
    return kept if isinstance(kept, dict) else {}


def _change(old: Any, new: Any, words: Words) -> str:
    """What was before and is now, field by field where both are given by field; nothing when an event keeps neither."""
    if isinstance(new, dict):
        before = _facts(old)
        shown = {
            name: value for name, value in new.items() if name not in _INNER and value not in (None, [], {}, False)
        }
        parts = [_pair(name, before, value, words) for name, value in shown.items() if before.get(name) != value]
        return ", ".join(parts)
    if new is None or new == old:
        return ""
    if old is None or isinstance(old, dict):
        return _value(new, words)
    return f"from {_value(old, words)} to {_value(new, words)}"


def _pair(name: str, before: _Facts, value: Any, words: Words) -> str:
    if before.get(name) is None:
        return f"{spoken(name)} {_value(value, words, name)}".removesuffix(" True")
    return f"{spoken(name)} from {_value(before[name], words, name)} to {_value(value, words, name)}"


def _value(value: Any, words: Words, name: str = "") -> str:
    if isinstance(value, dict):
        shown = {inner: each for inner, each in value.items() if inner not in _INNER and each not in (None, False)}
        return " ".join(f"{spoken(inner)} {_value(each, words, inner)}" for inner, each in shown.items())
    if isinstance(value, list | tuple):
        return ", ".join(_value(inner, words) for inner in value)
    text = str(value)
    if name == "rule":
        return words.rule(text)
    if name in _PEOPLE:
        return words.person(text)
    try:
        return words.at(datetime.fromisoformat(text)) if "T" in text and len(text) > 15 else text
    except ValueError:
        return text


_PEOPLE = frozenset({"owner", "person", "of", "asked_by", "old", "new"})


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _MOST else one_line[: _MOST - 1].rstrip() + "…"
