"""Settle: before a run compares and judges, corrections are held against the CRM, and waivers that are over end."""

from handoff.quarantine import corrections, waivers
from handoff.road.run import Run
from handoff.store import handoffs, overlays
from handoff.store.tables import handoff
from mappings.deal_row import to_row


def settle_decisions(run: Run) -> None:
    """Retire corrections with which the CRM agrees, name conflicts, end waivers. Each again after a crash."""
    house = run.house
    with house.store.write() as tx:
        waivers.expire(tx, run.author())
        for part in handoffs.chunks(overlays.to_settle(tx)):
            for row in handoffs.with_content(tx, handoff.c.deal_id.in_(part)):
                crm = to_row(row.content, house.pack, row.source)
                corrections.settle(tx, row, crm, run.author())
