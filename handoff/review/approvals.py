"""What waits for its reader's word: approvals, corrected money, questions; each leads to where it is decided."""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.entry import entry_name
from handoff.report.queue_page import lines
from handoff.review import pages
from handoff.review.access import SignedIn
from handoff.review.queue_filter import reader_of
from handoff.road.waiting import MOST, waiting_for

router = APIRouter()


@router.get("/approvals")
def approvals(visit: SignedIn) -> Response:
    """What waits, first due first."""
    reader, now = reader_of(visit), visit.site.clock.now()
    with visit.site.store.read() as tx:
        found = waiting_for(tx, visit.house, reader.own, reader.visible)
        known = {line.number: line for line in lines(tx, found.entries(), reader.own, now)}
    return pages.page(
        visit,
        "approvals.html",
        found=found,
        known=known,
        entry_name=entry_name,
        most=MOST,
        sentences=visit.site.sentences,
    )
