"""What `handoff stats` counts, read as streams: rows come in batches, and no query is asked once per deal."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.handoff import EffectKind, EffectState
from handoff.store.desk_tables import approval, overlay, waiver
from handoff.store.handoffs import chunks
from handoff.store.tables import effect, entry, event, handoff, snapshot, violation

_BATCH = 2000
_ENDS = (EffectKind.FINALIZE, EffectKind.SEND, EffectKind.PROJECT, EffectKind.TEMPLATE)
"""What makes an invoice final, and what makes a project."""

_number = sa.cast(entry.c.id, sa.Text)
_entry_subject = sa.literal("entry:E-") + sa.func.substr("000000", sa.func.length(_number) + 1) + _number
"""The subject of an entry's events, as `core.entry.entry_name` writes it; works in SQLite and PostgreSQL alike."""


def _stream(tx: sa.Connection, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
    yield from tx.execute(query.execution_options(yield_per=_BATCH))


def _first(subject: sa.ColumnElement[str], what: str, column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
    """The first event of a subject, by the index on subjects."""
    return sa.select(sa.func.min(column)).where(event.c.subject == subject, event.c.what == what).scalar_subquery()


def ends(tx: sa.Connection) -> Iterator[sa.Row[Any]]:
    """Per invoice and project of a handoff, in the handoffs' order: its kind and when it was confirmed first."""
    first = _first(sa.literal("effect:") + effect.c.scope, EffectState.CONFIRMED.value, event.c.at)
    facts = (handoff.c.closed_on, handoff.c.currency, handoff.c.stripe_account)
    query = sa.select(effect.c.handoff_id, effect.c.kind, first.label("first_at"), *facts)
    query = query.join(handoff, handoff.c.id == effect.c.handoff_id).where(effect.c.kind.in_(_ENDS))
    return _stream(tx, query.order_by(effect.c.handoff_id))


def first_verdicts(tx: sa.Connection) -> Iterator[sa.Row[Any]]:
    """Per handoff when it passed first and when its entry was opened first, which event came before the other, and how
    the entry is now."""
    deal = sa.literal("deal:") + handoff.c.deal_id
    query = sa.select(
        _first(deal, "passed", event.c.seq).label("passed_seq"),
        _first(deal, "passed", event.c.at).label("passed_at"),
        _first(_entry_subject, "opened", event.c.seq).label("opened_seq"),
        _first(_entry_subject, "opened", event.c.at).label("opened_at"),
        entry.c.state.label("entry_state"),
    )
    return _stream(tx, query.select_from(handoff.outerjoin(entry, entry.c.handoff_id == handoff.c.id)))


def entries_with_violations(tx: sa.Connection) -> Iterator[sa.Row[Any]]:
    """Each entry with its money, once per current violation (once with None where it has none), in their order."""
    own = ("id", "state", "episode", "person", "owner_name", "role", "opened_at", "due_at", "first_due_at", "level")
    columns = [entry.c[name] for name in (*own, "answered_at", "released_at")]
    found = (violation.c.rule, violation.c.seen, violation.c.judged)
    query = sa.select(*columns, handoff.c.amount_minor, handoff.c.currency, *found)
    current = sa.and_(violation.c.entry_id == entry.c.id, violation.c.current)
    query = query.select_from(entry.join(handoff, handoff.c.id == entry.c.handoff_id).outerjoin(violation, current))
    return _stream(tx, query.order_by(entry.c.id, violation.c.id))


def open_entries(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> Iterator[sa.Row[Any]]:
    """Each open entry: whose it is, since when, and when it is due."""
    columns = [entry.c[name] for name in ("person", "owner_name", "opened_at", "due_at")]
    return _stream(tx, sa.select(*columns).where(entry.c.state == EntryState.OPEN, *where))


def owners_named(tx: sa.Connection, subjects: Sequence[str]) -> dict[str, list[sa.Row[Any]]]:
    """Per entry the events that named its owner, oldest first."""
    found: dict[str, list[sa.Row[Any]]] = {}
    named = event.c.what.in_(("opened", "reopened", "reassigned", "reassign", "rerouted"))
    for part in chunks(subjects):
        query = sa.select(event.c.subject, event.c.at, event.c.new).where(event.c.subject.in_(part), named)
        for row in tx.execute(query.order_by(event.c.seq)):
            found.setdefault(row.subject, []).append(row)
    return found


def of_entries(tx: sa.Connection, what: str) -> Iterator[sa.Row[Any]]:
    """When something happened to an entry: its id and the moment."""
    query = sa.select(entry.c.id, event.c.at).join(event, event.c.subject == _entry_subject)
    return _stream(tx, query.where(event.c.what == what))


def waivers(tx: sa.Connection) -> Iterator[sa.Row[Any]]:
    """All waivers ever given: rule, deal, when."""
    return _stream(tx, sa.select(waiver.c.rule, waiver.c.deal_id, waiver.c.at))


def ever_held(tx: sa.Connection, rules: Sequence[str]) -> dict[str, int]:
    """Rule -> how many deals it ever held, in whichever episode."""
    query = sa.select(violation.c.rule, sa.func.count(violation.c.entry_id.distinct()))
    query = query.where(violation.c.rule.in_(rules), violation.c.judged).group_by(violation.c.rule)
    return {row[0]: row[1] for row in tx.execute(query)}


def approvals(tx: sa.Connection) -> Iterator[sa.Row[Any]]:
    """All approvals that were ever asked for."""
    columns = ("rule", "state", "requested_at", "decided_at", "deadline")
    return _stream(tx, sa.select(*(approval.c[name] for name in columns)))


def corrections(tx: sa.Connection) -> Iterator[sa.Row[Any]]:
    """All corrections ever made: field, deal, when."""
    return _stream(tx, sa.select(overlay.c.field, overlay.c.deal_id, overlay.c.at))


def snapshots_of(tx: sa.Connection, deal_ids: Sequence[str]) -> Iterator[sa.Row[Any]]:
    """The latest snapshot of each of these deals."""
    for part in chunks(deal_ids):
        query = sa.select(handoff.c.deal_id, snapshot.c.content, snapshot.c.source)
        query = query.join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
        yield from tx.execute(query.where(handoff.c.deal_id.in_(part)))
