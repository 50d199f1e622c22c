"""Tell one person of a decision: a notice into the outbox, in the transaction of the decision."""

from handoff.core.keys import digest
from handoff.core.relations import same_person
from handoff.quarantine.decision import Desk
from handoff.store import entries


def tell(desk: Desk, kind: str, person: str, about: str | None = None) -> None:
    """Put a notice about the entry out for one person; nobody is told of what they did themselves.

    `kind`: entry_reassigned, entry_rejected, question_asked, … `about`: what they read, in one or two sentences.
    """
    if same_person(desk.pack.owners, person, desk.author.actor):
        return
    row = desk.row
    whom = digest(person, desk.author.at.isoformat())[:16]  # a person may be an e-mail longer than the key's column
    notice = {
        "dedupe_key": f"{kind}:{row.id}:{row.episode}:{row.row_version}:{whom}",
        "kind": kind,
        "entry_id": row.id,
        "about": about,
        "person": person,
        "state": "pending",
        "created_at": desk.author.at,
    }
    entries.notify(desk.tx, [notice])
