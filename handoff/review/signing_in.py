"""Coming in and going out. Where no sign-in is set up, people choose who they are: on this machine, with a sandbox."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from handoff.core.errors import UsageError
from handoff.review import pages, sessions
from handoff.review.access import Anybody, SignedIn
from handoff.review.forms import Fields
from handoff.review.people import choosable, guest

router = APIRouter()
_A_WHILE = timedelta(hours=1)
To = Annotated[str | None, Query(max_length=2000)]


class Chosen(Fields):
    """The chooser's form."""

    person: str
    to: str | None = None


@router.get("/sign-in")
def choose(passage: Anybody, to: To = None) -> Response:
    """Sign in with the company's provider, or choose who you are."""
    site = passage.site
    visitor = sessions.visitor(site, passage.request)
    people = [] if site.signs_in else choosable(site.pack(), site.clock.now().date())
    answer = pages.open_page(
        site,
        "sign_in.html",
        people=people,
        csrf=sessions.csrf_token(visitor),
        to=pages.local_path(to),
    )
    sessions.put(site, answer, "visitor", visitor, max_age=_A_WHILE)
    return answer


@router.post("/sign-in")
def chosen(passage: Anybody) -> Response:
    """Come in as who you say you are; never where people sign in."""
    site = passage.site
    if site.signs_in:
        raise UsageError("People sign in here with the company's provider: open the page again.")
    form = passage.form.read(Chosen)
    with site.store.read() as tx:
        who = guest(tx, site.pack(), form.person, site.clock.now().date())
    if who is None:
        raise UsageError("The pack knows nobody of that name: choose one of the list.")
    answer = RedirectResponse(pages.local_path(form.to), status_code=HTTPStatus.SEE_OTHER)
    sessions.begin(site, answer, who, how="chooser", before=sessions.token_of(site, passage.request))
    sessions.drop(site, answer, "visitor")
    return answer


@router.post("/sign-out")
def go(visit: SignedIn) -> Response:
    """Go; the session is over, wherever its token was copied to."""
    answer = RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
    sessions.end(visit.site, visit.request, answer)
    return answer
