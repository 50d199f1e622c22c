"""Notices on their way: from the outbox into messages, and what became of each message by which channel."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from handoff.core.entry import EntryState
from handoff.core.notice import MessageState, NoticeState
from handoff.store.desk_tables import fired, message, notice
from handoff.store.handoffs import chunks
from handoff.store.tables import entry, outage

FALLBACK = "fallback"
"""The kind of a message that goes to the next person, for somebody whom no channel reached."""
PATIENCE = timedelta(minutes=30)
"""A critical message that no channel took for so long goes to the next person too."""


def alone(tx: sa.Connection) -> None:
    """Let no other transaction make messages before this one ends; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('handoff: make messages'))"))


def waiting(tx: sa.Connection) -> list[sa.Row[Any]]:
    """The notices of the outbox with their entry's `entry_state` and `entry_person`, oldest first."""
    columns = (entry.c.state.label("entry_state"), entry.c.person.label("entry_person"), entry.c.owner_name)
    joined = notice.outerjoin(entry, entry.c.id == notice.c.entry_id)
    query = sa.select(notice, *columns).select_from(joined).where(notice.c.state == NoticeState.PENDING)
    return list(tx.execute(query.order_by(notice.c.id)))


def over(tx: sa.Connection) -> list[sa.Row[Any]]:
    """Notices in a message that is on its way no more, whose entry is not open, or not theirs, any more."""
    columns = (entry.c.state.label("entry_state"), entry.c.person.label("entry_person"), entry.c.owner_name)
    joined = notice.join(entry, entry.c.id == notice.c.entry_id).join(message, message.c.id == notice.c.message_id)
    gone = sa.or_(entry.c.state != EntryState.OPEN, entry.c.person != notice.c.person)
    settled = (notice.c.state == NoticeState.TOLD, message.c.state != MessageState.PENDING)
    query = sa.select(notice, *columns).select_from(joined).where(*settled, gone)
    return list(tx.execute(query.order_by(notice.c.id)))


def readers(tx: sa.Connection, number: int) -> list[str]:
    """Whom a message reached: its person, and those to whom it was handed on."""
    every = [by_id(tx, number), *fallbacks(tx, number)]
    return [row.person for row in every if row.state == MessageState.SENT]


def back_again(tx: sa.Connection, before: datetime) -> list[tuple[sa.Row[Any], sa.Row[Any]]]:
    """Notices of an outage that arrived, each with its outage, which ended before a moment."""
    joined = notice.join(message, message.c.id == notice.c.message_id)
    told = sa.select(notice).select_from(joined).where(notice.c.kind == "service_down")
    rows = tx.execute(told.where(notice.c.state == NoticeState.TOLD, message.c.state == MessageState.SENT)).all()
    ended = tx.execute(sa.select(outage).where(outage.c.ended_at <= before)) if rows else ()
    found = {f"outage:{row.id}": row for row in ended}
    return [(row, found[row.dedupe_key]) for row in rows if row.dedupe_key in found]


def outages_ended(tx: sa.Connection) -> set[str]:
    """The dedupe keys of notices of outages that have ended."""
    return {
        f"outage:{number}"
        for number in tx.execute(sa.select(outage.c.id).where(outage.c.ended_at.is_not(None))).scalars()
    }


def settle(tx: sa.Connection, ids: Iterable[int], state: NoticeState, **values: Any) -> None:
    """Move notices to a state."""
    for part in chunks(list(ids)):
        tx.execute(sa.update(notice).where(notice.c.id.in_(part)).values(state=state, **values))


def put(tx: sa.Connection, **values: Any) -> int | None:
    """Add a message that is to be sent; its number, or None when one with this `dedupe_key` is there already."""
    state = {"state": MessageState.PENDING, "next_at": values["created_at"]}
    statement = _insert(tx, message).values(**state, **values).on_conflict_do_nothing().returning(message.c.id)
    number = tx.execute(statement).scalar()
    return None if number is None else int(number)


def fire(tx: sa.Connection, what: str, at: datetime) -> bool:
    """Set something off, once for ever; False when it has been set off before."""
    statement = _insert(tx, fired).values(what=what, at=at).on_conflict_do_nothing().returning(fired.c.what)
    return tx.execute(statement).scalar() is not None


def last_made(tx: sa.Connection, kinds: Collection[str]) -> dict[str, datetime]:
    """Person -> when the last message of these kinds was made for them."""
    query = sa.select(message.c.person, sa.func.max(message.c.created_at)).where(message.c.kind.in_(kinds))
    return {row[0]: row[1] for row in tx.execute(query.group_by(message.c.person))}


def owners_of_open(tx: sa.Connection) -> dict[str, str]:
    """Person -> e-mail address of everybody who owns an open entry."""
    query = sa.select(entry.c.person, sa.func.max(entry.c.owner_email)).where(entry.c.state == EntryState.OPEN)
    return {row[0]: row[1] for row in tx.execute(query.group_by(entry.c.person))}


def due(tx: sa.Connection, now: datetime) -> list[sa.Row[Any]]:
    """Messages to be sent now: critical ones first, then the longest waiting."""
    query = sa.select(message).where(message.c.state == MessageState.PENDING, message.c.next_at <= now)
    return list(tx.execute(query.order_by(message.c.critical.desc(), message.c.next_at, message.c.id)))


def claim(tx: sa.Connection, row: sa.Row[Any], until: datetime) -> bool:
    """Take a message to send it; False when another sender has it. One that dies meanwhile frees it with `until`."""
    mine = (message.c.id == row.id, message.c.state == MessageState.PENDING, message.c.attempts == row.attempts)
    return tx.execute(sa.update(message).where(*mine).values(next_at=until, attempts=row.attempts + 1)).rowcount == 1


def change(tx: sa.Connection, number: int, state: MessageState, **values: Any) -> None:
    """Write down what became of a message, and of its notices when they are to be told no more."""
    tx.execute(sa.update(message).where(message.c.id == number).values(state=state, **values))
    if state is MessageState.DROPPED:
        mine = sa.update(notice).where(notice.c.message_id == number)
        tx.execute(mine.values(state=NoticeState.DROPPED, dropped_why="over before it could be sent"))


def open_of_kind(tx: sa.Connection, kind: str) -> int | None:
    """The number of the last message of a kind that has reached nobody yet."""
    states = (MessageState.PENDING, MessageState.UNDELIVERED)
    query = sa.select(message.c.id).where(message.c.kind == kind, message.c.state.in_(states))
    return tx.execute(query.order_by(message.c.id.desc()).limit(1)).scalar()


def by_id(tx: sa.Connection, number: int) -> sa.Row[Any]:
    """One message."""
    return tx.execute(sa.select(message).where(message.c.id == number)).one()


def notices_of(tx: sa.Connection, number: int) -> list[sa.Row[Any]]:
    """The notices that a message tells, with their entry's `entry_state`, `entry_person` and `role`."""
    columns = (entry.c.state.label("entry_state"), entry.c.person.label("entry_person"), entry.c.role)
    joined = notice.outerjoin(entry, entry.c.id == notice.c.entry_id)
    query = sa.select(notice, *columns).select_from(joined).where(notice.c.message_id == number)
    return list(tx.execute(query.order_by(notice.c.id)))


def tried_in_vain(tx: sa.Connection, now: datetime) -> list[sa.Row[Any]]:
    """Critical messages that were tried, and that no channel took for longer than our patience."""
    open_ones = message.c.state.in_((MessageState.PENDING, MessageState.UNDELIVERED))
    late = (message.c.critical, message.c.attempts > 0, message.c.error.is_not(None))
    query = sa.select(message).where(open_ones, *late, message.c.created_at <= now - PATIENCE)
    return list(tx.execute(query.order_by(message.c.id)))


def fallbacks(tx: sa.Connection, root: int) -> list[sa.Row[Any]]:
    """The messages that went to others instead of this one, in the order in which they were made."""
    prefix = f"{FALLBACK}:{root}:"
    query = sa.select(message).where(message.c.dedupe_key.startswith(prefix, autoescape=True))
    return list(tx.execute(query.order_by(message.c.id)))


def all_fallbacks(tx: sa.Connection) -> dict[int, list[sa.Row[Any]]]:
    """The same of every message, by its number: one look at the table, however many are in vain."""
    found: dict[int, list[sa.Row[Any]]] = {}
    for row in tx.execute(sa.select(message).where(message.c.kind == FALLBACK).order_by(message.c.id)):
        found.setdefault(root_of(row), []).append(row)
    return found


def root_of(row: sa.Row[Any]) -> int:
    """The number of the message that a fallback stands for; of any other message, its own."""
    return int(row.dedupe_key.split(":")[1]) if row.kind == FALLBACK else int(row.id)


def undelivered(tx: sa.Connection, now: datetime) -> int:
    """Critical messages that reached nobody by any channel, not even a fallback."""
    vain = [row for row in tried_in_vain(tx, now) if row.kind != FALLBACK]
    others = all_fallbacks(tx) if vain else {}
    return sum(all(other.state != MessageState.SENT for other in others.get(row.id, ())) for row in vain)


def try_again(tx: sa.Connection, now: datetime) -> int:
    """Have every message that waits, or was given up, tried now; returns how many."""
    states = (MessageState.PENDING, MessageState.UNDELIVERED)
    again = sa.update(message).where(message.c.state.in_(states)).values(state=MessageState.PENDING, next_at=now)
    return tx.execute(again).rowcount


def listed(tx: sa.Connection, states: Sequence[str], limit: int) -> list[sa.Row[Any]]:
    """Messages of these states (none given: of all), newest first."""
    query = sa.select(message).order_by(message.c.id.desc()).limit(limit)
    return list(tx.execute(query.where(message.c.state.in_(states)) if states else query))


def counts(tx: sa.Connection) -> dict[str, int]:
    """How many messages there are by state, and under `outbox` the notices that are in no message yet."""
    by_state = tx.execute(sa.select(message.c.state, sa.func.count()).group_by(message.c.state)).all()
    query = sa.select(sa.func.count()).select_from(notice).where(notice.c.state == NoticeState.PENDING)
    return {**{row[0]: row[1] for row in by_state}, "outbox": int(tx.execute(query).scalar_one())}


def _insert(tx: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)
