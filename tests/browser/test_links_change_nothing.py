"""A mail scanner, or a browser that reads ahead, follows every link of every notice and page: nothing changes."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.notifier import Channels
from handoff.road.house import House
from handoff.road.notify import notify
from tests.browser.conftest import Begin
from tests.browser.every_page import Crawl
from tests.browser.served import serving
from tests.unit.road.notice_house import Channel

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
_ADDRESS = re.compile(r"https?://[^\s<>\"')]+")
_ENTRY = re.compile(r"\bE-\d{6}\b")
_NOT_OURS = {"sign_in"}
"""Whoever comes in has a session; that is all that reading writes."""


def everything(house: House) -> dict[str, list[tuple[object, ...]]]:
    """All tables as they are."""
    known = sa.MetaData()
    with house.store.read() as tx:
        known.reflect(bind=tx)
        return {
            name: sorted((tuple(row) for row in tx.execute(sa.select(table))), key=repr)
            for name, table in known.tables.items()
            if name not in _NOT_OURS
        }


def test_who_follows_every_link_of_every_notice_and_page_changes_nothing(begin: Begin, tmp_path: Path):
    story = begin(0)
    story.deal(0, PO_Required__c=True)
    story.deal(1, Payment_Terms__c="Net 90")
    story.account(2, Industry="Alchemy")
    story.deal(3, Region__c="Atlantis")
    story.sync(asana_team="1")
    channel = Channel("email")
    with serving(lambda address: story.settings(review_url=address)) as site, story.house() as house:
        told = House(settings=site.settings, pack=house.pack, store=house.store, actor="notify", clock=house.clock)
        assert notify(told, Channels(ready=(channel,))).sent > 2
        mails = "\n".join(body for _, _, _, body in channel.got)
        links = {link.rstrip(".,;") for link in _ADDRESS.findall(mails) if link.startswith(site.address)}
        begin_at = [*sorted({link.removeprefix(site.address) for link in links} | _of_entries(mails)), "/queue"]
        assert len(begin_at) > 4
        scanners = [Crawl(site.address, person) for person in (None, "rin_takeda", "tomas_ortega")]
        before = everything(house)
        followed = [len(follow(scanner, begin_at)) for scanner in scanners]
        assert followed[0] >= len(begin_at)
        assert min(followed[1:]) > 50
        after = everything(house)
        assert [name for name in before if after[name] != before[name]] == []


def follow(scanner: Crawl, begin_at: list[str]) -> set[str]:
    """Every link of every notice, and of one page of each kind, to the addresses of forms too: asked for, and looked
    at by HEAD."""
    links = set(begin_at)
    for path in scanner.every_page(*begin_at, most=1, by_query=False):
        links |= set(scanner.links(scanner.get(path).text, path))
    for link in links:
        for method in ("GET", "HEAD"):
            answer = scanner.get(link, method)
            assert answer.status_code < 500, f"{method} {link}: {answer.status_code}"
    return links


def _of_entries(text: str) -> set[str]:
    return {f"/entries/{name}" for name in _ENTRY.findall(text)}
