"""Who answers: from a rule or failure to its role, and from the role to one person who is there. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handoff.core.business_time import Calendar, calendar_of
from handoff.core.entry import EntryKind
from handoff.core.group_address import is_group
from handoff.core.pack import Accountable, LookUp, Owners, Pack, Person
from handoff.core.violation import Failure, Violation

MOST_HOPS = 10
"""Roles that are asked before the tie-breaker; a pack with a circle of backups is refused, and harmless here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One person. `role` is the accountable role, `level` how far down its chain the person was found (0: the role).

    `person_id` is a key of the pack's people, or the e-mail of somebody whom only the CRM names; `skipped` holds who
    was passed over, and why.
    """

    person_id: str
    name: str
    email: str
    role: str
    level: int
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOwner(Assignment):
    """The one owner of an entry, and the hours within which they answer."""

    respond_within_hours: int
    escalate_within_hours: int
    kind: EntryKind
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level."""

    role: str
    person_id: str | None
    name: str | None
    email: str | None
    skipped: tuple[tuple[str, str], ...] = ()


def levels(owners: Owners, role_id: str, row_values: Mapping[str, str | None], at: datetime) -> tuple[Level, ...]:
    """Interim."""
    found = []
    for name in chain(owners, role_id):
        skipped: list[tuple[str, str]] = []
        who = None
        for person_id, person in _candidates(owners, name, row_values, skipped):
            why = _absence(person, at.date())
            if why is None:
                who = (person_id, person)
                break
            skipped.append((person_id, why))
        found.append(
            Level(
                role=name,
                person_id=who and who[0],
                name=who and who[1].name,
                email=who and who[1].email,
                skipped=tuple(skipped),
            )
        )
    last = owners.people[owners.tie_breaker]
    found.append(Level(role=role_id, person_id=owners.tie_breaker, name=last.name, email=last.email))
    return tuple(found)


Found = tuple[str, Person]
"""A person with their id."""


def resolve(owners: Owners, role_id: str, row_values: Mapping[str, str | None], on: date) -> Assignment:
    """The first person of a role's chain who is not absent on a day; never nobody.

    The chain is the role, its backup, the backup's backup, and so on; it ends at the tie-breaker, who answers even
    when absent, since an entry without an owner cannot exist. Who is skipped is skipped at once.
    """
    skipped: list[tuple[str, str]] = []
    roles = chain(owners, role_id)
    for level, name in enumerate(roles):
        for person_id, person in _candidates(owners, name, row_values, skipped):
            why = _absence(person, on)
            if why is None:
                return _assigned(role_id, level, (person_id, person), skipped)
            skipped.append((person_id, why))
    last = owners.tie_breaker
    return _assigned(role_id, len(roles), (last, owners.people[last]), [s for s in skipped if s[0] != last])


def accountable(owners: Owners, rule_or_failure: str) -> Accountable:
    """Who answers for a rule or failure. One that the pack does not name falls to the owner of rule errors."""
    found = owners.rules.get(rule_or_failure) or owners.failures.get(rule_or_failure)
    return found or owners.failures[Failure.RULE_ERROR.value]


def first_violation(pack: Pack, violations: Sequence[Violation]) -> Violation:
    """The violation whose owner owns the entry: what was judged before what could not be, then by the pack's order.

    The order of `rules` in policies.yaml is the order of importance; failures on the road come after the rules.
    """
    order = {rule: place for place, rule in enumerate(pack.policies.rules)}
    return min(violations, key=lambda v: (not v.judged, order.get(v.rule, len(order))))


def entry_owner(
    pack: Pack, violations: Sequence[Violation], row_values: Mapping[str, str | None], at: datetime
) -> EntryOwner:
    """ONE owner for an entry, however many violations it has; raises ValueError when there are none.

    The owner is that of the most important violation. The due time is the shortest response time among those
    violations that the same role answers for: nobody is held to another role's deadline.
    """
    if not violations:
        raise ValueError("an entry needs at least one violation")
    first = accountable(pack.owners, first_violation(pack, violations).rule)
    own = [a for a in (accountable(pack.owners, v.rule) for v in violations) if a.role == first.role]
    role = first.role
    one = first_violation(pack, violations)
    if one.rule == Failure.STEP_LATE and one.field in pack.workflow.steps:
        role = pack.workflow.steps[one.field].role
    found = resolve(pack.owners, role, row_values, at.date() if isinstance(at, datetime) else at)
    return EntryOwner(
        person_id=found.person_id,
        name=found.name,
        email=found.email,
        role=found.role,
        level=found.level,
        skipped=found.skipped,
        respond_within_hours=min(a.respond_within_hours for a in own),
        escalate_within_hours=min(a.escalate_within_hours or a.respond_within_hours for a in own),
        kind=first.kind,
        calendar=calendar_of(pack.owners, found.role, found.person_id),
    )


def holders(owners: Owners, role_id: str) -> set[str]:
    """Who may act in a role: its person or the people of its look-up, its backups, the tie-breaker; id and e-mail."""
    people = {owners.tie_breaker}
    for name in chain(owners, role_id):
        role = owners.roles[name]
        if role.person:
            people.add(role.person)
        if role.look_up:
            people |= {*role.look_up.people.values(), role.look_up.fallback}
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
    return {person_id for person_id, _ in _candidates(owners, role_id, row_values, [])}


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


def _absence(person: Person, on: date) -> str | None:
    """Why somebody is not there on a day; None when they are."""
    for absence in person.absent:
        if absence.first <= on <= absence.last:
            why = f": {absence.why}" if absence.why else ""
            return f"absent from {absence.first} until {absence.last}{why}"
    return None


def _assigned(role: str, level: int, found: Found, skipped: list[tuple[str, str]]) -> Assignment:
    person_id, person = found
    return Assignment(
        person_id=person_id, name=person.name, email=person.email, role=role, level=level, skipped=tuple(skipped)
    )
