"""All that somebody is to an entry: to itself, and to its rules, labels, approvals and questions. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handoff.core.authority import Relation
from handoff.core.entry import EntryKind
from handoff.core.ownership import accountable, chain
from handoff.core.pack import Pack
from handoff.core.relations import holds_any, relations, same_person
from handoff.core.violation import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Hanging:
    """What hangs on an entry, as names of people: whom questions are put to, who is asked to approve, who asked for
    that, and who entered an amount that waits for a second person (field -> who)."""

    asked: Collection[str] = ()
    approvers: Collection[str] = ()
    requesters: Collection[str] = ()
    proposed: Mapping[str, str] | None = None


NOTHING = Hanging()


def standing(
    pack: Pack,
    row: Any,
    violations: Sequence[Any],
    actor: str,
    values: Mapping[str, str | None],
    *,
    source: str,
    hanging: Hanging = NOTHING,
) -> frozenset[Relation]:
    """What an actor is to an entry. `row` has its person and role, `values` are the deal's, `source` says whose map."""
    owners = pack.owners
    reviewers = {role for v in violations for role in accountable(owners, v.rule).reviewers}
    own = relations(owners, actor, owner=row.person, role=row.role, values=values, reviewers=reviewers)
    more = {*_by_rules(pack, violations, actor, values, source), *_by_what_hangs(pack, actor, values, hanging)}
    if any(v.rule == Failure.STEP_LATE for v in violations) and Relation.OWNER in own:
        more.add(Relation.RECEIVER)
    return (own | more) - ({Relation.STRANGER} if more else set())


def _by_rules(
    pack: Pack, violations: Sequence[Any], actor: str, values: Mapping[str, str | None], source: str
) -> Iterator[Relation]:
    """What the roles of an actor make them to the rules that hold the deal."""
    owners = pack.owners
    if holds_any(owners, actor, owners.viewers, values):
        yield Relation.VIEWER
    for v in violations:
        answers = accountable(owners, v.rule)
        if answers.waive and v.rule in owners.rules and holds_any(owners, actor, answers.waive.roles, values):
            yield Relation.WAIVER
        if answers.kind is EntryKind.APPROVAL and holds_any(owners, actor, chain(owners, answers.role), values):
            yield Relation.APPROVER
        labels = pack.label_set_of(source, v.field) if source in pack.fields.sources and v.field else None
        if labels is not None and holds_any(owners, actor, chain(owners, labels.owner_role), values):
            yield Relation.LABEL_OWNER
        step = pack.workflow.steps.get(v.field) if v.rule == Failure.STEP_LATE else None
        if step is not None and holds_any(owners, actor, [step.role], values):
            yield Relation.RECEIVER


def _by_what_hangs(pack: Pack, actor: str, values: Mapping[str, str | None], hanging: Hanging) -> Iterator[Relation]:
    owners = pack.owners
    for names, relation in (
        (hanging.asked, Relation.ASKED),
        (hanging.approvers, Relation.APPROVER),
        (hanging.requesters, Relation.REQUESTER),
    ):
        if any(same_person(owners, name, actor) for name in names):
            yield relation
    allowed = pack.policies.desk.corrections
    for field, who in (hanging.proposed or {}).items():
        second = allowed[field].second if field in allowed else None
        if same_person(owners, who, actor):
            yield Relation.REQUESTER
        elif second and holds_any(owners, actor, chain(owners, second), values):
            yield Relation.SECOND
