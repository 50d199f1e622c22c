"""Outages: from when until when a service could not be used, and why; and what a ledger is bound to."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff.store.tables import binding, outage

FLICKER = timedelta(minutes=30)
"""A service that fails again so soon after its return is still in the same outage."""


def open_ones(tx: sa.Connection) -> dict[str, sa.Row[Any]]:
    """The outages that have not ended, by service."""
    return {row.service: row for row in tx.execute(sa.select(outage).where(outage.c.ended_at.is_(None)))}


def failing(tx: sa.Connection, service: str, why: str, now: datetime) -> tuple[sa.Row[Any], bool]:
    """Begin an outage, or let the one that is open, or that ended a moment ago, go on. Returns it, and if it began."""
    query = sa.select(outage).where(outage.c.service == service).order_by(outage.c.id.desc()).limit(1)
    last = tx.execute(query).one_or_none()
    if last is not None and (last.ended_at is None or now - last.ended_at < FLICKER):
        going_on = sa.update(outage).where(outage.c.id == last.id).values(why=why, last_at=now, ended_at=None)
        return tx.execute(going_on.returning(outage)).one(), False
    begun = sa.insert(outage).values(service=service, why=why, began_at=now, last_at=now)
    return tx.execute(begun.returning(outage)).one(), True


def end(tx: sa.Connection, outage_id: int, now: datetime) -> None:
    """The service works again."""
    tx.execute(sa.update(outage).where(outage.c.id == outage_id).values(ended_at=now))


def bound(tx: sa.Connection) -> dict[str, str]:
    """What this ledger was written for: `salesforce` -> org id, `stripe:<account>` -> live or test."""
    return {row.what: row.value for row in tx.execute(sa.select(binding))}


RESTORED = "restored"
"""Bound while a ledger that comes from a backup has not had a whole run yet."""


def release(tx: sa.Connection, what: str) -> None:
    """Let go of what a ledger is bound to."""
    tx.execute(sa.delete(binding).where(binding.c.what == what))


def bind(tx: sa.Connection, values: dict[str, str], now: datetime) -> None:
    """Bind a ledger, for ever, to what it is first used with."""
    rows = [{"what": what, "value": value, "at": now} for what, value in values.items()]
    if rows:
        tx.execute(sa.insert(binding), rows)
