"""Who may use a route. Each route says so by one of these dependencies; the app does not start with one that does not.

- `Anybody`: signing in, static files, the probe of a load balancer.
- `SignedIn`: whoever the pack knows; what they read there is cut to what they may see.
- `AtEntry`: whoever is something to the entry; to everybody else it does not exist.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from handoff.core.authority import Action, Relation, may
from handoff.core.errors import HandoffError, UsageError
from handoff.core.pack import Pack
from handoff.review import sessions
from handoff.review.forms import Form, posted
from handoff.review.people import Guest
from handoff.review.site import Site
from handoff.road.at_the_desk import Seen, seen
from handoff.road.house import House
from handoff.road.reading import standing_at


class Access(StrEnum):
    """Who may use a route."""

    ANYBODY = "anybody"
    SIGNED_IN = "signed_in"
    ENTRY = "entry"


class NotSignedInError(HandoffError):
    """Nobody is signed in, or not any more."""


class NothingThereError(HandoffError):
    """There is no such page, or not for whoever asks: they learn no more than that."""


class ForgedError(HandoffError):
    """A form without the token of its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who is signed in. `house`: theirs, with the pack as it is now."""

    site: Site
    request: Request
    who: Guest
    house: House
    token: str
    form: Form

    @property
    def pack(self) -> Pack:
        return self.house.pack

    @property
    def csrf(self) -> str:
        """The token of every form that is shown to them."""
        return sessions.csrf_token(self.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryVisit:
    """One request of somebody about an entry, to which they are something."""

    visit: Visit
    seen: Seen
    relations: frozenset[Relation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One request of anybody."""

    site: Site
    request: Request
    form: Form


def site_of(request: Request) -> Site:
    """The site that answers."""
    found: Site = request.app.state.site
    return found


def visiting(request: Request, form: Form) -> Visit | None:
    """The visit of whoever is signed in; None for anybody else. What they may use, this does not say."""
    site = site_of(request)
    pack, token = site.pack(), sessions.token_of(site, request)
    who = sessions.who_is(site, pack, token)
    if who is None or token is None:
        return None
    return Visit(site=site, request=request, who=who, house=site.house(who.person, pack), token=token, form=form)


def _anybody(request: Request, form: Annotated[Form, Depends(posted)]) -> Passage:
    site = site_of(request)
    if request.method == "POST":
        _check(form, sessions.csrf_token(sessions.visitor(site, request)))
    return Passage(site=site, request=request, form=form)


def _signed_in(request: Request, form: Annotated[Form, Depends(posted)]) -> Visit:
    visit = visiting(request, form)
    if visit is None:
        raise NotSignedInError("You are not signed in, or not any more.")
    if request.method == "POST":
        _check(form, sessions.csrf_token(visit.token))
    return visit


def _at_entry(name: str, visit: Annotated[Visit, Depends(_signed_in)]) -> EntryVisit:
    with visit.site.store.read() as tx:
        try:
            found = seen(tx, visit.house, name)
        except UsageError:
            raise NothingThereError(_NOTHING) from None
        relations = standing_at(tx, visit.house, found, visit.who.person)
    if not may(Action.SEE, relations):
        raise NothingThereError(_NOTHING)
    return EntryVisit(visit=visit, seen=found, relations=relations)


Anybody = Annotated[Passage, Depends(_anybody)]
SignedIn = Annotated[Visit, Depends(_signed_in)]
AtEntry = Annotated[EntryVisit, Depends(_at_entry)]

_NOTHING = "There is no such entry here, or it is none of yours: ask whoever sent you the link."
_ACCESS = {_anybody: Access.ANYBODY, _signed_in: Access.SIGNED_IN, _at_entry: Access.ENTRY}


def access_of(route: APIRoute) -> Access:
    """Who may use a route. Raises TypeError for one that does not say: a defect, found as the app is built."""
    found = [_ACCESS[d.call] for d in route.dependant.dependencies if d.call in _ACCESS]
    if len(found) != 1:
        raise TypeError(f"{route.path} does not say who may use it: Anybody, SignedIn, AtEntry")
    return found[0]


def _check(form: Form, token: str) -> None:
    if not sessions.same(form.token, token):
        raise ForgedError("That form is from another session: open the page again, and send it from there.")
