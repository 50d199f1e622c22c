"""Whose an open entry is: who stands next in its chain, and what changes when it goes to somebody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core import ownership, role_chain
from handoff.core.business_time import ALWAYS, Calendar, calendar_of
from handoff.core.entry import entry_name
from handoff.core.pack import Owners, Pack
from handoff.core.relations import person_of
from handoff.core.violation import Violation
from handoff.quarantine import clock
from handoff.store import entries
from handoff.store.events import Author, Event, append

LONGEST_PERSON = 254
"""The longest e-mail address (RFC 5321): a look-up may name a person by theirs."""
Skipped = tuple[str, str]
"""Who or what was passed over, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heir:
    """Somebody in a chain, `place` levels down; `last`: nobody comes after them. `skipped`: who was passed over."""

    person_id: str
    name: str
    email: str
    place: int
    last: bool
    calendar: Calendar
    skipped: tuple[Skipped, ...] = ()


def heir(
    owners: Owners, role: str, values: Mapping[str, str | None], at: datetime, *, after: int, not_person: str = ""
) -> Heir:
    """The first person of a role's chain beyond a place who is there at a moment; in the end the tie-breaker.

    `after` -1 begins with the role itself. `not_person` is passed over: they have had it.
    """
    found = ownership.levels(owners, role, values, at)
    skipped: list[Skipped] = []
    for place, level in enumerate(found):
        if place <= after:
            continue
        last = place == len(found) - 1
        if level.person_id is None:
            skipped += level.skipped or ((level.role, "has nobody"),)
            continue
        if level.person_id == not_person and not last:
            skipped.append((level.person_id, "has it already"))
            continue
        return _heir(owners, level, place, skipped, last=last or level.person_id == owners.tie_breaker)
    last_place = len(found) - 1
    return _heir(owners, found[-1], last_place, skipped, last=True)


def _heir(owners: Owners, level: ownership.Level, place: int, skipped: Sequence[Skipped], *, last: bool) -> Heir:
    who = level.person_id or owners.tie_breaker
    person = owners.people.get(who)
    return Heir(
        person_id=who,
        name=level.name or (person.name if person else who),
        email=level.email or (person.email if person else who),
        place=place,
        last=last,
        calendar=_calendar(owners, level.role, who),
        skipped=tuple(skipped),
    )


def _calendar(owners: Owners, role: str, person: str) -> Calendar:
    try:
        return calendar_of(owners, role, person)
    except ValueError:  # the pack check refuses it; the entry must go on all the same
        return ALWAYS


def column(person_id: str) -> str:
    """A person's id as the columns hold it; that of a stranger is an e-mail address, which may be long."""
    return person_id[:LONGEST_PERSON]


def gone(owners: Owners, person: str, at: datetime, role: str = "") -> str | None:
    """Why somebody cannot have an entry any more, although they once were of the pack; None for all others.

    The day is that of where they are, as for the chain: else it would name them again.
    """
    if person not in owners.people:
        return None if "@" in person and person_of(owners, person) is None else f"{person} is not in owners.yaml"
    left = owners.people[person].left
    day = _calendar(owners, role, person).local(at).date()
    return f"{person} left on {left}" if left is not None and left <= day else None


def astray(owners: Owners, row: Any, role: str, values: Mapping[str, str | None], at: datetime) -> str | None:
    """Why an open entry cannot stay with its owner; None when it can.

    Whom a person chose keeps it, until they are gone. Anybody else must hold a role of the chain, or be the
    tie-breaker, and be there today. A weekend moves nothing: a rota names who gets what is opened then.
    """
    if why := gone(owners, row.person, at, role):
        return why
    if row.reassigned_by or row.person == column(owners.tie_breaker):
        return None
    roles = ownership.chain(owners, role)
    holders = {column(who) for name in roles for who in ownership.people_of(owners, name, values)}
    if row.person not in holders and not on_rota(owners, role, row.person):
        return f"{row.person} does not answer for {role} any more"
    why = role_chain.away(owners, role, row.person, at)
    return f"{row.person} is {why}" if why else None


def on_rota(owners: Owners, role: str, person: str) -> bool:
    """Whether somebody takes turns on weekends in a role of the chain."""
    rotas = (owners.roles[name].weekend for name in ownership.chain(owners, role))
    return any(rota is not None and person in rota.people for rota in rotas)


def wanted_owner(
    pack: Pack, violations: Sequence[Any], values: Mapping[str, str | None], at: datetime
) -> ownership.EntryOwner:
    """Who the pack names for an entry now, as if it were opened: its role, hours and kind."""
    found = [
        v
        if isinstance(v, Violation)
        else Violation(rule=v.rule, field=v.field, seen=v.seen, allowed=v.allowed, message=v.message, judged=v.judged)
        for v in violations
    ]
    return ownership.entry_owner(pack, found, values, at)


def handed(row: Any, to: Heir, hours: int, at: datetime, pauses: Sequence[Any] = ()) -> dict[str, Any]:
    """The columns of an entry that goes to somebody else now: their clock begins anew, in their calendar.

    An entry from before business time goes on counting every hour.
    """
    before = clock.as_kept(row)
    calendar = ALWAYS if before.elapsed else to.calendar
    own = clock.begun(calendar, hours, at, place=to.place, turn=before.turn + 1, elapsed=before.elapsed)
    return {
        "person": column(to.person_id),
        "owner_name": to.name,
        "owner_email": to.email,
        "first_due_at": row.first_due_at or row.due_at,
        **clock.columns(own, clock.spans(pauses)),
    }


def tell_rerouted(tx: sa.Connection, row: Any, to: Heir, author: Author, *, why: str, role: str | None = None) -> None:
    """The event and the notice of an entry that went to somebody else without anybody deciding it."""
    person, turn = column(to.person_id), clock.as_kept(row).turn + 1
    notice = {
        "dedupe_key": f"entry:{row.id}:{row.episode}:rerouted:{turn}",
        "kind": "entry_reassigned",
        "entry_id": row.id,
        "person": person,
        "about": why,
        "state": "pending",
        "created_at": author.at,
    }
    entries.notify(tx, [notice])
    new: dict[str, Any] = {"owner": person, "role": role or row.role}
    if to.skipped:
        new["skipped"] = [{"person": who, "why": because} for who, because in to.skipped]
    old = {"owner": row.person, "role": row.role}
    subject = f"entry:{entry_name(row.id)}"
    append(tx, author, [Event(subject=subject, what="rerouted", old=old, new=new, why=why)])
