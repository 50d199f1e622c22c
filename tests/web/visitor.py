"""Somebody at the review page, without a browser: the app in this process, cookies kept, forms found on the page."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

ADDRESS = "http://127.0.0.1:8440"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')

_SAID = re.compile(r'<p class="notice (?:good|bad)" role="status">(.*?)</p>')


@dataclass
class Visitor:
    """One browser's worth of cookies. Answers are not followed: a test sees each redirect."""

    app: Any
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = TestClient(self.app, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False)

    def sign_in(self, person: str) -> "Visitor":
        """By the chooser."""
        answer = self.post("/sign-in", on="/sign-in", person=person)
        assert answer.status_code == 303, answer.text
        return self

    def get(self, url: str) -> Any:
        return self.client.get(url)

    def text(self, url: str) -> str:
        """A page that must be there, as it is written."""
        answer = self.get(url)
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        return str(answer.text)

    def post(self, url: str, *, on: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        """Send a form that stands on the page `on`, with that page's token; lists are sent as several fields."""
        return self.forge(url, {"csrf": self.token(on), **fields}, headers={"origin": ADDRESS, **(headers or {})})

    def forge(self, url: str, fields: dict[str, Any], *, headers: dict[str, str] | None = None) -> Any:
        """Send any form."""
        return self.client.post(url, data=fields, headers=headers or {})

    def token(self, url: str) -> str:
        """The form token of a page."""
        found = _TOKEN.search(self.text(url))
        assert found, f"{url} shows no form"
        return found.group(1)

    def told(self, answer: Any) -> str:
        """What a form did, as the page after it says it."""
        assert answer.status_code == 303, (answer.status_code, answer.text[:800])
        said = _SAID.search(self.text(answer.headers["location"]))
        assert said, "the page after the form says nothing"
        return html.unescape(said.group(1))
