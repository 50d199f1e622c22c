"""The audit: one event per transition, appended in its transaction; a sealer chains the hashes in batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.keys import canonical_json, digest
from handoff.store.tables import event

GENESIS = "0" * 64
_BATCH = 1000
_SUBJECTS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a subject (`deal:006…`, `effect:…`, `line`), old -> new, and why."""

    subject: str
    what: str
    old: Any = None
    new: Any = None
    why: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who acts (a person or a flow), when (UTC) and in which run."""

    actor: str
    at: datetime
    run_id: str | None = None


def append(tx: sa.Connection, author: Author, events: Iterable[Event]) -> None:
    """Append events; they are part of the caller's transaction."""
    rows = [
        {
            "at": author.at,
            "actor": author.actor,
            "run_id": author.run_id,
            "subject": e.subject,
            "what": e.what,
            "old": e.old,
            "new": e.new,
            "why": e.why,
        }
        for e in events
    ]
    if rows:
        tx.execute(sa.insert(event), rows)


def of_subjects(tx: sa.Connection, subjects: list[str]) -> list[sa.Row[Any]]:
    """The events of some subjects, oldest first."""
    return list(tx.execute(sa.select(event).where(event.c.subject.in_(subjects)).order_by(event.c.seq)))


def last_seq(tx: sa.Connection, subjects: Sequence[str]) -> int:
    """The number of the last event of some subjects; 0 before the first."""
    return tx.execute(sa.select(sa.func.max(event.c.seq)).where(event.c.subject.in_(subjects))).scalar() or 0


def generations(tx: sa.Connection, subjects: Sequence[str]) -> dict[str, int]:
    """The highest generation in which each of some effects was ever sent or planned; the unknown are left out."""
    highest: dict[str, int] = {}
    for start in range(0, len(subjects), _SUBJECTS):
        rows = of_subjects(tx, list(subjects[start : start + _SUBJECTS]))
        for row in rows:
            if isinstance(row.new, dict) and "generation" in row.new:
                highest[row.subject] = max(highest.get(row.subject, 0), row.new["generation"])
    return highest


def seal(tx: sa.Connection) -> int:
    """Chain the hashes of all events that are not sealed yet; returns how many."""
    if tx.dialect.name == "postgresql":  # a lower number may still be uncommitted there: wait for it, let none begin
        tx.execute(sa.text("LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE"))
    last = tx.execute(sa.select(event.c.hash).where(event.c.hash.is_not(None)).order_by(event.c.seq.desc()).limit(1))
    previous = last.scalar() or GENESIS
    unsealed = tx.execute(sa.select(event).where(event.c.hash.is_(None)).order_by(event.c.seq)).all()
    updates = []
    for row in unsealed:
        sealed = _hash(previous, row)
        updates.append({"b_seq": row.seq, "previous_hash": previous, "hash": sealed})
        previous = sealed
    if updates:
        statement = sa.update(event).where(event.c.seq == sa.bindparam("b_seq"))
        tx.execute(statement.values(previous_hash=sa.bindparam("previous_hash"), hash=sa.bindparam("hash")), updates)
    return len(updates)


def broken_links(tx: sa.Connection) -> list[int]:
    """Sequence numbers at which the chain does not hold (edited, deleted or swapped events)."""
    broken, previous = [], GENESIS
    rows = tx.execute(sa.select(event).where(event.c.hash.is_not(None)).order_by(event.c.seq)).yield_per(_BATCH)
    for row in rows:
        if row.previous_hash != previous or row.hash != _hash(previous, row):
            broken.append(row.seq)
        previous = row.hash
    return broken


def _hash(previous: str, row: sa.Row[Any]) -> str:
    content = [row.seq, row.at.isoformat(), row.actor, row.subject, row.what, row.old, row.new, row.why, row.run_id]
    return digest(previous, canonical_json(content))
