"""One entry: why it is held, whose it is, and what its reader may decide; how it is done by hand; a deal's entry."""

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from handoff.core.authority import Action, may
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.quarantine.offers import offers
from handoff.review import entry_page, pages
from handoff.review.access import AtEntry, NothingThereError, SignedIn
from handoff.road.at_the_desk import seen
from handoff.road.fallback import fallback
from handoff.road.reading import desk_of, standing_at

router = APIRouter()


@router.get("/entries/{name}")
def entry(at: AtEntry) -> Response:
    """An entry, whole."""
    return entry_page.shown(at)


@router.get("/entries/{name}/by-hand")
def by_hand(at: AtEntry) -> Response:
    """The checklist for doing the handoff without us."""
    visit, name = at.visit, entry_name(at.seen.entry.id)
    with visit.site.store.read() as tx:
        here = seen(tx, visit.house, name)
        found = offers(desk_of(tx, visit.house, here, visit.who.person))
    told = any(offer.what == "done-by-hand" for offer in found)
    return pages.page(visit, "entry_by_hand.html", name=name, checklist=fallback(visit.house, name), may_tell=told)


@router.get("/deals/{deal_id}")
def deal(deal_id: str, visit: SignedIn) -> Response:
    """A deal's entry, for whoever may read it; to everybody else there is no such deal."""
    with visit.site.store.read() as tx:
        try:
            found = seen(tx, visit.house, deal_id)
        except UsageError:
            raise NothingThereError(_NOTHING) from None
        its_id = found.entry.deal_id == deal_id
        relations = standing_at(tx, visit.house, found, visit.who.person)
    if not its_id or not may(Action.SEE, relations):
        raise NothingThereError(_NOTHING)
    return RedirectResponse(f"/entries/{entry_name(found.entry.id)}", status_code=HTTPStatus.SEE_OTHER)


_NOTHING = "There is no such deal here, or it is none of yours: ask whoever sent you the link."
