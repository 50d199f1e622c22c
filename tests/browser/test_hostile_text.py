"""Hostile words in every field of the CRM, in remarks and in questions, on every page: shown, and never obeyed."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from connectors.notifier import Channels
from handoff.core.entry import entry_name
from handoff.report import report_csv
from handoff.report.pages import write
from handoff.review.site import Site
from handoff.road.exception_report import compose
from handoff.road.notify import notify
from handoff.store.tables import entry
from tests.browser.conftest import Open
from tests.browser.every_page import Crawl
from tests.browser.hostile_company import say_it_everywhere, write_hostile_org
from tests.browser.hostile_strings import FAMILIES, HOSTILE, MEGABYTE, RENDERED
from tests.browser.served import serving
from tests.browser.window import Window, open_window
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox
from tests.unit.road.notice_house import Channel

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
_LOOSE = """() => {
  const turning = /[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f\\u061c\\u0590-\\u08ff]/;
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    if (!turning.test(walk.currentNode.data)) continue;
    const at = walk.currentNode.parentElement;
    if (!at.closest("bdi, option, title, textarea, script")) found.push(at.outerHTML.slice(0, 200));
  }
  return found;
}"""
"""Text that turns its surroundings and is not kept apart from them."""
_LARGEST_BYTES = 400_000


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """The company, its page, and its entries by the text that they hold."""

    story: Story
    site: Site
    entries: dict[str, str]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    """One company for all; the account of the last deal has a name of a megabyte."""
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


def calm(page: Page) -> None:
    """The page stands as it was made: nothing hostile became markup, was worked out, or turned what is around it."""
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("button", name="Sign out").is_visible()
    assert page.evaluate(_LOOSE) == []
    text = page.content()
    assert RENDERED not in text
    assert MEGABYTE[-2000:] not in text


def test_the_texts_bite_where_nothing_keeps_them(browser: Browser):
    """Written into a page as they are, many of them run: else nothing here would prove anything."""
    address = "http://bare.example/"
    window = open_window(browser, address)
    body = "".join(f"<p>{text}</p>" for family in ("handlers", "svg and math") for text in FAMILIES[family])

    def answer(route: Route) -> None:
        own = route.request.url == address
        route.fulfill(body=body if own else "", content_type="text/html", status=200 if own else 404)

    window.context.route("**/*", answer)
    window.page.goto(address)
    with pytest.raises(AssertionError, match="ran 1"):
        window.check()
    assert len([fault for fault in window.faults if "ran 1" in fault]) > 10
    window.context.close()


@pytest.mark.parametrize("family", FAMILIES)
def test_no_entry_obeys_what_its_deal_says(hostile: Hostile, priya: Window, family: str):
    for text in FAMILIES[family]:
        calm(priya.open(f"/entries/{hostile.entries[text]}"))


def test_a_name_of_a_megabyte_is_cut_on_every_page(hostile: Hostile, priya: Window):
    page = priya.open(f"/entries/{hostile.entries['Long name']}")
    calm(page)
    assert len(page.content()) < _LARGEST_BYTES


def test_no_other_page_obeys_what_the_deals_say(hostile: Hostile, priya: Window):
    crawl = Crawl(hostile.site.address, "priya_nair")
    paths = [path for path in crawl.every_page(most=2) if not path.startswith("/entries/")]
    assert "/queue" in paths
    for path in paths:
        calm(priya.open(path))


def test_a_report_from_disk_obeys_nothing_and_asks_for_nothing(hostile: Hostile, window: Open, tmp_path: Path):
    file = tmp_path / "report.html"
    with hostile.story.house() as house:
        write(file, compose(house).page())
    me = window("file://", offline=True)
    me.page.goto(file.as_uri())
    me.check()
    assert me.page.evaluate(_LOOSE) == []
    assert RENDERED not in me.page.content()
    assert MEGABYTE[:2000] not in me.page.content()


def test_no_cell_of_the_table_is_a_formula_and_it_reads_back(hostile: Hostile):
    with hostile.story.house() as house:
        made = compose(house, drawn=False)
    rows = report_csv.table(made.entries, made.made)
    text = report_csv.written(rows)
    before = csv.field_size_limit(2 * len(MEGABYTE))  # a cell is what the CRM holds, whole
    cells = [cell for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")) for cell in row]
    csv.field_size_limit(before)
    assert len(cells) > 10 * len(HOSTILE)
    assert [cell[:40] for cell in cells if cell.strip().startswith(("=", "+", "-", "@", "＝", "＋"))] == []
    assert report_csv.read_back(text)[-len(rows) :] == [list(row) for row in rows]


def test_no_message_carries_markup_links_or_lines_of_theirs(hostile: Hostile):
    channel = Channel("email")
    with hostile.story.house() as house:
        assert notify(house, Channels(ready=(channel,))).sent
    for _, _, title, body in channel.got:
        assert title.isprintable()
        assert all(char == "\n" or char.isprintable() or char == " " for char in body), "a control character"
        assert "<script" not in body.lower()
        assert not re.search(r"^(Bcc|Subject|Set-Cookie|Location):", body, flags=re.MULTILINE)
        assert RENDERED not in body
        assert len(body) < _LARGEST_BYTES
