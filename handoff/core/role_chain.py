"""The chain of a role: who holds it, its backups, the tie-breaker at the end; and who of them is there. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handoff.core.business_time import calendar_of
from handoff.core.group_address import is_group
from handoff.core.pack import LookUp, Owners, Person

Found = tuple[str, Person]
"""A person with their id."""
MOST_HOPS = 10
"""Roles that are asked before the tie-breaker; a pack with a circle of backups is refused, and harmless here."""
TIE_BREAKER = "tie_breaker"
"""The role of a chain's last level."""
WEEKEND = (5, 6)
"""Saturday and Sunday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a role's chain: the role itself (0), its backups, the tie-breaker at the end.

    Without a `person_id` the level is skipped, and `skipped` says why; somebody whom an earlier level asks is not asked
    again. `away` says why a tie-breaker is not there, who answers all the same.
    """

    number: int
    role: str
    person_id: str | None = None
    name: str | None = None
    email: str | None = None
    skipped: tuple[tuple[str, str], ...] = ()
    away: str | None = None


def levels(owners: Owners, role_id: str, row_values: Mapping[str, str | None], at: datetime) -> tuple[Level, ...]:
    """Every level of a role's chain at a moment (UTC); the last is the tie-breaker, who always is a person."""
    return tuple(each_level(owners, role_id, row_values, at))


def holders(owners: Owners, role_id: str) -> set[str]:
    """Who may act in a role: its person or the people of its look-up, its backups, the tie-breaker; id and e-mail."""
    people = {owners.tie_breaker}
    for name in chain(owners, role_id):
        role = owners.roles[name]
        if role.person:
            people.add(role.person)
        if role.look_up:
            people |= {*role.look_up.people.values(), role.look_up.fallback}
        if role.weekend:
            people |= set(role.weekend.people)
    return people | {owners.people[person].email for person in people if person in owners.people}


def chain(owners: Owners, role_id: str) -> list[str]:
    """The role and its backups, each once."""
    seen: list[str] = []
    name: str | None = role_id
    while name in owners.roles and name not in seen and len(seen) < MOST_HOPS:
        seen.append(name)
        name = owners.roles[name].backup
    return seen


def people_of(owners: Owners, role_id: str, row_values: Mapping[str, str | None]) -> set[str]:
    """Who holds one role for a deal, absent or not: ids, and the e-mail of somebody whom only the CRM names."""
    if role_id not in owners.roles:
        return set()
    rota = owners.roles[role_id].weekend
    found = {person_id for person_id, _ in _candidates(owners, role_id, row_values, [])}
    return found | {person for person in (rota.people if rota else ()) if person in owners.people}


def on_duty(owners: Owners, role_id: str, day: date) -> str | None:
    """Whom a role's weekend rota names for a local day; None on working days, and before the rota begins."""
    rota = owners.roles[role_id].weekend
    if rota is None or day.weekday() not in WEEKEND:
        return None
    turn = (_monday(day) - _monday(rota.since)).days // 7
    return rota.people[turn % len(rota.people)] if turn >= 0 else None


def away(owners: Owners, role_id: str, person_id: str, at: datetime) -> str | None:
    """Why somebody is not there for a role at a moment, by the day where they are; None when they are."""
    person = owners.people.get(person_id)
    if person is None or not (person.absent or person.left):
        return None
    day = calendar_of(owners, role_id, person_id).local(at).date()
    if person.left is not None and person.left <= day:
        return f"left the company on {person.left}"
    for absence in person.absent:
        if absence.first <= day <= absence.last:
            why = f": {absence.why}" if absence.why else ""
            return f"absent from {absence.first} until {absence.last}{why}"
    return None


def each_level(
    owners: Owners, role_id: str, row_values: Mapping[str, str | None], at: datetime, *, rota: bool = True
) -> Iterator[Level]:
    """The levels of a role's chain, one by one; `rota`: whether a weekend rota is followed."""
    asked: dict[str, int] = {}
    roles = chain(owners, role_id)
    for number, name in enumerate(roles):
        skipped: list[tuple[str, str]] = []
        for person_id, person in _there_first(owners, name, row_values, at if rota else None, skipped):
            why = away(owners, name, person_id, at)
            if why is None and person_id in asked:
                why = f"is asked already, as level {asked[person_id]}"
            if why is None:
                asked[person_id] = number
                yield Level(
                    number=number,
                    role=name,
                    person_id=person_id,
                    name=person.name,
                    email=person.email,
                    skipped=tuple(skipped),
                )
                break
            skipped.append((person_id, why))
        else:
            yield Level(number=number, role=name, skipped=tuple(skipped))
    last = owners.people[owners.tie_breaker]
    yield Level(
        number=len(roles),
        role=TIE_BREAKER,
        person_id=owners.tie_breaker,
        name=last.name,
        email=last.email,
        away=away(owners, "", owners.tie_breaker, at),
    )


def _there_first(
    owners: Owners,
    role_id: str,
    row_values: Mapping[str, str | None],
    at: datetime | None,
    skipped: list[tuple[str, str]],
) -> Iterator[Found]:
    """Whoever is on the weekend rota (of the day where the role is), then who may answer at any time."""
    if at is not None and owners.roles[role_id].weekend is not None:
        person_id = on_duty(owners, role_id, calendar_of(owners, role_id, "").local(at).date())
        if person_id in owners.people:
            yield person_id, owners.people[person_id]
    yield from _candidates(owners, role_id, row_values, skipped)


def _candidates(
    owners: Owners, role_id: str, row_values: Mapping[str, str | None], skipped: list[tuple[str, str]]
) -> Iterator[Found]:
    """Who may answer for one role, in order: its person; or whom the look-up finds, then its fallback."""
    role = owners.roles[role_id]
    if role.person is not None and role.person in owners.people:
        yield role.person, owners.people[role.person]
    if role.look_up is None:
        return
    found = _looked_up(owners, role.look_up, row_values)
    if found:
        yield found
    else:
        value = row_values.get(role.look_up.field)
        why = f"names nobody we know as {role.title}" if value else "is empty"
        skipped.append((f"{role.look_up.field} {value!r}" if value else role.look_up.field, why))
    fallback = role.look_up.fallback
    if fallback in owners.people and (found is None or found[0] != fallback):
        yield fallback, owners.people[fallback]


def _looked_up(owners: Owners, look_up: LookUp, row_values: Mapping[str, str | None]) -> Found | None:
    """By the value of the field, else by the e-mail that the CRM gives: a person of the pack, or a stranger."""
    value = row_values.get(look_up.field)
    known = look_up.people.get(value) if value else None
    if known in owners.people:
        return known, owners.people[known]
    email = row_values.get(look_up.email_field) if look_up.email_field else None
    if not email or "@" not in email or is_group(value or "", email):
        return None
    for person_id, person in owners.people.items():
        if person.email.lower() == email.lower():
            return person_id, person
    return email.lower(), Person(name=value or email, email=email)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
