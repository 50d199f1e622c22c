"""Coming in and going out. Where no sign-in is set up, people choose who they are: on this machine, with a sandbox."""

import base64
import binascii
import logging
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from handoff.core.errors import UsageError
from handoff.review import pages, round_trip, sessions
from handoff.review.access import Anybody, Passage, SignedIn
from handoff.review.forms import Fields
from handoff.review.oidc import RefusedError
from handoff.review.people import choosable, guest, guest_of

router = APIRouter()
_A_WHILE = timedelta(hours=1)
_LONGEST_TO = 2000
To = Annotated[str | None, Query(max_length=_LONGEST_TO)]
Back = Annotated[str | None, Query(max_length=4000)]
_CALLBACK, _GONE = "/sign-in/done", "/signed-out"
_log = logging.getLogger(__name__)


class Chosen(Fields):
    """The chooser's form."""

    person: str = Field(max_length=254)
    to: str | None = Field(default=None, max_length=_LONGEST_TO)


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


@router.get("/sign-in/start")
def start(passage: Anybody, to: To = None) -> Response:
    """On to the provider. By another name of this machine they first come here by ours: the cookie is that name's."""
    site, now = passage.site, passage.site.clock.now()
    if not site.signs_in:
        return RedirectResponse("/sign-in", status_code=HTTPStatus.SEE_OTHER)
    if passage.request.headers.get("host", "").lower() != site.host:
        query = passage.request.url.query
        return RedirectResponse(f"{site.address}/sign-in/start?{query}", status_code=HTTPStatus.SEE_OTHER)
    visitor = sessions.visitor(site, passage.request)
    journey = round_trip.begin(visitor, now)
    address = site.provider.begin(journey, callback=f"{site.address}{_CALLBACK}", now=now)
    answer = RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
    sessions.put(site, answer, "visitor", visitor, max_age=_A_WHILE)
    wanted = base64.urlsafe_b64encode(pages.local_path(to).encode()).decode()
    if len(wanted) <= _LONGEST_TO:
        sessions.put(site, answer, "to", wanted, max_age=round_trip.LONGEST)
    return answer


@router.get(_CALLBACK)
def done(passage: Anybody, state: Back = None, code: Back = None, error: Back = None, iss: Back = None) -> Response:
    """Back from the provider, once for each journey and only in the browser that began it."""
    site, now = passage.site, passage.site.clock.now()
    visitor = passage.request.cookies.get(sessions.cookie_name(site, "visitor"))
    journey = round_trip.back(visitor, state or "", now) if site.signs_in else None
    if journey is None or not sessions.spend(site, journey.state):
        raise _refused("this sign-in was not begun in this browser, or is over")
    if error or not code:
        raise _refused("the provider let nobody in")
    email = site.provider.email(journey, code, callback=f"{site.address}{_CALLBACK}", issuer=iss, now=now)
    with site.store.read() as tx:
        who = guest_of(tx, site.pack(), email, now.date())
    if who is None:
        _log.warning("a sign-in was refused: the pack knows nobody with that address")
        raise RefusedError(
            "The pack knows nobody with that address: ask whoever runs Handoff to add you to owners.yaml."
        )
    answer = RedirectResponse(_wanted(passage), status_code=HTTPStatus.SEE_OTHER)
    sessions.begin(site, answer, who, how="provider", before=sessions.token_of(site, passage.request))
    for what in ("visitor", "to"):
        sessions.drop(site, answer, what)
    return answer


@router.post("/sign-out")
def go(visit: SignedIn) -> Response:
    """Go; the session is over, wherever its token was copied to. Then on to the provider, whose own session lives on.

    By a page and not by a redirect: that would still be the form's, which a browser sends nowhere but here.
    """
    site, now = visit.site, visit.site.clock.now()
    visitor = sessions.visitor(site, visit.request)
    journey = round_trip.begin(visitor, now)
    there = site.provider.leave(journey.state, back=f"{site.address}{_GONE}", now=now) if site.signs_in else None
    if there:
        answer: Response = pages.open_page(site, "signed_out.html", there=there)
        answer.headers["refresh"] = f"0; url={there}"
        sessions.put(site, answer, "visitor", visitor, max_age=round_trip.LONGEST)
    else:
        answer = RedirectResponse(_GONE if site.signs_in else "/sign-in", status_code=HTTPStatus.SEE_OTHER)
    sessions.end(site, visit.request, answer)
    return answer


@router.get(_GONE)
def gone(passage: Anybody, state: Back = None) -> Response:
    """They went; from the provider they come back with the state that they took there."""
    site = passage.site
    if sessions.who_is(site, site.pack(), sessions.token_of(site, passage.request)):  # by a link, or signed in since
        return RedirectResponse("/", status_code=HTTPStatus.SEE_OTHER)
    visitor = passage.request.cookies.get(sessions.cookie_name(site, "visitor"))
    both = round_trip.back(visitor, state or "", site.clock.now()) is not None
    return pages.open_page(site, "signed_out.html", there=None, both=both or not site.signs_in)


def _wanted(passage: Passage) -> str:
    """The page that they wanted when they began."""
    found = passage.request.cookies.get(sessions.cookie_name(passage.site, "to"), "")
    try:
        return pages.local_path(base64.urlsafe_b64decode(found.encode()).decode())
    except (binascii.Error, ValueError):
        return "/"


def _refused(why: str) -> RefusedError:
    _log.warning("a sign-in was refused: %s", why)
    return RefusedError(f"You could not be signed in ({why}): begin again from the page that you wanted.")
