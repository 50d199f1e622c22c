"""Questions about entries, and the ends of the pauses that they made."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.store.desk_tables import pause, question
from handoff.store.tables import entry

OPEN, ANSWERED, EXPIRED, CLOSED = "open", "answered", "expired", "closed"
"""A question's states: expired past its deadline, and may still be answered; closed with its entry."""
WAITING = "waiting for an answer"
"""The reason of a pause that a question made."""


def put(tx: sa.Connection, **values: Any) -> int:
    """Add a question; returns its id."""
    return int(tx.execute(sa.insert(question).values(state=OPEN, **values).returning(question.c.id)).scalar_one())


def unanswered(tx: sa.Connection, entry_ids: Sequence[int]) -> list[sa.Row[Any]]:
    """Questions of the current episodes of these entries that wait for an answer, also past their deadline."""
    same = (entry.c.id == question.c.entry_id, entry.c.episode == question.c.episode)
    query = sa.select(question).join(entry, sa.and_(*same)).where(question.c.entry_id.in_(entry_ids))
    waiting = query.where(question.c.state.in_([OPEN, EXPIRED]), entry.c.state == EntryState.OPEN)
    return list(tx.execute(waiting.order_by(question.c.id)))


def answer(tx: sa.Connection, row: sa.Row[Any], text: str, at: datetime) -> bool:
    """Answer a question that still waits, and end its pause; False when somebody else was first."""
    waits = (question.c.id == row.id, question.c.state.in_([OPEN, EXPIRED]))
    done = tx.execute(sa.update(question).where(*waits).values(state=ANSWERED, answer=text, answered_at=at))
    _end_pauses(tx, row.entry_id, at, pause.c.since == row.at, pause.c.actor == row.asked_by)
    return done.rowcount == 1


def close(tx: sa.Connection, entry_id: int, at: datetime) -> None:
    """End the questions of an entry, and their pauses: it is decided without them."""
    waits = (question.c.entry_id == entry_id, question.c.state.in_([OPEN, EXPIRED]))
    tx.execute(sa.update(question).where(*waits).values(state=CLOSED))
    _end_pauses(tx, entry_id, at)


def _end_pauses(tx: sa.Connection, entry_id: int, at: datetime, *where: sa.ColumnElement[bool]) -> None:
    running = (pause.c.entry_id == entry_id, pause.c.reason == WAITING, pause.c.ended_at.is_(None), pause.c.until > at)
    tx.execute(sa.update(pause).where(*running, *where).values(ended_at=at))
