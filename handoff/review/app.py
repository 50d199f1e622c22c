"""The page as an ASGI app: its routes, what stands before them, and how every error is said."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from handoff.core.errors import HandoffError, UsageError
from handoff.core.trace import places
from handoff.quarantine.decision import ConflictError, NotAllowedError
from handoff.review import (
    approvals,
    bulk,
    causes,
    decisions,
    desk_decisions,
    entry,
    health,
    labels,
    numbers,
    pages,
    queue,
    rules,
    runs,
    signing_in,
    workflow,
)
from handoff.review.access import (
    Anybody,
    ForgedError,
    NothingThereError,
    NotSignedInError,
    SignedIn,
    access_of,
    visiting,
)
from handoff.review.discovery import ProviderError
from handoff.review.forms import Form
from handoff.review.oidc import RefusedError
from handoff.review.shield import Shield
from handoff.review.site import Site
from handoff.store.session import StoreError

ROUTERS = (
    signing_in.router,
    queue.router,
    entry.router,
    labels.router,
    numbers.router,
    workflow.router,
    rules.router,
    runs.router,
    health.router,
    decisions.router,
    desk_decisions.router,
    causes.router,
    bulk.router,
    approvals.router,
)
_log = logging.getLogger(__name__)
_STATUS: tuple[tuple[type[HandoffError], HTTPStatus], ...] = (
    (NothingThereError, HTTPStatus.NOT_FOUND),
    (ForgedError, HTTPStatus.FORBIDDEN),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (RefusedError, HTTPStatus.FORBIDDEN),
    (ProviderError, HTTPStatus.BAD_GATEWAY),
    (ConflictError, HTTPStatus.CONFLICT),
    (UsageError, HTTPStatus.BAD_REQUEST),
    (HandoffError, HTTPStatus.INTERNAL_SERVER_ERROR),
)


def create_app(site: Site) -> "Shield":
    """The whole app. Raises TypeError when a route does not say who may use it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.site = site
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/", _home, methods=["GET"], response_model=None)
    app.add_api_route("/alive", _alive, methods=["GET"], response_model=None)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    for route in routes(app):
        access_of(route)
    app.middleware("http")(_logged)
    app.add_exception_handler(NotSignedInError, _sign_in)
    app.add_exception_handler(HandoffError, _refused)
    app.add_exception_handler(StoreError, _without_store)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _defect)
    return Shield(app, origin=site.address, on_loopback=site.on_loopback)


def routes(app: FastAPI) -> list[APIRoute]:
    """Every route but the static files. Raises TypeError for one that cannot say who may use it."""
    # The app lists an included router as one opaque route: its routes are listed by the router itself.
    listed = [route for router in (*ROUTERS, app) for route in router.routes]
    found = [route for route in listed if isinstance(route, APIRoute)]
    if len(listed) - len(found) > len(ROUTERS) + 1:
        raise TypeError("a router holds a route that cannot say who may use it: use @router.get or @router.post")
    return list({(route.path, *sorted(route.methods or ())): route for route in found}.values())


def _home(visit: SignedIn) -> Response:
    return RedirectResponse("/queue", status_code=HTTPStatus.SEE_OTHER)


def _alive(passage: Anybody) -> Response:
    """For the probe of a load balancer."""
    return PlainTextResponse("alive\n")


async def _logged(request: Request, answer: Callable[[Request], Any]) -> Response:
    """One line a request, by its route: what a person looked for stands in no log."""
    began = time.perf_counter()
    found: Response = await answer(request)
    route = request.scope.get("route")
    path = route.path if isinstance(route, APIRoute) else "(none)"
    _log.info("%s %s %d %d ms", request.method, path, found.status_code, (time.perf_counter() - began) * 1000)
    return found


def _sign_in(request: Request, error: Exception) -> Response:
    if request.method != "GET":
        return _said(request, HTTPStatus.UNAUTHORIZED, str(error))
    query = f"?{request.url.query}" if request.url.query else ""
    to = quote(request.url.path + query, safe="/")
    return RedirectResponse(f"/sign-in?to={to}", status_code=HTTPStatus.SEE_OTHER)


def _refused(request: Request, error: Exception) -> Response:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return _said(request, status, str(error))


def _without_store(request: Request, error: Exception) -> Response:
    """What the database says names machines and may quote a deal: it is for the log alone, and there without both."""
    _log.error("the store cannot be used", extra={"trace": places(error)})
    text = (
        "The store cannot be used just now, and nothing was written: try again in a minute; if it lasts, tell whoever "
        "runs Handoff."
    )
    return _outside(request, HTTPStatus.SERVICE_UNAVAILABLE, text)


def _unreadable(request: Request, error: Exception) -> Response:
    return _said(request, HTTPStatus.BAD_REQUEST, "That address has a part that cannot be read: begin at the queue.")


def _http(request: Request, error: Exception) -> Response:
    status = HTTPStatus(getattr(error, "status_code", 500))
    text = {
        HTTPStatus.NOT_FOUND: "There is no such page.",
        HTTPStatus.METHOD_NOT_ALLOWED: "That page is not used this way: open it from the queue.",
    }.get(status, f"{status.phrase}.")
    return _said(request, status, text)


def _defect(request: Request, error: Exception) -> Response:
    text = "This is a defect of Handoff. Nothing of yours was written; where it happened stands in handoff.log."
    return _outside(request, HTTPStatus.INTERNAL_SERVER_ERROR, text)


def _said(request: Request, status: HTTPStatus, text: str) -> Response:
    """An error as a page: one sentence, and where to go on; with all ways for whoever is signed in."""
    try:
        visit = visiting(request, Form())
        if visit is not None:
            return pages.page(visit, "error.html", status=status, sentence=text, title=status.phrase)
    except HandoffError:  # the pack or the store cannot be read: the sentence is what matters
        _log.info("an error is shown without the navigation")
    return _outside(request, status, text)


def _outside(request: Request, status: HTTPStatus, text: str) -> Response:
    """The same without asking who it is: what failed may fail again."""
    site: Site = request.app.state.site
    return pages.open_page(site, "error.html", status=status, sentence=text, title=status.phrase)
