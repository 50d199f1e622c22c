"""Sessions of signed-in people: a random token in a cookie, its hash in the store, limits on idleness and on the day.

OWASP ASVS 5.0: V3.3 (cookie), V7.2.4 (a new token at sign-in), V7.3 (idle and absolute limit), V7.4.1 (sign-out).
"""

import hashlib
import hmac
import logging
import secrets
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from handoff.core.entry import EntryState
from handoff.core.pack import Pack
from handoff.review.people import Guest, guest
from handoff.review.site import Site
from handoff.store import sign_ins
from handoff.store.events import Author, Event, append
from handoff.store.session import StoreError

IDLE = timedelta(minutes=30)
DAY = timedelta(hours=12)
"""R43: half an hour without a request, and twelve hours in all."""
_SKEW = timedelta(minutes=5)
"""By which the clocks of two machines may differ; who came in later than that by ours was let in by a wrong clock."""
_TOUCH = timedelta(minutes=1)
_FORGET = timedelta(days=7)
_TOKEN_BYTES = 32
_log = logging.getLogger(__name__)


def cookie_name(site: Site, what: str = "session") -> str:
    """`__Host-` binds a cookie to this host and to https; browsers refuse that prefix over http, which loopback is."""
    return f"__Host-handoff_{what}" if site.secure else f"handoff_{what}"


def token_of(site: Site, request: Request) -> str | None:
    """The session's token of a request; None without one."""
    return request.cookies.get(cookie_name(site)) or None


def begin(site: Site, response: Response, who: Guest, *, how: str, before: str | None = None) -> None:
    """Sign somebody in, under a token that never existed before; a session of theirs from before ends."""
    token, now = secrets.token_urlsafe(_TOKEN_BYTES), site.clock.now()
    with site.store.write() as tx:
        if before:
            sign_ins.end(tx, before, now)
        sign_ins.forget(tx, now - _FORGET)
        sign_ins.begin(tx, token, person=who.person, email=who.email, at=now)
        author = Author(actor=who.person, at=now)
        append(tx, author, [Event(subject=f"person:{who.person}", what="signed_in", new={"by": how})])
    put(site, response, "session", token, max_age=DAY)


def end(site: Site, request: Request, response: Response) -> None:
    """Sign out: the token is worth nothing any more, wherever it was copied to."""
    token, now = token_of(site, request), site.clock.now()
    if token:
        with site.store.write() as tx:
            row = sign_ins.of(tx, token)
            if row is not None:
                sign_ins.end(tx, token, now)
                append(tx, Author(actor=row.person, at=now), [Event(subject=f"person:{row.person}", what="signed_out")])
    drop(site, response, "session")


def who_is(site: Site, pack: Pack, token: str | None) -> Guest | None:
    """Whose session it is; None for none, an ended or old one, and for somebody whom the pack knows no more."""
    if not token:
        return None
    now = site.clock.now()
    with site.store.read() as tx:
        row = sign_ins.of(tx, token)
        if row is None or now - row.seen_at > IDLE or not -_SKEW <= now - row.at <= DAY:
            return None
        # Whom only the CRM names stays until the session ends: they see what became of the last deal of theirs.
        found = guest(tx, pack, row.person, now.date(), tuple(EntryState))
        if found is None or found.email.lower() != row.email.lower():  # the name is somebody else's by now
            return None
    if now - row.seen_at > _TOUCH:
        _touch(site, token)
    return found


def spend(site: Site, state: str) -> bool:
    """End a journey to the provider; False when it had ended before."""
    with site.store.write() as tx:
        return sign_ins.spend(tx, state, site.clock.now())


def csrf_token(secret: str) -> str:
    """The form token that belongs to a session's (or a visitor's) secret; nobody gets from it back to that."""
    return hmac.new(secret.encode(), b"handoff form", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def visitor(site: Site, request: Request) -> str:
    """The secret of somebody who is not signed in yet; a new one when they have none."""
    return request.cookies.get(cookie_name(site, "visitor")) or secrets.token_urlsafe(_TOKEN_BYTES)


def put(site: Site, response: Response, what: str, value: str, *, max_age: timedelta) -> None:
    """Set a cookie that no script reads and no other site sends along."""
    response.set_cookie(
        cookie_name(site, what),
        value,
        max_age=int(max_age.total_seconds()),
        path="/",
        secure=site.secure,
        httponly=True,
        samesite="lax",
    )


def drop(site: Site, response: Response, what: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(cookie_name(site, what), path="/", secure=site.secure, httponly=True, samesite="lax")


def _touch(site: Site, token: str) -> None:
    try:
        with site.store.write() as tx:
            sign_ins.seen(tx, token, site.clock.now())
    except StoreError as error:  # somebody reads a page while the store is busy: the page matters more
        _log.info("a session was not touched: %s", type(error).__name__)
