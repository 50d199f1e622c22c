"""Runs, page by page, newest first; and what became of the deals of one that somebody may read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.store.tables import entry, run, run_deal

Place = tuple[datetime, str]
"""Where a page ends: when its last run began, and that run's id."""


def page(tx: sa.Connection, size: int, after: Place | None = None, kind: str | None = None) -> list[sa.Row[Any]]:
    """One page of runs, and one more when there are further ones."""
    query = sa.select(run).order_by(run.c.started_at.desc(), run.c.id.desc()).limit(size + 1)
    if kind:
        query = query.where(run.c.kind == kind)
    if after:
        query = query.where(sa.tuple_(run.c.started_at, run.c.id) < sa.tuple_(*_bound(after)))
    return list(tx.execute(query))


def one(tx: sa.Connection, run_id: str) -> sa.Row[Any] | None:
    """A run by its id."""
    return tx.execute(sa.select(run).where(run.c.id == run_id)).one_or_none()


def entries_of(tx: sa.Connection, run_id: str, most: int, *where: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    """The deals of a run that have an entry, with its number: those that `where` lets somebody read."""
    columns = (run_deal.c.deal_id, run_deal.c.outcome, run_deal.c.reason, entry.c.id.label("number"), entry.c.state)
    query = sa.select(*columns).join(entry, entry.c.deal_id == run_deal.c.deal_id)
    query = query.where(run_deal.c.run_id == run_id, run_deal.c.outcome != "unchanged", *where)
    return list(tx.execute(query.order_by(run_deal.c.outcome, entry.c.id).limit(most)))


def _bound(after: Place) -> Sequence[sa.ColumnElement[Any]]:
    return sa.literal(after[0], run.c.started_at.type), sa.literal(after[1], run.c.id.type)
