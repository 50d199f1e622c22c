"""Who answers: from a rule or failure to its role, and from the role to one person who is there. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handoff.core.business_time import Calendar, calendar_of
from handoff.core.entry import EntryKind
from handoff.core.pack import Accountable, Owners, Pack
from handoff.core.role_chain import Level, chain, each_level, holders, levels, people_of
from handoff.core.violation import Failure, Violation

__all__ = [
    "Assignment",
    "EntryOwner",
    "Level",
    "accountable",
    "answering",
    "chain",
    "entry_owner",
    "first_violation",
    "holders",
    "levels",
    "people_of",
    "resolve",
]


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
    holds: str = ""
    """The role that they hold themselves: a backup's, where a backup answers. Its calendar is theirs."""
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryOwner(Assignment):
    """The one owner of an entry, what it asks of them, and the hours of `calendar` within which they answer.

    `escalate_within_hours` is what the backup has after that.
    """

    respond_within_hours: int
    escalate_within_hours: int
    kind: EntryKind
    calendar: Calendar


def resolve(
    owners: Owners, role_id: str, row_values: Mapping[str, str | None], at: datetime, *, rota: bool = True
) -> Assignment:
    """The first person of a role's chain who is there at a moment (UTC); never nobody.

    The chain is the role, its backup, the backup's backup, and so on; it ends at the tie-breaker, who answers even
    when absent, since an entry without an owner cannot exist. Who is skipped is skipped at once. `rota`: whether a
    weekend rota is followed.
    """
    skipped: list[tuple[str, str]] = []
    for level in each_level(owners, role_id, row_values, at, rota=rota):
        if level.person_id is not None and level.name is not None and level.email is not None:
            passed_over = dict.fromkeys(s for s in (*skipped, *level.skipped) if s[0] != level.person_id)
            return Assignment(
                person_id=level.person_id,
                name=level.name,
                email=level.email,
                role=role_id,
                level=level.number,
                holds=level.role,
                skipped=tuple(passed_over),
            )
        skipped += level.skipped
    raise AssertionError("a chain ends at the tie-breaker")


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


def answering(pack: Pack, violation: Violation) -> Accountable:
    """Who answers for a violation. A late step names the step as its field: that step's own role answers."""
    found = accountable(pack.owners, violation.rule)
    step = pack.workflow.steps.get(violation.field) if violation.rule == Failure.STEP_LATE else None
    return found.model_copy(update={"role": step.role}) if step else found


def entry_owner(
    pack: Pack, violations: Sequence[Violation], row_values: Mapping[str, str | None], at: datetime
) -> EntryOwner:
    """ONE owner for an entry, however many violations it has; raises ValueError when there are none.

    The owner is that of the most important violation. The due time is the shortest response time among those
    violations that the same role answers for: nobody is held to another role's deadline.
    """
    if not violations:
        raise ValueError("an entry needs at least one violation")
    first = answering(pack, first_violation(pack, violations))
    own = [a for a in (answering(pack, v) for v in violations) if a.role == first.role]
    found = resolve(pack.owners, first.role, row_values, at)
    return EntryOwner(
        person_id=found.person_id,
        name=found.name,
        email=found.email,
        role=found.role,
        level=found.level,
        holds=found.holds,
        skipped=found.skipped,
        respond_within_hours=min(a.respond_within_hours for a in own),
        escalate_within_hours=min(a.escalate_within_hours or a.respond_within_hours for a in own),
        kind=first.kind,
        calendar=calendar_of(pack.owners, found.holds, found.person_id),
    )
