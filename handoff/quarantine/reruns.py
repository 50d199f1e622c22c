"""Re-runs that people ask for: the deals go back to the gate; the next run judges them as the CRM has them then."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import ALLOWED, Action, Relation, may
from handoff.core.entry import EntryState, entry_name
from handoff.core.handoff import AT_THE_DESK, HandoffState
from handoff.core.pack import Owners
from handoff.quarantine.decision import Desk, authorise, back_to_the_gate, reason, record, refuse_who_left
from handoff.quarantine.readers import standing_of
from handoff.store import rerun_rows
from handoff.store.events import Author, Event, append


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An entry as it was seen by whoever wants it judged again, and what they are to it now."""

    number: int
    version: int
    relations: Collection[Relation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Numbers of the entries whose deals the next run judges, and why others are left."""

    done: tuple[int, ...]
    left: tuple[tuple[int, str], ...]


def refusal(row: Any, relations: Collection[Relation]) -> str | None:
    """Why an entry (with its handoff's state, as `entries.listed` gives it) is not judged again; None: it can be."""
    if not may(Action.RERUN, relations):
        wanted = ", ".join(r.words for r in Relation if r in ALLOWED[Action.RERUN])
        return f"you may not have it judged again: that is for {wanted}"
    if row.state != EntryState.OPEN:
        return f"it is {row.state}: only open entries are judged again"
    if row.handoff_state not in AT_THE_DESK:
        return f"its deal is {HandoffState(row.handoff_state).words}: judging it again changes nothing"
    return None


def queue(desk: Desk, why: str) -> bool:
    """Have the next run judge the deal again; False when it is not held, and there is nothing to judge."""
    authorise(desk, Action.RERUN, standing_of(desk))
    record(desk, Action.RERUN, why=reason(why))
    return back_to_the_gate(desk)


def queue_all(
    tx: sa.Connection, owners: Owners, wanted: Sequence[Wanted], why: str, author: Author, *, batch: str
) -> Queued:
    """Put deals back to the gate, in one transaction and a handful of statements, however many they are.

    `batch` names the request in the events, so that what came of it can be found. Raises UsageError without a why.
    """
    refuse_who_left(owners, author)
    text = reason(why)
    now = rerun_rows.locked(tx, [each.number for each in wanted])
    done, left = [], []
    for each in wanted:
        row = now.get(each.number)
        if row is None or row.row_version != each.version:
            left.append((each.number, "it was changed since you looked at it"))
        elif refused := refusal(row, each.relations):
            left.append((each.number, refused))
        else:
            done.append(row)
    rerun_rows.to_the_gate(tx, done, author.at)
    told = [
        Event(subject=f"entry:{entry_name(row.id)}", what=str(Action.RERUN), old="held", new={"batch": batch}, why=text)
        for row in done
    ]
    if done:
        entries = [row.id for row in done]
        told.append(Event(subject=f"rerun:{batch}", what=str(Action.RERUN), new={"entries": entries}, why=text))
    append(tx, author, told)
    return Queued(done=tuple(row.id for row in done), left=tuple(left))
