"""Forms as a browser finds them on a page and sends them: every field that is shown, with what stands in it."""

from html.parser import HTMLParser
from typing import Any

from tests.web.visitor import ADDRESS, Visitor


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._form: dict[str, str] | None = None
        self._select: str | None = None
        self._chosen = False
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name, value = told.get("name"), told.get("value") or ""
        if tag == "form":
            self._form = self.forms.setdefault(told.get("action") or "", {})
        if self._form is None:
            return
        if tag == "input" and name and (told.get("type") not in ("checkbox", "radio") or "checked" in told):
            self._form[name] = value
        elif tag == "textarea" and name:
            self._area = name
            self._form[name] = ""
        elif tag == "select" and name:
            self._select, self._chosen = name, False
        elif tag == "option" and self._select and not self._chosen:
            self._form.setdefault(self._select, value)
            if "selected" in told:
                self._form[self._select], self._chosen = value, True

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form[self._area] += data


def forms(page: str) -> dict[str, dict[str, str]]:
    """Address -> the fields of its form."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def offered(me: Visitor, entry: str) -> set[str]:
    """The decisions for which an entry's page has a form."""
    there = f"/entries/{entry}/"
    return {action.removeprefix(there) for action in forms(me.text(f"/entries/{entry}")) if action.startswith(there)}


def filled(me: Visitor, entry: str, what: str, **fields: str) -> dict[str, str]:
    """The form of a decision as it stands on the page, with what somebody puts into it."""
    found = forms(me.text(f"/entries/{entry}"))
    return {**found[f"/entries/{entry}/{what}"], **fields}


def send(me: Visitor, entry: str, what: str, fields: dict[str, Any]) -> Any:
    """Send a form of a decision."""
    return me.forge(f"/entries/{entry}/{what}", fields, headers={"origin": ADDRESS})


def decide(me: Visitor, entry: str, what: str, **fields: str) -> Any:
    """Find the form, fill it in, send it."""
    return send(me, entry, what, filled(me, entry, what, **fields))
