"""Entries in figures: what is open and whose it is, how often entries come back, how many are answered in time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name
from handoff.core.ownership import first_violation
from handoff.core.pack import Pack
from handoff.core.period import Period
from handoff.core.violation import Violation
from handoff.store import figures

_MOST_VALUES = 5
"""A rule with more distinct values is one cause, as in `handoff report`."""


@dataclass(slots=True)
class Blocked:
    """Open entries of one owner or cause: how many, overdue, and their money in minor units per currency."""

    entries: int = 0
    overdue: int = 0
    amount: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0
    priced: Counter[str] = field(default_factory=Counter)
    """Currency -> entries with an amount in it."""

    def add(self, row: sa.Row[Any], now: datetime) -> None:
        self.entries += 1
        self.overdue += row.due_at < now
        if row.amount_minor is None or not row.currency:
            self.unreadable += 1
        else:
            self.amount[row.currency] += row.amount_minor
            self.priced[row.currency] += 1

    def document(self) -> dict[str, Any]:
        counts = {"entries": self.entries, "overdue": self.overdue}
        return {**counts, "amount": dict(self.amount), "amount_unreadable": self.unreadable}


@dataclass(slots=True)
class Attained:
    """Entries that were answered in time, and that were not."""

    met: int = 0
    missed: int = 0

    @property
    def share(self) -> float | None:
        """Of one; None when there is nothing to tell."""
        known = self.met + self.missed
        return self.met / known if known else None

    def add(self, *, in_time: bool) -> None:
        if in_time:
            self.met += 1
        else:
            self.missed += 1


@dataclass(slots=True)
class Answers:
    """All that one reading of the entries tells. Owners are (person, name); causes (rule, value seen)."""

    total: Blocked = field(default_factory=Blocked)
    owners: dict[tuple[str, str], Blocked] = field(default_factory=dict)
    causes: dict[tuple[str, str], Blocked] = field(default_factory=dict)
    levels: Counter[int] = field(default_factory=Counter)
    """How often escalated -> open entries."""
    episodes: Counter[int] = field(default_factory=Counter)
    """Episodes -> entries whose latest episode began in the period."""
    attained: Attained = field(default_factory=Attained)
    by_owner: dict[str, Attained] = field(default_factory=dict)
    by_rule: dict[str, Attained] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Person -> name."""


def answers(tx: sa.Connection, pack: Pack, period: Period, now: datetime) -> Answers:
    """Read all entries once. What is open is told as of `now`; the rest of those whose episode began in the period."""
    found = Answers(names={key: person.name for key, person in pack.owners.people.items()})
    by_value: dict[str, dict[str, Blocked]] = {}
    by_rule: dict[str, Blocked] = {}
    escalated: list[tuple[sa.Row[Any], bool]] = []
    for row, violations in _entries(tx):
        found.names.setdefault(row.person, row.owner_name)
        if row.state == EntryState.OPEN:
            found.total.add(row, now)
            found.owners.setdefault((row.person, row.owner_name), Blocked()).add(row, now)
            found.levels[row.level] += 1
            _count_causes(by_value, by_rule, row, violations, now)
        if not period.holds(row.opened_at):
            continue
        found.episodes[row.episode] += 1
        in_time = _in_time(row, now)
        if in_time is None:
            continue
        found.attained.add(in_time=in_time)
        if violations:
            rule = first_violation(pack, violations).rule
            found.by_rule.setdefault(rule, Attained()).add(in_time=in_time)
        if row.level:
            escalated.append((row, in_time))
        else:
            found.by_owner.setdefault(row.person, Attained()).add(in_time=in_time)
    for person, in_time in _first_owners(tx, escalated):
        found.by_owner.setdefault(person, Attained()).add(in_time=in_time)
    found.causes = _causes(by_value, by_rule)
    return found


def _entries(tx: sa.Connection) -> Iterator[tuple[sa.Row[Any], Sequence[Violation]]]:
    """Each entry with its current violations."""
    for _, group in groupby(figures.entries_with_violations(tx), key=lambda row: row.id):
        rows = list(group)
        yield rows[0], [_violation(row) for row in rows if row.rule is not None]


def _violation(row: sa.Row[Any]) -> Violation:
    """What counting needs of it."""
    return Violation(rule=row.rule, field="", seen=row.seen, allowed="", message="", judged=row.judged)


def _count_causes(
    by_value: dict[str, dict[str, Blocked]],
    by_rule: dict[str, Blocked],
    row: sa.Row[Any],
    violations: Iterable[Violation],
    now: datetime,
) -> None:
    """An entry counts once per rule, and once per rule and value, however many of its lines have it."""
    values = {(v.rule, v.seen or "(empty)") for v in violations if v.judged}
    for rule in {rule for rule, _ in values}:
        by_rule.setdefault(rule, Blocked()).add(row, now)
    for rule, seen in values:
        known = by_value.setdefault(rule, {})
        if seen in known or len(known) <= _MOST_VALUES:  # one more than are shown tells that there are too many
            known.setdefault(seen, Blocked()).add(row, now)


def _causes(by_value: Mapping[str, Mapping[str, Blocked]], by_rule: Mapping[str, Blocked]) -> dict[Any, Blocked]:
    causes: dict[tuple[str, str], Blocked] = {}
    for rule, values in by_value.items():
        if len(values) > _MOST_VALUES:
            causes[rule, f"more than {_MOST_VALUES} values"] = by_rule[rule]
        else:
            causes |= {(rule, seen): blocked for seen, blocked in values.items()}
    return causes


def _in_time(row: sa.Row[Any], now: datetime) -> bool | None:
    """Whether the latest episode was answered, or over, by its first due time; None while that may still happen."""
    due = row.first_due_at or row.due_at
    ends = [at for at in (row.answered_at, row.released_at) if at is not None]
    if ends:
        return bool(min(ends) <= due)
    return None if row.state == EntryState.OPEN and due >= now else False


def _first_owners(tx: sa.Connection, escalated: Sequence[tuple[sa.Row[Any], bool]]) -> Iterator[tuple[str, bool]]:
    """Who had an escalated entry when it was first due: a backup is not charged with what another let pass."""
    named = figures.owners_named(tx, [f"entry:{entry_name(row.id)}" for row, _ in escalated])
    for row, in_time in escalated:
        due = row.first_due_at or row.due_at
        owner = row.person
        for told in named.get(f"entry:{entry_name(row.id)}", ()):
            if told.at <= due and (named_then := _owner_in(told.new)):
                owner = named_then
        yield owner, in_time


def _owner_in(new: Any) -> str | None:
    """The owner whom an event names: a person's reassignment is the person, the others tell more."""
    return new if isinstance(new, str) else new.get("owner") if isinstance(new, dict) else None
