"""Who hears that the line was stopped or started: everybody in the chain of the role that may, and the tie-breaker."""

import sqlalchemy as sa

from handoff.core.keys import digest
from handoff.core.notice import NoticeState
from handoff.core.ownership import chain, people_of
from handoff.road.house import House
from handoff.store import entries


def tell_of_line(tx: sa.Connection, house: House, kind: str, step: str | None, why: str) -> None:
    """Put the notices (`line_stopped`, `line_started`) out, in the transaction that stops or starts it."""
    owners, now = house.pack.owners, house.clock.now()
    people = {person for role in chain(owners, house.pack.trigger.stop_role) for person in people_of(owners, role, {})}
    what = f"Step {step}" if step else "The line"
    done = "is stopped" if kind == "line_stopped" else "goes on"
    rows = [
        {
            "dedupe_key": f"{kind}:{digest(step or '*', now.isoformat(), person)[:48]}",
            "kind": kind,
            "entry_id": None,
            "about": f"{what} {done}, by the word of {house.actor}: {why}",
            "person": person,
            "state": NoticeState.PENDING,
            "created_at": now,
        }
        for person in sorted(people | {owners.tie_breaker})
    ]
    entries.notify(tx, rows)
