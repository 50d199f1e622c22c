"""Which entries somebody may read, as one condition of a query: whoever is something to an entry, and nobody else.

The entry's page asks `core.standing` of the deal itself. Here only that part of it can stand which needs no deal: whom
a look-up on a deal's field makes a backup does not find the entry in a list before it is theirs.
"""

from collections.abc import Collection, Iterator

import sqlalchemy as sa

from handoff.core.correction import ApprovalState, OverlayState
from handoff.core.entry import EntryKind
from handoff.core.ownership import chain
from handoff.core.pack import Owners, Pack
from handoff.core.relations import holds_any, person_of
from handoff.core.violation import Failure
from handoff.store.desk_tables import approval, overlay, question
from handoff.store.tables import entry, violation

Condition = sa.ColumnElement[bool]


def names_of(owners: Owners, person: str) -> set[str]:
    """How somebody may be named in the store: by their id, and by their e-mail as the pack writes it."""
    key = person_of(owners, person)
    email = owners.people[key].email if key else person
    return {key or person, email, email.lower()}


def mine(owners: Owners, person: str) -> Condition:
    """Entries that are somebody's own now."""
    return entry.c.person.in_(names_of(owners, person))


def of_my_roles(owners: Owners, person: str) -> Condition:
    """Entries of the roles that somebody holds, or stands in for, whoever has them now; and their own."""
    return sa.or_(mine(owners, person), entry.c.role.in_(roles_of(owners, person)))


def sees_all(owners: Owners, person: str) -> bool:
    """Whether somebody may read every entry: a viewer, or the tie-breaker, who decides where nobody else does."""
    return person_of(owners, person) == owners.tie_breaker or holds_any(owners, person, owners.viewers, {})


def visible_to(pack: Pack, person: str) -> Condition:
    """Entries that somebody may read."""
    if sees_all(pack.owners, person):
        return sa.true()
    return sa.or_(*_conditions(pack, person))


def roles_of(owners: Owners, person: str) -> list[str]:
    """The roles in whose chain somebody stands, whatever the deal is."""
    return [role for role in owners.roles if holds_any(owners, person, chain(owners, role), {})]


def _conditions(pack: Pack, person: str) -> Iterator[Condition]:
    roles, names = roles_of(pack.owners, person), names_of(pack.owners, person)
    yield entry.c.person.in_(names)
    if roles:
        yield entry.c.role.in_(roles)
    if concerning := list(_concerning(pack, person, roles)):
        yield _held(sa.or_(*concerning))
    asked = sa.select(question.c.entry_id).where(question.c.asked_of.in_(names), question.c.state != "answered")
    yield entry.c.id.in_(asked)
    by_name = sa.or_(approval.c.person.in_(names), approval.c.requested_by.in_(names))
    waiting = sa.select(approval.c.deal_id).where(approval.c.state == ApprovalState.REQUESTED, by_name)
    yield entry.c.deal_id.in_(waiting)
    seconds = [field for field, allowed in pack.policies.desk.corrections.items() if allowed.second in roles]
    own = sa.or_(overlay.c.actor.in_(names), overlay.c.field.in_(seconds))
    proposed = sa.select(overlay.c.deal_id).where(overlay.c.state == OverlayState.PROPOSED, own)
    yield entry.c.deal_id.in_(proposed)


def _concerning(pack: Pack, person: str, roles: Collection[str]) -> Iterator[Condition]:
    """What somebody reviews, waives or approves, the labels of their sets, and what is late of their steps."""
    if rules := list(_rules(pack, person, roles)):
        yield _HELD.c.rule.in_(rules)
    if fields := list(_labelled_fields(pack, roles)):
        yield _HELD.c.field.in_(fields)
    steps = [name for name, step in pack.workflow.steps.items() if holds_any(pack.owners, person, [step.role], {})]
    if steps:
        yield sa.and_(_HELD.c.rule == Failure.STEP_LATE, _HELD.c.field.in_(steps))


def _held(condition: Condition) -> Condition:
    """Asked of each entry in turn: a page of the queue then looks at a page of entries, and not at all violations."""
    return sa.exists(_HELD.c.id).where(_HELD.c.entry_id == entry.c.id, _HELD.c.current, condition).correlate(entry)


_HELD = violation.alias("held")
"""Under a name of its own: the query around it may read violations, too."""


def _rules(pack: Pack, person: str, roles: Collection[str]) -> Iterator[str]:
    """The rules and failures that somebody reviews, may waive, or approves."""
    owners = pack.owners
    for name, answers in (*owners.rules.items(), *owners.failures.items()):
        waivers = answers.waive.roles if answers.waive else ()
        approves = answers.kind is EntryKind.APPROVAL and answers.role in roles
        if approves or holds_any(owners, person, [*answers.reviewers, *waivers], {}):
            yield name


def _labelled_fields(pack: Pack, roles: Collection[str]) -> Iterator[str]:
    """The fields, as violations name them, whose label sets are owned by these roles."""
    found: set[str] = set()
    for source in pack.fields.sources.values():
        for name, mapped in source.fields.items():
            if mapped.labels and pack.labels[mapped.labels].owner_role in roles:
                found.add(name)
        for name, mapped in source.lines.fields.items() if source.lines else ():
            if mapped.labels and pack.labels[mapped.labels].owner_role in roles:
                found.add(f"lines.{name}")
    yield from sorted(found)
