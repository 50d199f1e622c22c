"""Deals that change after they were delivered: an entry for a person, and nothing is sent (law 8)."""

from typing import Any

import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.pack import Pack
from handoff.core.violation import Failure, Violation
from handoff.ledger.steps import Plan, plan
from handoff.quarantine import desk
from handoff.road.run import Run
from handoff.store import handoffs, runs
from mappings.deal_row import to_row, trigger_misses


def plan_then(tx: sa.Connection, pack: Pack, row: sa.Row[Any]) -> Plan | None:
    """What the pack of today makes of the deal as it was when it was planned; None when it never was."""
    if row.planned_snapshot_id is None:
        return None
    snapshot = handoffs.content_of(tx, row.planned_snapshot_id)
    return plan_of(to_row(snapshot.content, pack, snapshot.source), pack, row.billing_key)


def plan_of(row: DealRow, pack: Pack, key: str) -> Plan:
    """A plan for comparing what is invoiced: the tracker's team does not count."""
    return plan(row, pack, key, "")


def compare(tx: sa.Connection, run: Run, row: sa.Row[Any], new: DealRow) -> None:
    """Hold a delivered deal whose billing content changed or that is no longer won; release it when it is back."""
    found = _drift(tx, run.house.pack, row, new)
    if found is None:
        author, why = run.author(), "the deal is again as it was delivered"
        desk.release(tx, [row.deal_id], why, author, unless=desk.STAYS_WHEN_DELIVERED)
        runs.conclude(tx, run.id, [(row.deal_id, "unchanged", "changed, but not what was invoiced")])
        return
    deal = desk.HeldDeal(deal_id=row.deal_id, handoff_id=row.id, values=new.values, violations=(found,))
    desk.hold(tx, run.house.pack, [deal], run.author())
    run.held_by_rule[found.rule] += 1
    runs.conclude(tx, run.id, [(row.deal_id, "held", found.rule)])


def changed_after_delivery(seen: str) -> Violation:
    """The violation of a deal that changed after something of it was sent."""
    return desk.failed(Failure.CHANGED_AFTER_DELIVERY, seen, "the deal as it was delivered")


def _drift(tx: sa.Connection, pack: Pack, row: sa.Row[Any], new: DealRow) -> Violation | None:
    if miss := trigger_misses(new, pack):
        return changed_after_delivery(miss)
    before = plan_then(tx, pack, row)
    try:
        same = before is not None and before.billing_content == plan_of(new, pack, row.billing_key).billing_content
    except (ValueError, KeyError, ArithmeticError):
        return changed_after_delivery("the deal can no longer be read as it was")
    return None if same else changed_after_delivery("amount, lines, terms or another part of the invoice")
