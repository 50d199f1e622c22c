"""The exception report: open entries by owner and cause, with count, money per currency and oldest due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from handoff.report.causes import Cause, causes, shares, totals
from handoff.report.messages import banner
from handoff.report.pages import MOST_LISTED, render
from handoff.report.queue import QueueEntry


def page(entries: Sequence[QueueEntry], sentences: Mapping[str, str], made: datetime, undelivered: int = 0) -> str:
    """The report as a self-contained HTML page. `undelivered`: critical messages that reached nobody."""
    held = [entry.held_deal() for entry in entries]
    found = causes(held, sentences)
    return render(
        "open_entries.html",
        entries=entries,
        total=totals(held),
        causes=found,
        widest=max((cause.deals for cause in found), default=0),
        shares=shares(held, sentences),
        overdue=sum(entry.due < made for entry in entries),
        oldest_due=min((entry.due for entry in entries), default=None),
        unreadable=sum(entry.money is None for entry in entries),
        most=MOST_LISTED,
        banner=banner(undelivered),
        made=made,
    )


def document(entries: Sequence[QueueEntry], sentences: Mapping[str, str], made: datetime) -> dict[str, Any]:
    """The report for programs: totals, owners with their causes; money in minor units per currency."""
    held = [entry.held_deal() for entry in entries]
    return {
        "made": made.isoformat(),
        "open": len(entries),
        "overdue": sum(entry.due < made for entry in entries),
        "amount": {money.currency: money.minor for money in totals(held)},
        "amount_unreadable": sum(entry.money is None for entry in entries),
        "causes": [_cause(cause) for cause in causes(held, sentences)],
        "owners": [
            {
                "owner": share.owner,
                "role": share.role,
                "entries": len(share.deals),
                "amount": {money.currency: money.minor for money in share.money},
                "oldest_due": share.oldest_due.isoformat() if share.oldest_due else None,
                "causes": [_cause(cause) for cause in share.causes],
            }
            for share in shares(held, sentences)
        ],
    }


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
