"""What one decision does to many deals: how many the gate would pass, and entries given to a person one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from handoff.core.deal import DealRow
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from handoff.quarantine.assignments import reassign, somebody
from handoff.quarantine.decision import ConflictError, reason, take_up
from handoff.report.cause_list import HeldCause
from handoff.road import causes
from handoff.road.house import House
from handoff.road.verdict import AtGate, others_of, verdicts
from handoff.store import handoffs, lifting, overlays
from handoff.store.events import Author
from handoff.store.overlays import Stored
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row

_BATCH = 2000
_WRITTEN_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What a bulk assignment did: entries given away, those that were the person's already, and those left, and why."""

    person: str
    done: tuple[str, ...]
    already: tuple[str, ...]
    left: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, Any]:
        """For programs."""
        left = [{"entry": name, "why": why} for name, why in self.left]
        return {"person": self.person, "assigned": list(self.done), "already": list(self.already), "left": left}


def recipient(house: House, to: str) -> tuple[str, str]:
    """Id and name of the person whom `to` names and who is there today. Raises UsageError as `somebody` does."""
    key, person = somebody(house.pack.owners, to, house.clock.now().date())
    return key, person.name


def assign(house: House, cause: HeldCause, to: str, why: str) -> Assigned:
    """Give the entries of a cause to a person."""
    with house.store.read() as tx:
        rows = causes.entries_of(tx, cause)
    return give(house, rows, to, why)


def give(house: House, rows: Sequence[sa.Row[Any]], to: str, why: str) -> Assigned:
    """Give entries, as they were seen, to a person: a hundred in each transaction, as disks are slow.

    A conflict on one, or an entry that the actor may not give away, leaves the rest alone.
    """
    person, _ = recipient(house, to)
    text = reason(why)
    with house.store.read() as tx:
        known = _known(tx, house.pack, [row.handoff_id for row in rows])
        values = {held.id: deal.values for held, _, deal in known}
    done, already, left = [], [], []
    for start in range(0, len(rows), _WRITTEN_AT_ONCE):
        author = Author(actor=house.actor, at=house.clock.now())
        with house.store.write() as tx:
            for row in rows[start : start + _WRITTEN_AT_ONCE]:
                name = entry_name(row.id)
                if row.person == person:
                    already.append(name)
                    continue
                try:
                    with tx.begin_nested():
                        reassign(take_up(tx, house.pack, row, values.get(row.handoff_id, {}), author), person, text)
                except (ConflictError, UsageError) as error:
                    left.append((name, str(error)))
                else:
                    done.append(name)
    return Assigned(person=person, done=tuple(done), already=tuple(already), left=tuple(left))


def passing(house: House, pack: Pack, handoff_ids: Sequence[int]) -> set[int]:
    """Which of these handoffs would pass the gate under a pack, as they are known now; nothing is written."""
    under, found = replace(house, pack=pack), set()
    for start in range(0, len(handoff_ids), _BATCH):
        with house.store.read() as tx:
            held = list(_known(tx, pack, handoff_ids[start : start + _BATCH]))
            decisions = lifting.of_deals(tx, [row.deal_id for row, _, _ in held])
            others = others_of(tx, [deal for _, _, deal in held])
        deals = [
            AtGate(row=deal, source=known.source, billing_key=row.billing_key, decisions=decisions[row.deal_id])
            for row, known, deal in held
        ]
        found |= {row.id for (row, _, _), it in zip(held, verdicts(under, deals, others), strict=True) if it.passes}
    return found


def _known(tx: sa.Connection, pack: Pack, handoff_ids: Sequence[int]) -> Iterator[tuple[sa.Row[Any], Stored, DealRow]]:
    """Handoffs with their deals under the corrections that hold."""
    for part in handoffs.chunks(handoff_ids):
        held = handoffs.with_content(tx, handoff.c.id.in_(part))
        for row, known in zip(held, overlays.all_known(tx, held), strict=True):
            yield row, known, stored_row(known, pack)
