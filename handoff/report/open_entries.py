"""The exception report: open entries by owner and cause, with count, money per currency and oldest due."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handoff.core.entry import EntryKind
from handoff.core.money import Money
from handoff.report.best_decision import BestDecision
from handoff.report.causes import Cause, OwnersShare, causes, shares, totals
from handoff.report.charts.chart import Chart
from handoff.report.messages import banner
from handoff.report.outcomes import MEANS
from handoff.report.pages import MOST_LISTED, render
from handoff.report.queue import QueueEntry
from handoff.report.since_last import Changes
from handoff.report.wording import counted, times, utc

_MOST_CAUSES = 20
_SAID = frozenset({"excluded", "unchanged", "in_progress"})
_MARKS = {EntryKind.APPROVAL.value: "needs a yes or no", EntryKind.EXCEPTION.value: "needs a decision"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What became of the deals of the last run that came to its end."""

    run_id: str
    kind: str
    ended: datetime
    pulled: int
    outcomes: Mapping[str, int]
    balanced: bool

    @property
    def sentence(self) -> str:
        """In one line; every deal is in one of its numbers."""
        parts = ", ".join(_counted(name, count) for name, count in self.outcomes.items())
        even = "" if self.balanced else " NOT BALANCED: a deal has no outcome. Whoever runs Handoff should hear of it."
        return (
            f"The last {self.kind}, which ended {utc(self.ended)}, read {counted(self.pulled, 'deal')}: {parts}.{even}"
        )

    def document(self) -> dict[str, Any]:
        """For programs."""
        known = {"run_id": self.run_id, "kind": self.kind, "ended": self.ended.isoformat(), "pulled": self.pulled}
        return {**known, **self.outcomes, "balanced": self.balanced}


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What the report tells beside the open entries. `charts`: each with its pictures by size and scheme; `charts_of`:
    of which time they tell; `at`: how its reader reads a moment."""

    owner: str | None
    balance: Balance | None
    changes: Changes
    change_rows: Sequence[tuple[str, str, Sequence[Money], str]]
    decisions: Sequence[BestDecision]
    charts: Sequence[tuple[Chart, Mapping[str, str]]]
    charts_of: str
    review_url: str | None
    at: Callable[[datetime], str]


def page(
    entries: Sequence[QueueEntry],
    sentences: Mapping[str, str],
    made: datetime,
    *,
    approvals: Mapping[str, int] | None = None,
    undelivered: int = 0,
    background: Background | None = None,
    titles: Mapping[str, str] | None = None,
) -> str:
    """The report as a self-contained HTML page.

    `approvals`: person -> approvals that wait for them; `undelivered`: critical messages that reached nobody;
    `titles`: role -> what people call it.
    """
    held = [entry.held_deal() for entry in entries]
    found = causes(held, sentences)
    whose = shares(held, sentences)
    known = {entry.entry: entry for entry in entries}
    return render(
        "open_entries.html",
        entries=entries,
        total=totals(held),
        causes=found,
        widest=max((cause.deals for cause in found), default=0),
        shares=whose,
        titles=titles or {},
        notes={(share.owner, share.email): _note(share, known, made) for share in whose},
        marks={entry.entry: mark for entry in entries if (mark := _mark(entry))},
        overdue=sum(entry.due < made for entry in entries),
        escalated=sum(entry.level > 0 for entry in entries),
        approvals=sum((approvals or {}).values()),
        oldest_due=min((entry.due for entry in entries), default=None),
        unreadable=sum(entry.money is None for entry in entries),
        most=MOST_LISTED,
        most_causes=_MOST_CAUSES,
        banner=banner(undelivered),
        made=made,
        beside=background,
        at=background.at if background else utc,
    )


def document(
    entries: Sequence[QueueEntry],
    sentences: Mapping[str, str],
    made: datetime,
    approvals: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """The report for programs: totals, owners with their causes; money in minor units per currency."""
    held = [entry.held_deal() for entry in entries]
    known = {entry.entry: entry for entry in entries}
    return {
        "made": made.isoformat(),
        "open": len(entries),
        "overdue": sum(entry.due < made for entry in entries),
        "escalated": sum(entry.level > 0 for entry in entries),
        "kinds": dict(Counter(entry.kind or "correction" for entry in entries).most_common()),
        "approvals_waiting": dict(approvals or {}),
        "amount": {money.currency: money.minor for money in totals(held)},
        "amount_unreadable": sum(entry.money is None for entry in entries),
        "causes": [_cause(cause) for cause in causes(held, sentences)],
        "owners": [
            {
                "owner": share.owner,
                "role": share.roles[0][0],
                "entries": len(share.deals),
                "overdue": overdue_of(share, made),
                "escalated": _escalated(share, known),
                "amount": {money.currency: money.minor for money in share.money},
                "oldest_due": share.oldest_due.isoformat() if share.oldest_due else None,
                "causes": [_cause(cause) for cause in share.causes],
            }
            for share in shares(held, sentences, each_role=True)
        ],
    }


def _counted(outcome: str, count: int) -> str:
    """`6 in progress (waits for …)`: what the name does not say by itself is said, where there is anything of it."""
    means = f" ({MEANS[outcome]})" if count and outcome in _SAID else ""
    return f"{count:,} {outcome.replace('_', ' ')}{means}"


def overdue_of(share: OwnersShare, made: datetime) -> int:
    """How many of an owner's entries are past due."""
    return sum(deal.due is not None and deal.due < made for deal in share.deals)


def _escalated(share: OwnersShare, known: Mapping[str, QueueEntry]) -> int:
    own = (known.get(deal.entry or "") for deal in share.deals)
    return sum(entry is not None and entry.level > 0 for entry in own)


def _note(share: OwnersShare, known: Mapping[str, QueueEntry], made: datetime) -> str:
    """What an owner should see first: how many are past due, and how many came to them by escalation."""
    late, up = overdue_of(share, made), _escalated(share, known)
    return ", ".join(part for part in (f"{late:,} past due" * bool(late), f"{up:,} escalated" * bool(up)) if part)


def _mark(entry: QueueEntry) -> str:
    """What is special about an entry: it asks for more than a correction, or has escalated."""
    parts = [_MARKS.get(entry.kind or "", ""), f"escalated {times(entry.level)}" if entry.level else ""]
    return ", ".join(part for part in parts if part)


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "rule": cause.rule,
        "seen": cause.seen,
        "message": cause.message,
        "entries": cause.deals,
        "amount": {money.currency: money.minor for money in cause.money},
        "owners": cause.owners,
        "oldest_due": cause.oldest_due.isoformat() if cause.oldest_due else None,
    }
