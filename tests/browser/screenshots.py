"""Pictures of every page for docs/screenshots: `python -m tests.browser.screenshots`, always of the same Tuesday."""

import base64
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from handoff.report.pages import write
from handoff.road.exception_report import compose
from tests.browser import chromium
from tests.browser.demo_company import demo_company
from tests.browser.every_page import BEFORE, PICTURES, pages_of
from tests.browser.window import NARROW, WIDE, Window, open_window

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
_TALLEST = 2000
"""Of a page that goes on below, its beginning."""
_MOST_BYTES = 150_000


def main() -> None:
    """Take all pictures anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo_company(Path(folder)) as company,
        company.page() as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium.find_or_install(), args=chromium.ARGUMENTS)
        report = Path(folder) / "report.html"
        with company.house() as house:
            write(report, compose(house).page())
        for look, (scheme, size) in _looks():
            for person, named in (
                ("Priya Nair", pages_of(company, site.address)),
                ("Tomás Ortega", {"approvals-mine": "/approvals"}),
            ):
                window = open_window(browser, site.address, size=size, color_scheme=scheme)
                if person == "Priya Nair":
                    for path in BEFORE:
                        _take(window, PICTURES[path], path, look)
                window.sign_in(person)
                for name, path in named.items():
                    _take(window, name, path, look)
                if person == "Priya Nair":
                    _keep(window.preview_bulk(), f"bulk-{look}")
                window.context.close()
            page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
            page.goto(report.as_uri())
            _keep(page, f"report-{look}")
            page.close()
        browser.close()


def _looks() -> Iterator[tuple[str, tuple[str, tuple[int, int]]]]:
    for scheme in ("light", "dark"):
        for width, size in (("wide", WIDE), ("narrow", NARROW)):
            yield f"{width}-{scheme}", (scheme, size)


def _take(window: Window, name: str, path: str, look: str) -> None:
    page = window.open(path)
    page.wait_for_load_state("networkidle")
    _keep(page, f"{name}-{look}")


def _keep(page: Page, name: str) -> None:
    """The page as WebP, as good as fits."""
    width = page.viewport_size["width"]  # type: ignore[index]  # each of ours has one
    whole = min(_TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    session = page.context.new_cdp_session(page)
    for quality, height in ((75, whole), (50, whole), (50, whole * 3 // 4), (50, whole // 2)):
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        order = {"format": "webp", "quality": quality, "clip": clip, "captureBeyondViewport": True}
        picture = base64.b64decode(session.send("Page.captureScreenshot", order)["data"])
        if len(picture) < _MOST_BYTES:
            break
    (FOLDER / f"{name}.webp").write_bytes(picture)
    print(f"{name}.webp {len(picture):,} bytes")


if __name__ == "__main__":
    main()
