"""Runs and their balance, watermarks, adoptions and stops of the line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.store.tables import adoption, line_stop, run, run_deal, watermark

WHOLE_LINE = "*"
_LOOKED_AT = 50
"""Runs of a kind in which a completed one is looked for."""


def start(tx: sa.Connection, **values: Any) -> None:
    """Open a run."""
    tx.execute(sa.insert(run).values(**values))


def end(tx: sa.Connection, run_id: str, now: datetime, summary: Mapping[str, Any]) -> None:
    """Close a run with its summary."""
    tx.execute(sa.update(run).where(run.c.id == run_id).values(ended_at=now, summary=dict(summary)))


def latest(tx: sa.Connection, limit: int = 1) -> list[sa.Row[Any]]:
    """The last runs, newest first."""
    return list(tx.execute(sa.select(run).order_by(run.c.started_at.desc()).limit(limit)))


def completed(tx: sa.Connection) -> dict[str, datetime | None]:
    """When a sync and a sweep last came to their end (None: never), and when the `first` run of all began."""
    last: dict[str, datetime | None] = {}
    for kind in ("sync", "sweep"):
        ended = sa.select(run).where(run.c.kind == kind, run.c.ended_at.is_not(None)).order_by(run.c.ended_at.desc())
        last[kind] = next((row.ended_at for row in tx.execute(ended.limit(_LOOKED_AT)) if _swept(row)), None)
    last["first"] = tx.execute(sa.select(sa.func.min(run.c.started_at))).scalar()
    return last


def _swept(row: sa.Row[Any]) -> bool:
    """Whether a sweep looked at all there was; other runs have nothing of the kind."""
    return row.kind != "sweep" or (row.summary or {}).get("found") is not None


def enrol(tx: sa.Connection, run_id: str, deal_ids: Iterable[str]) -> None:
    """Count deals into a run, each once; their outcome is open until `conclude`."""
    wanted = list(dict.fromkeys(deal_ids))
    present = set(tx.execute(sa.select(run_deal.c.deal_id).where(run_deal.c.run_id == run_id)).scalars())
    rows = [{"run_id": run_id, "deal_id": deal_id} for deal_id in wanted if deal_id not in present]
    if rows:
        tx.execute(sa.insert(run_deal), rows)


def conclude(
    tx: sa.Connection, run_id: str, outcomes: Sequence[tuple[str, str, str | None]], *where: sa.ColumnElement[bool]
) -> None:
    """Say what became of deals in this run: (deal id, outcome, reason)."""
    if outcomes:
        statement = (
            sa.update(run_deal)
            .where(run_deal.c.run_id == run_id, run_deal.c.deal_id == sa.bindparam("b_deal"), *where)
            .values(outcome=sa.bindparam("b_outcome"), reason=sa.bindparam("b_reason"))
        )
        tx.execute(statement, [{"b_deal": d, "b_outcome": o, "b_reason": r} for d, o, r in outcomes])


def conclude_silent(tx: sa.Connection, run_id: str, outcomes: Sequence[tuple[str, str, str | None]]) -> None:
    """The same, for those deals of which the run has told nothing yet, or only that they are unchanged."""
    conclude(tx, run_id, outcomes, sa.or_(run_deal.c.outcome.is_(None), run_deal.c.outcome == "unchanged"))


def outcomes(tx: sa.Connection, run_id: str) -> Counter[str | None]:
    """How many deals ended how; None counts those that nobody concluded."""
    query = sa.select(run_deal.c.outcome, sa.func.count()).where(run_deal.c.run_id == run_id)
    counted = tx.execute(query.group_by(run_deal.c.outcome)).all()
    return Counter({row[0]: row[1] for row in counted})


def deals_of(tx: sa.Connection, run_id: str, outcome: str | None = None) -> list[sa.Row[Any]]:
    """The deals of a run, of one outcome if given."""
    query = sa.select(run_deal).where(run_deal.c.run_id == run_id)
    return list(tx.execute(query.where(run_deal.c.outcome == outcome) if outcome else query))


def last_of_deal(tx: sa.Connection, deal_id: str) -> sa.Row[Any] | None:
    """What the last run that had a deal made of it, with the run's kind and times; None when none ever had it."""
    query = sa.select(run_deal, run.c.kind, run.c.started_at, run.c.ended_at).join(run, run.c.id == run_deal.c.run_id)
    return tx.execute(query.where(run_deal.c.deal_id == deal_id).order_by(run.c.started_at.desc()).limit(1)).first()


def read_watermark(tx: sa.Connection, source: str) -> datetime | None:
    """Up to which stamp (UTC) the source has been read; None before the first read."""
    return tx.execute(sa.select(watermark.c.stamp).where(watermark.c.source == source)).scalar()


def advance_watermark(tx: sa.Connection, source: str, stamp: datetime, last_id: str | None, now: datetime) -> None:
    """Move the watermark forward, never back; in the transaction that stored the deals below it (RR9)."""
    before = read_watermark(tx, source)
    if before is None:
        tx.execute(sa.insert(watermark).values(source=source, stamp=stamp, last_id=last_id, updated_at=now))
    elif stamp > before:
        row = sa.update(watermark).where(watermark.c.source == source)
        tx.execute(row.values(stamp=stamp, last_id=last_id, updated_at=now))


def worked(tx: sa.Connection, what: str, now: datetime) -> None:
    """Note that work which is no run came to its end, such as `escalate`: a watermark of its own, on our clock.

    Any number may do so at once.
    """
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    first = insert(watermark).values(source=f"handoff:{what}", stamp=now, updated_at=now)
    later = {"stamp": now, "updated_at": now}
    tx.execute(first.on_conflict_do_update(index_elements=["source"], set_=later, where=watermark.c.stamp < now))


def last_worked(tx: sa.Connection, what: str) -> datetime | None:
    """When work which is no run last came to its end; None: never."""
    return read_watermark(tx, f"handoff:{what}")


def adopted(tx: sa.Connection) -> dict[tuple[str, str], str]:
    """(account id, Stripe account) -> customer id, as people have told us."""
    return {(row.account_id, row.stripe_account): row.customer_id for row in tx.execute(sa.select(adoption))}


def adopt(tx: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store adoptions; a later word on the same account replaces the earlier one (the event keeps both)."""
    for row in rows:
        same = (adoption.c.account_id == row["account_id"], adoption.c.stripe_account == row["stripe_account"])
        tx.execute(sa.delete(adoption).where(*same))
        tx.execute(sa.insert(adoption).values(**row))


def stops(tx: sa.Connection) -> dict[str, sa.Row[Any]]:
    """Stopped steps; WHOLE_LINE stops everything."""
    return {row.step: row for row in tx.execute(sa.select(line_stop))}


def stop(tx: sa.Connection, step: str, actor: str, now: datetime, why: str) -> None:
    """Stop a step, or the whole line."""
    tx.execute(sa.delete(line_stop).where(line_stop.c.step == step))
    tx.execute(sa.insert(line_stop).values(step=step, actor=actor, at=now, why=why))


def unstop(tx: sa.Connection, step: str) -> bool:
    """Let a step go on; False when it was not stopped."""
    return tx.execute(sa.delete(line_stop).where(line_stop.c.step == step)).rowcount == 1
