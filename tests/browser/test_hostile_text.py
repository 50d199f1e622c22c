"""Hostile words in every field of the CRM, in remarks and in questions, on every page: shown, and never obeyed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from handoff.core.entry import entry_name
from handoff.review.site import Site
from handoff.store.tables import entry
from tests.browser.conftest import Open
from tests.browser.hostile_company import say_it_everywhere, write_hostile_org
from tests.browser.hostile_strings import FAMILIES, HOSTILE, MEGABYTE
from tests.browser.served import serving
from tests.browser.window import Window, open_window
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
_LOOSE = """() => {
  const turning = /[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f\\u061c\\u0590-\\u08ff]/;
  const calm = ["isolate", "isolate-override", "plaintext"];
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!turning.test(walk.currentNode.data)) continue;
    let at = walk.currentNode.parentElement;
    while (at && at.localName !== "bdi" && !["OPTION", "SCRIPT"].includes(at.tagName)) at = at.parentElement;
    if (!at || (at.localName === "bdi" && !calm.includes(getComputedStyle(at).unicodeBidi)))
      found.push(walk.currentNode.parentElement.outerHTML.slice(0, 200));
  }
  return found;
}"""
"""Text that turns its surroundings and is not kept apart from them."""


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """The company, its page and its entries by the text that they hold."""

    story: Story
    site: Site
    entries: dict[str, str]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    """One company for all; the last deal's account and deal have a name of a megabyte."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = [*HOSTILE, "Long name"]
    write_hostile_org(folder / "seed", texts, longest=MEGABYTE)
    with running_sandbox(folder / "seed") as sandbox:
        crm = Crm(sandbox)
        story = Story.begin(0, crm, folder)
        assert story.sync().outcomes["held"] == len(texts)
        say_it_everywhere(story, texts)
        names = {text: entry_name(row.id) for text, row in zip(texts, story.rows(entry), strict=True)}
        with serving(lambda address: story.settings(review_url=address)) as site:
            yield Hostile(story=story, site=site, entries=names)
        crm.session.close()


@pytest.fixture(scope="module")
def priya(browser: Browser, hostile: Hostile) -> Iterator[Window]:
    """Who reads everything, with one window for all pages: what goes wrong in one is seen in it."""
    window = open_window(browser, hostile.site.address)
    yield window.sign_in("Priya Nair")
    window.close()


def test_the_texts_bite_where_nothing_keeps_them(window: Open):
    """Written into a page as they are, many of them run: or else nothing below would prove anything."""
    bare = window("http://bare.example")
    bare.context.route("http://bare.example/**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    bare.context.route("**/evil.example/**", lambda route: route.abort())
    page = bare.page
    ran = 0
    for text in HOSTILE:
        page.goto("http://bare.example/")
        ...
    assert ran


@pytest.mark.parametrize("family", FAMILIES)
def test_no_entry_obeys_what_its_deal_says(hostile: Hostile, priya: Window, family: str):
    for text in FAMILIES[family]:
        page = priya.open(f"/entries/{hostile.entries[text]}")
        assert page.get_by_role("heading", level=1).count() == 1, repr(text)
        assert page.get_by_role("button", name="Sign out").is_visible(), repr(text)
        assert page.evaluate(_LOOSE) == [], repr(text)
        assert "1787569" not in page.content(), repr(text)
