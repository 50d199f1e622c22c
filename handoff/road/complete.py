"""Completeness: won deals by the CRM's own count against those that we read; what is left unread to spare its calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connectors.ports import Body
from handoff.report.wording import counted
from handoff.road.house import House
from handoff.road.run import Complete, Run

SPARE_FROM = 0.8
"""The share of the CRM's calls of 24 hours above which a run reads only what it must: others need some, too."""

_NAMED = 5
"""How many deals a warning names."""


@dataclass(slots=True, kw_only=True)
class Window:
    """The stamps of one pull, in whole seconds, by the CRM's clock; and the won deals in it that we read."""

    since: datetime | None
    before: datetime | None
    """None: no end, since the CRM tells no time."""
    ours: set[str] = field(default_factory=set)

    @classmethod
    def until(cls, began: datetime | None, since: datetime | None) -> "Window":
        """The window of a pull that began then: the second that had begun is left to the next."""
        return cls(since=since, before=began.replace(microsecond=0) if began else None)

    def note(self, house: House, snapshots: Sequence[Body]) -> None:
        """Count what was read."""
        for snapshot in snapshots:
            deal_id, stamp = house.source.version_of(snapshot)
            inside = self.before is None or stamp is None or stamp < self.before
            if inside and house.source.counts(house.query, snapshot):
                self.ours.add(deal_id)


def check(run: Run, window: Window, read: Callable[[Run, Sequence[str]], set[str]]) -> None:
    """Ask the CRM for its own count; where ours is smaller, `read` what we lack, and say what we still do not get.

    That is what was committed while we read, most of the time.
    """
    source, query = run.house.source, run.house.query
    theirs = source.count_won(query, window.since, window.before)
    if theirs is None:
        return
    run.complete = Complete(crm=theirs, ours=len(window.ours))
    if not run.complete.missing:
        return
    listed = source.won_ids(query, window.since, window.before)
    lacking = listed - window.ours
    lacking -= read(run, sorted(lacking))
    run.complete = Complete(crm=len(listed), ours=len(listed) - len(lacking))
    if lacking:
        which = ", ".join(sorted(lacking)[:_NAMED])
        run.warnings.append(
            f"Incomplete: the CRM counts {counted(len(listed), 'won deal')} {_in_words(window)} and does not give us "
            f"{len(lacking):,} of them ({which}). Check that the login sees them; the nightly sweep looks again."
        )


def sparing(run: Run) -> bool:
    """Whether what a run can do without is left unread; said once a run."""
    usage = run.house.source.usage()
    if usage is None or usage.used < SPARE_FROM * usage.allowed:
        return False
    if not run.spared:
        run.spared = True
        run.warnings.append(
            f"The CRM's API calls of 24 hours are used up to {usage.used / usage.allowed:.0%} ({usage.used:,} of "
            f"{usage.allowed:,}): this run does without the count, the sweep, and changes of accounts, contacts and "
            "lines alone. A later run reads them; deals go on."
        )
    return True


def _in_words(window: Window) -> str:
    if window.since is None:
        return "in all"
    return f"changed since {window.since:%Y-%m-%d %H:%M} UTC"
