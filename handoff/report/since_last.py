"""What changed since the last report: opened, released, rejected, given to somebody else, fallen due."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name, entry_number
from handoff.core.money import Money
from handoff.report.cause_list import touched
from handoff.store import entries, published
from handoff.store.handoffs import chunks
from handoff.store.tables import entry

_HANDED_ON = frozenset({"reassign", "reassigned", "rerouted", "escalated"})
_KINDS = {
    "opened": ("opened", "reopened"),
    "released": ("released",),
    "rejected": ("reject", "rejected"),
    "reassigned": tuple(sorted(_HANDED_ON)),
}
_SAID = {
    "opened": "opened",
    "released": "released",
    "rejected": "rejected",
    "reassigned": "given to somebody else",
    "came": "came to you from somebody else",
    "gone": "went from you to somebody else",
    "overdue": "fell overdue, and open still",
}
_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One kind of change: the entries that had it, each once, and their money. Those that are gone are only counted."""

    kind: str
    count: int
    entries: tuple[str, ...]
    money: tuple[Money, ...]

    @property
    def said(self) -> str:
        return _SAID[self.kind]

    @property
    def named(self) -> str:
        """The first few by name."""
        more = len(self.entries) - _NAMED
        return ", ".join(self.entries[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All changes since a moment; `since` None: no report was published before, and nothing is told."""

    since: datetime | None
    found: tuple[Change, ...] = ()

    @property
    def sentence(self) -> str:
        """In one line."""
        if self.since is None:
            return "No report was published before this one: the next says what changed since."
        said = [f"{change.count:,} {change.said}" for change in self.found if change.count]
        return ", ".join(said) + "." if said else "Nothing: no entry was opened, released, rejected or given away."

    def document(self) -> dict[str, Any] | None:
        """For programs; None when there was no report before."""
        if self.since is None:
            return None
        counts = {
            change.kind: {
                "entries": change.count,
                "amount": {each.currency: each.minor for each in change.money},
            }
            for change in self.found
        }
        return {"since": self.since.isoformat(), **counts}


def changes(
    tx: sa.Connection,
    now: datetime,
    *,
    person: str | None,
    names: frozenset[str] = frozenset(),
    day: date | None = None,
) -> Changes:
    """What changed since the last report of a person, or of the whole.

    `names`: how the person may be named in the store. `day`: the report is of this day, and those of the same day do
    not count as the last one.
    """
    before = published.last(tx, person, before=day)
    if before is None:
        return Changes(since=None)
    rows = published.of_entries_since(tx, before.seq, [what for kind in _KINDS.values() for what in kind])
    by_kind: dict[str, dict[int, None]] = {kind: {} for kind in _SAID}
    known = _entries(tx, {number for row in rows if (number := _number(row))})
    for row in rows:
        number = _number(row)
        kind = next(kind for kind, whats in _KINDS.items() if row.what in whats)
        if number not in known:
            continue
        if person is None:
            by_kind[kind][number] = None
        elif known[number].person in names:
            by_kind["came" if kind == "reassigned" else kind][number] = None
        elif kind == "reassigned" and _named(row.old) in names:
            by_kind["gone"][number] = None
    late = [entry.c.state == EntryState.OPEN, entry.c.due_at > before.at, entry.c.due_at <= now]
    if person is not None:
        late.append(entry.c.person.in_(names))
    fallen = {row.id: row for row in entries.listed(tx, *late)}
    by_kind["overdue"] = dict.fromkeys(fallen)
    found = tuple(_change(kind, numbers, {**known, **fallen}) for kind, numbers in by_kind.items())
    return Changes(since=before.at, found=found)


def rows(found: Changes) -> Iterator[tuple[str, str, tuple[Money, ...], str]]:
    """As a table: what, how many, how much money, which."""
    for change in found.found:
        if change.count:
            yield change.said, f"{change.count:,}", change.money, change.named


def _change(kind: str, numbers: Iterable[int], known: Mapping[int, Any]) -> Change:
    own = [known[number] for number in numbers]
    if kind == "gone":  # somebody else's by now: how many, and not a byte more
        return Change(kind=kind, count=len(own), entries=(), money=())
    return Change(kind=kind, count=len(own), entries=tuple(entry_name(row.id) for row in own), money=touched(own).money)


def _entries(tx: sa.Connection, numbers: set[int]) -> dict[int, sa.Row[Any]]:
    found: dict[int, sa.Row[Any]] = {}
    ordered: Sequence[int] = sorted(numbers)
    for part in chunks(ordered):
        found |= {row.id: row for row in entries.listed(tx, entry.c.id.in_(part))}
    return found


def _number(row: Any) -> int | None:
    return entry_number(row.subject.removeprefix("entry:"))


def _named(told: Any) -> str | None:
    """Whom an event names as the owner: a person's reassignment is the person, the others tell more."""
    return told if isinstance(told, str) else told.get("owner") if isinstance(told, dict) else None
