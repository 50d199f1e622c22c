"""Is all well? What the store alone can tell: work that is late, outages, stops, messages that reached nobody."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa

from handoff.core.settings import Settings
from handoff.report.messages import banner
from handoff.report.wording import counted, duration, plain, utc
from handoff.store import messages, outages, published, runs

REPORT_WITHIN = timedelta(days=3, hours=2)
"""From Friday morning's report to Monday's, and a little more: it is published on working mornings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One check: `what` was found, and what to `do` when it is wrong."""

    check: str
    ok: bool
    what: str
    do: str = ""

    def document(self) -> dict[str, Any]:
        """For `doctor --json`."""
        return asdict(self)


def signs(tx: sa.Connection, settings: Settings, now: datetime) -> list[Sign]:
    """What is well and what is not: what runs, then what stands in its way, then what owners were not told."""
    return [*_work(tx, settings, now), *_stops(tx), *_outages(tx, now), *_messages(tx, now)]


def dead(tx: sa.Connection, now: datetime) -> list[sa.Row[Any]]:
    """Critical messages that no channel has taken for longer than our patience."""
    return messages.tried_in_vain(tx, now)


class _Work(NamedTuple):
    """What a schedule does: when it was last done, and after how long without it is late (None: never)."""

    name: str
    at: datetime | None
    within: timedelta | None
    how: str

    def sign(self, first: datetime | None, now: datetime) -> Sign:
        """How it is; what was never done is counted from the `first` run of all."""
        since = self.at or first
        late = since is not None and self.within is not None and now - since > self.within
        what = "not done here yet" if self.at is None else f"{utc(self.at)}, {_ago(now - self.at)} ago"
        do = f"See that the schedule runs: handoff {self.how}." if late else ""
        return Sign(check=f"last {self.name}", ok=not late, what=what, do=do)


def _work(tx: sa.Connection, settings: Settings, now: datetime) -> Iterator[Sign]:
    """Clocks and notices are due as often as a sync. Without a channel no notice goes out; nobody need publish."""
    done, often = runs.completed(tx), timedelta(minutes=settings.deadman_minutes)
    daily = timedelta(hours=settings.deadman_sweep_hours)
    report = published.last(tx, None)
    told = report.at if report else None
    clocks, notices = runs.last_worked(tx, "escalate"), runs.last_worked(tx, "notices")
    for work in (
        _Work("sync", done["sync"], often, "sync, or the deployment sync-deals"),
        _Work("sweep", done["sweep"], daily, "sweep, or the deployment sweep-deals"),
        _Work("escalate", clocks, often, "escalate, or the deployment escalate-overdue"),
        _Work("notices", notices, often if settings.channels else None, "notices send, or the deployment send-notices"),
        _Work(
            "report", told, REPORT_WITHIN if told else None, "report --publish DIR, or the deployment publish-report"
        ),
    ):
        yield work.sign(done["first"], now)


def _ago(age: timedelta) -> str:
    return duration(round(age.total_seconds()))


def _stops(tx: sa.Connection) -> Iterator[Sign]:
    found = runs.stops(tx)
    for step, row in sorted(found.items()):
        stopped = "the line" if step == runs.WHOLE_LINE else f"step {step}"
        what = f"{stopped} is stopped by {plain(row.actor)} since {utc(row.at)}: {plain(row.why)}"
        yield Sign(check="the line", ok=False, what=what, do="Start it again once that is settled: handoff start.")
    if not found:
        yield Sign(check="the line", ok=True, what="nothing is stopped")


def _outages(tx: sa.Connection, now: datetime) -> Iterator[Sign]:
    found = outages.open_ones(tx)
    for service, row in sorted(found.items()):
        what = f"{plain(service)} has not been usable for {_ago(now - row.began_at)}: {plain(row.why)[:300]}"
        do = "Put right what handoff doctor says of it; the next run that can use it ends the outage."
        yield Sign(check="outages", ok=False, what=what, do=do)
    if not found:
        yield Sign(check="outages", ok=True, what="no service is known to be away")


def _messages(tx: sa.Connection, now: datetime) -> Iterator[Sign]:
    waiting = messages.counts(tx)["outbox"]
    if said := banner(messages.undelivered(tx, now)):
        yield Sign(check="messages", ok=False, what=said, do="Put a channel right, then: handoff notices send --again")
    else:
        yield Sign(check="messages", ok=True, what="every critical message arrived, or is on its way")
    yield Sign(check="outbox", ok=True, what=f"{counted(waiting, 'notice')} in it, for the next handoff notices send")
