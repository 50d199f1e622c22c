"""Deciding about a label on the page: seen before it is taken, taken as it was seen, and only by its owner."""

import re

import pytest
import sqlalchemy as sa

from handoff.store.desk_tables import label_decision
from handoff.store.tables import event, handoff
from tests.unit.mappings.demo_deal import SNAPSHOT
from tests.web.conftest import Open
from tests.web.visitor import Visitor

WRONG = {"Account.Industry": "Softwear"}
SETS = SNAPSHOT["Account"]["Industry"]


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
    assert ">3</b>deals held by this text" in page
    assert ">2</b>released by the next run" in page
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
