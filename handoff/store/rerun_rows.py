"""Entries and handoffs of a re-run that people asked for: many at once, each still as it was seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import AT_THE_DESK, HandoffState
from handoff.store.events import of_subjects
from handoff.store.handoffs import LostRaceError, chunks
from handoff.store.tables import entry, handoff


def locked(tx: sa.Connection, numbers: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """Entries with the state of their handoffs; nobody else changes them before this transaction ends (PostgreSQL).

    Locked in the order of their deals, as runs and all decisions do.
    """
    found: dict[int, sa.Row[Any]] = {}
    for part in chunks(numbers):
        tx.execute(sa.select(entry.c.id).where(entry.c.id.in_(part)).order_by(entry.c.deal_id).with_for_update())
        query = sa.select(entry, handoff.c.state.label("handoff_state")).join(
            handoff, handoff.c.id == entry.c.handoff_id
        )
        found |= {row.id: row for row in tx.execute(query.where(entry.c.id.in_(part)))}
    return found


def to_the_gate(tx: sa.Connection, rows: Sequence[sa.Row[Any]], at: datetime) -> None:
    """Move locked entries on, and put their handoffs, which must be held or at the gate already, to the gate."""
    for part in chunks(rows):
        tx.execute(
            sa.update(entry).where(entry.c.id.in_([row.id for row in part])).values(row_version=entry.c.row_version + 1)
        )
        ours = handoff.c.id.in_([row.handoff_id for row in part])
        moved = tx.execute(
            sa.update(handoff)
            .where(ours, handoff.c.state.in_(AT_THE_DESK))
            .values(state=HandoffState.PULLED, updated_at=at, row_version=handoff.c.row_version + 1)
        )
        if moved.rowcount != len(part):
            raise LostRaceError("a handoff left the gate while its entry was locked")


def asked(tx: sa.Connection, batch: str) -> list[sa.Row[Any]]:
    """The events of a request by its name, one a transaction; none when there is no such request."""
    return of_subjects(tx, [f"rerun:{batch}"])
