"""What somebody is to an entry: the relations that `authority` asks for. Pure."""

from collections.abc import Collection, Mapping

from handoff.core.authority import Relation
from handoff.core.ownership import chain, people_of
from handoff.core.pack import Owners


def person_of(owners: Owners, actor: str) -> str | None:
    """The id under `people` of an actor, who may be named by id or e-mail; None for a stranger."""
    if actor in owners.people:
        return actor
    return next((key for key, person in owners.people.items() if person.email.lower() == actor.lower()), None)


def same_person(owners: Owners, one: str, other: str) -> bool:
    """Whether two names, ids or e-mails, are the same human being."""
    return _one_name(owners, one) == _one_name(owners, other)


def _one_name(owners: Owners, actor: str) -> str:
    """An id of the pack, else an e-mail in lower case, else the text as it is: `Ana` is not the id `ana`."""
    return person_of(owners, actor) or (actor.lower() if "@" in actor else actor)


def holds_any(owners: Owners, actor: str, roles: Collection[str], values: Mapping[str, str | None]) -> bool:
    """Whether an actor holds one of these roles for a deal."""
    found = {who for role in roles for who in people_of(owners, role, values)}
    return _one_name(owners, actor) in found


def relations(
    owners: Owners,
    actor: str,
    *,
    owner: str,
    role: str,
    values: Mapping[str, str | None],
    reviewers: Collection[str] = (),
) -> frozenset[Relation]:
    """What an actor is to an entry of `owner` that `role` answers for; `values`: the deal's, for look-ups."""
    person = person_of(owners, actor)
    found: set[Relation] = {Relation.KNOWN} if person else set()
    if same_person(owners, actor, owner):
        found.add(Relation.OWNER)
    first, *backups = chain(owners, role) or [role]
    if holds_any(owners, actor, [first], values):
        found.add(Relation.ACCOUNTABLE)
    if holds_any(owners, actor, backups, values):
        found.add(Relation.BACKUP)
    if holds_any(owners, actor, reviewers, values):
        found.add(Relation.REVIEWER)
    if person == owners.tie_breaker:
        found.add(Relation.TIE_BREAKER)
    return frozenset(found) or frozenset({Relation.STRANGER})
