"""Snapshots and handoffs: what was pulled of each deal, and where its journey stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectKind, EffectState, HandoffState, handoff_sources
from handoff.core.keys import billing_key
from handoff.store import sought
from handoff.store.tables import effect, handoff, snapshot

NOT_SHOWN = "refused"
"""In the place of the written content's hash: the CRM does not show what we know."""
_CHUNK = 500  # SQLite takes 32,766 parameters; a chunk keeps statements readable in logs


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """One deal as the source gave it: its id, the hash of its content, the content itself."""

    deal_id: str
    content_hash: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What a page changed: ids of new deals, of changed ones by the state they were in, and of unchanged ones."""

    new: tuple[str, ...]
    changed: Mapping[str, HandoffState]
    unchanged: tuple[str, ...]


class LostRaceError(RuntimeError):
    """A row changed under us: a second writer, which the run lock should have made impossible."""


def chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """The values in groups that fit one statement."""
    return (values[i : i + _CHUNK] for i in range(0, len(values), _CHUNK))


def known(tx: sa.Connection, deal_ids: Sequence[str]) -> dict[str, sa.Row[Any]]:
    """Handoff and content hash of those deals that we have seen before."""
    found = {}
    for part in chunks(deal_ids):
        query = (
            sa.select(handoff, snapshot.c.content_hash)
            .join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
            .where(handoff.c.deal_id.in_(part))
        )
        found.update({row.deal_id: row for row in tx.execute(query)})
    return found


def ingest(tx: sa.Connection, pulled: Sequence[Pulled], source: str, org_id: str, now: datetime) -> Ingested:
    """Store what is new or changed. New deals start as PULLED; the state of changed ones is left to the road."""
    before = known(tx, [p.deal_id for p in pulled])
    new, changed, unchanged = [], {}, []
    latest = {p.deal_id: p for p in pulled}  # the last of a page wins, should the source repeat a deal
    for p in latest.values():
        row = before.get(p.deal_id)
        if row is not None and row.content_hash == p.content_hash:
            unchanged.append(p.deal_id)
            continue
        inserted = sa.insert(snapshot).values(
            deal_id=p.deal_id, source=source, content_hash=p.content_hash, content=dict(p.content), seen_at=now
        )
        snapshot_id = tx.execute(inserted.returning(snapshot.c.id)).scalar_one()
        if row is None:
            new.append(p.deal_id)
            tx.execute(sa.insert(handoff).values(**_new(p.deal_id, snapshot_id, org_id, now)))
        else:
            changed[p.deal_id] = HandoffState(row.state)
            tx.execute(sa.update(handoff).where(handoff.c.id == row.id).values(snapshot_id=snapshot_id, updated_at=now))
    return Ingested(new=tuple(new), changed=changed, unchanged=tuple(unchanged))


def _new(deal_id: str, snapshot_id: int, org_id: str, now: datetime) -> dict[str, Any]:
    return {
        "deal_id": deal_id,
        "billing_key": billing_key(org_id, deal_id),
        "kind": "initial",
        "revision": 0,
        "state": HandoffState.PULLED,
        "snapshot_id": snapshot_id,
        "since": now,
        "created_at": now,
        "updated_at": now,
    }


def with_content(tx: sa.Connection, *where: sa.ColumnElement[bool], limit: int | None = None) -> list[sa.Row[Any]]:
    """Handoffs with the content and source of their latest snapshot, in the order they arrived."""
    query = _WITH_CONTENT.where(*where)
    return list(tx.execute(query.limit(limit) if limit else query))


# Put together once: a statement over all columns takes longer to build than to run.
_WITH_CONTENT = (
    sa.select(handoff, snapshot.c.content, snapshot.c.source)
    .join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
    .order_by(handoff.c.id)
)


def in_state(tx: sa.Connection, *states: HandoffState) -> list[sa.Row[Any]]:
    """Handoffs in any of the states, in the order they arrived."""
    return list(tx.execute(sa.select(handoff).where(handoff.c.state.in_(states)).order_by(handoff.c.id)))


def by_id(tx: sa.Connection, handoff_id: int) -> sa.Row[Any]:
    """One handoff."""
    return tx.execute(sa.select(handoff).where(handoff.c.id == handoff_id)).one()


def by_deal(tx: sa.Connection, deal_id: str) -> sa.Row[Any] | None:
    """The handoff of a deal; None when we never pulled it."""
    return tx.execute(sa.select(handoff).where(handoff.c.deal_id == deal_id)).one_or_none()


def content_of(tx: sa.Connection, snapshot_id: int) -> sa.Row[Any]:
    """A stored snapshot."""
    return tx.execute(sa.select(snapshot).where(snapshot.c.id == snapshot_id)).one()


def snapshots_of(tx: sa.Connection, deal_id: str) -> list[sa.Row[Any]]:
    """When a deal was read anew, and from where, oldest first; without what was read."""
    query = sa.select(snapshot.c.id, snapshot.c.source, snapshot.c.seen_at).where(snapshot.c.deal_id == deal_id)
    return list(tx.execute(query.order_by(snapshot.c.id)))


def to_invoice(tx: sa.Connection, handoff_ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """Of these handoffs, those not all of whose invoices are final: content and source as they passed."""
    found: dict[int, sa.Row[Any]] = {}
    open_ = sa.exists().where(
        effect.c.handoff_id == handoff.c.id,
        effect.c.kind.in_([EffectKind.FINALIZE, EffectKind.SEND]),
        effect.c.state != EffectState.CONFIRMED,
    )
    for part in chunks(handoff_ids):
        query = (
            sa.select(handoff.c.id, handoff.c.deal_id, snapshot.c.content, snapshot.c.source)
            .join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
            .where(handoff.c.id.in_(part), open_)
        )
        found.update({row.id: row for row in tx.execute(query)})
    return found


def move(
    tx: sa.Connection,
    handoff_id: int,
    to: HandoffState,
    now: datetime,
    *,
    restart_clock: bool = True,
    **values: Any,
) -> None:
    """Put a handoff into a state that the transition table allows; LostRaceError when it was in another one."""
    allowed = [*handoff_sources(to), to]
    changed = tx.execute(
        sa.update(handoff)
        .where(handoff.c.id == handoff_id, handoff.c.state.in_(allowed))
        .values(
            state=to,
            updated_at=now,
            row_version=handoff.c.row_version + 1,
            **({"since": now} if restart_clock else {}),
            **values,
        )
    ).rowcount
    if changed != 1:
        raise LostRaceError(f"handoff {handoff_id} cannot become {to} from where it is")
    sought.follow(tx, handoff_id, values)


def moved_on(tx: sa.Connection, rows: Sequence[sa.Row[Any]]) -> dict[int, str]:
    """Those of these handoffs that are no longer as we read them: id -> deal id. A person decided on them meanwhile."""
    versions = {row.id: row.row_version for row in rows}
    found: dict[int, str] = {}
    for part in chunks(list(versions)):
        query = sa.select(handoff.c.id, handoff.c.deal_id, handoff.c.row_version).where(handoff.c.id.in_(part))
        now = tx.execute(query.with_for_update())
        found.update({row.id: row.deal_id for row in now if row.row_version != versions[row.id]})
    return found


def show_anew(tx: sa.Connection, handoff_id: int, now: datetime) -> None:
    """Have the next run tell the CRM where this deal stands: its entry has moved on, though its state has not."""
    note(tx, handoff_id, updated_at=now)


def note(tx: sa.Connection, handoff_id: int, **values: Any) -> None:
    """Change what is known beside the state (reason, next_at, written_hash…)."""
    tx.execute(sa.update(handoff).where(handoff.c.id == handoff_id).values(**values))
    sought.follow(tx, handoff_id, values)


def unshown(row: sa.Row[Any]) -> dict[str, Any]:
    """What a decision sets beside the state: the CRM shows what was, until the next run writes back."""
    return {"written_hash": NOT_SHOWN} if row.written_hash is not None else {}


_LIKENESS = ("deal_id", "account_id", "po_number", "amount", "currency", "closed_on", "deal_name")


def alike(tx: sa.Connection, account_ids: Sequence[str], apart_from: frozenset[str]) -> list[dict[str, Any]]:
    """Other deals of the accounts that passed once, for the rules on duplicates across deals."""
    found: list[dict[str, Any]] = []
    live = (HandoffState.PASSED, HandoffState.DELIVERED, HandoffState.HELD, HandoffState.CLAIMED)
    for part in chunks(account_ids):
        query = sa.select(*(handoff.c[name] for name in _LIKENESS)).where(
            handoff.c.account_id.in_(part), handoff.c.state.in_(live)
        )
        found.extend(dict(row._mapping) for row in tx.execute(query) if row.deal_id not in apart_from)
    return found
