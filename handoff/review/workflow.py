"""The workflow map: each step with who answers, by when, and what can hold a deal there."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from handoff.report.visible import visible_to
from handoff.report.workflow_page import described
from handoff.review import pages
from handoff.review.access import NothingThereError, SignedIn
from handoff.store import held_by

router = APIRouter()

DealType = Annotated[str | None, Query(max_length=255, description="Only the steps of such deals.")]


@router.get("/workflow")
def workflow(visit: SignedIn, deal_type: DealType = None) -> Response:
    """From a won deal to a project that runs, of all deals or of one type."""
    try:
        view = described(visit.pack, visit.site.sentences, visit.site.clock.now(), deal_type)
    except KeyError:
        raise NothingThereError("The workflow has no such deal type: begin at the workflow.") from None
    with visit.site.store.read() as tx:
        held = held_by.rules(tx, visible_to(visit.pack, visit.who.person))
    return pages.page(visit, "workflow.html", view=view, held=held, chosen=deal_type)
