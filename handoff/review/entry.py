"""One entry: why it is held, whose it is, and what its reader may decide."""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.entry import entry_name
from handoff.report.explain import explain
from handoff.review import pages
from handoff.review.access import AtEntry

router = APIRouter()


@router.get("/entries/{name}")
def entry(at: AtEntry) -> Response:
    """An entry, whole."""
    visit = at.visit
    with visit.site.store.read() as tx:
        found = explain(
            tx,
            visit.pack,
            entry_name(at.seen.entry.id),
            visit.site.sentences,
            now=visit.site.clock.now(),
            org_url=visit.site.settings.salesforce_login_url,
        )
    return pages.page(visit, "entry.html", found=found, at=at)
