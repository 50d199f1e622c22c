"""How many open entries each rule holds, and how often each was waived."""

from datetime import datetime

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.store.desk_tables import waiver
from handoff.store.tables import entry, violation


def rules(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> dict[str, int]:
    """Rule or failure -> the open entries that it holds, judged; `where`: which of them count."""
    count = sa.func.count(sa.distinct(entry.c.id))
    query = sa.select(violation.c.rule, count).join(entry, entry.c.id == violation.c.entry_id)
    query = query.where(entry.c.state == EntryState.OPEN, violation.c.current, violation.c.judged, *where)
    return {row[0]: row[1] for row in tx.execute(query.group_by(violation.c.rule))}


def waived(tx: sa.Connection, since: datetime) -> dict[str, int]:
    """Rule -> how often it was waived since a moment."""
    query = sa.select(waiver.c.rule, sa.func.count()).where(waiver.c.at >= since)
    return {row[0]: row[1] for row in tx.execute(query.group_by(waiver.c.rule))}
