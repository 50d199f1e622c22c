"""Pull: deals changed since the watermark, and deals whose account, contact or lines changed, into the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from connectors.ports import Body
from handoff.core.deal import DealRow
from handoff.core.handoff import HandoffState
from handoff.core.keys import content_hash
from handoff.ledger.changes import changed_fields
from handoff.road.complete import Window, check, sparing
from handoff.road.house import House, Progress
from handoff.road.run import Run
from handoff.store import handoffs, runs
from handoff.store.events import Event, append
from handoff.store.handoffs import Pulled
from mappings.deal_row import to_row


def pull(run: Run) -> None:
    """Read what changed. Each page's deals and the watermark are committed together, so a crash replays."""
    with run.house.store.read() as tx:
        since, related_since = read_from(tx, run.house)
    began = run.house.source.now()
    window = Window.until(began, since)
    _read(run, window)
    _advance(run, run.house.source.name, began)
    if sparing(run):
        return
    check(run, window, partial(pull_deals, deleted=True))
    if related_since:
        pull_deals(run, sorted(run.house.source.touched(run.house.query, related_since)))
    # Only now: a run that dies before reads them again from where the last whole one began.
    _advance(run, _related(run.house), began or _read_to(run.house))


def pull_deals(run: Run, deal_ids: Sequence[str], *, deleted: bool = False) -> set[str]:
    """Read some deals live, whatever the watermark says; returns those that the source still has, or has `deleted`."""
    if not deal_ids:
        return set()
    snapshots = run.house.source.by_ids(run.house.query, deal_ids, deleted=deleted)
    with run.house.store.write() as tx:
        return take_in(tx, run, snapshots).told


def _read(run: Run, window: Window) -> None:
    """The pages of deals, counted into the window as they are stored."""
    house = run.house
    pulled = 0
    for page in house.source.read(house.query, window.since):
        with house.store.write() as tx:
            take_in(tx, run, page.snapshots)
            if page.stamp:
                runs.advance_watermark(tx, house.source.name, page.stamp, page.last_id, house.clock.now())
        window.note(house, page.snapshots)
        pulled += len(page.snapshots)
        house.watch(Progress(stage="pull", done=pulled, total=None))


def read_from(tx: sa.Connection, house: House) -> tuple[datetime | None, datetime | None]:
    """From when on deals, and what hangs on them, are read: each from its own watermark, less the overlap."""
    overlap = timedelta(minutes=house.settings.overlap_minutes)
    stamps = [runs.read_watermark(tx, name) for name in (house.source.name, _related(house))]
    deals, related = (stamp - overlap if stamp else None for stamp in stamps)
    return deals, related or deals


def _related(house: House) -> str:
    return f"{house.source.name}:related"


def _read_to(house: House) -> datetime | None:
    """Up to which stamp deals have been read."""
    with house.store.read() as tx:
        return runs.read_watermark(tx, house.source.name)


def _advance(run: Run, name: str, began: datetime | None) -> None:
    """All that there was when this pull began has been read, by the CRM's clock: ours may be wrong, so it never counts.

    What is committed later with an earlier stamp is within the overlap, or is found by the sweep.
    """
    if began:
        with run.house.store.write() as tx:
            runs.advance_watermark(tx, name, began, None, run.house.clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Deals of some snapshots: those told, and those of them that are new to us or changed."""

    told: set[str]
    news: set[str]


def take_in(tx: sa.Connection, run: Run, snapshots: Sequence[Body], *, only_news: bool = False) -> Taken:
    """Store snapshots; count into the run what is for us: deals that the CRM calls won, or that we know.

    `only_news`: what did not change is no part of the run.
    """
    house = run.house
    rows = {row.deal_id: (row, snapshot) for snapshot in snapshots for row in [_row(house, snapshot)]}
    known = handoffs.known(tx, list(rows))
    ours = {d: pair for d, pair in rows.items() if d in known or _won(house, pair[0])}
    pulled = [Pulled(deal_id=d, content_hash=content_hash(s, frozenset()), content=s) for d, (_, s) in ours.items()]
    ingested = handoffs.ingest(tx, pulled, house.source.name, house.source.org_id(), house.clock.now())
    news = {*ingested.new, *ingested.changed}
    runs.enrol(tx, run.id, [d for d in ours if d in news or not only_news])
    runs.conclude_silent(tx, run.id, [(deal_id, "unchanged", None) for deal_id in ingested.unchanged])
    for deal_id, state in ingested.changed.items():
        _changed(tx, run, known[deal_id], state, ours[deal_id][0])
    return Taken(told=set(rows), news=news)


def _row(house: House, snapshot: Body) -> DealRow:
    return to_row(snapshot, house.pack, house.source.name)


def _won(house: House, row: DealRow) -> bool:
    return not house.pack.trigger.won or row.get("won") == "true"


def _changed(tx: sa.Connection, run: Run, row: sa.Row[Any], state: HandoffState, new: DealRow) -> None:
    """Back to the gate; a delivered deal stays so, and `drift` compares it with what was sent.

    What a person decided is not undone by an edit in the CRM: it is noted, and nothing else.
    """
    if state in (HandoffState.REJECTED, HandoffState.CLAIMED):
        before = handoffs.content_of(tx, row.snapshot_id)
        fields = changed_fields(to_row(before.content, run.house.pack, before.source), new)
        why = "changed after a person decided on it: nothing is sent"
        append(tx, run.author(), [Event(subject=f"deal:{row.deal_id}", what="noted", new={"fields": fields}, why=why)])
        runs.conclude_silent(tx, run.id, [(row.deal_id, "unchanged", row.reason)])
    elif state not in (HandoffState.PULLED, HandoffState.DELIVERED):
        handoffs.move(tx, row.id, HandoffState.PULLED, run.house.clock.now(), restart_clock=False)
