"""The drafted notes to the customer of one entry: for its owner to read, change and send; nothing here sends them."""

from handoff.core.errors import UsageError
from handoff.core.ownership import accountable
from handoff.report import queue
from handoff.report.customer_note import filled
from handoff.road.house import House
from handoff.store import handoffs, overlays
from mappings.stored_deal import stored_row


def notes(house: House, name: str) -> dict[str, str]:
    """Rule -> its note, filled with the deal's values as corrected, for what holds the entry now.

    Raises UsageError when there is no such entry, or none of its rules has a `customer_note`.
    """
    with house.store.read() as tx:
        entry = queue.found(tx, name)
        if entry is None:
            raise UsageError(f"There is no entry {name!r}: `handoff queue list` shows the open ones.")
        row = handoffs.by_deal(tx, entry.deal_id)
        known = overlays.as_known(tx, row) if row else None
    deal = stored_row(known, house.pack) if known else None
    values = {**(deal.values if deal else {}), "amount": str(entry.money) if entry.money else None}
    rules = list(dict.fromkeys(violation.rule for violation in entry.violations))
    texts = {rule: accountable(house.pack.owners, rule).customer_note for rule in rules}
    drafted = {rule: filled(rule, text, values) for rule, text in texts.items() if text}
    if not drafted:
        held = ", ".join(rules) or "nothing"
        raise UsageError(f"{entry.entry} is held by {held}, and owners.yaml has no customer_note for that: write one.")
    return drafted
