"""Is all well? What the store alone can tell: runs that are late, outages, stops, messages that reached nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff.report.wording import counted, duration, plain, utc
from handoff.store import messages, outages, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that is well, or is not: `do` says what helps."""

    what: str
    ok: bool
    said: str
    do: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """After how long without a run it is late."""

    sync: timedelta
    sweep: timedelta


def signs(tx: sa.Connection, limits: Limits, now: datetime) -> list[Sign]:
    """What is well and what is not, the most pressing first within each kind."""
    return [*_runs(tx, limits, now), *_stops(tx), *_outages(tx, now), *_messages(tx, now)]


def dead(tx: sa.Connection, now: datetime) -> list[sa.Row[Any]]:
    """Critical messages that no channel has taken for longer than our patience."""
    return messages.tried_in_vain(tx, now)


def _runs(tx: sa.Connection, limits: Limits, now: datetime) -> Iterator[Sign]:
    last = runs.completed(tx)
    for kind, limit, how in (
        ("sync", limits.sync, "See that the schedule runs: handoff sync, or the deployment sync-deals."),
        ("sweep", limits.sweep, "See that the schedule runs: handoff sweep, or the deployment sweep-deals."),
    ):
        at = last[kind]
        if at is None:
            since = last["first"]
            late = since is not None and now - since > limit
            yield Sign(what=f"last {kind}", ok=not late, said=f"no {kind} has ended here yet", do=how if late else "")
            continue
        age = now - at
        said = f"{utc(at)}, {duration(round(age.total_seconds()))} ago"
        yield Sign(what=f"last {kind}", ok=age <= limit, said=said, do="" if age <= limit else how)


def _stops(tx: sa.Connection) -> Iterator[Sign]:
    found = runs.stops(tx)
    for step, row in sorted(found.items()):
        what = "the line" if step == runs.WHOLE_LINE else f"step {step}"
        said = f"{what} is stopped by {plain(row.actor)} since {utc(row.at)}: {plain(row.why)}"
        yield Sign(what="the line", ok=False, said=said, do="Start it again once that is settled: handoff start.")
    if not found:
        yield Sign(what="the line", ok=True, said="nothing is stopped")


def _outages(tx: sa.Connection, now: datetime) -> Iterator[Sign]:
    found = outages.open_ones(tx)
    for service, row in sorted(found.items()):
        since = duration(round((now - row.began_at).total_seconds()))
        said = f"{plain(service)} has not been usable for {since}: {plain(row.why)[:300]}"
        yield Sign(what="services", ok=False, said=said, do="handoff doctor asks each service, and says what is wrong.")
    if not found:
        yield Sign(what="services", ok=True, said="no outage is known; handoff doctor asks each service")


def _messages(tx: sa.Connection, now: datetime) -> Iterator[Sign]:
    undelivered, waiting = messages.undelivered(tx, now), messages.counts(tx)["outbox"]
    if undelivered:
        said = f"{counted(undelivered, 'critical message')} reached nobody by any channel"
        yield Sign(what="messages", ok=False, said=said, do="Put a channel right, then: handoff notices send --again")
    else:
        yield Sign(what="messages", ok=True, said="every critical message arrived, or is on its way")
    yield Sign(what="outbox", ok=True, said=f"{counted(waiting, 'notice')} wait for the next handoff notices send")
