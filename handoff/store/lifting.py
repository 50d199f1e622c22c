"""What lifts a rule off one deal, as it is stored: waivers and approvals; and the deals' entries as they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.correction import ApprovalState, WaiverState
from handoff.store import overlays
from handoff.store.desk_tables import approval, waiver
from handoff.store.handoffs import chunks
from handoff.store.tables import entry, handoff

_STANDING = (ApprovalState.REQUESTED, ApprovalState.APPROVED)


@dataclass(slots=True, kw_only=True)
class Decisions:
    """What people decided on one deal. `version`: its entry's, which every decision moves on; None without entry."""

    version: int | None = None
    entry_id: int | None = None
    corrections: list[Any] = field(default_factory=list)
    waivers: list[sa.Row[Any]] = field(default_factory=list)
    approvals: list[sa.Row[Any]] = field(default_factory=list)


def of_deals(tx: sa.Connection, deal_ids: Sequence[str], *, lock: bool = False) -> dict[str, Decisions]:
    """The decisions on some deals, for each of them. `lock`: nobody decides until the transaction ends (PostgreSQL)."""
    found = {deal_id: Decisions() for deal_id in deal_ids}
    for part in chunks(deal_ids):
        entered = sa.select(entry.c.id, entry.c.deal_id, entry.c.row_version).where(entry.c.deal_id.in_(part))
        entered = entered.order_by(entry.c.id)
        for row in tx.execute(entered.with_for_update() if lock else entered):
            found[row.deal_id].version, found[row.deal_id].entry_id = row.row_version, row.id
        active = (waiver.c.deal_id.in_(part), waiver.c.state == WaiverState.ACTIVE)
        for row in tx.execute(sa.select(waiver).where(*active).order_by(waiver.c.id)):
            found[row.deal_id].waivers.append(row)
        standing = (approval.c.deal_id.in_(part), approval.c.state.in_(_STANDING))
        for row in tx.execute(sa.select(approval).where(*standing).order_by(approval.c.id)):
            found[row.deal_id].approvals.append(row)
    for deal_id, rows in overlays.live(tx, deal_ids).items():
        found[deal_id].corrections = rows
    return found


def over(tx: sa.Connection, now: datetime) -> list[sa.Row[Any]]:
    """Waivers whose time is over, with `handoff_id` and `handoff_state` of their deals and `entry_id`."""
    columns = (handoff.c.id.label("handoff_id"), handoff.c.state.label("handoff_state"), entry.c.id.label("entry_id"))
    query = (
        sa.select(waiver, *columns)
        .join(handoff, handoff.c.deal_id == waiver.c.deal_id)
        .join(entry, entry.c.deal_id == waiver.c.deal_id)
        .where(waiver.c.state == WaiverState.ACTIVE, waiver.c.until <= now)
    )
    return list(tx.execute(query.order_by(waiver.c.id)))


def waive(tx: sa.Connection, **values: Any) -> None:
    """Write a waiver down."""
    tx.execute(sa.insert(waiver).values(state=WaiverState.ACTIVE, **values))


def end_waiver(tx: sa.Connection, number: int, at: datetime, why: str) -> None:
    """A waiver lifts nothing any more."""
    ended = {"state": WaiverState.EXPIRED, "ended_at": at, "ended_why": why}
    tx.execute(sa.update(waiver).where(waiver.c.id == number).values(**ended))


def request(tx: sa.Connection, **values: Any) -> None:
    """Write a request for approval down."""
    tx.execute(sa.insert(approval).values(state=ApprovalState.REQUESTED, **values))


def change_approval(tx: sa.Connection, number: int, **values: Any) -> None:
    """Change what is known of an approval."""
    tx.execute(sa.update(approval).where(approval.c.id == number).values(**values))


def approval_of(tx: sa.Connection, number: int) -> sa.Row[Any]:
    """One approval as it is now."""
    return tx.execute(sa.select(approval).where(approval.c.id == number)).one()
