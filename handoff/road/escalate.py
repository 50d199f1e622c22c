"""Escalate: what the clocks of entries, approvals, questions and steps set off. Any number may run at once."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from handoff.core.entry import entry_name
from handoff.core.errors import HandoffError
from handoff.core.pack import Pack
from handoff.quarantine import expiries, overdue
from handoff.road import late_steps, received
from handoff.road.house import House, Progress
from handoff.store import clocks, entries, handoffs, overlays, runs
from handoff.store.events import Author
from handoff.store.handoffs import LostRaceError
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row

T = TypeVar("T")
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateSummary:
    """What the clocks set off, as `handoff escalate --json` prints it.

    `entries`: open ones that were looked at. `did`: warned, escalated, overdue (the tie-breaker has it), rerouted,
    recounted, approvals, questions, steps_done, steps_late, released. `warnings`: what was left undone, and why.
    """

    entries: int
    did: Mapping[str, int]
    duration_s: float
    warnings: tuple[str, ...] = ()
    interrupted: bool = False

    def document(self) -> dict[str, Any]:
        """The JSON contract of `escalate --json`."""
        return {
            "entries": self.entries,
            **{name: self.did.get(name, 0) for name in DID},
            "duration_s": round(self.duration_s, 3),
            "warnings": list(self.warnings),
        }

    @property
    def sentence(self) -> str:
        """What was done, in counts alone."""
        told = ", ".join(f"{self.did[name]:,} {name.replace('_', ' ')}" for name in DID if self.did.get(name))
        return f"{self.entries:,} open entries looked at: {told or 'nothing was due'}."

    @property
    def exit_code(self) -> int:
        """0 done; 1 something was left undone, and the next time takes it up."""
        return 1 if self.warnings or self.interrupted else 0


DID = (
    "warned",
    "escalated",
    "overdue",
    "rerouted",
    "recounted",
    "approvals",
    "questions",
    "steps_done",
    "steps_late",
    "released",
)


@dataclass(slots=True, kw_only=True)
class _Round:
    """One look at all clocks."""

    house: House
    did: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def author(self) -> Author:
        return Author(actor=self.house.actor, at=self.house.clock.now())

    def once(self, what: str, act: Callable[[sa.Connection], T]) -> T | None:
        """Act in a transaction of its own; nothing when another round is at it, a warning when it cannot be done."""
        try:
            with self.house.store.write() as tx:
                return act(tx)
        except (LostRaceError, IntegrityError):
            return None
        except (ValueError, LookupError, TypeError) as error:
            self.warnings.append(f"The clock of {what} was left alone: {error}. Look at it: handoff explain {what}")
            return None


def escalate(house: House) -> EscalateSummary:
    """Look at every clock once: warn, hand overdue entries up their chain, expire, open entries for late steps.

    It needs no lock: each thing is set off once, whatever runs in parallel, and a run that died is taken up.
    """
    began = house.clock.now()
    this = _Round(house=house)
    looked = _entries(this)
    _expiries(this)
    _steps(this)
    if not house.halt.is_set():
        with house.store.write() as tx:
            runs.worked(tx, "escalate", house.clock.now())
    return EscalateSummary(
        entries=looked,
        did=dict(+this.did),
        duration_s=(house.clock.now() - began).total_seconds(),
        warnings=tuple(this.warnings),
        interrupted=house.halt.is_set(),
    )


def values_of(pack: Pack, tx: sa.Connection, row: Any) -> Values:
    """The values of an entry's deal as we know it, for look-ups of roles."""
    return stored_row(overlays.as_known(tx, handoffs.by_id(tx, row.handoff_id)), pack).values


def _entries(this: _Round) -> int:
    house = this.house
    values = partial(values_of, house.pack)
    with house.store.read() as tx:
        rows = entries.open_entries(tx)
        waiting = _waiting(this, tx, rows)
    for done, number in enumerate(waiting, start=1):
        if house.halt.is_set():
            break
        act = partial(overdue.settle, pack=house.pack, number=number, values_of=values, author=this.author())
        if what := this.once(entry_name(number), act):
            this.did[what] += 1
        house.watch(Progress(stage="escalate", done=done, total=len(waiting)))
    return len(rows)


def _waiting(this: _Round, tx: sa.Connection, rows: list[sa.Row[Any]]) -> list[int]:
    """Entries whose clock may set something off now; the transaction of each asks again, with the entry locked."""
    house, now = this.house, this.house.clock.now()
    numbers = [row.id for row in rows]
    violations, pauses = entries.violations_of(tx, numbers), clocks.pauses_of(tx, numbers)
    chunks = handoffs.chunks([row.handoff_id for row in rows])
    held = [h for part in chunks for h in handoffs.with_content(tx, handoff.c.id.in_(part))]
    deals = dict(zip((h.id for h in held), overlays.all_known(tx, held), strict=True))
    found: dict[int, overdue.Case] = {}
    for row in rows:
        try:
            stored = {"violations": violations[row.id], "pauses": pauses[row.id]}
            values = stored_row(deals[row.handoff_id], house.pack).values
            found[row.id] = overdue.case_of(house.pack, row, **stored, values=values, at=now)
        except (ValueError, LookupError, TypeError) as error:
            name = entry_name(row.id)
            this.warnings.append(f"The clock of {name} was left alone: {error}. Look at it: handoff explain {name}")
    fired = clocks.fired_already(tx, [key for case in found.values() for key in case.keys])
    return [n for n, case in found.items() if case.gone or case.moved or set(case.keys) - fired]


def _expiries(this: _Round) -> None:
    house = this.house
    values = partial(values_of, house.pack)
    with house.store.read() as tx:
        now = house.clock.now()
        approvals, questions = expiries.overdue_approvals(tx, now), expiries.overdue_questions(tx, now)
    for number in approvals:
        ask = partial(
            expiries.escalate_approval, pack=house.pack, number=number, values_of=values, author=this.author()
        )
        this.did["approvals"] += this.once(f"approval {number}", ask) is not None
    for number in questions:
        act = partial(expiries.expire_question, number=number, author=this.author())
        this.did["questions"] += this.once(f"question {number}", act) is not None


def _steps(this: _Round) -> None:
    """The received handoff: what was accepted, what is late, and the entries that this ends."""
    house = this.house
    if house.halt.is_set():
        return
    followed = late_steps.Followed()
    follow = partial(received.follow, pack=house.pack, author=this.author())
    this.did["steps_done"] += this.once("the steps", follow) or 0
    try:
        late_steps.take_up_tasks(house, followed)
    except HandoffError as error:  # no settings for the tracker: all other clocks go on
        this.warnings.append(str(error))
    late_steps.open_late(house, followed)
    release = partial(received.release_accepted, author=this.author())
    this.did["released"] += len(this.once("the steps", release) or ())
    this.did["steps_done"] += followed.done
    this.did["steps_late"] += followed.late
    this.warnings += followed.warnings
