"""Send messages: by the first channel that takes them, again later, and at last to the next person.

No channel can hold this up for longer than its time-out, and nothing here holds up a decision or a run: those only
write notices.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from connectors.errors import ConnectorError, Refused
from connectors.ports import Notifier
from handoff.core.entry import EntryState
from handoff.core.keys import digest
from handoff.core.notice import MessageState, To, manner
from handoff.core.ownership import accountable, chain, resolve
from handoff.core.pack import Owners
from handoff.core.violation import Failure
from handoff.report.messages import Text, instead_of
from handoff.report.wording import counted
from handoff.road.house import House
from handoff.store import messages
from handoff.store.events import Author, Event, append

LONGEST_WAIT = timedelta(minutes=15)
GIVEN_UP = {True: timedelta(days=3), False: timedelta(days=1)}
"""For how long a message is tried, a critical one and another."""
_CLAIM = timedelta(minutes=5)
"""After so long, a message whose sender has died is anybody's again."""
_SICK = 3
"""A channel that fails so often in a row is left alone for the rest of this run."""
_RUN_SECONDS = 120.0
"""What is not sent after so long waits for the next run."""


@dataclass(slots=True, kw_only=True)
class NotifySummary:
    """What one run of notify did. `waiting`: messages that no channel took yet. `outbox`: notices in no message yet."""

    channels: tuple[str, ...]
    wrong: tuple[str, ...]
    made: int = 0
    dropped: int = 0
    sent: int = 0
    handed_on: int = 0
    waiting: int = 0
    outbox: int = 0
    undelivered: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    """Channel: why -> how often it took no message."""

    def document(self) -> dict[str, Any]:
        """The contract of `notices send --json`."""
        names = ("made", "dropped", "sent", "handed_on", "waiting", "outbox", "undelivered")
        counts = {name: getattr(self, name) for name in names}
        failures = dict(self.failures)
        return {"channels": list(self.channels), "wrong": list(self.wrong), **counts, "failures": failures}

    @property
    def sentence(self) -> str:
        """What was done, in numbers: nothing about people."""
        if not self.channels:
            why = "is set up rightly" if self.wrong else "is set"
            return f"No channel {why}: {counted(self.outbox, 'notice')} wait in the outbox."
        return (
            f"{counted(self.made, 'message')} made, {self.sent:,} sent, {self.waiting:,} waiting for a channel, "
            f"{self.handed_on:,} handed on to the next person, {counted(self.dropped, 'notice')} dropped as over."
        )

    @property
    def exit_code(self) -> int:
        """2 a channel is set up wrongly; 1 critical messages reached nobody; else 0."""
        return 2 if self.wrong else int(self.undelivered > 0)


@dataclass(slots=True, kw_only=True)
class Sending:
    """One run's sending: how the channels do, and since when it lasts (monotonic seconds)."""

    house: House
    channels: Sequence[Notifier]
    summary: NotifySummary
    failing: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def well(self) -> list[Notifier]:
        """The channels that are worth a try."""
        return [channel for channel in self.channels if self.failing[channel.name] < _SICK]

    def may_go_on(self) -> bool:
        """Whether there is time and a channel left."""
        in_time = time.monotonic() - self.began < _RUN_SECONDS
        return in_time and bool(self.well()) and not self.house.halt.is_set()


def send(sending: Sending) -> None:
    """Send what is due; what no channel took for too long goes to the next person, at once."""
    _send_due(sending)
    if _hand_on(sending):
        _send_due(sending)


def address_of(owners: Owners, person: str, known: str | None = None) -> str:
    """The e-mail address of a person; that of the tie-breaker for somebody who is in no map and no entry any more."""
    if person in owners.people:
        return owners.people[person].email
    return person if "@" in person else known or owners.people[owners.tie_breaker].email


def next_person(owners: Owners, role: str | None, tried: Sequence[str], at: datetime) -> str | None:
    """Who hears of it when nobody who was tried can be reached: down the role's chain, then the tie-breaker."""
    levels = [resolve(owners, name, {}, at).person_id for name in (chain(owners, role) if role else ())]
    place = max((levels.index(person) for person in tried if person in levels), default=0)
    return next((person for person in [*levels[place + 1 :], owners.tie_breaker] if person not in tried), None)


def _send_due(sending: Sending) -> None:
    house = sending.house
    with house.store.read() as tx:
        due = messages.due(tx, house.clock.now())
    for row in due:
        if not sending.may_go_on():
            return
        with house.store.write() as tx:
            if not messages.claim(tx, row, house.clock.now() + _CLAIM):
                continue
            if _moot(tx, row):
                messages.change(tx, row.id, MessageState.DROPPED)
                sending.summary.dropped += 1
                continue
        channel, why = _by_any(sending, row)
        with house.store.write() as tx:
            _mark(tx, sending, row, channel, why)


def _by_any(sending: Sending, row: sa.Row[Any]) -> tuple[str | None, str]:
    """The name of the channel that took the message; else None and what each said."""
    said = []
    for channel in sending.well():
        try:
            channel.send(row.person, row.address, row.title, row.body)
        except ConnectorError as error:
            said.append(f"{channel.name}: {error.message}")
            sending.summary.failures[said[-1]] += 1
            sending.failing[channel.name] += not isinstance(error, Refused)  # that is about this person alone
        else:
            sending.failing[channel.name] = 0
            return channel.name, ""
    return None, " ".join(said)


def _mark(tx: sa.Connection, sending: Sending, row: sa.Row[Any], channel: str | None, why: str) -> None:
    now = sending.house.clock.now()
    if channel is not None:
        messages.change(tx, row.id, MessageState.SENT, channel=channel, sent_at=now, error=None, next_at=None)
        sending.summary.sent += 1
        return
    given_up = now - row.created_at >= GIVEN_UP[row.critical]
    state = MessageState.UNDELIVERED if given_up else MessageState.PENDING
    wait = min(LONGEST_WAIT, timedelta(minutes=2 ** min(row.attempts, 4)))
    messages.change(tx, row.id, state, error=why, next_at=None if given_up else now + wait)


def _moot(tx: sa.Connection, row: sa.Row[Any]) -> bool:
    """Whether all that a message tells is over, or whoever it stands in for has been reached."""
    root = messages.root_of(row)
    if root != row.id and messages.by_id(tx, root).state != MessageState.PENDING:
        return bool(messages.by_id(tx, root).state != MessageState.UNDELIVERED)
    told = messages.notices_of(tx, root)
    return bool(told) and row.kind != "digest" and all(_over(notice) for notice in told)


def _over(notice: sa.Row[Any]) -> bool:
    is_open, to = notice.entry_state == EntryState.OPEN, manner(notice.kind).to
    if notice.entry_id is None or to is To.ALWAYS:
        return False
    return not is_open or (to is To.OWNER and notice.entry_person != notice.person)


def _hand_on(sending: Sending) -> int:
    """Give critical messages that no channel took for half an hour to the next person; returns how many."""
    house, now = sending.house, sending.house.clock.now()
    handed_on = 0
    with house.store.write() as tx:
        vain = messages.tried_in_vain(tx, now)
        instead = messages.all_fallbacks(tx) if vain else {}
        for row in vain:
            root = messages.by_id(tx, messages.root_of(row))
            others = instead.get(root.id, [])
            reached = MessageState.SENT in {root.state, *(other.state for other in others)}
            if reached or any(other.id > row.id for other in others):
                continue
            tried = [root.person, *(other.person for other in others)]
            person = next_person(house.pack.owners, _role(tx, house, root.id), tried, now)
            if person is not None and _put_instead(tx, house, root, person, now):
                handed_on += 1
    sending.summary.handed_on += handed_on
    return handed_on


def _put_instead(tx: sa.Connection, house: House, root: sa.Row[Any], person: str, now: datetime) -> bool:
    owners = house.pack.owners
    name = owners.people[root.person].name if root.person in owners.people else root.person
    text = instead_of(name, Text(title=root.title, body=root.body))
    number = messages.put(
        tx,
        dedupe_key=f"{messages.FALLBACK}:{root.id}:{digest(person)[:24]}",
        kind=messages.FALLBACK,
        person=person,
        address=address_of(owners, person),
        title=text.title,
        body=text.body,
        critical=True,
        created_at=now,
    )
    what = Event(subject=f"message:{root.id}", what="notice_handed_on", old=root.person, new=person, why=root.error)
    append(tx, Author(actor=house.actor, at=now), [what] if number else [])
    return number is not None


def _role(tx: sa.Connection, house: House, root: int) -> str | None:
    """The role whose chain answers for what a message tells."""
    for notice in messages.notices_of(tx, root):
        if notice.role:
            return str(notice.role)
        if notice.kind == "service_down":
            return accountable(house.pack.owners, Failure.SERVICE_DOWN).role
    return house.pack.trigger.stop_role
