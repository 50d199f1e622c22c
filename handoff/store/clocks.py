"""Pauses, step clocks, and what a clock has set off: each once, whatever runs at the same time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.store.desk_tables import fired, pause, step_clock
from handoff.store.handoffs import LostRaceError, chunks
from handoff.store.tables import entry, handoff, run


def pauses_of(tx: sa.Connection, entry_ids: Sequence[int]) -> dict[int, list[sa.Row[Any]]]:
    """The pauses of each entry's current episode, in the order they began."""
    found: dict[int, list[sa.Row[Any]]] = {number: [] for number in entry_ids}
    for part in chunks(entry_ids):
        query = (
            sa.select(pause)
            .join(entry, sa.and_(entry.c.id == pause.c.entry_id, entry.c.episode == pause.c.episode))
            .where(pause.c.entry_id.in_(part))
        )
        for row in tx.execute(query.order_by(pause.c.since, pause.c.id)):
            found[row.entry_id].append(row)
    return found


def put_pause(tx: sa.Connection, **values: Any) -> None:
    """Begin a pause."""
    tx.execute(sa.insert(pause).values(**values))


def end_pause(tx: sa.Connection, pause_id: int, at: datetime) -> None:
    """End a pause that has not ended."""
    tx.execute(sa.update(pause).where(pause.c.id == pause_id, pause.c.ended_at.is_(None)).values(ended_at=at))


def fired_already(tx: sa.Connection, what: Iterable[str]) -> set[str]:
    """Which of these were set off before."""
    found: set[str] = set()
    for part in chunks(list(what)):
        found |= set(tx.execute(sa.select(fired.c.what).where(fired.c.what.in_(part))).scalars())
    return found


def fire(tx: sa.Connection, what: Sequence[str], at: datetime) -> None:
    """Set these off; IntegrityError when somebody else has, and then the transaction is lost with all it did."""
    if what:
        tx.execute(sa.insert(fired), [{"what": key, "at": at} for key in what])


def started(tx: sa.Connection, **values: Any) -> None:
    """Start the clock of a step; one that runs already stays alone."""
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - each dialect has its own
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # noqa: PLC0415 - as above
    tx.execute(insert(step_clock).values(**values).on_conflict_do_nothing(index_elements=["handoff_id", "step"]))


def last_run_began(tx: sa.Connection) -> datetime | None:
    """When the last run that came to its end began: all delivered before then had the clocks of their steps started."""
    ended = sa.select(sa.func.max(run.c.started_at)).where(run.c.ended_at.is_not(None))
    began: datetime | None = tx.execute(ended).scalar()
    return began


def open_steps(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    """Step clocks that run, first due first, with their deal's state, since when it has it, and its snapshot."""
    columns = (
        handoff.c.deal_id,
        handoff.c.state.label("handoff_state"),
        handoff.c.since.label("handoff_since"),
        handoff.c.snapshot_id,
        handoff.c.deal_name,
        handoff.c.account_name,
    )
    query = sa.select(step_clock, *columns).join(handoff, handoff.c.id == step_clock.c.handoff_id)
    query = query.where(step_clock.c.done_at.is_(None), *where)
    return list(tx.execute(query.order_by(step_clock.c.due_at, step_clock.c.id)))


def change_step(tx: sa.Connection, row: sa.Row[Any], **values: Any) -> None:
    """Change a step clock that still runs and is as we read it; LostRaceError when somebody else was faster."""
    same = (step_clock.c.due_at == row.due_at, step_clock.c.person == row.person, step_clock.c.done_at.is_(None))
    late = step_clock.c.late_at.is_(None) if row.late_at is None else step_clock.c.late_at == row.late_at
    changed = tx.execute(sa.update(step_clock).where(step_clock.c.id == row.id, *same, late).values(**values))
    if changed.rowcount != 1:
        raise LostRaceError(f"step clock {row.id} changed under us")
