"""An entry as one person may read it: what they are to it, of the deal itself."""

import sqlalchemy as sa

from handoff.core.authority import Relation
from handoff.core.standing import Hanging, standing
from handoff.road.at_the_desk import Seen
from handoff.road.house import House
from handoff.store import entries, handoffs, situations
from handoff.store.situations import Situation


def hanging_of(situation: Situation) -> Hanging:
    """The people whom what hangs on an entry names."""
    return Hanging(
        asked=[row.asked_of for row in situation.questions],
        approvers=[row.person for row in situation.approvals],
        requesters=[row.requested_by for row in situation.approvals],
        proposed={row.field: row.actor for row in situation.proposed},
    )


def standing_at(tx: sa.Connection, house: House, at: Seen, actor: str) -> frozenset[Relation]:
    """What an actor is to an entry, with all that hangs on it now."""
    hanging = hanging_of(situations.of_entries(tx, [at.entry], house.clock.now())[at.entry.id])
    violations = entries.violations_of(tx, [at.entry.id])[at.entry.id]
    source = handoffs.content_of(tx, at.handoff.snapshot_id).source
    return standing(house.pack, at.entry, violations, actor, at.deal.values, source=source, hanging=hanging)
