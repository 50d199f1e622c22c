"""What one decision does to many deals: how many the gate would pass, and entries given to a person one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from checks import gate
from checks.facts import Facts, OtherDeal
from handoff.core.authority import Action
from handoff.core.deal import DealRow
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from handoff.core.relations import person_of
from handoff.quarantine.assignments import reassign
from handoff.quarantine.decision import ConflictError, authorise, reason, take_up
from handoff.report.cause_list import HeldCause
from handoff.road import causes
from handoff.road.house import House
from handoff.store import handoffs
from handoff.store.events import Author
from handoff.store.handoffs import LostRaceError
from handoff.store.tables import handoff
from mappings.deal_row import to_row

_BATCH = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Assigned:
    """What a bulk assignment did: the entries given away, and those that were not, each with the reason."""

    person: str
    done: tuple[str, ...]
    left: tuple[tuple[str, str], ...]

    def document(self) -> dict[str, Any]:
        """For programs."""
        left = [{"entry": name, "why": why} for name, why in self.left]
        return {"person": self.person, "assigned": list(self.done), "left": left}


def person_named(house: House, to: str) -> str:
    """The id of a person whom owners.yaml knows, by id or e-mail. Raises UsageError otherwise."""
    person = person_of(house.pack.owners, to)
    if person is None:
        known = ", ".join(sorted(house.pack.owners.people))
        raise UsageError(f"owners.yaml knows nobody as {to!r} (there: {known}). Add the person there first.")
    return person


def assign(house: House, cause: HeldCause, to: str, why: str) -> Assigned:
    """Give each entry of a cause to a person, in a transaction of its own: a conflict on one leaves the rest alone."""
    person, why = person_named(house, to), reason(why)
    with house.store.read() as tx:
        rows = causes.entries_of(tx, cause)
        values = {part.id: row.values for part, row in _rows(tx, house.pack, [row.handoff_id for row in rows])}
    done, left = [], []
    for row in rows:
        name = entry_name(row.id)
        author = Author(actor=house.actor, at=house.clock.now())
        try:
            with house.store.write() as tx:
                desk = take_up(tx, house.pack, row, values.get(row.handoff_id, {}), author)
                authorise(desk, Action.REASSIGN)
                reassign(desk, person, why)
            done.append(name)
        except LostRaceError:
            left.append((name, "a run changed it at this moment"))
        except (ConflictError, UsageError) as error:
            left.append((name, str(error)))
    return Assigned(person=person, done=tuple(done), left=tuple(left))


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
