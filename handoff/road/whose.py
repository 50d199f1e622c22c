"""Whom an owner's name means: by the pack's people, or by the open entries."""

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.errors import UnknownNameError
from handoff.core.pack import Pack
from handoff.core.relations import person_of
from handoff.store.tables import entry


def whose(tx: sa.Connection, pack: Pack, owner: str) -> tuple[str, str]:
    """Person and name of an owner: one whom the pack knows, or who has an open entry; else UnknownNameError."""
    text = owner.strip()
    people = pack.owners.people
    found = [key for key in [person_of(pack.owners, text)] if key]
    found = found or [key for key, person in people.items() if person.name == text]
    if len(found) == 1:
        return found[0], people[found[0]].name
    if len(found) > 1:
        raise UnknownNameError(f"{text!r} is the name of {', '.join(sorted(found))}: say which, by id or e-mail.")
    called = sa.or_(entry.c.person == text.lower(), entry.c.owner_name == text, entry.c.owner_email == text)
    query = sa.select(entry.c.person, entry.c.owner_name).where(called, entry.c.state == EntryState.OPEN).distinct()
    rows = tx.execute(query.limit(2)).all()
    if len(rows) != 1:
        several = "Several people own entries" if rows else "Nobody owns an entry"
        raise UnknownNameError(
            f"{several} as {text!r}: name an owner by id or e-mail, as `handoff queue list` and owners.yaml have them."
        )
    return rows[0].person, rows[0].owner_name
