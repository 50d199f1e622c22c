"""The workflow map: each step with who answers, by when, and what can hold a deal there."""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.report.visible import visible_to
from handoff.report.workflow_page import described
from handoff.review import pages
from handoff.review.access import SignedIn
from handoff.store import held_by

router = APIRouter()


@router.get("/workflow")
def workflow(visit: SignedIn) -> Response:
    """From a won deal to a project that runs."""
    view = described(visit.pack, visit.site.sentences, visit.site.clock.now())
    with visit.site.store.read() as tx:
        held = held_by.rules(tx, visible_to(visit.pack, visit.who.person))
    return pages.page(visit, "workflow.html", view=view, held=held)
