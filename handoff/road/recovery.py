"""What is over: who was told of an entry or an outage hears that there is nothing to do any more. Nobody else does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.keys import digest
from handoff.core.notice import NoticeState, To, manner
from handoff.report.wording import utc
from handoff.store import entries, messages
from handoff.store.outages import FLICKER


def tell_what_is_over(tx: sa.Connection, now: datetime) -> None:
    """Put out notices that entries were released, rejected or given to somebody else, and that services work again.

    A service is said to work again once it cannot fall back into the same outage.
    """
    found = messages.over(tx)
    told: dict[tuple[int, str], sa.Row[Any]] = {}
    for row in found:
        if manner(row.kind).to is To.OWNER:
            told[row.entry_id, row.person] = row
    reached = {number: messages.readers(tx, number) for number in {row.message_id for row in told.values()}}
    notices = [_over(row, reader, now) for row in told.values() for reader in reached[row.message_id]]
    back = messages.back_again(tx, now - FLICKER)
    notices += [_back(row, was, now) for row, was in back]
    _put(tx, notices)
    messages.settle(tx, [row.id for row in (*found, *(row for row, _ in back))], NoticeState.ENDED)


def _put(tx: sa.Connection, notices: Sequence[dict[str, Any]]) -> None:
    for part in (notices[start : start + 500] for start in range(0, len(notices), 500)):
        entries.notify(tx, part)


def _over(row: sa.Row[Any], reader: str, now: datetime) -> dict[str, Any]:
    moved = row.entry_state == EntryState.OPEN
    return {
        "dedupe_key": f"over:{row.id}:{digest(reader)[:24]}",
        "kind": "entry_moved" if moved else "entry_released",
        "entry_id": row.entry_id,
        "about": f"it is {row.owner_name}'s now" if moved else f"it is {row.entry_state}",
        "person": reader,
        "state": NoticeState.PENDING,
        "created_at": now,
    }


def _back(row: sa.Row[Any], was: sa.Row[Any], now: datetime) -> dict[str, Any]:
    return {
        "dedupe_key": f"{row.dedupe_key}:back",
        "kind": "service_back",
        "entry_id": None,
        "about": f"{was.service} works again since {utc(was.ended_at)}",
        "person": row.person,
        "state": NoticeState.PENDING,
        "created_at": now,
    }
