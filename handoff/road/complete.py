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


@dataclass(slots=True, kw_only=True)
class Window:
    """The stamps of one pull, in whole seconds, by the CRM's clock; and the won deals in it that we read."""

    since: datetime | None
    before: datetime | None
    """None: no end, since the CRM tells no time."""
    ours: set[str] = field(default_factory=set)
    again: bool = False
    """Whether it is read a second time, after the CRM has counted."""

    @classmethod
    def until(cls, began: datetime | None, since: datetime | None) -> "Window":
        """The window of a pull that began then: the second that had begun is left to the next."""
        return cls(since=since, before=began.replace(microsecond=0) if began else None)

    def note(self, house: House, snapshots: Sequence[Body]) -> None:
        """Count what was read. A deal that left the window after the CRM counted may have been counted there."""
        for snapshot in snapshots:
            deal_id, stamp = house.source.version_of(snapshot)
            inside = self.before is None or stamp is None or stamp < self.before
            if house.source.counts(house.query, snapshot) if inside else self.again:
                self.ours.add(deal_id)


def check(run: Run, window: Window, read: Callable[[Run, Window], None]) -> None:
    """Ask the CRM for its own count; where ours is smaller, read the window once more, and say what still lacks.

    What the CRM counts was there when it counted, so the second reading finds it, or something is wrong with it or us.
    """
    theirs = run.house.source.count_won(run.house.query, window.since, window.before)
    if theirs is None:
        return
    if len(window.ours) < theirs:
        window.again = True
        read(run, window)
    run.complete = Complete(crm=theirs, ours=len(window.ours))
    if run.complete.missing:
        run.warnings.append(
            f"Incomplete: the CRM counts {counted(theirs, 'won deal')} {_in_words(window)} and gave us "
            f"{len(window.ours):,}, twice. Check that the login sees every deal; the next run and the nightly sweep "
            "look again."
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
