"""Every page that somebody can come to, by its links, as a mail scanner or a curious reader would."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

import requests
from fastapi.routing import APIRoute

from handoff.review.app import ROUTERS
from tests.browser.demo_company import DemoCompany

_LINK = re.compile(r'\b(?:href|src|action|formaction)="([^"]*)"')
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
_WITHIN_S = 20
PICTURES = {
    "/approvals": "approvals",
    "/bulk/preview": "bulk",
    "/causes": "causes",
    "/causes/{cause_id}": "cause",
    "/entries/{name}": "entry",
    "/entries/{name}/by-hand": "by-hand",
    "/health": "health",
    "/health/proofs": "proofs",
    "/labels": "labels",
    "/labels/decide": "label",
    "/labels/preview": "label-preview",
    "/numbers": "numbers",
    "/queue": "queue",
    "/reruns/{batch}": "rerun",
    "/rules": "rules",
    "/rules/{rule}": "rule",
    "/runs": "runs",
    "/runs/{run_id}": "run",
    "/sign-in": "sign-in",
    "/signed-out": "signed-out",
    "/workflow": "workflow",
}
"""The pages, by their routes, with the names of their pictures in docs/screenshots."""
NO_PAGES = {"/deals/{deal_id}", "/numbers/{name}.svg", "/sign-in/done", "/sign-in/start"}
"""What a browser asks for too, and shows no page of its own: it leads on, or is a picture."""
BEFORE = ("/sign-in", "/signed-out")
"""The pages of whoever is not signed in."""
ANSWERS = {"/bulk/preview"}
"""Forms that are answered with a page."""


def routes_of_pages() -> set[str]:
    """As the router has them."""
    return {route.path for route in _ROUTES if "GET" in route.methods} - NO_PAGES | ANSWERS


def pages_of(company: DemoCompany, address: str) -> dict[str, str]:
    """Where each page that has an address is shown, by the name of its picture."""
    found = Crawl(address, "priya_nair").every_page("/causes", "/runs", most=1, by_query=False)
    approval, label = company.first("amount_within_limit"), company.first("sector_is_canonical")
    return {
        "queue": "/queue?tab=all",
        "entry": f"/entries/{company.first('lines_sum_to_amount')}",
        "approval": f"/entries/{approval}",
        "by-hand": f"/entries/{approval}/by-hand",
        "causes": "/causes",
        "cause": next(path for path in found if path.startswith("/causes/")),
        "approvals": "/approvals",
        "labels": "/labels",
        "label": f"/labels/decide?entry={label}",
        "label-preview": f"/labels/preview?entry={label}&as_label=Media",
        "numbers": "/numbers",
        "workflow": "/workflow",
        "rules": "/rules",
        "rule": "/rules/amount_within_limit",
        "runs": "/runs",
        "run": next(path for path in found if path.startswith("/runs/")),
        "rerun": f"/reruns/{company.rerun()}",
        "health": "/health",
        "proofs": "/health/proofs",
    }


@dataclass
class Crawl:
    """A reader without a browser. `person`: who they say they are at the chooser; nobody: they do not sign in."""

    address: str
    person: str | None = None
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        if self.person is not None:
            found = _TOKEN.search(self.get("/sign-in").text)
            assert found, "the door shows no form"
            form = {"csrf": found.group(1), "person": self.person, "to": "/queue"}
            answer = self.session.post(
                f"{self.address}/sign-in", data=form, headers={"origin": self.address}, timeout=_WITHIN_S
            )
            assert answer.status_code == 200, answer.text

    def get(self, path: str, method: str = "GET") -> requests.Response:
        """Ask for a path, or an address of the page, and follow where it leads."""
        return self.session.request(method, urljoin(self.address, path), timeout=_WITHIN_S)

    def links(self, text: str, path: str) -> Iterator[str]:
        """The paths of this site to which a page refers, forms' addresses too."""
        for link in _LINK.findall(text):
            whole = urljoin(f"{self.address}{path}", unescape(link))
            if whole.startswith(f"{self.address}/"):
                yield whole.removeprefix(self.address).partition("#")[0]

    def every_page(self, *begin: str, most: int, by_query: bool = True) -> list[str]:
        """Paths that answer with a page, from `begin` (the queue) on; of each kind of address at most so many.

        `by_query`: an address with other names in its query is another kind.
        """
        waiting, seen, kinds, pages = deque(begin or ["/queue"]), set(begin or ["/queue"]), Counter[str](), []
        while waiting:
            path = waiting.popleft()
            answer = self.get(path)
            if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
                continue
            pages.append(path)
            for link in self.links(answer.text, path):
                kind = kind_of(link, by_query=by_query)
                if link not in seen and kinds[kind] < most and not link.startswith("/static/"):
                    seen.add(link)
                    kinds[kind] += 1
                    waiting.append(link)
        return pages


def kind_of(link: str, *, by_query: bool = True) -> str:
    """What kind of page an address is: its route, and the names of its query."""
    parts = urlsplit(link)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&")}) if by_query else []
    return f"{route_of(link)}?{'&'.join(names)}"


def route_of(link: str) -> str:
    """The route of an address; the address itself where there is none."""
    path = urlsplit(link).path
    return next((route.path for route in _ROUTES if route.path_regex.match(path)), path)
