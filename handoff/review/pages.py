"""Pages as they are answered: a template, with what every page needs, and what was said by the form before it."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, RedirectResponse, Response

from checks.rules import names
from handoff.core.violation import Failure
from handoff.report import moments, wording
from handoff.report.messages import banner
from handoff.report.pages import environment
from handoff.review import sessions
from handoff.review.access import Visit
from handoff.review.field_names import called
from handoff.review.people import name_of
from handoff.review.site import Site
from handoff.store import messages

STATIC = Path(__file__).parent / "static"
_SAID = timedelta(minutes=1)
_LONGEST_SAID = 2500
"""Bytes: a browser keeps no cookie above 4 KB, and this one is written in base64."""
_NAVIGATION = (
    ("/queue", "Queue"),
    ("/causes", "Causes"),
    ("/approvals", "Approvals"),
    ("/labels", "Labels"),
    ("/numbers", "Numbers"),
    ("/workflow", "Workflow"),
    ("/rules", "Rules"),
    ("/runs", "Runs"),
    ("/health", "Health"),
)


def _in_words(text: str) -> str:
    """A reason that names rules or failures, as people say them."""
    return _NAME.sub(lambda name: wording.spoken(name[0]) if name[0] in _NAMED else name[0], text)


_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_NAMED = names() | {failure.value for failure in Failure}
_TEMPLATES = environment(Path(__file__).parent / "templates")
_TEMPLATES.filters |= {
    "duration": wording.duration,
    "in_words": _in_words,
    "percent": wording.percent,
    "spoken": wording.spoken,
    "times": wording.times,
    "local": moments.local,
}
_TEMPLATES.globals["called"] = called


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a form did, in a sentence, for the page after it. `good` False: something was left undone."""

    text: str
    good: bool = True


def page(visit: Visit, template: str, *, status: HTTPStatus = HTTPStatus.OK, **facts: Any) -> HTMLResponse:
    """A page for somebody who is signed in. It shows once what the form before it did."""
    site, path = visit.site, visit.request.url.path
    now, zone = site.clock.now(), moments.zone_of(visit.pack.owners, visit.who.person)
    with site.store.read() as tx:
        undelivered = messages.undelivered(tx, now)
    told = facts.pop("said", None) or _said(visit)
    answer = HTMLResponse(
        _render(
            template,
            site=site,
            who=visit.who,
            csrf=visit.csrf,
            navigation=[(url, title, _is_under(path, url)) for url, title in _NAVIGATION],
            said=told,
            banner=banner(undelivered),
            broken=site.broken,
            now=now,
            zone=zone,
            brief=partial(moments.brief, zone=zone, now=now),
            person=partial(name_of, visit.pack),
            **facts,
        ),
        status_code=status,
    )
    if sessions.cookie_name(site, "said") in visit.request.cookies:
        sessions.drop(site, answer, "said")
    return answer


def open_page(site: Site, template: str, *, status: HTTPStatus = HTTPStatus.OK, **facts: Any) -> HTMLResponse:
    """A page for somebody who is not signed in: it shows nothing of ours."""
    return HTMLResponse(_render(template, site=site, who=None, **facts), status_code=status)


def see(visit: Visit, url: str, said: Said) -> Response:
    """After a form: on to a page of ours, which says what the form did."""
    answer = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
    cut = said.text.encode()[:_LONGEST_SAID].decode(errors="ignore")
    text = json.dumps([cut, said.good], ensure_ascii=False).encode()
    signed = f"{base64.urlsafe_b64encode(text).decode()}.{_signature(visit.token, text)}"
    sessions.put(visit.site, answer, "said", signed, max_age=_SAID)
    return answer


def local_path(text: str | None) -> str:
    """Where to go after signing in: a path of this site, and never another site's address."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    return text


def _said(visit: Visit) -> Said | None:
    """What the form before said; None for a cookie that we did not sign for this session."""
    text, _, signature = visit.request.cookies.get(sessions.cookie_name(visit.site, "said"), "").partition(".")
    try:
        raw = base64.urlsafe_b64decode(text.encode())
        if not raw or not sessions.same(signature, _signature(visit.token, raw)):
            return None
        said, good = json.loads(raw)
    except (binascii.Error, ValueError):
        return None
    return Said(text=said, good=good)


def _signature(token: str, text: bytes) -> str:
    return hmac.new(token.encode(), b"said " + text, hashlib.sha256).hexdigest()


def _is_under(path: str, url: str) -> bool:
    return path == url or path.startswith(f"{url}/")


def _render(template: str, **facts: Any) -> str:
    return _TEMPLATES.get_template(template).render(static=_static, plain=wording.plain, **facts)


def _static(name: str) -> str:
    """The address of a file of `static/`; it changes with the file, so that browsers may keep it for long."""
    found = _VERSIONS.get(name)
    if found is None:
        found = _VERSIONS[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={found}"


_VERSIONS: dict[str, str] = {}
