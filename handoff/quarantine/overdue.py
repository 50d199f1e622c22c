"""What a clock sets off: warnings, an owner who is gone, and an overdue entry that goes up its chain. Each once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.business_time import ALWAYS
from handoff.core.entry import EntryState, entry_name
from handoff.core.ownership import EntryOwner
from handoff.core.pack import Pack
from handoff.quarantine import clock, offers, routing
from handoff.quarantine.clock import ClockState
from handoff.quarantine.decision import laid_before
from handoff.quarantine.routing import Heir, column
from handoff.store import clocks, entries, handoffs
from handoff.store.events import Author, Event, append
from handoff.store.tables import entry

ValuesOf = Callable[[sa.Connection, Any], Mapping[str, str | None]]
"""The values of an entry's deal, for look-ups of roles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An open entry at a moment: its clock, whom the pack names for it, and what is to be done, if anything.

    `gone`: why its owner cannot keep it. `keys`: what its clock sets off now, as the table `fired` calls it.
    """

    row: sa.Row[Any]
    violations: Sequence[Any]
    pauses: Sequence[Any]
    values: Mapping[str, str | None]
    state: ClockState
    wanted: EntryOwner
    gone: str | None
    keys: tuple[str, ...]

    @property
    def moved(self) -> bool:
        """Whether its pauses have moved the due time since it was last written down."""
        return bool(self.state.due != self.row.due_at)


def case_of(
    pack: Pack,
    row: sa.Row[Any],
    *,
    violations: Sequence[Any],
    pauses: Sequence[Any],
    values: Mapping[str, str | None],
    at: datetime,
) -> Case:
    """An open entry as its clock stands. Raises ValueError when the clock cannot be read."""
    state = clock.state_of(row, pauses, at)
    wanted = routing.wanted_owner(pack, violations, values, at)
    if state.paused_until is not None:
        keys: tuple[str, ...] = ()
    elif state.overdue:
        keys = (key(row, state.clock.turn, "overdue"),)
    else:
        passed = [percent for percent, moment in state.warnings.items() if moment <= at]
        keys = tuple(key(row, state.clock.turn, f"warning_{percent}") for percent in passed)
    gone = routing.astray(pack.owners, row, wanted.role, values, at)
    return Case(
        row=row, violations=violations, pauses=pauses, values=values, state=state, wanted=wanted, gone=gone, keys=keys
    )


def key(row: Any, turn: int, what: str, *, level: int | None = None) -> str:
    """What is set off once: for an entry, its episode, how often it escalated, and which owner since."""
    return f"entry:{row.id}:{row.episode}:{row.level if level is None else level}:{turn}:{what}"


def settle(tx: sa.Connection, pack: Pack, number: int, values_of: ValuesOf, author: Author) -> str | None:
    """Do what the clock of one entry asks for now, in a transaction of its own; None when somebody else was faster.

    Returns `warned`, `escalated`, `overdue` (the tie-breaker has it), `rerouted` or `recounted`. Raises ValueError when
    the clock cannot be read, LostRaceError or IntegrityError when two were at it in the same moment.
    """
    entries.by_id(tx, number, for_update=True)
    row = next(iter(entries.listed(tx, entry.c.id == number)))
    if row.state != EntryState.OPEN:
        return None
    violations, pauses = entries.violations_of(tx, [number])[number], clocks.pauses_of(tx, [number])[number]
    case = case_of(pack, row, violations=violations, pauses=pauses, values=values_of(tx, row), at=author.at)
    if case.gone:
        return _reroute(tx, pack, case, author)
    fired = clocks.fired_already(tx, case.keys)
    due = [what for what in case.keys if what not in fired]
    if due and case.state.overdue:
        return _overdue(tx, pack, case, author)
    if due:
        return _warn(tx, case, due, author)
    if case.moved:
        new = {"due_at": case.state.due}
        _change(tx, row, author, **new, **({"first_due_at": case.state.due} if row.level == 0 else {}))
        old = {"due": row.due_at.isoformat()}
        new_due = {"due": case.state.due.isoformat()}
        _event(tx, row, author, "recounted", old=old, new=new_due, why="a pause moved it")
        return "recounted"
    return None


def _change(tx: sa.Connection, row: sa.Row[Any], author: Author, **values: Any) -> None:
    entries.change(tx, row, **values)
    handoffs.show_anew(tx, row.handoff_id, author.at)


def _reroute(tx: sa.Connection, pack: Pack, case: Case, author: Author) -> str | None:
    row, wanted = case.row, case.wanted
    same = row.role == wanted.role and row.level
    after = case.state.clock.place - 1 if same else -1
    hours = wanted.escalate_within_hours if same else wanted.respond_within_hours
    to = routing.heir(pack.owners, wanted.role, case.values, author.at, after=after)
    if column(to.person_id) == row.person:  # their day is another one in the calendar of their own role
        return None
    handed = routing.handed(row, to, hours, author.at, case.pauses)
    _change(tx, row, author, role=wanted.role, reassigned_by=None, **handed)
    routing.tell_rerouted(tx, row, to, author, why=case.gone or "", role=wanted.role)
    return "rerouted"


def _warn(tx: sa.Connection, case: Case, due: Sequence[str], author: Author) -> str:
    """One warning, the latest; an earlier one that nobody saw in time is set off with it, and told to nobody."""
    row, state = case.row, case.state
    clocks.fire(tx, due, author.at)
    percent = due[-1].rpartition("_")[2]
    about = f"{percent} % of the time to answer {entry_name(row.id)} is over: due {local(state, state.due)}."
    _notice(tx, row, row.person, author, key=due[-1], kind="entry_warning", about=about)
    new = {"percent": int(percent), "owner": row.person, "due": state.due.isoformat()}
    _event(tx, row, author, "warned", new=new, why=f"{percent} % of the time to answer is over")
    return "warned"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """A level of the chain that an overdue entry came to: who, by when, and how it is counted."""

    to: Heir
    level: int
    due: datetime
    told: bool


def _overdue(tx: sa.Connection, pack: Pack, case: Case, author: Author) -> str:
    """To the next level that is there; the tie-breaker keeps it. Levels whose time passed unseen are passed over."""
    row, state = case.row, case.state
    if row.person == column(pack.owners.tie_breaker):
        clocks.fire(tx, case.keys, author.at)
        head = f"{entry_name(row.id)} is overdue since {local(state, state.due)}, and yours."
        about = _about(tx, pack, case, head, author.at)
        _notice(tx, row, row.person, author, key=case.keys[0], kind="entry_overdue", about=about)
        why = "nobody comes after the tie-breaker"
        kept = {"owner": row.person, "due": state.due.isoformat()}
        _event(tx, row, author, "overdue", new=kept, why=why)
        return "overdue"
    levels = _levels(pack, case, author.at)
    clocks.fire(tx, _all_keys(case, levels), author.at)
    last = levels[-1]
    hours = case.wanted.escalate_within_hours
    new = routing.handed(row, last.to, hours, author.at, case.pauses)
    new["clock"] = {**new["clock"], "turn": state.clock.turn + len(levels)}
    _change(tx, row, author, level=last.level, role=case.wanted.role, reassigned_by=None, **new)
    before = {"owner": row.person, "level": row.level, "due": state.due.isoformat()}
    for step in levels:
        due = new["due_at"] if step.told else step.due
        now: dict[str, Any] = {"owner": column(step.to.person_id), "level": step.level, "due": due.isoformat()}
        told = {"told": step.told, "skipped": [{"person": who, "why": why} for who, why in step.to.skipped]}
        why = "the time to answer is over" if step.told else "its time passed while no clock was read: told to nobody"
        _event(tx, row, author, "escalated", old=before, new={**now, **told}, why=why)
        before = now
    head = (
        f"{entry_name(row.id)} was due {local(state, state.due)}; {row.owner_name} did not settle it. It is yours now"
    )
    by = last.to.calendar.local(new["due_at"])
    person = column(last.to.person_id)
    about = _about(tx, pack, case, f"{head}, due {by:%Y-%m-%d %H:%M} {last.to.calendar.zone}.", author.at)
    told_key = key(row, state.clock.turn + len(levels), "overdue_to_you", level=last.level)
    _notice(tx, row, person, author, key=told_key, kind="entry_overdue", about=about)
    return "escalated"


def _levels(pack: Pack, case: Case, at: datetime) -> list[_Level]:
    """Where an overdue entry would stand had its clock been read all the time: the last of these has it now."""
    row, state = case.row, case.state
    hours, out = case.wanted.escalate_within_hours, clock.spans(case.pauses)
    place, person, due, level = state.clock.place, row.person, state.due, row.level
    if row.role != case.wanted.role:
        place = -1
    found: list[_Level] = []
    while True:
        to = routing.heir(pack.owners, case.wanted.role, case.values, at, after=place, not_person=person)
        level += 1
        calendar = ALWAYS if state.clock.elapsed else to.calendar
        then = clock.begun(calendar, hours, due).moment(out)
        here = to.last or then > at
        found.append(_Level(to=to, level=level, due=then, told=here))
        if here:
            return found
        place, person, due = to.place, to.person_id, then


def _all_keys(case: Case, levels: Sequence[_Level]) -> list[str]:
    """What is over with an escalation: of the owner who had it, and of those who were passed over."""
    row, turn = case.row, case.state.clock.turn
    return [key(row, turn + n, "overdue", level=row.level + n) for n in range(len(levels))]


def _about(tx: sa.Connection, pack: Pack, case: Case, head: str, at: datetime) -> str:
    """What its owner may do with it now that the clock has done its part."""
    row = next(iter(entries.listed(tx, entry.c.id == case.row.id)))
    found = offers.offers(laid_before(tx, pack, row, case.values, Author(actor=row.person, at=at)))
    return f"{head} Open to you:\n{offers.in_words(found)}" if found else head


def local(state: ClockState, moment: datetime) -> str:
    """A moment as the owner's calendar reads it, with its zone."""
    return f"{state.clock.calendar.local(moment):%Y-%m-%d %H:%M} {state.clock.calendar.zone}"


def _notice(tx: sa.Connection, row: Any, person: str, author: Author, *, key: str, kind: str, about: str) -> None:
    notice = {"dedupe_key": key, "kind": kind, "entry_id": row.id, "person": person, "about": about}
    entries.notify(tx, [{**notice, "state": "pending", "created_at": author.at}])


def _event(tx: sa.Connection, row: Any, author: Author, what: str, *, old: Any = None, new: Any, why: str) -> None:
    append(tx, author, [Event(subject=f"entry:{entry_name(row.id)}", what=what, old=old, new=new, why=why)])
