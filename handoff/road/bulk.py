"""What one decision does to many deals: how many the gate would pass, and entries given to a person one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from checks import gate
from checks.facts import Facts, OtherDeal
from handoff.core.deal import DealRow
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from handoff.quarantine.assignments import reassign, somebody
from handoff.quarantine.decision import ConflictError, reason, take_up
from handoff.report.cause_list import HeldCause
from handoff.road import causes
from handoff.road.house import House
from handoff.store import handoffs
from handoff.store.events import Author
from handoff.store.tables import handoff
from mappings.deal_row import to_row

_BATCH = 2000


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
    """Give entries, as they were seen, to a person: each in a transaction of its own.

    A conflict on one, or an entry that the actor may not give away, leaves the rest alone.
    """
    person, _ = recipient(house, to)
    text = reason(why)
    with house.store.read() as tx:
        values = {held.id: row.values for held, row in _rows(tx, house.pack, [row.handoff_id for row in rows])}
    done, already, left = [], [], []
    for row in rows:
        name = entry_name(row.id)
        if row.person == person:
            already.append(name)
            continue
        author = Author(actor=house.actor, at=house.clock.now())
        try:
            with house.store.write() as tx:
                reassign(take_up(tx, house.pack, row, values.get(row.handoff_id, {}), author), person, text)
        except (ConflictError, UsageError) as error:
            left.append((name, str(error)))
        else:
            done.append(name)
    return Assigned(person=person, done=tuple(done), already=tuple(already), left=tuple(left))


def passing(house: House, pack: Pack, handoff_ids: Sequence[int]) -> set[int]:
    """Which of these handoffs the gate would pass under a pack, as they are stored; nothing is written."""
    found: set[int] = set()
    for start in range(0, len(handoff_ids), _BATCH):
        with house.store.read() as tx:
            deals = list(_rows(tx, pack, handoff_ids[start : start + _BATCH]))
            accounts = sorted({row.get("account_id") or "" for _, row in deals})
            others = handoffs.alike(tx, accounts, frozenset(held.deal_id for held, _ in deals))
        facts = Facts(now=house.clock.now(), others=[OtherDeal(**other) for other in others])
        for source in {held.source for held, _ in deals}:
            own = [(held.id, row) for held, row in deals if held.source == source]
            verdicts = gate.judge(gate.frame([row for _, row in own]), pack, source, facts).violations
            found |= {number for (number, _), violations in zip(own, verdicts, strict=True) if not violations}
    return found


def _rows(tx: sa.Connection, pack: Pack, handoff_ids: Sequence[int]) -> Iterator[tuple[sa.Row[Any], DealRow]]:
    """Handoffs with the rows of their deals."""
    for part in handoffs.chunks(handoff_ids):
        for held in handoffs.with_content(tx, handoff.c.id.in_(part)):
            yield held, to_row(held.content, pack, held.source)
