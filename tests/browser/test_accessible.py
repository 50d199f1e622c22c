"""axe looks at every page: in light, in dark, and on a telephone."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.demo_company import DemoCompany, demo_company
from tests.browser.every_page import BEFORE, PICTURES, pages_of, route_of
from tests.browser.window import NARROW, WIDE

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
_LOOKS = (("light", WIDE), ("dark", WIDE), ("light", NARROW), ("dark", NARROW))
_SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoCompany]:
    with demo_company(tmp_path_factory.mktemp("demo")) as made:
        yield made


def findings(page: Page, axe: Axe) -> Iterator[str]:
    """What axe finds in each look of the page that stands open."""
    for scheme, (width, height) in _LOOKS:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.getAnimations().forEach((one) => one.finish())")  # half-way between two colours
        for found in axe.run(page).response["violations"]:
            for node in found["nodes"]:
                where = " ".join(str(part) for part in node["target"])
                yield f"{page.url} {scheme} {width}: {found['impact']} {found['id']} at {where}: {node['html'][:160]}"
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            yield f"{page.url} {scheme} {width}: serious: the page is {wide} px wider than the window"


def test_axe_finds_nothing_serious_on_any_page(company: DemoCompany, window: Open):
    with company.page() as site:
        paths = pages_of(company, site.address).values()
        me, axe = window(site.address), Axe()
        found = [text for path in BEFORE for text in findings(me.open(path), axe)]
        me.open("/sign-in")
        me.sign_in("Priya Nair")
        for path in [*paths, "/nothing-there", "/entries/E-000001", "/queue?q=nobody"]:
            me.expected = ("404",)
            found += findings(me.open(path), axe)
        found += findings(me.preview_bulk(), axe)
        me.sign_in("Tomás Ortega", "/approvals")
        found += findings(me.page, axe)
    print(f"axe: {len(paths) + len(BEFORE) + 5} pages in {len(_LOOKS)} looks, {len(found)} findings")
    seen = {*map(route_of, paths), *BEFORE, "/bulk/preview"}
    assert seen == set(PICTURES), "axe looks at every page, or the page is no page"
    serious = [text for text in found if any(f": {impact}" in text for impact in _SERIOUS)]
    assert serious == [], "\n".join(serious)
