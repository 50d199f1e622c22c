"""A step by hand is accepted by its receiver: its clock ends, and the next run releases its entry, if it was late."""

from typing import Any

import sqlalchemy as sa

from handoff.core.entry import entry_number
from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from handoff.core.relations import person_of
from handoff.quarantine import decision, steps
from handoff.road.house import House
from handoff.road.received import done
from handoff.store import entries, handoffs
from handoff.store.events import Author
from handoff.store.handoffs import LostRaceError
from handoff.store.tables import entry


def accept(house: House, name: str, step: str | None, why: str) -> dict[str, Any]:
    """The receiver takes a step by hand: its clock ends, and the next run releases its entry, if it was late.

    `name`: a deal's id, or its entry. Raises UsageError for what is not known, not open, or not the actor's.
    """
    author = Author(actor=house.actor, at=house.clock.now())
    said = decision.reason(why)
    with house.store.write() as tx:
        deal_id = _deal(tx, name)
        running = {row.step: row for row in steps.waiting_of(tx, house.pack, deal_id)}
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


def _authorise(tx: sa.Connection, pack: Pack, row: sa.Row[Any], actor: str) -> None:
    if not steps.may_accept(tx, pack, row, actor):
        raise decision.NotAllowedError(
            f"{actor!r} may not accept step {row.step} of deal {row.deal_id}: that is for {row.owner_name}, "
            f"who has it, or the tie-breaker. Say who you are with --as."
        )
