"""The review page of the demo company, with held deals and without any service."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff.core.clock import Clock
from handoff.core.settings import Settings
from handoff.review.app import create_app
from handoff.review.site import Site
from handoff.store.session import open_store
from tests.unit.cli.held_deals import NOW, hold
from tests.web.visitor import ADDRESS, Visitor

LOCAL = {
    "salesforce_login_url": "https://localhost:1",
    "stripe_url": "http://localhost:1",
    "asana_url": "http://localhost:1",
}
"""A sandbox's addresses, behind which nothing listens: the page asks no service."""

Open = Callable[..., Site]


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW + timedelta(minutes=5)

    def clock(self) -> Clock:
        return Clock(now=lambda: self.now)


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand: Hand) -> Iterator[Open]:
    """`opened(*changes, **settings)`: the page of a home in which one deal per change is held."""
    for name in list(os.environ):
        if name.startswith("HANDOFF_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    sites: list[Site] = []

    def build(*changes: dict[str, Any], address: str = ADDRESS, **settings: Any) -> Site:
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        if changes:
            hold(home, *changes)
        stated = Settings(**{"home": home, "pack": Path("demo"), **LOCAL, **settings})
        site = Site(settings=stated, store=open_store(stated.store, home), address=address, clock=hand.clock())
        sites.append(site)
        return site

    yield build
    for site in sites:
        site.store.close()


@pytest.fixture
def visitor(opened: Open) -> Callable[..., Visitor]:
    """`visitor(site)`: a new browser at a site."""
    return lambda site: Visitor(create_app(site))
