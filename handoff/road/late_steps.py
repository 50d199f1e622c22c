"""Steps by hand that are done by a task of the tracker; a step that is late is an entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from connectors.errors import ConnectorError
from connectors.ports import Body
from handoff.core.entry import EntryState, entry_name
from handoff.core.handoff import HandoffState
from handoff.core.pack import Pack, StepKind
from handoff.core.violation import Failure, Violation
from handoff.quarantine import desk
from handoff.quarantine.steps import waits_by_hand
from handoff.road.house import House
from handoff.road.received import done, project_of
from handoff.store import clocks, entries, outages, overlays
from handoff.store.desk_tables import step_clock
from handoff.store.events import Author, Event, append
from handoff.store.handoffs import LostRaceError
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row

ASKED_AT_ONCE = 50
"""Projects whose tasks are read in one go: at 150 requests a minute a run must leave room for others."""
_SERVICE = {StepKind.INVOICE: "stripe", StepKind.PROJECT: "asana", StepKind.WRITE_BACK: "salesforce"}
_OF_ONE_PROJECT = (403, 404)
"""Statuses that tell of one project: somebody has deleted it or shut us out. All others are asked for all the same."""
_RUNS = (HandoffState.PASSED, HandoffState.DELIVERED)


@dataclass(slots=True, kw_only=True)
class Followed:
    """What became of the steps: done by a task, late; `warnings`: what could not be asked."""

    done: int = 0
    late: int = 0
    warnings: list[str] = field(default_factory=list)
    unasked: set[int] = field(default_factory=set)
    """Step clocks of which nobody knows whether they are late: the tracker has not told, or a service is down."""


def take_up_tasks(house: House, followed: Followed) -> None:
    """Ask the tracker for the tasks of projects that wait to be accepted; a task that is done accepts."""
    with house.store.read() as tx:
        waiting = [row for row in clocks.open_steps(tx) if waits_by_hand(house.pack, row)]
        projects = {row.id: project_of(tx, row.handoff_id) for row in waiting}
    now = house.clock.now()
    chosen = _turn([row for row in waiting if projects[row.id]], now)
    followed.unasked |= {row.id for row in waiting if projects[row.id]} - {row.id for row in chosen}
    for at, row in enumerate(chosen):
        if house.halt.is_set():
            followed.unasked |= {r.id for r in chosen[at:]}
            return
        try:
            tasks = house.tracker.tasks(str(projects[row.id]))
        except ConnectorError as error:
            if error.status in _OF_ONE_PROJECT:
                why = f"The project of deal {row.deal_id} cannot be read, so no task in it accepts step {row.step}"
                followed.warnings.append(f"{why}: {error}")
                continue
            followed.unasked |= {r.id for r in chosen[at:]}
            followed.warnings.append(f"Which projects were accepted could not be asked, the next run asks: {error}")
            return
        step = house.pack.workflow.steps[row.step]
        if _is_done(tasks, step.limit.task if step.limit else None):
            followed.done += _accepted_by_task(house, row)


def _turn(waiting: Sequence[sa.Row[Any]], now: datetime) -> list[sa.Row[Any]]:
    """Which to ask for now: those that are about to be late, then the others, taking turns."""
    pressing = [row for row in waiting if row.due_at <= now and row.late_at is None]
    others = [row for row in waiting if row.due_at > now or row.late_at is not None]
    if others:
        first = int(now.timestamp() // 300) * ASKED_AT_ONCE % len(others)
        others = others[first:] + others[:first]
    return [*pressing, *others][:ASKED_AT_ONCE]


def _is_done(tasks: Sequence[Body], name: str | None) -> bool:
    """Whether the task of that name is completed; without a name, the project's first."""
    wanted = [task for task in tasks if name is None or str(task.get("name", "")).strip() == name.strip()]
    return bool(wanted) and wanted[0].get("completed") is True


def _accepted_by_task(house: House, row: sa.Row[Any]) -> int:
    author = Author(actor=house.actor, at=house.clock.now())
    try:
        with house.store.write() as tx:
            done(tx, row, author, by=row.person, how="task", why="the project's task was done in the tracker")
    except LostRaceError:  # somebody accepted it in this moment
        return 0
    return 1


def open_late(house: House, followed: Followed) -> None:
    """An entry for the owner of each step that is late; once, whatever runs in parallel.

    A deal whose entry is open for another reason gets it when that one is settled; its owner is told at once.
    """
    now = house.clock.now()
    with house.store.read() as tx:
        rows = clocks.open_steps(tx, step_clock.c.due_at <= now)
        out = {service.partition(":")[0] for service in outages.open_ones(tx)}
        followed.unasked |= {row.id for row in rows if _excused(house.pack, row, out)}
        late = [row for row in rows if row.handoff_state in _RUNS]
        held = entries.of_deals(tx, [row.deal_id for row in late])
        rules = entries.violations_of(tx, [row.id for row in held.values()])
    by_deal: dict[str, list[sa.Row[Any]]] = {}
    for row in late:
        if row.id not in followed.unasked:
            by_deal.setdefault(row.deal_id, []).append(row)
    for deal_id, own in by_deal.items():
        before = held.get(deal_id)
        there = before is not None and before.state == EntryState.OPEN
        known = {v.field for v in rules[before.id] if v.rule == Failure.STEP_LATE} if before and there else set()
        if all(row.late_at for row in own) and there and known in (set(), {row.step for row in own}):
            continue
        try:
            with house.store.write() as tx:
                followed.late += _hold(tx, house, deal_id, followed.unasked, now)
        except (LostRaceError, IntegrityError):  # another one is at it
            continue


def _excused(pack: Pack, row: sa.Row[Any], out: set[str]) -> bool:
    """Whether a step of ours waits for a service that is down: that is one notice to one owner, not one a deal."""
    step = pack.workflow.steps.get(row.step)
    return step is not None and _SERVICE.get(step.does) in out


def _hold(tx: sa.Connection, house: House, deal_id: str, unasked: set[int], now: datetime) -> int:
    """Open a deal's entry for its late steps; returns how many of them nobody had found late before."""
    pack, author = house.pack, Author(actor=house.actor, at=now)
    before = entries.of_deals(tx, [deal_id], for_update=True).get(deal_id)
    rows = clocks.open_steps(tx, step_clock.c.due_at <= now, handoff.c.deal_id == deal_id)
    late = [row for row in rows if row.handoff_state in _RUNS and row.id not in unasked]
    new = [row for row in late if row.late_at is None]
    for row in new:
        clocks.change_step(tx, row, late_at=author.at)
        told = {"step": row.step, "owner": row.person, "due": row.due_at.isoformat()}
        append(tx, author, [Event(subject=f"deal:{deal_id}", what="step_late", new=told, why=_seen(row))])
    if not late:
        return 0
    if before is not None and before.state == EntryState.OPEN:
        found = entries.violations_of(tx, [before.id])[before.id]
        if any(v.rule != Failure.STEP_LATE for v in found):
            entries.notify(tx, [_notice(before, row, author) for row in new])
            return len(new)
    values = stored_row(overlays.as_known(tx, late[0]), pack).values
    violations = tuple(_violation(pack, row) for row in late)
    held = desk.HeldDeal(deal_id=deal_id, handoff_id=late[0].handoff_id, values=values, violations=violations)
    desk.hold(tx, pack, [held], author)
    return len(new)


def _seen(row: sa.Row[Any]) -> str:
    return f"{row.owner_name} had it since {row.started_at:%Y-%m-%d %H:%M} UTC, due {row.due_at:%Y-%m-%d %H:%M} UTC"


def _violation(pack: Pack, row: sa.Row[Any]) -> Violation:
    step = pack.workflow.steps.get(row.step)
    hours = step.limit.within_hours if step and step.limit else 0
    title = step.title if step else row.step
    allowed = f"done, or accepted by {row.owner_name}, within {hours} hours: {title}"
    message = f"A step of the handoff is late: {title}."
    return Violation(rule=Failure.STEP_LATE.value, field=row.step, seen=_seen(row), allowed=allowed, message=message)


def _notice(held: sa.Row[Any], row: sa.Row[Any], author: Author) -> dict[str, Any]:
    about = f"Step {row.step} is late, {_seen(row)}. {entry_name(held.id)} is open for another reason first."
    notice = {"dedupe_key": f"step:{row.id}:late:{row.started_at:%Y%m%dT%H%M%S}", "kind": "step_late", "about": about}
    return {**notice, "entry_id": held.id, "person": row.person, "state": "pending", "created_at": author.at}
