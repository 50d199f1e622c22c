"""The checklist of one deal's manual fallback: planned as we would send it, else from what can be read."""

from handoff.core.deal import DealRow
from handoff.core.entry import entry_name
from handoff.ledger import by_hand
from handoff.ledger.steps import plan
from handoff.report.fallback import Checklist, Known, parts
from handoff.road.at_the_desk import of_handoff, seen
from handoff.road.house import House
from handoff.store import entries, handoffs

_UNREADABLE = (ValueError, KeyError, ArithmeticError)


def fallback(house: House, name: str) -> Checklist:
    """The checklist of an entry (E-000123), or of any deal by its id. Raises UsageError when we know neither."""
    with house.store.read() as tx:
        row = handoffs.by_deal(tx, name)
        if row is not None and not entries.of_deals(tx, [name]):  # it passed, and a service is away
            entry, deal = None, of_handoff(tx, house, row)
        else:
            at = seen(tx, house, name)
            entry, row, deal = entry_name(at.entry.id), at.handoff, at.deal
        known = by_hand.deal_of(tx, house.pack, row, deal, house.team)
    made = Known(
        row=deal,
        pack=house.pack,
        key=row.billing_key,
        team=house.team,
        customer=known.plan.customer if known.plan else None,
        effects=known.plan.effects if known.plan else (),
        own=known.own,
        customer_id=known.customer_id or deal.get("billing_customer"),
    )
    return Checklist(
        entry=entry,
        deal_id=deal.deal_id,
        deal_name=deal.get("deal_name"),
        account_name=deal.get("account_name"),
        unplanned=_why_not(house, row.billing_key, deal) if known.plan is None else None,
        parts=parts(made),
    )


def _why_not(house: House, key: str, deal: DealRow) -> str:
    """Why a deal cannot be planned, as the plan says it."""
    try:
        plan(deal, house.pack, key, house.team)
    except _UNREADABLE as error:
        return str(error).strip("'\"") or type(error).__name__
    return ""
