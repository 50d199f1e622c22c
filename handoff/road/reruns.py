"""Re-runs that people ask for on the page: which entries they may have judged again, the request, what came of it."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.quarantine import reruns
from handoff.quarantine.decision import reason
from handoff.quarantine.reruns import Queued, Wanted
from handoff.road.house import House
from handoff.road.standings import standings
from handoff.store import entries, rerun_rows, runs
from handoff.store.events import Author
from handoff.store.handoffs import chunks
from handoff.store.tables import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was written down: its name, and what of it was queued."""

    batch: str
    queued: Queued


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What came of a request so far. `queued`, `released`, `excluded`, `rejected`, `held`: numbers of its entries."""

    batch: str
    asked_by: str
    at: datetime
    why: str
    by_outcome: Mapping[str, tuple[int, ...]]
    holds: tuple[tuple[str, int], ...]
    """Rule -> entries that it holds still, most first, then by name."""
    last_sync: datetime | None

    @property
    def waits(self) -> bool:
        """Whether the next run has still to come for some of it."""
        return bool(self.by_outcome.get("queued"))


def request(house: House, seen: Sequence[tuple[int, int]], why: str) -> Request:
    """Have the next run judge entries again, each given as its number and the row version that was looked at.

    Five hundred at a time in one transaction. Raises UsageError without a why.
    """
    text = reason(why)
    batch = f"R-{house.clock.now():%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    done: list[int] = []
    left: list[tuple[int, str]] = []
    for part in chunks(list(dict(seen).items())):
        with house.store.write() as tx:
            queued = reruns.queue_all(
                tx, house.pack.owners, _wanted(tx, house, part), text, _author(house), batch=batch
            )
        done += queued.done
        left += queued.left
    return Request(batch=batch, queued=Queued(done=tuple(done), left=tuple(left)))


def came_of(tx: sa.Connection, batch: str, *where: sa.ColumnElement[bool]) -> Came:
    """What a request has come to by now, of those entries. Raises UsageError for an unknown one."""
    asked = rerun_rows.asked(tx, batch)
    if not asked:
        raise UsageError("There is no such re-run here: ask whoever sent you the link.")
    found: dict[str, list[int]] = {}
    numbers = [number for event in asked for number in event.new["entries"]]
    for part in chunks(numbers):
        for row in entries.listed(tx, entry.c.id.in_(part), *where):
            found.setdefault(_outcome(row), []).append(row.id)
    rules: Counter[str] = Counter()
    for own in entries.violations_of(tx, found.get("held", [])).values():
        rules.update({v.rule for v in own})
    return Came(
        batch=batch,
        asked_by=asked[0].actor,
        at=asked[0].at,
        why=asked[0].why or "",
        by_outcome={outcome: tuple(own) for outcome, own in found.items()},
        holds=tuple(sorted(rules.items(), key=lambda rule: (-rule[1], rule[0]))),
        last_sync=runs.completed(tx)["sync"],
    )


def _outcome(row: sa.Row[Any]) -> str:
    if row.handoff_state == HandoffState.PULLED:
        return "queued"
    if row.state == EntryState.RELEASED and row.handoff_state == HandoffState.EXCLUDED:
        return "excluded"
    return "held" if row.state == EntryState.OPEN else str(row.state)


def _wanted(tx: sa.Connection, house: House, seen: Sequence[tuple[int, int]]) -> list[Wanted]:
    """What the actor is to each entry, read in the transaction that will write."""
    rows = entries.listed(tx, entry.c.id.in_([number for number, _ in seen]))
    known = standings(tx, house, rows, house.actor)
    return [Wanted(number=number, version=version, relations=known.get(number, ())) for number, version in seen]


def _author(house: House) -> Author:
    return Author(actor=house.actor, at=house.clock.now())
