"""Notify: turn the outbox into messages, one per owner, and send what is due by the channels there are.

A message is sent at least once: a process that dies between a channel's yes and our note of it sends it again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.notifier import Channels, open_notifiers
from handoff.core.entry import EntryState, entry_name
from handoff.core.keys import digest
from handoff.core.morning import morning, zone_of
from handoff.core.notice import NoticeState, Part, To, manner
from handoff.report import queue
from handoff.report.messages import Reader, Told, compose
from handoff.report.queue import QueueEntry
from handoff.report.sentences import rule_sentences
from handoff.road.house import House
from handoff.road.recovery import tell_what_is_over
from handoff.road.send import NotifySummary, Sending, address_of, send
from handoff.store import messages, runs

Rows = Sequence[sa.Row[Any]]
Own = Sequence[QueueEntry] | None

PAUSE = timedelta(minutes=15)
"""Between two messages to one person; what cannot wait goes out at once, in a message of its own."""
SUMMARY, DIGEST, AT_ONCE = "summary", "digest", "at_once"


def notify(house: House, channels: Channels | None = None, *, again: bool = False) -> NotifySummary:
    """Drop what is moot, make messages of what is due, send them. `again`: try what waits or was given up now.

    Without channels nothing is made and nothing lost: the notices stay in the outbox.
    """
    channels = channels or open_notifiers(house.settings)
    summary = NotifySummary(channels=tuple(c.name for c in channels.ready), wrong=channels.wrong)
    sentences = rule_sentences()
    with house.store.write() as tx:
        messages.alone(tx)
        now = house.clock.now()
        tell_what_is_over(tx, now)
        pending = _still_true(tx, summary)
        if channels.ready:
            _make(_Making(tx=tx, house=house, now=now, sentences=sentences), pending, summary)
        if again:
            messages.try_again(tx, now)
    if channels.ready:
        send(Sending(house=house, channels=channels.ready, summary=summary))
    with house.store.write() as tx:
        if not house.halt.is_set():
            runs.worked(tx, "notices", house.clock.now())
        counts = messages.counts(tx)
        summary.waiting, summary.outbox = counts.get("pending", 0), counts["outbox"]
        summary.undelivered = messages.undelivered(tx, house.clock.now())
    return summary


@dataclass(frozen=True, slots=True, kw_only=True)
class _Making:
    """What is the same for all messages of one run of notify."""

    tx: sa.Connection
    house: House
    now: datetime
    sentences: Mapping[str, str]

    def put(self, kind: str, key: str, person: str, rows: Rows, *, email: str | None = None, own: Own = None) -> bool:
        """Make one message of these notices; False when it is there already."""
        owners = self.house.pack.owners
        entries = queue.numbered(self.tx, sorted({row.entry_id for row in rows if row.entry_id}))
        told = [Told(kind=row.kind, about=row.about, entry=entries.get(row.entry_id)) for row in rows]
        zone = zone_of(owners, person)
        reader = Reader(
            person=person,
            zone=zone,
            now=self.now,
            pack=self.house.pack,
            sentences=self.sentences,
            page=self.house.settings.review_url,
        )
        text = compose(reader, told, own)
        number = messages.put(
            self.tx,
            dedupe_key=key,
            kind=kind,
            person=person,
            address=address_of(owners, person, email),
            title=text.title,
            body=text.body,
            critical=any(manner(row.kind).critical for row in rows),
            created_at=self.now,
        )
        if number is None:
            return False
        messages.settle(self.tx, [row.id for row in rows], NoticeState.TOLD, message_id=number)
        return True


def _still_true(tx: sa.Connection, summary: NotifySummary) -> list[sa.Row[Any]]:
    """The notices of the outbox that are worth telling; the others are dropped, with the reason."""
    kept, moot = [], defaultdict(list)
    ended, rows = messages.outages_ended(tx), messages.waiting(tx)
    rejected = {(row.entry_id, row.person) for row in rows if row.kind == "entry_rejected"}
    for row in rows:
        why = _moot(row, ended)
        if row.kind == "entry_released" and (row.entry_id, row.person) in rejected:
            why = "told as its rejection"
        if why:
            moot[why].append(row.id)
        else:
            kept.append(row)
    for why, ids in moot.items():
        messages.settle(tx, ids, NoticeState.DROPPED, dropped_why=why)
        summary.dropped += len(ids)
    return kept


def _moot(row: sa.Row[Any], ended: set[str]) -> str | None:
    """Why a notice is not worth telling any more."""
    if row.kind == "service_down" and row.dedupe_key in ended:
        return "the service works again"
    if row.entry_id is None:
        return None
    is_open, how = row.entry_state == EntryState.OPEN, manner(row.kind)
    theirs = is_open and row.entry_person == row.person
    if how.part is Part.OVER:
        return f"{entry_name(row.entry_id)} is open again, and theirs" if theirs else None
    if theirs or how.to is To.ALWAYS or (is_open and how.to is To.OPEN):
        return None
    state = f"{row.owner_name}'s" if is_open else row.entry_state
    return f"{entry_name(row.entry_id)} is {state} by now"


def _make(making: _Making, pending: Rows, summary: NotifySummary) -> None:
    """At most one message to each person: notices that cannot wait apart, all others together, with a digest if due."""
    at_once: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    others: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in pending:
        (at_once if manner(row.kind).at_once else others)[row.person].append(row)
    for person, rows in at_once.items():
        summary.made += making.put(AT_ONCE, f"{AT_ONCE}:{rows[0].id}-{rows[-1].id}", person, rows)
    last = messages.last_made(making.tx, (SUMMARY, DIGEST))
    emails = messages.owners_of_open(making.tx)
    for person in dict.fromkeys([*others, *emails]):
        if person in last and making.now - last[person] < PAUSE:
            continue
        rows = others.get(person, [])
        day = morning(making.house.pack.owners, person, making.now) if person in emails else None
        key = f"{DIGEST}:{digest(person)[:24]}:{day}"
        if day is not None and messages.fire(making.tx, key, making.now):
            own = queue.listed(making.tx, owner=person)
            summary.made += making.put(DIGEST, key, person, rows, email=emails[person], own=own)
        elif rows:
            key = f"{SUMMARY}:{rows[0].id}-{rows[-1].id}"
            summary.made += making.put(SUMMARY, key, person, rows, email=emails.get(person))
