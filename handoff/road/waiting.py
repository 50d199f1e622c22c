"""What waits for one person's word, and that they may give: approvals, corrected money, questions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.quarantine import approvals, corrections
from handoff.quarantine.decision import Desk
from handoff.road.house import House
from handoff.road.standings import deals_of
from handoff.store import entries, waiting
from handoff.store.events import Author
from handoff.store.handoffs import chunks
from handoff.store.tables import entry

MOST = 300
"""Of each: more than anybody decides in a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Rows with the number of their entry (`entry_id`), first due first."""

    approvals: tuple[sa.Row[Any], ...]
    money: tuple[sa.Row[Any], ...]
    questions: tuple[sa.Row[Any], ...]

    def entries(self) -> list[int]:
        """The numbers of all their entries."""
        return list(dict.fromkeys(row.entry_id for row in (*self.approvals, *self.money, *self.questions)))


def waiting_for(tx: sa.Connection, house: House, names: Collection[str], readable: sa.ColumnElement[bool]) -> Waiting:
    """What waits for whoever acts in the house. `names`: theirs, in the store; `readable`: what they may read."""
    asked = waiting.approvals(tx, readable, most=MOST)
    proposed = waiting.money(tx, readable, most=MOST)
    desks = _desks(tx, house, [row.entry_id for row in (*asked, *proposed)])
    theirs = {row.id for desk in desks.values() for row in approvals.open_to(desk)}
    second = {number for number, desk in desks.items() if corrections.open_to(desk)}
    return Waiting(
        approvals=tuple(row for row in asked if row.id in theirs),
        money=tuple(row for row in proposed if row.entry_id in second),
        questions=tuple(waiting.questions(tx, names, most=MOST)),
    )


def _desks(tx: sa.Connection, house: House, numbers: Sequence[int]) -> dict[int, Desk]:
    """Entries as they lie before whoever acts in the house; nothing is written with them."""
    rows = [row for part in chunks(list(dict.fromkeys(numbers))) for row in entries.listed(tx, entry.c.id.in_(part))]
    known = deals_of(tx, house, rows)
    violations = entries.violations_of(tx, [row.id for row in rows])
    author = Author(actor=house.actor, at=house.clock.now())
    return {
        row.id: Desk(
            tx=tx,
            pack=house.pack,
            author=author,
            row=row,
            values=known[row.handoff_id][0].values,
            violations=tuple(violations[row.id]),
        )
        for row in rows
    }
