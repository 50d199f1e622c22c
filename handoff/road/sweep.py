"""Sweep: each won deal of the last 35 days once more, by its content, for what no watermark can see.

That is what was committed long after its stamp, a formula or a price that moves no stamp, and a line that was moved to
another deal. What is found takes the usual road in the same run. Projects that were made twice are archived.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from connectors.ports import Body
from handoff.core.handoff import HandoffState
from handoff.ledger.duplicates import archive, surplus
from handoff.report.wording import counted
from handoff.road.complete import sparing
from handoff.road.house import House, Progress
from handoff.road.pull import take_in
from handoff.road.run import Run, RunSummary
from handoff.road.sync import walk
from handoff.store import handoffs
from handoff.store.events import Event, append

DAYS = 35
_NAMED = 5
"""How many deals a warning names."""
_UNDER_WAY = (HandoffState.HELD, HandoffState.PASSED)


def sweep(house: House, *, days: int = DAYS, wait_seconds: float = 0) -> RunSummary:
    """One sweep under the run lock. Raises LockHeldError when another run holds it for longer than we wait."""
    return walk(house, "sweep", partial(look, days=days), then=(archive_twice_made,), wait_seconds=wait_seconds)


def archive_twice_made(run: Run) -> None:
    """Keep the ledger's project of each deal, and archive what a torn connection made besides it (RR6)."""
    house = run.house
    if run.delivery.breaker.down("asana"):
        return
    projects = [project for team in house.teams for project in house.tracker.projects(team)]
    with house.store.read() as tx:
        found = list(surplus(tx, projects))
    for twice in found:
        archive(house.tracker, twice)
        with house.store.write() as tx:
            new = {"archived": twice.gid, "kept": twice.kept}
            append(tx, run.author(), [Event(subject=f"deal:{twice.deal_id}", what="project_archived", new=new)])


def look(run: Run, *, days: int) -> None:
    """Compare the CRM's deals with the ledger's, page by page; store what is unknown or has other content."""
    house = run.house
    since = (house.source.now() or house.clock.now()) - timedelta(days=days)
    told: set[str] = set()
    news: set[str] = set()

    def compare(snapshots: Sequence[Body]) -> None:
        with house.store.write() as tx:
            taken = take_in(tx, run, snapshots, only_news=True)
        told.update(taken.told)
        news.update(taken.news)
        house.watch(Progress(stage="sweep", done=len(told), total=None))

    if sparing(run):
        return
    for page in house.source.read(house.query, since, won=True):
        compare(page.snapshots)
        if house.halt.is_set() or sparing(run):
            return
    others = _others(run, house.source.changed(house.query, since), told, since)
    for ids in handoffs.chunks(others):
        compare(house.source.by_ids(house.query, ids, deleted=True))
    run.found = len(news)
    if gone := sorted(set(others) - told):
        run.warnings.append(
            "Not in the CRM any more, not even in its recycle bin, or hidden from this login: "
            f"{counted(len(gone), 'deal')} of the ledger ({', '.join(gone[:_NAMED])}). Nothing was done about that; "
            "ask the CRM's administrator."
        )


def _others(run: Run, changed: set[str], told: set[str], since: datetime) -> list[str]:
    """Deals that we know and were not told of as won: changed ones, those not at their end yet, those just delivered.

    What we delivered in this time was written back in this time: the CRM should have told of it.
    """
    with run.house.store.read() as tx:
        ours = {deal_id for ids in handoffs.chunks(sorted(changed - told)) for deal_id in handoffs.known(tx, ids)}
        under_way = {row.deal_id for row in handoffs.in_state(tx, *_UNDER_WAY)}
        delivered = {row.deal_id for row in handoffs.in_state(tx, HandoffState.DELIVERED) if row.updated_at >= since}
    return sorted(ours | ((under_way | delivered) - told))
