"""The report as it lies in somebody's mail: opened from disk with the network off, in any light, and printed."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from handoff.report.pages import write
from handoff.road.exception_report import compose
from tests.browser.conftest import Begin, Open
from tests.browser.test_accessible import findings
from tests.integration.story import Story

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]


@pytest.fixture
def report(begin: Begin, tmp_path: Path) -> Path:
    """The report of a company that holds four deals, in a file."""
    story = begin(0)
    story.deal(0, PO_Required__c=True)
    story.deal(1, Payment_Terms__c="Net 90")
    story.account(2, Industry="Alchemy")
    story.deal(3, Region__c="Atlantis")
    story.sync()
    return written(story, tmp_path)


def written(story: Story, folder: Path) -> Path:
    """The whole report as a page."""
    with story.house() as house:
        page = compose(house).page()
    write(folder / "report.html", page)
    return folder / "report.html"


def test_a_report_from_disk_asks_for_nothing_and_prints(report: Path, window: Open, tmp_path: Path):
    me = window("file://", offline=True)
    asked: list[str] = []
    me.context.on("request", lambda request: asked.append(request.url))
    page = me.page
    page.goto(report.as_uri())
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert page.locator("script, link[href]:not([href^='data:']), iframe, object, embed").count() == 0
    assert page.get_by_role("main").or_(page.locator("body")).first.is_visible()
    for text in ("Company 0-0", "Company 0-3", "Alchemy", "Atlantis"):
        assert page.get_by_text(text).first.is_visible()
    for image in page.locator("img").all():
        assert image.evaluate("e => e.complete && e.naturalWidth > 0")
        assert image.get_attribute("alt")
    paper = tmp_path / "report.pdf"
    page.emulate_media(media="print")
    page.pdf(path=paper, format="A4", print_background=True)
    assert paper.read_bytes().startswith(b"%PDF")
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")


def test_axe_finds_nothing_serious_in_a_report(report: Path, window: Open):
    me = window("file://")
    me.page.goto(report.as_uri())
    serious = [text for text in findings(me.page, Axe()) if ": serious" in text or ": critical" in text]
    assert serious == [], "\n".join(serious)


def test_a_report_without_script_says_the_same(report: Path, window: Open):
    texts = []
    for script in (True, False):
        me = window("file://", script=script)
        me.page.goto(report.as_uri())
        texts.append(me.page.inner_text("body"))
    assert texts[0] == texts[1]
