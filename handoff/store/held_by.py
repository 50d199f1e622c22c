"""How many entries each rule holds and stopped, and how often each was waived."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.handoff import HandoffState
from handoff.store.desk_tables import waiver
from handoff.store.tables import entry, handoff, violation


class Stopped(NamedTuple):
    """The entries of a rule: `held` now, `lately` opened, and those of them that were `released` since."""

    held: int = 0
    lately: int = 0
    released: int = 0


def rules(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> dict[str, int]:
    """Rule or failure -> the open entries that it holds, judged; `where`: which of them count."""
    query = sa.select(violation.c.rule, _entries_if(_HELD)).join(entry, entry.c.id == violation.c.entry_id)
    query = query.where(_HELD, violation.c.judged, *where)
    return {row[0]: row[1] for row in tx.execute(query.group_by(violation.c.rule))}


def stopped(tx: sa.Connection, since: datetime, *where: sa.ColumnElement[bool]) -> dict[str, Stopped]:
    """The same, with what each rule stopped since a moment, whether or not it does so still.

    Each entry counts once, by its last episode: when an earlier one was opened, its violations do not say.
    """
    lately = sa.and_(entry.c.opened_at >= since, violation.c.episode == entry.c.episode)
    released = sa.and_(lately, entry.c.state == EntryState.RELEASED)
    counts = (_entries_if(each) for each in (_HELD, lately, released))
    query = sa.select(_UNSORTED, *counts).join(entry, entry.c.id == violation.c.entry_id)
    query = query.where(sa.or_(_HELD, lately), violation.c.judged, *where)
    return {row[0]: Stopped(*row[1:]) for row in tx.execute(query.group_by(_UNSORTED))}


def arrived(tx: sa.Connection, since: datetime) -> tuple[int, int]:
    """How many deals came to the gate first since a moment, and how many of these never had an entry."""
    lately = (handoff.c.created_at >= since, handoff.c.state.not_in((HandoffState.PULLED, HandoffState.EXCLUDED)))
    came = sa.select(sa.func.count()).select_from(handoff).where(*lately)
    held = (
        sa.select(sa.func.count()).select_from(entry.join(handoff, handoff.c.id == entry.c.handoff_id)).where(*lately)
    )
    number = tx.execute(came).scalar_one()
    return number, number - tx.execute(held).scalar_one()


def waived(tx: sa.Connection, since: datetime) -> dict[str, int]:
    """Rule -> how often it was waived since a moment."""
    query = sa.select(waiver.c.rule, sa.func.count()).where(waiver.c.at >= since)
    return {row[0]: row[1] for row in tx.execute(query.group_by(waiver.c.rule))}


_UNSORTED = violation.c.rule.op("||")(sa.literal_column("''"))
"""The rule without its index: SQLite then reads the violations as they lie, twice as fast for most readers."""
_HELD = sa.and_(entry.c.state == EntryState.OPEN, violation.c.current)


def _entries_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.count(sa.distinct(sa.case((condition, entry.c.id))))
