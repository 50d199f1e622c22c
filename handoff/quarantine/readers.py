"""What somebody is to an entry, with all that hangs on it now: questions, approvals, corrected money."""

from handoff.core.authority import Relation
from handoff.core.standing import Hanging, standing
from handoff.quarantine.decision import Desk
from handoff.store import handoffs, situations
from handoff.store.situations import Situation


def hanging_of(situation: Situation) -> Hanging:
    """The people whom what hangs on an entry names."""
    return Hanging(
        asked=[row.asked_of for row in situation.questions],
        approvers=[row.person for row in situation.approvals],
        requesters=[row.requested_by for row in situation.approvals],
        proposed={row.field: row.actor for row in situation.proposed},
    )


def source_of(desk: Desk) -> str:
    """Where its deal was read last."""
    now = handoffs.by_id(desk.tx, desk.row.handoff_id)
    return str(handoffs.content_of(desk.tx, now.snapshot_id).source)


def standing_of(desk: Desk) -> frozenset[Relation]:
    """All that the actor is to the entry."""
    hanging = hanging_of(situations.of_entries(desk.tx, [desk.row], desk.author.at)[desk.row.id])
    return standing(
        desk.pack,
        desk.row,
        desk.violations,
        desk.author.actor,
        desk.values,
        source=source_of(desk),
        hanging=hanging,
    )
