"""The queue: open entries, as far as somebody may read them."""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.entry import EntryState
from handoff.report.queue import numbered
from handoff.report.visible import visible_to
from handoff.review import pages
from handoff.review.access import SignedIn
from handoff.store import entries
from handoff.store.tables import entry

router = APIRouter()


@router.get("/queue")
def queue(visit: SignedIn) -> Response:
    """Open entries, first due first."""
    with visit.site.store.read() as tx:
        rows = entries.listed(tx, entry.c.state == EntryState.OPEN, visible_to(visit.pack, visit.who.person))
        found = numbered(tx, [row.id for row in rows])
    return pages.page(visit, "queue.html", entries=[found[row.id] for row in rows])
