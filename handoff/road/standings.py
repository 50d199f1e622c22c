"""What somebody is to many entries at once: the same as `reading.standing_at` says of one, in a few queries."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Relation
from handoff.core.deal import DealRow
from handoff.core.standing import standing
from handoff.quarantine.readers import hanging_of
from handoff.road.house import House
from handoff.store import entries, handoffs, overlays, situations
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row

Relations = frozenset[Relation]


def standings(tx: sa.Connection, house: House, rows: Sequence[sa.Row[Any]], actor: str) -> dict[int, Relations]:
    """By entry number; `rows` as `entries.listed` gives them."""
    known = deals_of(tx, house, rows)
    violations = entries.violations_of(tx, [row.id for row in rows])
    hanging = situations.of_entries(tx, rows, house.clock.now())
    found = {}
    for row in rows:
        deal, source = known[row.handoff_id]
        found[row.id] = standing(
            house.pack,
            row,
            violations[row.id],
            actor,
            deal.values,
            source=source,
            hanging=hanging_of(hanging[row.id]),
        )
    return found


def deals_of(tx: sa.Connection, house: House, rows: Sequence[sa.Row[Any]]) -> dict[int, tuple[DealRow, str]]:
    """Handoff -> its deal under the corrections that hold, and where it was read."""
    found = {}
    for part in handoffs.chunks([row.handoff_id for row in rows]):
        held = handoffs.with_content(tx, handoff.c.id.in_(part))
        for row, stored in zip(held, overlays.all_known(tx, held), strict=True):
            found[row.id] = (stored_row(stored, house.pack), stored.source)
    return found
