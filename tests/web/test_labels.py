"""Deciding about a label on the page: seen before it is taken, taken as it was seen, and only by its owner."""

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from handoff.review import label_list
from handoff.store.desk_tables import label_decision
from handoff.store.tables import event, handoff
from tests.unit.cli.held_deals import NOW
from tests.unit.mappings.demo_deal import SNAPSHOT
from tests.web.conftest import Open
from tests.web.found_forms import forms
from tests.web.visitor import ADDRESS, Visitor

WRONG = {"Account.Industry": "Softwear"}
SETS = SNAPSHOT["Account"]["Industry"]
_TEXTS = re.compile(r"“(Sector \d)”")


def shown(page: str) -> str:
    found = re.search(r'name="shown" value="([0-9a-f]+)"', page)
    assert found
    return found.group(1)


def decisions(site) -> list[sa.Row]:
    with site.store.read() as tx:
        return list(tx.execute(sa.select(label_decision)))


def test_an_owner_sees_what_a_decision_releases_and_then_takes_it(opened: Open, visitor):
    site = opened(WRONG, WRONG, {**WRONG, "PO_Number__c": None})
    me: Visitor = visitor(site).sign_in("priya_nair")
    assert "Softwear" in me.text("/labels")
    assert SETS in me.text("/labels/decide?entry=E-000001")
    url = f"/labels/preview?entry=E-000001&as_label={SETS}"
    page = me.text(url)
    assert ">3</b> deals held by this text" in page
    assert ">2</b> released by the next run" in page
    assert not decisions(site)
    form = {"entry": "E-000001", "as_label": SETS, "why": "a slip of the pen", "shown": shown(page)}
    said = me.told(me.post("/labels/decide", on=url, **form))
    assert said.startswith("Decided.")
    (made,) = decisions(site)
    assert (made.seen, made.canonical, made.actor, made.why) == ("Softwear", SETS, "priya_nair", "a slip of the pen")
    with site.store.read() as tx:
        (told,) = tx.execute(sa.select(event).where(event.c.what == "label_decided"))
    assert (told.actor, told.new["releases"]["deals"]) == ("priya_nair", 2)


def test_a_decision_is_refused_when_it_would_touch_something_else_by_now(opened: Open, visitor):
    site = opened(WRONG, WRONG)
    me = visitor(site).sign_in("priya_nair")
    url = f"/labels/preview?entry=E-000001&as_label={SETS}"
    before = shown(me.text(url))
    with site.store.write() as tx:
        tx.execute(sa.update(handoff).where(handoff.c.id == 2).values(state="pulled"))
    answer = me.post("/labels/decide", on=url, entry="E-000001", as_label=SETS, why="so it is", shown=before)
    assert answer.status_code == 409
    assert "has changed since you looked" in answer.text
    assert not decisions(site)
    again = forms(answer.text)["/labels/decide"]
    assert again["why"] == "so it is"
    assert again["shown"] not in ("", before)
    assert me.forge("/labels/decide", again, headers={"origin": ADDRESS}).status_code == 303, "what stands there now"


def test_whoever_decides_second_reads_so_and_keeps_what_they_had_written(opened: Open, visitor):
    site = opened(WRONG)
    url = f"/labels/preview?entry=E-000001&as_label={SETS}"
    first, second = (visitor(site).sign_in(who) for who in ("priya_nair", "helena_brandt"))
    hers = forms(second.text(url))["/labels/decide"]
    his = forms(first.text(url))["/labels/decide"]
    assert first.forge("/labels/decide", {**his, "why": "so it is"}, headers={"origin": ADDRESS}).status_code == 303
    answer = second.forge("/labels/decide", {**hers, "why": "Their own spelling."}, headers={"origin": ADDRESS})
    assert answer.status_code in (400, 409)
    assert re.search(r"<textarea[^>]*readonly[^>]*>Their own spelling.</textarea>", answer.text)
    said = re.sub(r"<[^>]+>", "", answer.text)
    assert not re.search("priya_nair|handoff labels|--", said)


def test_a_decision_is_taken_once_however_often_its_form_is_sent(opened: Open, visitor):
    site = opened(WRONG)
    me = visitor(site).sign_in("priya_nair")
    url = f"/labels/preview?entry=E-000001&as_label={SETS}"
    form = {"entry": "E-000001", "as_label": SETS, "why": "so it is", "shown": shown(me.text(url))}
    csrf = me.token(url)
    own = {"origin": "http://127.0.0.1:8440"}
    assert me.forge("/labels/decide", {"csrf": csrf, **form}, headers=own).status_code == 303
    assert me.forge("/labels/decide", {"csrf": csrf, **form}, headers=own).status_code in (400, 409)
    assert len(decisions(site)) == 1


def test_it_can_be_taken_back(opened: Open, visitor):
    site = opened(WRONG)
    me = visitor(site).sign_in("priya_nair")
    url = f"/labels/preview?entry=E-000001&as_label={SETS}"
    me.post("/labels/decide", on=url, entry="E-000001", as_label=SETS, why="so it is", shown=shown(me.text(url)))
    (made,) = decisions(site)
    said = me.told(
        me.post("/labels/withdraw", on="/labels", label_set=made.label_set, seen="Softwear", why="it was not")
    )
    assert "holds deals again" in said
    assert decisions(site)[0].state == "withdrawn"


@pytest.mark.parametrize("chosen", [f"as_label={SETS}", "new_label=true"])
def test_a_decision_without_a_reason_is_shown_again_as_it_was_filled_in(opened: Open, visitor, chosen: str):
    site = opened(WRONG)
    me = visitor(site).sign_in("priya_nair")
    typed = forms(me.text(f"/labels/preview?entry=E-000001&{chosen}"))["/labels/decide"]
    for why, sentence in ((" \n ", "“Why” is empty: fill it in."), ("x" * 2001, "The reason has 2,001 characters")):
        answer = me.forge("/labels/decide", {**typed, "why": why}, headers={"origin": ADDRESS})
        assert answer.status_code == 400
        assert re.search(rf'id="wrong-why" role="alert">{sentence}', answer.text)
        assert "--" not in re.sub(r"<[^>]+>", "", answer.text)
        again = forms(answer.text)["/labels/decide"]
        assert {**again, "why": ""} == typed
    assert again["why"] == "x" * 2001
    assert not decisions(site)
    sent = me.forge("/labels/decide", {**again, "why": "so it is"}, headers={"origin": ADDRESS})
    assert me.told(sent).startswith("Decided.")


def test_taking_back_without_a_reason_says_so_beside_the_decision(opened: Open, visitor):
    site = opened(WRONG)
    me = visitor(site).sign_in("priya_nair")
    typed = forms(me.text(f"/labels/preview?entry=E-000001&as_label={SETS}"))["/labels/decide"]
    me.forge("/labels/decide", {**typed, "why": "so it is"}, headers={"origin": ADDRESS})
    back = forms(me.text("/labels?tab=decided"))["/labels/withdraw"]
    answer = me.forge("/labels/withdraw", {**back, "why": "   "}, headers={"origin": ADDRESS})
    assert answer.status_code == 400
    fold = answer.text.partition('<details class="small" open>')[2].partition("</details>")[0]
    assert "“Why” is empty: fill it in." in fold
    assert 'aria-invalid="true"' in fold
    assert decisions(site)[0].state == "decided"
    elsewhere = {**back, "why": " ", "seen": "Another"}
    assert "“Why” is empty" in me.forge("/labels/withdraw", elsewhere, headers={"origin": ADDRESS}).text


def test_whoever_may_not_decide_sees_no_text_and_no_form(opened: Open, visitor):
    site = opened(WRONG)
    other = visitor(site).sign_in("stefan_vogt")
    assert "Softwear" not in other.text("/labels")
    for url in ("/labels/decide?entry=E-000001", f"/labels/preview?entry=E-000001&as_label={SETS}"):
        answer = other.get(url)
        assert answer.status_code == 404
        assert "Softwear" not in answer.text
    form = {"entry": "E-000001", "as_label": SETS, "why": "mine", "shown": "0"}
    assert other.post("/labels/decide", on="/labels", **form).status_code == 404
    assert not decisions(site)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("?entry=E-000001&cause=C-1", 400),
        ("?entry=E-999999", 404),
        ("?entry=%00", 404),
        ("?cause=C-0000000000", 404),
        ("?entry=E-000001&rule=no_such_rule", 404),
        (f"?entry={'x' * 100}", 400),
    ],
)
def test_a_broken_address_is_one_sentence(opened: Open, visitor, query: str, status: int):
    me = visitor(opened(WRONG)).sign_in("priya_nair")
    for page in ("decide", "preview"):
        answer = me.get(f"/labels/{page}{query}")
        assert answer.status_code == status, (page, answer.text[:400])


@pytest.mark.parametrize(
    "change",
    [
        {"as_label": "No such label"},
        {"as_label": None},
        {"why": ""},
        {"why": "x" * 3000},
        {"owner": "me"},
        {"shown": None},
    ],
)
def test_a_broken_form_writes_nothing(opened: Open, visitor, change: dict):
    site = opened(WRONG)
    me = visitor(site).sign_in("priya_nair")
    url = f"/labels/preview?entry=E-000001&as_label={SETS}"
    form = {"entry": "E-000001", "as_label": SETS, "why": "so it is", "shown": shown(me.text(url)), **change}
    answer = me.post("/labels/decide", on=url, **{name: text for name, text in form.items() if text is not None})
    assert answer.status_code == 400, answer.text[:400]
    assert not decisions(site)


def test_hostile_labels_are_shown_as_they_are(opened: Open, visitor):
    me = visitor(opened({"Account.Industry": "<script>alert(1)</script>{{7*7}}"})).sign_in("priya_nair")
    for url in ("/labels", "/labels/decide?entry=E-000001", f"/labels/preview?entry=E-000001&as_label={SETS}"):
        page = me.text(url)
        assert "<script>alert" not in page
        assert "{{7*7}}" in page


def test_a_text_that_turns_what_stands_beside_it_is_shown_harmless_and_cannot_be_decided(opened: Open, visitor):
    me = visitor(opened({"Account.Industry": "Tech\u202eygolon"})).sign_in("priya_nair")
    assert "\u202e" not in me.text("/labels") + me.text("/labels/decide?entry=E-000001")
    assert me.get(f"/labels/preview?entry=E-000001&as_label={SETS}").status_code == 400


def test_many_texts_come_a_page_at_a_time_each_once_and_are_found_by_what_they_say(opened: Open, visitor, monkeypatch):
    monkeypatch.setattr(label_list, "SIZE", 2)
    me = visitor(opened(*({"Account.Industry": f"Sector {n}"} for n in range(5)))).sign_in("priya_nair")
    first, *_ = pages = [me.text("/labels")]
    while following := re.search(r'rel="next" href="([^"]*)"', pages[-1]):
        pages.append(me.text(html.unescape(following.group(1))))
    assert [len(_TEXTS.findall(page)) for page in pages] == [2, 2, 1]
    assert {text for page in pages for text in _TEXTS.findall(page)} == {f"Sector {n}" for n in range(5)}
    assert 'Texts that hold deals <span class="count">5</span>' in first
    back = re.search(r'rel="prev" href="([^"]*)"', pages[-1])
    assert back
    assert _TEXTS.findall(me.text(html.unescape(back.group(1)))) == _TEXTS.findall(pages[1])
    assert _TEXTS.findall(me.text("/labels?q=sector+3")) == ["Sector 3"]
    assert "No text that holds deals says that." in me.text("/labels?q=%3Cb%3E")


def test_decisions_come_a_page_at_a_time_newest_first_by_whom_a_person_knows(opened: Open, visitor, monkeypatch):
    monkeypatch.setattr(label_list, "SIZE", 2)
    site = opened()
    with site.store.write() as tx:
        for n in range(3):
            decision = {"label_set": "sector", "seen": f"Sector {n}", "canonical": SETS, "is_new": False}
            told = {"actor": "priya_nair", "at": NOW + timedelta(hours=n), "why": "so it is", "state": "withdrawn"}
            tx.execute(sa.insert(label_decision).values(**decision, **told))
    me = visitor(site).sign_in("priya_nair")
    page = me.text("/labels?tab=decided")
    assert _TEXTS.findall(page) == ["Sector 2", "Sector 1"]
    assert "<bdi>Priya Nair</bdi>, " in page
    older = re.search(r'rel="next" href="([^"]*)"', page)
    assert older
    assert _TEXTS.findall(me.text(html.unescape(older.group(1)))) == ["Sector 0"]


def test_a_place_that_is_none_is_refused_in_a_sentence(opened: Open, visitor):
    me = visitor(opened()).sign_in("priya_nair")
    for query in (
        "after=x",
        "before=1~2~C-zzzzzzzzzz",
        "after=1~2~C-0123456789&before=1~2~C-0123456789",
        "tab=nothing",
        f"q={'x' * 400}",
        "tab=decided&after=yesterday~1",
        "tab=decided&after=2026-11-24T09:00:00~1",
        "tab=decided&after=2026-11-24T09:00:00%2B00:00~one",
    ):
        assert me.get(f"/labels?{query}").status_code == 400, query


def test_each_way_to_decide_has_a_name_of_its_own(opened: Open, visitor):
    page = visitor(opened(WRONG)).sign_in("priya_nair").text("/labels/decide?entry=E-000001")
    names = [name for name in re.findall(r"<button[^>]*>(.*?)</button>", page) if name != "Sign out"]
    assert len(names) == len(set(names)) == 3
