"""The dead-man's switch: the integration's owner hears by a second path that no sync, or no sweep, comes to its end.

It needs the settings, the pack and the channels, and works without the store, which may be what has died.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.errors import ConnectorError
from connectors.notifier import Channels, open_notifiers
from connectors.ports import Notifier
from handoff.core.bounded import bounded
from handoff.core.errors import HandoffError
from handoff.core.ownership import accountable, resolve
from handoff.core.settings import Settings
from handoff.core.violation import Failure
from handoff.report import harmless
from handoff.report.wording import utc
from handoff.road.deadman_ledger import KIND, Alarm, close, record
from handoff.road.packs import find_pack
from handoff.road.send import address_of, next_person
from handoff.store import messages
from handoff.store.runs import completed
from handoff.store.session import Store

AGAIN = timedelta(hours=24)
_STORE_SECONDS = 30.0
_FILE = "deadman.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the switch found. `dead`: what has not happened, a sentence each; `told`: who was told now, by which
    channel."""

    dead: tuple[str, ...]
    told: tuple[tuple[str, str], ...] = ()
    told_before: bool = False
    warnings: tuple[str, ...] = ()
    last: str = ""

    def document(self) -> dict[str, Any]:
        """The contract of `deadman --json`."""
        return {
            "alive": not self.dead,
            "dead": list(self.dead),
            "told": [{"person": person, "channel": channel} for person, channel in self.told],
            "told_before": self.told_before,
            "warnings": list(self.warnings),
            "last": self.last,
        }


def watch(
    settings: Settings, now: datetime, *, minutes: int | None = None, channels: Channels | None = None
) -> Verdict:
    """Look when a sync and a sweep were last completed, and tell of it once per outage and then daily.

    `minutes`: how long without a sync is too long; default HANDOFF_DEADMAN_MINUTES.
    """
    sync_within = timedelta(minutes=minutes or settings.deadman_minutes)
    sweep_within = timedelta(hours=settings.deadman_sweep_hours)
    try:
        last, undelivered = bounded(lambda: _completed(settings), _STORE_SECONDS)
    except (HandoffError, TimeoutError) as error:
        found = {"store": f"The store cannot be opened: {error}"}
        shown = ""
    else:
        swept = last["sweep"] or last["first"]  # a sweep that never was counts from the first run
        found = _late("sync", last["sync"], now, sync_within) | _late("sweep", swept, now, sweep_within)
        shown = f"last completed: sync {_when(last['sync'])}, sweep {_when(last['sweep'])}"
    file, dead = settings.home / _FILE, tuple(found.values())
    if not dead:
        if undelivered:
            close(settings)
        _forget(file)
        return Verdict(dead=(), last=shown)
    told_at, told_of = _told_lately(file, now)
    if told_at is not None and told_of >= set(found):
        warnings = _remember(file, told_at, found) if told_of > set(found) else ()
        return Verdict(dead=dead, told_before=True, warnings=warnings, last=shown)
    by = channels or open_notifiers(settings)
    alarm, warnings = _tell(settings, dead, by.ready, now)
    told = ((alarm.person, alarm.channel),) if alarm and alarm.channel else ()
    if told:
        warnings += _remember(file, now, found)
    if alarm and shown:
        record(settings, alarm, now)
    return Verdict(dead=dead, told=told, warnings=(*by.wrong, *warnings), last=shown)


def _when(at: datetime | None) -> str:
    return utc(at) if at else "none yet"


def _completed(settings: Settings) -> tuple[dict[str, datetime | None], bool]:
    """When a sync and a sweep were last completed, and whether an alarm of ours has reached nobody yet."""
    store = Store(settings.store)
    try:
        file = store.engine.url.database if store.engine.dialect.name == "sqlite" else None
        if file and not file.startswith((":memory:", "file:")) and not Path(file).is_file():
            raise HandoffError(f"there is no file {Path(file).name}; is HANDOFF_HOME or HANDOFF_STORE_URL right?")
        with store.read() as tx:
            return completed(tx), messages.open_of_kind(tx, KIND) is not None
    finally:
        store.close()


def _late(kind: str, last: datetime | None, now: datetime, within: timedelta) -> dict[str, str]:
    if last is not None and now - last <= within:
        return {}
    since = f"since {utc(last)}" if last else "ever"
    return {kind: f"No {kind} has been completed {since}; one is due every {_span(within / 2)}."}


def _span(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:g} minutes" if minutes < 120 else f"{minutes / 60:g} hours"


def _tell(
    settings: Settings, dead: Sequence[str], channels: Sequence[Notifier], now: datetime
) -> tuple[Alarm | None, tuple[str, ...]]:
    """Tell the owner, else the next person, by the last channel first: the first may be what has died with the rest."""
    if not channels:
        return None, ("No channel is set (HANDOFF_CHANNELS), so nobody was told but whoever reads this.",)
    title = "Handoff: the line has gone quiet"
    body = "\n".join(
        [
            *(harmless.line(sentence, 400) for sentence in dead),
            "",
            "Won deals wait, and nobody is told of them. Look whether the scheduler and the store are up:",
            "handoff doctor",
            "",
        ]
    )
    warnings: list[str] = []
    people = _people(settings, now, warnings)
    for person, address in people:
        for channel in reversed(channels):
            if not address and channel.takes_addresses:
                continue
            try:
                channel.send(person, address, title, body)
            except ConnectorError as error:
                warnings.append(f"{person} by {channel.name}: {error.message}")
            else:
                alarm = Alarm(person=person, address=address, title=title, body=body, channel=channel.name, why="")
                return alarm, tuple(warnings)
    person, address = people[0]
    why = " ".join(warnings)
    return Alarm(person=person, address=address, title=title, body=body, channel=None, why=why), tuple(warnings)


def _people(settings: Settings, now: datetime, warnings: list[str]) -> list[tuple[str, str]]:
    """The integration's owner and who comes after, with their addresses; without a readable pack, whoever listens."""
    try:
        owners = find_pack(settings.pack).owners
    except HandoffError as error:
        warnings.append(f"The pack names nobody: {error}")
        return [("whoever listens", "")]
    role = accountable(owners, Failure.SERVICE_DOWN).role
    people = [resolve(owners, role, {}, now).person_id]
    while person := next_person(owners, role, people, now):
        people.append(person)
    return [(person, address_of(owners, person)) for person in people]


def _told_lately(file: Path, now: datetime) -> tuple[datetime | None, set[str]]:
    """When within the last day it was told, and of what (store, sync, sweep): what dies later is told anew."""
    try:
        kept = json.loads(file.read_text())
        told, of = datetime.fromisoformat(kept["told"]), {str(kind) for kind in kept["of"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None, set()
    lately = told.tzinfo is not None and timedelta() <= now - told < AGAIN
    return (told, of) if lately else (None, set())


def _remember(file: Path, at: datetime, of: Iterable[str]) -> tuple[str, ...]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"told": at.astimezone(UTC).isoformat(), "of": sorted(of)}))
    except OSError as error:
        return (f"That this was told cannot be kept in HANDOFF_HOME ({error.strerror}): it is told again next time.",)
    return ()


def _forget(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return  # at worst a next outage within a day is not told of by message; the exit code still is
