"""Who may come in: whoever the pack knows and is still with us, and whoever the CRM made the owner of an open entry."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.pack import Pack
from handoff.core.relations import person_of
from handoff.store.tables import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who may come in. `person`: a key of the pack's people, or the e-mail of whom only the CRM names."""

    person: str
    name: str
    email: str


def guest_of(tx: sa.Connection, pack: Pack, email: str, today: date) -> Guest | None:
    """By the e-mail that a provider vouches for. Letters outside ASCII must be the very same: `K` (a sign of physics)
    in lower case is a k, and its mailbox somebody else's."""
    found = guest(tx, pack, email, today) if "@" in email else None
    return found if found is not None and (email.isascii() or email == found.email) else None


def guest(
    tx: sa.Connection, pack: Pack, named: str, today: date, states: Collection[EntryState] = (EntryState.OPEN,)
) -> Guest | None:
    """By a key of the pack's people or an e-mail; None for a stranger, and for who has left. `states`: of the entries
    whose owner, named by the CRM alone, may come in."""
    key = person_of(pack.owners, named)
    if key is not None:
        person = pack.owners.people[key]
        if person.left is not None and person.left <= today:
            return None
        return Guest(person=key, name=person.name, email=person.email)
    if "@" not in named:
        return None
    query = sa.select(entry.c.owner_name, entry.c.owner_email).where(
        entry.c.person == named.lower(), entry.c.state.in_(states)
    )
    row = tx.execute(query.limit(1)).first()
    return Guest(person=named.lower(), name=row.owner_name, email=row.owner_email) if row else None


def choosable(pack: Pack, today: date) -> list[Guest]:
    """Everybody of the pack who is still with us, by name: for the chooser."""
    found = [
        Guest(person=key, name=person.name, email=person.email)
        for key, person in pack.owners.people.items()
        if person.left is None or person.left > today
    ]
    return sorted(found, key=lambda who: who.name)


def name_of(pack: Pack, actor: str) -> str:
    """How people call somebody who is named by id or e-mail; a flow keeps its own name."""
    key = person_of(pack.owners, actor)
    return pack.owners.people[key].name if key else actor
