"""A step by hand is accepted by its receiver: its clock ends, and the next run releases its entry, if it was late."""

from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action, Relation, may
from handoff.core.entry import EntryState, entry_number
from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from handoff.core.relations import holds_any, person_of, same_person
from handoff.core.violation import Failure
from handoff.quarantine import decision
from handoff.road.house import House
from handoff.road.late_steps import waits_by_hand
from handoff.road.received import done
from handoff.store import clocks, entries, handoffs, overlays
from handoff.store.events import Author
from handoff.store.handoffs import LostRaceError
from handoff.store.tables import entry, handoff
from mappings.stored_deal import stored_row


def accept(house: House, name: str, step: str | None, why: str) -> dict[str, Any]:
    """The receiver takes a step by hand: its clock ends, and the next run releases its entry, if it was late.

    `name`: a deal's id, or its entry. Raises UsageError for what is not known, not open, or not the actor's.
    """
    author = Author(actor=house.actor, at=house.clock.now())
    said = decision.reason(why)
    with house.store.write() as tx:
        deal_id = _deal(tx, name)
        running = {
            r.step: r for r in clocks.open_steps(tx, handoff.c.deal_id == deal_id) if waits_by_hand(house.pack, r)
        }
        row = _chosen(running, step, deal_id)
        decision.refuse_who_left(house.pack.owners, author)
        _authorise(tx, house.pack, row, author.actor)
        by = person_of(house.pack.owners, author.actor) or author.actor
        try:
            done(tx, row, author, by=by, how="accepted", why=said)
        except LostRaceError:
            raise UsageError(f"Step {row.step} of {deal_id} was accepted in this moment; nothing to do.") from None
    late = row.due_at < author.at
    return {"deal_id": deal_id, "step": row.step, "by": by, "due": row.due_at.isoformat(), "late": late}


def open_to(tx: sa.Connection, pack: Pack, deal_id: str, actor: str) -> list[sa.Row[Any]]:
    """The steps by hand of a deal that wait to be accepted, and that the actor may accept."""
    return [row for row in _waiting(tx, pack, deal_id) if _may_accept(tx, pack, row, actor)]


def _waiting(tx: sa.Connection, pack: Pack, deal_id: str) -> list[sa.Row[Any]]:
    return [row for row in clocks.open_steps(tx, handoff.c.deal_id == deal_id) if waits_by_hand(pack, row)]


def _deal(tx: sa.Connection, name: str) -> str:
    number = entry_number(name)
    if number is not None:
        found = entries.listed(tx, sa.or_(entry.c.id == number, entry.c.deal_id == name))
        if found:
            return str(found[0].deal_id)
    if handoffs.by_deal(tx, name) is None:
        raise UsageError(f"No deal or entry is known as {name!r}: take a deal's id, or E-000123.")
    return name


def _chosen(running: dict[str, sa.Row[Any]], step: str | None, deal_id: str) -> sa.Row[Any]:
    if step is None and len(running) == 1:
        return next(iter(running.values()))
    if step in running:
        return running[step]
    there = f"those that wait are {', '.join(running)}" if running else "none of its steps waits to be accepted"
    raise UsageError(f"Deal {deal_id} has no step {step or ''!r} to accept: {there}. Say --step.")


def _may_accept(tx: sa.Connection, pack: Pack, row: sa.Row[Any], actor: str) -> bool:
    """Only who has the step: its owner, whoever holds its role, who has its late entry now; or the tie-breaker."""
    owners = pack.owners
    values = stored_row(overlays.as_known(tx, row), pack).values
    found = {Relation.KNOWN} if person_of(owners, actor) else {Relation.STRANGER}
    held = entries.of_deals(tx, [row.deal_id]).get(row.deal_id)
    mine = held is not None and held.state == EntryState.OPEN and same_person(owners, actor, held.person)
    if mine and held is not None:
        rules = {v.rule for v in entries.violations_of(tx, [held.id])[held.id]}
        mine = Failure.STEP_LATE.value in rules
    if mine or same_person(owners, actor, row.person) or holds_any(owners, actor, [row.role], values):
        found.add(Relation.RECEIVER)
    if person_of(owners, actor) == owners.tie_breaker:
        found.add(Relation.TIE_BREAKER)
    return may(Action.ACCEPT, found)


def _authorise(tx: sa.Connection, pack: Pack, row: sa.Row[Any], actor: str) -> None:
    if not _may_accept(tx, pack, row, actor):
        raise decision.NotAllowedError(
            f"{actor!r} may not accept step {row.step} of deal {row.deal_id}: that is for {row.owner_name}, "
            f"who has it, or the tie-breaker. Say who you are with --as."
        )
