"""Give an entry to a person whom the ownership map knows: a person's word, which holds for the episode."""

from handoff.core.authority import Action
from handoff.core.errors import UsageError
from handoff.quarantine.decision import Desk, record
from handoff.store import entries


def reassign(desk: Desk, person: str, why: str) -> None:
    """Make somebody the owner, with a notice to them. `person`: an id under `people`; raises UsageError otherwise."""
    row, found = desk.row, desk.pack.owners.people.get(person)
    if found is None:
        raise UsageError(f"owners.yaml knows nobody as {person!r}. Add the person there first.")
    if row.person == person:
        raise UsageError(f"{desk.name} is {found.name}'s already.")
    changes = {"person": person, "owner_name": found.name, "owner_email": found.email}
    record(desk, Action.REASSIGN, why=why, old=row.person, new=person, reassigned_by=desk.author.actor, **changes)
    notice = {
        "dedupe_key": f"entry:{row.id}:{row.episode}:reassigned:{person}:{row.row_version}",
        "kind": "entry_reassigned",
        "entry_id": row.id,
        "person": person,
        "state": "pending",
        "created_at": desk.author.at,
    }
    entries.notify(desk.tx, [notice])
