"""Proves the ownership map over time: one person, a backup and an end, for every rule and failure at every hour. Pure.

Who is there changes only at certain moments: an absence begins or ends, somebody leaves, a weekend begins or ends.
Between two such moments every hour is like the first, so it is enough to ask at each of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise, product

from handoff.core.business_time import calendar_of
from handoff.core.pack import LookUp, Owners, Pack, Role
from handoff.core.role_chain import Level, away, chain, levels, people_of
from handoff.core.violation import Failure
from handoff.core.working_hours import zone_of

DAYS = 90
"""How far ahead the map is proven unless somebody asks otherwise."""
UNKNOWN = "a value nobody knows"
Values = Mapping[str, str | None]
_DAY = timedelta(days=1)


class GapKind(StrEnum):
    """What is missing."""

    NOBODY = "nobody"  # everybody is away, the tie-breaker too
    NO_BACKUP = "no_backup"  # the role's own person is away and no backup is there: only the tie-breaker is left
    ALONE = "alone"  # one person answers, and nobody else stands behind them


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span (UTC) in which a role's chain is not whole, for one value of each field by which people are looked up."""

    role: str
    kind: GapKind
    since: datetime
    until: datetime
    person: str
    """Who answers in it: an id."""
    missing: tuple[tuple[str, str], ...]
    """Who is passed over, and why."""
    values: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was proven, and what not. `chains` counts roles with each value of their look-ups."""

    since: datetime
    until: datetime
    roles: tuple[str, ...]
    chains: int
    questions: int
    gaps: tuple[Gap, ...]


def prove(pack: Pack, since: datetime, days: int = DAYS) -> Proof:
    """Ask every chain at every moment at which somebody comes or goes, from a moment (UTC) for some days."""
    until = since + days * _DAY
    gaps: list[Gap] = []
    chains = questions = 0
    used = roles_in_use(pack)
    for role in used:
        for values in values_of(pack.owners, role):
            turns = moments(pack.owners, role, values, since, until)
            chains += 1
            questions += len(turns)
            gaps += _gaps(pack.owners, role, values, [*turns, until])
    return Proof(since=since, until=until, roles=used, chains=chains, questions=questions, gaps=tuple(gaps))


def roles_in_use(pack: Pack) -> tuple[str, ...]:
    """The roles that answer for a rule in use, a failure or a step, in the order of owners.yaml."""
    owners = pack.owners
    answering = [owners.rules[rule].role for rule in pack.policies.rules if rule in owners.rules]
    answering += [owners.failures[failure.value].role for failure in Failure if failure.value in owners.failures]
    answering += [step.role for step in pack.workflow.steps.values()]
    return tuple(role for role in owners.roles if role in answering)


def values_of(owners: Owners, role: str) -> Iterator[dict[str, str | None]]:
    """What the fields of a chain's look-ups may say: a value for each person, an empty field, a value nobody knows."""
    look_ups: dict[str, list[LookUp]] = {}
    for name in chain(owners, role):
        look_up = owners.roles[name].look_up
        if look_up:
            look_ups.setdefault(look_up.field, []).append(look_up)
    said = [_distinct_values(found) for found in look_ups.values()]
    for combination in product(*said):
        yield dict(zip(look_ups, combination, strict=True))


def _distinct_values(look_ups: Sequence[LookUp]) -> list[str | None]:
    """Of all values that lead to the same people, the first: the others are asked with it."""
    values = [value for look_up in look_ups for value in look_up.people]
    by_people = {tuple(look_up.people.get(value) for look_up in look_ups): value for value in reversed(values)}
    return [*sorted(by_people.values()), None, UNKNOWN]


def moments(owners: Owners, role: str, values: Values, since: datetime, until: datetime) -> list[datetime]:
    """The start, and each later moment at which somebody of a chain comes, goes or has their weekend."""
    found = {since}
    named = [(name, person) for name in chain(owners, role) for person in people_of(owners, name, values)]
    for name, person_id in [*named, ("", owners.tie_breaker)]:
        person = owners.people.get(person_id)
        if person is None:
            continue
        days = [day for absence in person.absent for day in (absence.first, _next(absence.last))]
        days += [person.left] if person.left else []
        found |= {_midnight(owners, name, person_id, day) for day in days}
    for name in chain(owners, role):
        if owners.roles[name].weekend:
            day = since.date() - 7 * _DAY
            while day <= until.date() + _DAY:
                if day.weekday() in (0, 5):
                    found.add(_midnight(owners, name, "", day))
                day += _DAY
    return sorted(moment for moment in found if since <= moment < until)


def candidates(role: Role) -> list[str]:
    """Everybody who may ever answer as a role's own person."""
    found = [role.person] if role.person else []
    found += [*role.look_up.people.values(), role.look_up.fallback] if role.look_up else []
    return found + list(role.weekend.people if role.weekend else ())


def _gaps(owners: Owners, role: str, values: Values, edges: Sequence[datetime]) -> list[Gap]:
    """The gaps of one chain; a gap that goes on over an edge is one."""
    found: list[Gap] = []
    for since, until in pairwise(edges):
        gap = gap_at(owners, role, values, since)
        if gap is None:
            continue
        kind, person, missing = gap
        last = found[-1] if found else None
        goes_on = last is not None and last.until == since and (last.kind, last.person, last.missing) == gap
        found.append(
            Gap(
                role=role,
                kind=kind,
                since=found.pop().since if goes_on else since,
                until=until,
                person=person,
                missing=missing,
                values=tuple(values.items()),
            )
        )
    return found


def gap_at(
    owners: Owners, role: str, values: Values, at: datetime
) -> tuple[GapKind, str, tuple[tuple[str, str], ...]] | None:
    """What is missing of a chain at one moment, who answers then, who is passed over; None when it is whole."""
    *own, last = levels(owners, role, values, at)
    there = [level.person_id for level in own if level.person_id]
    behind = {*there, *([] if last.away else [str(last.person_id)])}
    if there and len(behind) > 1:
        return None
    passed_over = _passed_over(owners, own, last)
    if there:
        return GapKind.ALONE, there[0], passed_over
    return GapKind.NOBODY if last.away else GapKind.NO_BACKUP, str(last.person_id), passed_over


def _passed_over(owners: Owners, own: Sequence[Level], last: Level) -> tuple[tuple[str, str], ...]:
    """The people of a chain who are away, and why."""
    there = {level.person_id for level in own}
    skipped = [(who, why) for level in own for who, why in level.skipped if who in owners.people and who not in there]
    if last.away:
        skipped.append((str(last.person_id), last.away))
    return tuple(dict.fromkeys(skipped))


def left_by(owners: Owners, at: datetime) -> list[str]:
    """The people who are not with the company any more at a moment."""
    return [key for key in owners.people if (away(owners, "", key, at) or "").startswith("left")]


def _next(day: date) -> date:
    return day + _DAY if day < date.max else day


def _midnight(owners: Owners, role: str, person: str, day: date) -> datetime:
    """When a day begins where somebody is; UTC."""
    zone = zone_of(calendar_of(owners, role, person).zone)
    if not date(2, 1, 1) < day < date(9999, 12, 30):  # beyond what every zone can express, and beyond any horizon
        return datetime.combine(day, time(), UTC)
    return datetime.combine(day, time(), zone).astimezone(UTC)
