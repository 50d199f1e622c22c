"""An entry as one person may read it: what they are to it, of the deal itself."""

import sqlalchemy as sa

from handoff.core.authority import Relation
from handoff.quarantine.decision import Desk, laid_before
from handoff.quarantine.readers import standing_of
from handoff.road.at_the_desk import Seen
from handoff.road.house import House
from handoff.store.events import Author


def desk_of(tx: sa.Connection, house: House, at: Seen, actor: str) -> Desk:
    """The entry as it lies before an actor, to be asked and not written: so nobody else waits for it."""
    return laid_before(tx, house.pack, at.entry, at.deal.values, Author(actor=actor, at=house.clock.now()))


def standing_at(tx: sa.Connection, house: House, at: Seen, actor: str) -> frozenset[Relation]:
    """What an actor is to an entry, with all that hangs on it now."""
    return standing_of(desk_of(tx, house, at, actor))
