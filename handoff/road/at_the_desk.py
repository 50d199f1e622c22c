"""Take an entry up for a decision: from a house, with the deal's values as it was last read."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.core.deal import DealRow
from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.quarantine.decision import Desk, take_up
from handoff.road.house import House
from handoff.store import entries, handoffs, overlays
from handoff.store.events import Author
from mappings.stored_deal import stored_row

STATES: dict[Action, tuple[EntryState, ...]] = {
    Action.REOPEN: (EntryState.REJECTED,),
    Action.COMMENT: tuple(EntryState),
}
"""Actions that are for other entries than open ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An entry as its decider looks at it, with its handoff and the deal as it was last read."""

    entry: sa.Row[Any]
    handoff: sa.Row[Any]
    deal: DealRow


def seen(tx: sa.Connection, house: House, name: str) -> Seen:
    """An entry by its name (E-000123) or its deal. Raises UsageError when there is none."""
    found = entries.listed(tx, entries.called(name))
    if not found:
        raise UsageError(f"There is no entry {name!r}: `handoff queue list` shows the open ones.")
    row = found[0]
    handoff = handoffs.by_id(tx, row.handoff_id)
    return Seen(entry=row, handoff=handoff, deal=of_handoff(tx, house, handoff))


def of_handoff(tx: sa.Connection, house: House, handoff: sa.Row[Any]) -> DealRow:
    """The deal of a handoff as it was last read, under the corrections that hold."""
    return stored_row(overlays.as_known(tx, handoff), house.pack)


@contextmanager
def at_the_desk(house: House, name: str, action: Action, *, version: int | None = None) -> Iterator[Desk]:
    """One decision in one transaction. `version`: the row version that its decider looked at, where it was told.

    Raises UsageError for an unknown entry or a wrong state, ConflictError when it was changed since.
    """
    with house.store.write() as tx:
        now = seen(tx, house, name)
        states = STATES.get(action, (EntryState.OPEN,))
        author = Author(actor=house.actor, at=house.clock.now())
        yield take_up(tx, house.pack, now.entry, now.deal.values, author, version=version, states=states)
