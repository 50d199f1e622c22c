"""Reassign an entry to a person whom owners.yaml knows; and comment on one. The clock goes on either way."""

from datetime import date, timedelta
from typing import Any

from handoff.core.authority import Action
from handoff.core.business_time import ALWAYS, calendar_of
from handoff.core.errors import UsageError
from handoff.core.pack import Owners, Person
from handoff.core.relations import person_of, same_person
from handoff.quarantine import clock, overdue
from handoff.quarantine.decision import Desk, authorise, reason, record
from handoff.quarantine.telling import tell
from handoff.store import clocks


def somebody(owners: Owners, name: str, on: date) -> tuple[str, Person]:
    """A person by id, e-mail or exact name, who is there on a day.

    Raises UsageError: nobody of that name, two of them, one who has left, or is absent (until when).
    """
    text = name.strip()
    found = {key for key in [person_of(owners, text)] if key}
    found = found or {key for key, person in owners.people.items() if person.name == text}
    if len(found) > 1:
        raise UsageError(f"{text!r} is the name of {', '.join(sorted(found))}: say which, by id or e-mail.")
    if not found:
        known = ", ".join(sorted(owners.people))
        raise UsageError(f"owners.yaml knows nobody as {text!r}. Name a person by id, e-mail or exact name: {known}.")
    (key,) = found
    person = owners.people[key]
    if person.left is not None and person.left <= on:
        raise UsageError(f"{person.name} left on {person.left}: name somebody who is here.")
    for absence in person.absent:
        if absence.first <= on <= absence.last:
            why = f" ({absence.why})" if absence.why else ""
            raise UsageError(f"{person.name} is absent until {absence.last}{why}: name somebody who is here.")
    return key, person


def reassign(desk: Desk, person: str, why: str) -> None:
    """Give the entry to another person, for this episode. Its clock and its due time stay as they are; only where that
    clock has set off all it could, it begins anew: nothing would ever come of it again.

    Raises NotAllowedError, ConflictError, or UsageError as `somebody`, or when it is theirs already.
    """
    authorise(desk, Action.REASSIGN)
    text = reason(why)
    key, found = somebody(desk.pack.owners, person, desk.author.at.date())
    if same_person(desk.pack.owners, key, desk.row.person):
        raise UsageError(f"{desk.name} is {found.name}'s already: nothing to change.")
    given = {"person": key, "owner_name": found.name, "owner_email": found.email, **_anew(desk, key)}
    record(desk, Action.REASSIGN, why=text, old=desk.row.person, new=key, reassigned_by=desk.author.actor, **given)
    tell(desk, "entry_reassigned", key, f"{desk.author.actor} gave you {desk.name}: {text}")


def _anew(desk: Desk, person: str) -> dict[str, Any]:
    """The columns of a clock that has run out with the tie-breaker, whom nobody follows; of any other, none."""
    row, at, owners = desk.row, desk.author.at, desk.pack.owners
    own = clock.as_kept(row)
    if not clocks.fired_already(desk.tx, [overdue.key(row, own.turn, "overdue")]):
        return {}
    calendar = ALWAYS if own.elapsed else calendar_of(owners, row.role, person)
    hours = max(1, round(own.span / timedelta(hours=1)))
    new = clock.begun(calendar, hours, at, place=own.place, turn=own.turn + 1, elapsed=own.elapsed)
    return clock.columns(new, clock.spans(clocks.pauses_of(desk.tx, [row.id])[row.id]))


def comment(desk: Desk, text: str) -> None:
    """Write a remark into the entry's events. Reviewers may, too; it decides nothing, and stops no clock."""
    authorise(desk, Action.COMMENT)
    record(desk, Action.COMMENT, why=reason(text))
    tell(desk, "entry_commented", desk.row.person, f"{desk.author.actor} on {desk.name}: {reason(text)}")
