"""Owners at the page, as they do it: held, found, decided, delivered by the next sync; with script and without."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from handoff.core.entry import entry_name
from handoff.review.site import Site
from handoff.store.desk_tables import approval, overlay
from tests.browser.conftest import DEALS, Begin, Open
from tests.browser.served import serving
from tests.browser.window import Window
from tests.integration import story_org
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.slow]
RIN, TOMAS, PRIYA, KWAME, HELENA = "Rin Takeda", "Tomás Ortega", "Priya Nair", "Kwame Mensah", "Helena Brandt"
HUNDREDS = 210
Visit = Callable[..., "Desk"]
_STYLE_OF_THE_PROVIDER = "https://cdn.jsdelivr.net/"
"""The stand-in for a provider decorates its page from there; it is not asked."""


@dataclass(kw_only=True)
class Desk:
    """The page of a story's company, and how its people use it."""

    story: Story
    site: Site
    open_window: Open
    script: bool
    expected: tuple[str, ...] = field(default=())

    def come(self, name: str) -> Window:
        """Somebody comes in by the chooser."""
        window = self.open_window(self.site.address, script=self.script, expected=self.expected)
        return window.sign_in(name)

    def entry(self, n: int) -> str:
        return entry_name(self.story.entry(n).id)


@pytest.fixture
def at_desk(begin: Begin, window: Open) -> Iterator[Callable[..., Desk]]:
    """`at_desk(story, script=…)`: the page is served while the test lasts."""
    with ExitStack() as stack:

        def served(story: Story, *, script: bool, expected: tuple[str, ...] = ()) -> Desk:
            site = stack.enter_context(serving(lambda address: story.settings(review_url=address)))
            return Desk(story=story, site=site, open_window=window, script=script, expected=expected)

        yield served


def form(page: Page, what: str) -> Locator:
    """The form of a decision, its fold opened."""
    found = page.locator(f'form[action$="/{what}"]')
    expect(found).to_have_count(1)
    if not found.is_visible():
        page.locator("details").filter(has=found).locator("summary").first.click()
    expect(found).to_be_visible()
    return found


def decide(page: Page, what: str, **fields: str) -> None:
    """Fill in the form of a decision and send it."""
    sent = form(page, what)
    for name, value in fields.items():
        at = sent.locator(f'[name="{name}"]')
        at.select_option(value) if at.evaluate("e => e.localName") == "select" else at.fill(value)
    sent.locator("button[type=submit]:not([formnovalidate])").first.click()


def said(page: Page) -> str:
    """What the page says that a form did."""
    return page.get_by_role("status").first.inner_text()


def both(test: Any) -> Any:
    """With script, and without."""
    return pytest.mark.parametrize("script", [True, False], ids=["script", "no_script"])(test)


@both
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own: it keeps to an older Authlib
def test_an_owner_comes_by_a_link_signs_in_corrects_the_entry_and_sees_it_delivered(
    begin: Begin, window: Open, *, script: bool
):
    from oidc_provider_mock import User, run_server_in_thread  # noqa: PLC0415 - it warns as it is imported

    story = begin(0 if script else 1)
    story.deal(0, PO_Required__c=True)
    assert story.sync().outcomes["held"] == 1
    name = entry_name(story.entry(0).id)
    user = User(sub="rin", claims={"email": "rin.takeda@example.com", "email_verified": True})
    with run_server_in_thread(require_nonce=True, user_claims=[user]) as provider:
        issuer = f"http://localhost:{provider.server_port}"
        own = {"oidc_issuer": issuer, "oidc_client_id": "handoff", "oidc_client_secret": "secret"}
        with serving(lambda address: story.settings(review_url=address, **own)) as site:
            rin = window(site.address, script=script, also=(issuer, _STYLE_OF_THE_PROVIDER))
            rin.context.route(f"{_STYLE_OF_THE_PROVIDER}**", lambda route: route.fulfill(body=""))
            page = rin.open(f"/entries/{name}")
            page.get_by_role("link", name="Sign in").click()
            page.get_by_role("button", name="rin", exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(name)
            expect(page.get_by_role("banner")).to_contain_text(RIN)
            rin.open("/queue")
            page.get_by_role("main").get_by_role("link", name=name).click()
            decide(page, "correct", to_po_number="PO-2026-77", why="their mail of Monday")
            assert "pass" in said(page)
            rin.check()
            assert story.sync().outcomes["delivered"] == 1
            page.reload()
            expect(page.get_by_role("main")).to_contain_text("delivered")
            rin.open("/queue")
            expect(page.get_by_role("main").get_by_role("link", name=name)).to_have_count(0)
            page.get_by_role("button", name="Sign out").click()
            page.get_by_role("button", name="End session").click()  # at the provider, to which the page goes on
            expect(page.get_by_role("main")).to_contain_text("Nobody comes in here from this browser")
            rin.open("/queue")
            expect(page.get_by_role("link", name="Sign in")).to_be_visible()
            rin.check()
    assert story.delivered(0)
    assert "PO-2026-77" in str(story.invoices(0)[0])
    assert story.wrong() == []


@both
def test_who_asks_for_an_approval_cannot_give_it_and_a_second_person_can(begin: Begin, at_desk: Visit, *, script: bool):
    story = begin(2 if script else 3)
    story.deal(0, Payment_Terms__c="Net 90")
    assert story.sync().outcomes["held"] == 1
    desk = at_desk(story, script=script)
    tomas, path = desk.come(TOMAS), f"/entries/{desk.entry(0)}"
    decide(tomas.open(path), "request-approval", why="a public body pays in ninety days")
    tomas.check()
    (asked,) = story.rows(approval)
    assert asked.person != "tomas_ortega"
    page = tomas.open(path)
    expect(page.locator('form[action$="/approve"]')).to_have_count(0)
    with story.house() as house:
        name = house.pack.owners.people[asked.person].name
    second = desk.come(name)
    decide(second.open(path), "approve", why="seen, and agreed")
    second.check()
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0)
    expect(second.open(path).get_by_role("main")).to_contain_text("delivered")
    assert story.wrong() == []


@both
def test_of_two_owners_who_decide_at_once_the_second_is_told_and_loses_no_word(
    begin: Begin, at_desk: Visit, *, script: bool
):
    story = begin(4 if script else 5)
    story.deal(0, PO_Required__c=True)
    assert story.sync().outcomes["held"] == 1
    desk = at_desk(story, script=script, expected=("409",))
    path = f"/entries/{desk.entry(0)}"
    rin, helena = desk.come(RIN), desk.come(HELENA)
    rin.open(path)
    helena.open(path)
    decide(rin.page, "correct", to_po_number="PO-RIN", why="theirs of Monday")
    decide(helena.page, "correct", to_po_number="PO-HELENA", why="theirs of Tuesday")
    page = helena.page
    expect(page.get_by_role("main")).to_contain_text(RIN)
    expect(page.get_by_role("main")).to_contain_text("theirs of Monday")
    kept = form(page, "correct")
    expect(kept.locator('[name="to_po_number"]')).to_have_value("PO-HELENA")
    expect(kept.locator('[name="why"]')).to_have_value("theirs of Tuesday")
    (laid,) = story.rows(overlay)
    assert (laid.value, laid.actor) == ("PO-RIN", "rin_takeda")
    decide(page, "correct", why="theirs of Tuesday, which is the later one")
    assert "pass" in said(page)
    assert story.sync().outcomes["delivered"] == 1
    assert "PO-HELENA" in str(story.invoices(0)[0])


@both
def test_one_label_decision_releases_the_hundreds_it_said(tmp_path: Path, at_desk: Visit, *, script: bool):
    story_org.write_org(tmp_path / "seed", 1, deals=HUNDREDS)
    with running_sandbox(tmp_path / "seed") as sandbox:
        _decide_on_alchemy(Story.begin(0, Crm(sandbox), tmp_path), at_desk, script=script)


def _decide_on_alchemy(story: Story, at_desk: Visit, *, script: bool) -> None:
    for n in range(HUNDREDS):
        story.account(n, Industry="Alchemy")
    story.deal(0, Region__c="Atlantis")  # held for this, too
    assert story.sync().outcomes["held"] == HUNDREDS
    priya = at_desk(story, script=script).come(PRIYA)
    page = priya.open(f"/labels/decide?entry={entry_name(story.entry(1).id)}")
    page.get_by_role("radio", name="Technology").check()
    page.get_by_role("main").get_by_role("button").first.click()
    main = page.get_by_role("main")
    expect(main).to_contain_text(f"{HUNDREDS}")
    expect(main).to_contain_text(f"{HUNDREDS - 1}")
    main.locator('[name="why"]').fill("an old word of sales for it")
    priya.check()
    main.locator("form", has=page.locator('[name="why"]')).get_by_role("button").first.click()
    priya.check()
    assert str(HUNDREDS - 1) in said(page)
    assert story.sync().outcomes["delivered"] == HUNDREDS - 1
    assert story.delivered(*range(1, HUNDREDS))
    assert story.entry(0).state == "open"
    story.crm.session.close()


@both
def test_a_bulk_rerun_sends_what_a_service_had_refused(begin: Begin, at_desk: Visit, *, script: bool):
    story = begin(6 if script else 7)
    assert story.sync(asana_team="1").held_by_rule == {"tracker_refused": DEALS}
    assert story.sync().outcomes["delivered"] == 0, "a refusal is not tried again by itself"
    desk = at_desk(story, script=script)
    kwame = desk.come(KWAME)
    page = kwame.page
    boxes = page.get_by_role("main").get_by_role("checkbox")
    expect(boxes).to_have_count(DEALS)
    for n in range(DEALS - 4):
        boxes.nth(n).check()
    page.locator('button[name="what"][value="rerun"]').click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(DEALS - 4))
    kwame.check()
    page.locator('form[action="/bulk"] [name="why"]').fill("the team is there now")
    page.locator('form[action="/bulk"] button[type="submit"]').click()
    assert str(DEALS - 4) in said(page)
    kwame.check()
    assert story.sync().outcomes["delivered"] == DEALS - 4
    states = [story.entry(n).state for n in range(DEALS)]
    assert (states.count("released"), states.count("open")) == (DEALS - 4, 4)
    assert story.delivered(*[n for n, state in enumerate(states) if state == "released"])
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("released")
