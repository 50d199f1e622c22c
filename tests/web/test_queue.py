"""The queue on the page: tabs, filters, order, pages of it; what its address may say; who sees what."""

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from handoff.core.handoff import HandoffState
from handoff.review import queue
from handoff.review.site import Site
from handoff.store import handoffs
from handoff.store.tables import entry, event, handoff, run_deal, violation
from tests.unit.cli.held_deals import NOW
from tests.web import found_forms
from tests.web.conftest import Hand, Open
from tests.web.visitor import Visitor

SECTOR = {"Account.Industry": "technolgy"}
TERMS = {"Payment_Terms__c": "whenever"}
_ENTRY = re.compile(r'<tr data-url="/entries/(E-\d{6})">')


def listed(page: str) -> list[str]:
    """The entries of a page, in its order."""
    return _ENTRY.findall(page)


def change(site: Site, number: int, **values: object) -> None:
    """Change an entry behind the page's back, as a run would."""
    with site.store.write() as tx:
        tx.execute(sa.update(entry).where(entry.c.id == number).values(**values))
        tx.execute(sa.insert(event).values(at=NOW, actor="test", subject="test", what="changed"))


def link(page: str, text: str) -> str:
    """Where a link of that text leads."""
    found = re.search(rf'<a [^>]*href="([^"]*)"[^>]*>{text}', page)
    assert found, text
    return html.unescape(found.group(1))


def test_the_first_tab_with_something_in_it_is_shown(opened: Open, visitor):
    site = opened(SECTOR, TERMS)
    mine = visitor(site).sign_in("tomas_ortega").text("/queue")
    assert listed(mine) == ["E-000002"]
    assert 'href="/queue?tab=mine" aria-current="page"' in mine
    assert sorted(listed(visitor(site).sign_in("helena_brandt").text("/queue"))) == ["E-000001", "E-000002"]


def test_a_tab_shows_what_its_name_says(opened: Open, visitor):
    me: Visitor = visitor(opened(SECTOR, TERMS)).sign_in("priya_nair")
    assert listed(me.text("/queue?tab=mine")) == ["E-000001"]
    assert set(listed(me.text("/queue?tab=roles"))) == {"E-000001", "E-000002"}
    assert set(listed(me.text("/queue?tab=all"))) == {"E-000001", "E-000002"}


def test_who_has_no_part_in_an_entry_gets_no_byte_of_it_whatever_they_ask(opened: Open, visitor):
    site = opened({**SECTOR, "Account.Name": "Zanzibar Works", "Name": "Zeppelin", "Amount": 31_337})
    me: Visitor = visitor(site).sign_in("kwame_mensah")
    urls = [
        "/queue",
        "/queue?tab=all",
        "/queue?tab=roles",
        "/causes",
        "/approvals",
        "/queue?tab=all&state=all&q=E-000001",
    ]
    for url in [*urls, "/queue?tab=all&rule=sector_is_canonical", "/queue?tab=all&account=Zanzi&sort=amount"]:
        page = me.text(url)
        for secret in ("E-000001<", "Zanzibar Works", "Zeppelin", "31,337", "technolgy", "1 deal<"):
            assert secret not in page.replace('value="E-000001"', ""), (url, secret)
        assert '<span class="count">1</span>' not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=E-000002", ["E-000002"]),
        ("q=e-2", ["E-000002"]),
        ("q=2", ["E-000002"]),
        ("q=Umbra", ["E-000001"]),
        ("q=umbra", ["E-000001"]),
        ("q=M%C3%BCLLER++s%C3%B6hne", ["E-000002"]),
        ("q=muller+Sohne", ["E-000002"]),
        ("account=mul", ["E-000002"]),
        ("q=E-000099", []),
        ("q=E-99999999999999999999", []),
        ("q=%25", []),
        ("q=_mbra", []),
        ("account=umb", ["E-000001"]),
        ("rule=payment_terms_is_canonical", ["E-000002"]),
        ("rule=no_such_rule", []),
        ("owner=priya_nair", ["E-000001"]),
        ("owner=Tom%C3%A1s+Ortega", ["E-000002"]),
        ("currency=EUR", ["E-000001", "E-000002"]),
        ("currency=USD", []),
        ("currency=EUR&from=20,000", ["E-000002"]),
        ("currency=EUR&to=19999.99", ["E-000001"]),
        ("state=released", []),
        ("state=all", ["E-000001", "E-000002"]),
        ("age=overdue", []),
        ("age=month", []),
    ],
)
def test_a_filter_shows_just_what_matches(opened: Open, visitor, query: str, found: list[str]):
    site = opened({**SECTOR, "Account.Name": "Umbra GmbH"}, {**TERMS, "Account.Name": "Müller Söhne"})
    with site.store.write() as tx:
        handoffs.note(tx, 2, amount_minor=2_000_000)
    me: Visitor = visitor(site).sign_in("helena_brandt")
    assert sorted(listed(me.text(f"/queue?tab=all&{query}"))) == found


def test_what_is_late_is_said_and_found(opened: Open, visitor, hand: Hand):
    site = opened(SECTOR, TERMS)
    change(site, 2, due_at=hand.now - timedelta(hours=3))
    me: Visitor = visitor(site).sign_in("helena_brandt")
    page = me.text("/queue?tab=all&age=overdue")
    assert listed(page) == ["E-000002"]
    assert "3 h late" in page
    assert "1 overdue" in page


def test_marks_say_what_is_special(opened: Open, visitor):
    site = opened(SECTOR)
    change(site, 1, level=2, kind="approval")
    with site.store.write() as tx:
        handoffs.move(tx, 1, HandoffState.PULLED, NOW)
    page = visitor(site).sign_in("priya_nair").text("/queue")
    for said in ('title="escalated twice">escalated', ">needs a yes or no<", ">queued<"):
        assert said in page
    assert listed(visitor(site).sign_in("priya_nair").text("/queue?tab=all&state=queued")) == ["E-000001"]


@pytest.mark.parametrize("sort", ["due", "opened", "amount", "account"])
@pytest.mark.parametrize("order", ["up", "down"])
def test_every_order_can_be_walked_page_by_page_to_its_end_and_back(
    opened: Open, visitor, monkeypatch: pytest.MonkeyPatch, sort: str, order: str
):
    monkeypatch.setattr(queue, "SIZE", 3)
    site = opened(*[{**SECTOR, "Account.Name": f"Account {n % 3}"} for n in range(8)])
    with site.store.write() as tx:
        handoffs.note(tx, 4, amount_minor=None, currency=None)
        for number in (6, 7, 8):
            handoffs.note(tx, number, amount_minor=5)
    me: Visitor = visitor(site).sign_in("priya_nair")
    pages = [me.text(f"/queue?tab=all&sort={sort}&order={order}")]
    while 'rel="next"' in pages[-1]:
        pages.append(me.text(link(pages[-1], "Next")))
    walked = [listed(page) for page in pages]
    assert [len(page) for page in walked] == [3, 3, 2]
    assert len({name for page in walked for name in page}) == 8
    back = me.text(link(pages[2], "Earlier in the list"))
    assert listed(back) == walked[1]
    assert listed(me.text(link(back, "First"))) == walked[0]
    other = me.text(f"/queue?tab=all&sort={sort}&order={'up' if order == 'down' else 'down'}")
    assert listed(other) == [name for page in walked for name in page][::-1][:3]


def test_a_filter_by_rule_shows_what_that_rule_says_first(opened: Open, visitor):
    me: Visitor = visitor(opened({**SECTOR, **TERMS})).sign_in("helena_brandt")
    for rule, said in (("sector_is_canonical", "technolgy"), ("payment_terms_is_canonical", "whenever")):
        page = me.text(f"/queue?tab=all&rule={rule}")
        assert re.search(rf'class="why"><bdi>[^<]*{said}', page)
        assert re.search(r"\+\d more", page)


def test_a_saved_link_shows_the_same_view_again(opened: Open, visitor):
    me: Visitor = visitor(opened(SECTOR, TERMS)).sign_in("helena_brandt")
    page = me.text("/queue?tab=all&rule=sector_is_canonical&sort=amount")
    saved = re.search(r'readonly value="http://127\.0\.0\.1:8440([^"]*)"', page)
    assert saved
    assert listed(me.text(html.unescape(saved.group(1)))) == ["E-000001"]


@pytest.mark.parametrize(
    "query",
    [
        "tab=everybody",
        "sort=name",
        "order=sideways",
        "state=lost",
        "age=old",
        "cause=C-1",
        "cause=C-zzzzzzzzzz",
        "owner=" + "x" * 300,
        "nothing=1",
        "tab=mine&tab=all",
        "q=%00",
        "q=%E2%80%AE",
        "after=x",
        "after=W10",
        "after=WyJkdWUiLCJ1cCIsMSwxXQ",
        "after=WyJkdWUiLCJ1cCIsIjIwMjYtMTEtMjRUMDk6MDA6MDAiLDFd",
        "after=WyJkdWUiLCJ1cCIsIjIwMjYtMTEtMjRUMDk6MDA6MDArMDA6MDAiLDBd",
        "after=WyJkdWUiLCJkb3duIiwiMjAyNi0xMS0yNFQwOTowMDowMCswMDowMCIsMV0",
        "sort=account&after=WyJhY2NvdW50IiwidXAiLG51bGwsMV0",
        "sort=amount&after=WyJhbW91bnQiLCJ1cCIsIlVTRCIsMWU5OSwxXQ",
        "after=" + "W" * 500,
        "after=%F0%9F%98%80",
        "before=x&after=x",
    ],
)
def test_an_address_that_cannot_be_read_is_one_sentence(opened: Open, visitor, query: str):
    me: Visitor = visitor(opened(SECTOR)).sign_in("priya_nair")
    answer = me.get(f"/queue?{query}")
    assert answer.status_code == 400, answer.text
    said = re.search(r"<h1>.*?</h1>\s*<p>(.*?)</p>", answer.text, re.DOTALL)
    assert said
    assert said.group(1).strip().endswith(".")
    assert "E-000001" not in answer.text
    assert 'aria-label="Pages"' in answer.text, "whoever is signed in goes on from here"


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("from=10", "currency", "Choose the currency, too"),
        ("to=10k&currency=USD", "to", "'10k' is not a plain decimal amount such as 1234.50."),
        ("from=1e99&currency=USD", "from", "'1e99' is not"),
        ("from=10.123&currency=USD", "from", "has more decimals than USD allows"),
        ("from=10&currency=ZZZ", "currency", "'ZZZ' is no currency"),
    ],
)
def test_a_mistake_in_a_filter_is_said_at_its_field_and_the_filter_is_kept(
    opened: Open, visitor, query: str, field: str, sentence: str
):
    me: Visitor = visitor(opened(SECTOR)).sign_in("priya_nair")
    answer = me.get(f"/queue?tab=all&account=umb&sort=amount&{query}")
    assert answer.status_code == 400
    page = html.unescape(answer.text)
    assert re.search(
        rf'<(input|select) id="f-{field}"[^>]*aria-invalid="true" autofocus aria-describedby="wrong-{field}"', page
    )
    assert page.count('aria-invalid="true"') == 1
    said = re.search(r'id="wrong-\w+" role="alert">(.*?)</p>', page)
    assert said
    assert sentence in said.group(1)
    assert listed(page) == [], "entries that the filter does not ask for could be taken for those it does"
    typed = found_forms.forms(answer.text)["/queue"]
    asked = dict(pair.split("=") for pair in query.split("&"))
    assert {name: typed[name] for name in asked} == asked
    assert (typed["account"], typed["sort"], typed["tab"]) == ("umb", "amount", "all")


def test_the_list_and_its_keys_are_within_reach_of_the_keyboard(opened: Open, visitor):
    site = opened(SECTOR)
    page = visitor(site).sign_in("priya_nair").text("/queue")
    links = re.findall(r'<a class="skip" href="#(\w+)">', page)
    assert links == ["main", "list"]
    for name in links:
        assert re.search(rf'<\w+ id="{name}" tabindex="-1"', page), name
    after = page.partition('<tbody id="list"')[2]
    assert re.search(r"<(a|input|button)[^>]*", after).group().startswith('<input type="checkbox"')  # type: ignore[union-attr]
    assert '<span class="keys-hint" hidden>' in page, "only where the script is, which the keys need"
    assert 'href="#list"' not in visitor(site).sign_in("kwame_mensah").text("/queue"), "there is no list"


def test_a_place_beyond_the_end_says_so(opened: Open, visitor):
    me: Visitor = visitor(opened(SECTOR)).sign_in("priya_nair")
    place = "WyJkdWUiLCJ1cCIsIjIwOTktMTEtMjRUMDk6MDA6MDArMDA6MDAiLDFd"
    assert "nothing more in that direction" in me.text(f"/queue?after={place}")


def test_hostile_text_is_shown_and_does_nothing(opened: Open, visitor):
    evil = '"><script>alert(1)</script>{{7*7}}\u202e=HYPERLINK("x")'
    site = opened({"Account.Name": evil, "Name": evil, "Account.Industry": evil})
    me: Visitor = visitor(site).sign_in("priya_nair")
    for url in ("/queue", "/causes", "/queue?tab=all&q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"):
        page = me.text(url)
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "{{7*7}}" in page or "q=" in url


def test_a_name_of_a_megabyte_neither_breaks_the_page_nor_its_address(opened: Open, visitor, monkeypatch):
    monkeypatch.setattr(queue, "SIZE", 1)
    site = opened({**SECTOR, "Account.Name": "N" * 1_000_000}, {**SECTOR, "Account.Name": "N" * 1_000_000})
    me: Visitor = visitor(site).sign_in("priya_nair")
    page = me.text("/queue?sort=account")
    assert len(page) < 60_000
    assert listed(me.text(link(page, "Next"))) == ["E-000002"]


def test_looking_changes_nothing(opened: Open, visitor):
    site = opened(SECTOR, TERMS)
    me: Visitor = visitor(site).sign_in("priya_nair")

    def everything() -> list[object]:
        with site.store.read() as tx:
            return [list(tx.execute(sa.select(table))) for table in (entry, handoff, violation, event, run_deal)]

    before = everything()
    for url in ("/queue", "/queue?tab=all&q=x&sort=amount", "/causes", "/approvals"):
        me.text(url)
    assert everything() == before


def test_an_entry_given_away_is_gone_at_the_next_look(opened: Open, visitor):
    site = opened(TERMS)
    me: Visitor = visitor(site).sign_in("tomas_ortega")
    assert listed(me.text("/queue?tab=mine")) == ["E-000001"]
    change(site, 1, person="kwame_mensah", owner_name="Kwame Mensah")
    page = me.text("/queue?tab=mine")
    assert listed(page) == []
    assert 'Mine <span class="count">0</span>' in page
