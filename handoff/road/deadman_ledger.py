"""What the dead-man's switch told, in the delivery ledger, as far as the store takes it: nothing depends on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from handoff.core.bounded import bounded
from handoff.core.errors import HandoffError
from handoff.core.notice import MessageState
from handoff.core.settings import Settings
from handoff.store import messages
from handoff.store.session import Store

KIND = "deadman"
_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One try to tell: whom, what, by which channel it went; None when no channel took it, and `why`."""

    person: str
    address: str
    title: str
    body: str
    channel: str | None
    why: str


def record(settings: Settings, alarm: Alarm, now: datetime) -> None:
    """Keep an alarm. One that reached nobody counts as undelivered, until it is told or the line runs again."""

    def write(tx: sa.Connection) -> None:
        number = messages.open_of_kind(tx, KIND) or messages.put(
            tx,
            dedupe_key=f"{KIND}:{now.isoformat()}",
            kind=KIND,
            person=alarm.person,
            address=alarm.address,
            title=alarm.title,
            body=alarm.body,
            critical=True,
            created_at=now,
        )
        if number is None:
            return
        told = alarm.channel is not None
        state = MessageState.SENT if told else MessageState.UNDELIVERED
        said = {"channel": alarm.channel, "error": None if told else alarm.why, "sent_at": now if told else None}
        messages.change(tx, number, state, attempts=1, next_at=None, **said)

    _in_store(settings, write)


def close(settings: Settings) -> None:
    """The line runs: an alarm that reached nobody is over."""

    def write(tx: sa.Connection) -> None:
        if number := messages.open_of_kind(tx, KIND):
            messages.change(tx, number, MessageState.DROPPED)

    _in_store(settings, write)


def _in_store(settings: Settings, write: Callable[[sa.Connection], None]) -> None:
    def work() -> None:
        store = Store(settings.store)
        try:
            with store.write() as tx:
                write(tx)
        finally:
            store.close()

    try:
        bounded(work, _SECONDS)
    except (HandoffError, TimeoutError):
        return  # the store may be what has died; the alarm has gone its own way
