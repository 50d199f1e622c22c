"""Who is accountable: a role's person or look-up, else its backups in turn, else the tie-breaker; never nobody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from handoff.core.pack.owners import Accountable, Owners, Person
from handoff.core.pack.pack import Pack
from handoff.core.violation import Violation

_MOST_HOPS = 10
"""R32: a chain of backups ends within ten hops, even one that loops through an edit nobody checked."""

RowValues = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One person, and how we came to them: `level` 0 is the role itself, each backup one more."""

    person_id: str
    name: str
    email: str
    role: str
    level: int
    skipped: tuple[tuple[str, str], ...] = ()
    """Persons passed over, each with why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOwner:
    """The one owner of an entry, and within how many hours they must answer."""

    person_id: str
    name: str
    email: str
    role: str
    respond_within_hours: int
    skipped: tuple[tuple[str, str], ...]


def accountable(owners: Owners, code: str) -> Accountable:
    """Who answers for a rule or a failure; KeyError for a code the pack does not know (its load proves none)."""
    return owners.rules[code] if code in owners.rules else owners.failures[code]


def resolve(owners: Owners, role_id: str, values: RowValues, on: date) -> Assignment:
    """The person who is accountable in a role on a day. An absent tie-breaker is still the end of the chain."""
    skipped: list[tuple[str, str]] = []
    for level, step in enumerate(_chain(owners, role_id)):
        person_id, person = _holder(owners, step, values)
        if absence := _absent(person, on):
            skipped.append((person_id, absence))
            continue
        return Assignment(
            person_id=person_id, name=person.name, email=person.email, role=step, level=level, skipped=tuple(skipped)
        )
    last = owners.people[owners.tie_breaker]
    return Assignment(
        person_id=owners.tie_breaker,
        name=last.name,
        email=last.email,
        role="tie_breaker",
        level=len(skipped),
        skipped=tuple(skipped),
    )


def entry_owner(pack: Pack, violations: Sequence[Violation], values: RowValues, on: date) -> EntryOwner:
    """One owner for an entry, however many its violations: that of the first rule in the order of policies.yaml.

    Failures on the road come before rules. The time to answer is the shortest that this role has for any of them.
    """
    order = {rule: n for n, rule in enumerate(pack.policies.rules)}
    ranked = sorted(violations, key=lambda v: order.get(v.rule, -1))
    parts = [accountable(pack.owners, v.rule) for v in ranked]
    role = parts[0].role
    found = resolve(pack.owners, role, values, on)
    return EntryOwner(
        person_id=found.person_id,
        name=found.name,
        email=found.email,
        role=role,
        respond_within_hours=min(part.respond_within_hours for part in parts if part.role == role),
        skipped=found.skipped,
    )


def holders(owners: Owners, role_id: str) -> set[str]:
    """Who may act in a role: its person or look-up people, its backups, the tie-breaker; by id and e-mail."""
    people = {owners.tie_breaker}
    for step in _chain(owners, role_id):
        role = owners.roles[step]
        if role.person:
            people.add(role.person)
        if role.look_up:
            people |= {*role.look_up.people.values(), role.look_up.fallback}
    return people | {owners.people[person].email for person in people if person in owners.people}


def _chain(owners: Owners, role_id: str) -> Iterator[str]:
    seen: list[str] = []
    step: str | None = role_id
    while step is not None and step not in seen and len(seen) < _MOST_HOPS:
        seen.append(step)
        yield step
        step = owners.roles[step].backup


def _holder(owners: Owners, role_id: str, values: RowValues) -> tuple[str, Person]:
    role = owners.roles[role_id]
    if role.look_up is None:
        person_id = role.person or owners.tie_breaker
        return person_id, owners.people[person_id]
    look_up = role.look_up
    value = values.get(look_up.field) or ""
    if value in look_up.people:
        return look_up.people[value], owners.people[look_up.people[value]]
    email = (values.get(look_up.email_field) or "") if look_up.email_field else ""
    if value and "@" in email:
        known = {person.email.lower(): person_id for person_id, person in owners.people.items()}
        person_id = known.get(email.lower(), email.lower())
        return person_id, owners.people.get(person_id) or Person(name=value, email=email)
    return look_up.fallback, owners.people[look_up.fallback]


def _absent(person: Person, on: date) -> str | None:
    for absence in person.absent:
        if absence.first <= on <= absence.last:
            return f"absent until {absence.last}" + (f" ({absence.why})" if absence.why else "")
    return None
