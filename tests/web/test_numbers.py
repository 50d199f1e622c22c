"""The numbers: everybody who is signed in may look, and nobody learns a byte of an entry that is none of theirs."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from handoff.report.charts.every import NAMES
from handoff.store.tables import entry, handoff
from tests.web.conftest import Hand, Open
from tests.web.visitor import Visitor

Visit = Callable[..., Visitor]
GATWAY = {"OpportunityLineItems.0.Product2": {"Name": "Gatway", "Recurring__c": False}}
SECRET = "Zanzibar Holdings"
HELD = (
    GATWAY,
    {"Account.Name": SECRET, "Billing_Contact__r.Email": "zanzibar at example"},
    {"Account.Industry": "<script>alert(1)</script>"},
)


@pytest.mark.parametrize("url", ["/numbers", "/numbers/flow.svg"])
def test_nobody_sees_numbers_before_they_are_signed_in(opened: Open, visitor: Visit, url: str) -> None:
    assert visitor(opened(*HELD)).get(url).status_code == 303


def test_the_numbers_are_told_in_figures_pictures_and_tables(opened: Open, visitor: Visit) -> None:
    text = visitor(opened(*HELD)).sign_in("priya_nair").text("/numbers")
    for said in (
        "Where won deals are",
        "Of 3 deals that were judged, 0 passed at once (0 %) and 3 were held at first",
        "EUR 30,000.00 is held in 3 entries",
        "product “Gatway”",
        "no data yet",
        "<b>EUR 30.0 k</b>",
    ):
        assert said in text.replace("\N{NO-BREAK SPACE}", " "), said
    assert "<b>EUR\N{NO-BREAK SPACE}30.0\N{NO-BREAK SPACE}k</b>" in text
    for name in ("flow", "causes", "ageing", "first-pass"):
        assert f'src="/numbers/{name}.svg?size=wide&amp;scheme=light"' in text
        assert f"/numbers/{name}.svg?size=narrow&amp;scheme=dark" in text
    assert "/numbers/attainment.svg" not in text, "there is nothing to draw"


@pytest.mark.parametrize("person", ["priya_nair", "kwame_mensah", "helena_brandt"])
def test_no_byte_of_an_entry_is_in_the_numbers(opened: Open, visitor: Visit, person: str) -> None:
    me = visitor(opened(*HELD)).sign_in(person)
    seen = [me.text("/numbers"), *(me.get(f"/numbers/{name}.svg").text for name in NAMES)]
    for text in seen:
        for word in (SECRET, "Zanzibar", "zanzibar", "006000", "E-00000", "Kupferkamm", "Nora Falk", "Lena Hartwig"):
            assert word not in text, word


def test_a_label_is_told_to_whoever_may_read_a_deal_with_it_and_its_money_to_everybody(
    opened: Open, visitor: Visit
) -> None:
    site = opened(GATWAY, {"OpportunityLineItems.0.Product2": {"Name": "Gatwai", "Recurring__c": False}})
    for person, told in (("priya_nair", True), ("helena_brandt", True), ("rin_takeda", False)):
        me = visitor(site).sign_in(person)
        page, drawn = me.text("/numbers"), me.get("/numbers/causes.svg").text
        assert ("Gatw" in page, "Gatw" in drawn) == (told, told), person
        assert ("they count under their rule" in page) is not told
        assert "EUR 20,000.00 is held in 2 entries" in page
    with site.store.write() as tx:
        tx.execute(entry.update().where(entry.c.id == 2).values(person="rin_takeda"))
    page = visitor(site).sign_in("rin_takeda").text("/numbers")
    assert "Gatwai" in page
    assert "Gatway" not in page


@pytest.mark.parametrize("size", ["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_chart_is_a_picture_of_either_size_and_ground(
    opened: Open, visitor: Visit, size: str, scheme: str
) -> None:
    me = visitor(opened(*HELD)).sign_in("priya_nair")
    answer = me.get(f"/numbers/causes.svg?size={size}&scheme={scheme}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    root = ElementTree.fromstring(answer.text)
    assert root.attrib["width"] == ("560" if size == "wide" else "340")
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/numbers/nonsense.svg", 404),
        ("/numbers/attainment.svg", 404),
        ("/numbers/flow.svg?scheme=pink", 400),
        ("/numbers/flow.svg?since=yesterday", 400),
        ("/numbers/..%2f..%2fetc.svg", 404),
        (f"/numbers?since={'9' * 400}", 400),
    ],
)
def test_what_is_no_chart_or_no_day_is_refused_in_a_sentence(
    opened: Open, visitor: Visit, url: str, status: int
) -> None:
    answer = visitor(opened(*HELD)).sign_in("priya_nair").get(url)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_period_narrows_what_is_told_and_the_pictures_with_it(opened: Open, visitor: Visit, hand: Hand) -> None:
    me = visitor(opened(*HELD)).sign_in("priya_nair")
    text = me.text("/numbers?since=2026-11-24&until=2026-11-24")
    assert "/numbers/flow.svg?size=wide&amp;scheme=light&amp;since=2026-11-24&amp;until=2026-11-24" in text
    assert 'value="2026-11-24"' in text
    assert '<a href="/numbers?since=2026-11-17">1 week</a>' in text
    assert '<a href="/numbers?since=2026-11-17" aria-current="page">' in me.text("/numbers?since=2026-11-17")
    before = me.text("/numbers?since=&until=2026-11-01")
    assert "There is no data yet." in before
    assert "EUR 30,000.00 is held in 3 entries" in before, "what is open is told as of now"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=yesterday", "The first day, &#39;yesterday&#39; is no day of this calendar"),
        ("until=2026-02-30", "the last day, &#39;2026-02-30&#39; is no day"),
        ("since=2026-11-20&until=2026-11-01", "is after the last day, 2026-11-01"),
        ("since=2999-01-01", "lies ahead"),
        ("since=%3Cscript%3E", "&lt;script&gt;"),
    ],
)
def test_a_day_that_is_none_is_said_and_all_time_is_shown(opened: Open, visitor: Visit, query: str, said: str) -> None:
    answer = visitor(opened(*HELD)).sign_in("priya_nair").get(f"/numbers?{query}")
    assert answer.status_code == 400
    assert said in answer.text
    assert "All time is shown." in answer.text
    assert "EUR 30,000.00 is held" in answer.text


def test_a_store_without_a_deal_has_a_page_too(opened: Open, visitor: Visit) -> None:
    text = visitor(opened()).sign_in("priya_nair").text("/numbers")
    assert text.count("no data yet") >= 3
    assert '<img src="/numbers' not in text


def test_money_that_is_none_is_counted_and_its_currency_not_quoted(opened: Open, visitor: Visit) -> None:
    site = opened(*HELD)
    with site.store.write() as tx:
        tx.execute(handoff.update().where(handoff.c.id == 1).values(currency="<b>x"))
    text = visitor(site).sign_in("priya_nair").text("/numbers")
    assert "1 amount cannot be read" in text
    assert "b&gt;x" not in text


def test_looking_at_numbers_writes_nothing(opened: Open, visitor: Visit, tmp_path: Path) -> None:
    site = opened(*HELD)
    me = visitor(site).sign_in("priya_nair")
    before = (tmp_path / "home" / "handoff.db").read_bytes()
    me.text("/numbers")
    me.get("/numbers/flow.svg")
    with site.store.read() as tx:
        tx.exec_driver_sql("SELECT 1")
    assert (tmp_path / "home" / "handoff.db").read_bytes() == before
