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

_LINK = re.compile(r'\b(?:href|src|action|formaction)="([^"]*)"')
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
_WITHIN_S = 20


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
    return f"{next((r.path for r in _ROUTES if r.path_regex.match(parts.path)), parts.path)}?{'&'.join(names)}"
