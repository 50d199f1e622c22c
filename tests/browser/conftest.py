"""Chromium, the sandbox with deals for the stories, and windows in which nothing may go wrong unseen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.window import Window, open_window
from tests.integration import story_org
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

STORIES, DEALS = 8, 16
Open = Callable[..., Window]
Begin = Callable[[int], Story]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a module, not a session: while Playwright runs, no other test of the process may use asyncio."""
    try:
        program = chromium.find_or_install()
    except chromium.NoChromiumError as why:
        pytest.skip(str(why))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=program, args=chromium.ARGUMENTS)
        yield made
        made.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[Open]:
    """`window(address, script=…)`: a person's browser; each must end without a fault."""
    opened: list[Window] = []

    def build(address: str, **own: Any) -> Window:
        opened.append(open_window(browser, address, **own))
        return opened[-1]

    yield build
    for one in opened:
        one.close()


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """One org for the stories of a module, each with deals of its own."""
    seed = tmp_path_factory.mktemp("stories") / "seed"
    story_org.write_org(seed, STORIES, deals=DEALS)
    with running_sandbox(seed) as sandbox:
        made = Crm(sandbox)
        yield made
        made.session.close()


@pytest.fixture
def begin(crm: Crm, tmp_path: Path) -> Begin:
    """Begins the story of a number: `begin(3)`."""
    return lambda number: Story.begin(number, crm, tmp_path)
