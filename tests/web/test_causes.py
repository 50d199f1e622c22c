"""Causes on the page: what holds deals, for whom, and what can be decided on all of it."""

import re

import sqlalchemy as sa

from handoff.review import queue, queue_counts
from handoff.store.tables import entry, event
from tests.unit.cli.held_deals import NOW
from tests.web.conftest import Open
from tests.web.visitor import Visitor

SECTOR = {"Account.Industry": "technolgy"}
TERMS = {"Payment_Terms__c": "whenever"}
_CAUSE = re.compile(r'<tr data-url="/causes/(C-[0-9a-f]{10})">')


def test_a_cause_says_what_it_holds_and_leads_to_it(opened: Open, visitor):
    me: Visitor = visitor(opened(SECTOR, SECTOR, TERMS)).sign_in("helena_brandt")
    page = me.text("/causes")
    assert len(_CAUSE.findall(page)) == 2
    first = _CAUSE.findall(page)[0]
    own = me.text(f"/causes/{first}")
    assert "technolgy" in own
    assert "<b>2</b> deals held by it" in own
    assert "https://localhost:1/" in own
    assert 'href="/entries/E-000001"' in own
    assert me.text(f"/queue?tab=all&cause={first}").count("<tr data-url") == 2
    assert me.text(f"/causes/{first.lower().replace('c-', 'C-')}")


def test_a_label_leads_to_where_it_is_decided_and_what_is_no_label_does_not(opened: Open, visitor):
    me: Visitor = visitor(opened(SECTOR, {"Name": "tbd"})).sign_in("helena_brandt")
    by_label = {c: f"/labels/decide?cause={c}" in me.text(f"/causes/{c}") for c in _CAUSE.findall(me.text("/causes"))}
    assert sorted(by_label.values()) == [False, True]


def test_causes_of_others_do_not_exist(opened: Open, visitor):
    site = opened({**SECTOR, "Account.Name": "Zanzibar Works"}, TERMS)
    (cause, other) = _CAUSE.findall(visitor(site).sign_in("helena_brandt").text("/causes"))
    me: Visitor = visitor(site).sign_in("tomas_ortega")
    found = _CAUSE.findall(me.text("/causes"))
    assert len(found) == 1
    theirs = cause if found == [other] else other
    assert me.get(f"/causes/{theirs}").status_code == 404
    assert "Zanzibar" not in me.text("/causes") + me.text(f"/queue?tab=all&cause={theirs}")
    for name in ("C-0000000000", "C-1", "..%2Fqueue", "C-zzzzzzzzzz", "x" * 500):
        assert me.get(f"/causes/{name}").status_code == 404


def test_of_a_cause_that_several_have_each_sees_their_part(opened: Open, visitor):
    site = opened(SECTOR, SECTOR, TERMS)
    with site.store.write() as tx:
        tx.execute(sa.update(entry).where(entry.c.id == 2).values(person="kwame_mensah", owner_name="Kwame Mensah"))
        tx.execute(sa.insert(event).values(at=NOW, actor="test", subject="test", what="changed"))
    me: Visitor = visitor(site).sign_in("kwame_mensah")
    (cause,) = _CAUSE.findall(me.text("/causes"))
    page = me.text(f"/causes/{cause}")
    assert "<b>1</b> deal held by it" in page
    assert "E-000001" not in page


def test_what_is_put_right_is_no_cause_any_more(opened: Open, visitor):
    site = opened(SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    (cause,) = _CAUSE.findall(me.text("/causes"))
    with site.store.write() as tx:
        tx.execute(sa.update(entry).values(state="released"))
        tx.execute(sa.insert(event).values(at=NOW, actor="sync", subject="entry:E-000001", what="released"))
    assert me.get(f"/causes/{cause}").status_code == 404
    assert "No deal is held that you may read" in me.text("/causes")
    assert "Nothing of this tab is held by the cause" in me.text(f"/queue?tab=all&cause={cause}")


def test_causes_of_many_entries_are_counted_beside_the_request(opened: Open, visitor, monkeypatch):
    monkeypatch.setattr(queue, "MANY", 0)
    started = []

    class Later:
        def __init__(self, target, args, **_):
            self.start = lambda: started.append(lambda: target(*args))

    monkeypatch.setattr(queue_counts.threading, "Thread", Later)
    me: Visitor = visitor(opened(SECTOR)).sign_in("priya_nair")
    assert "being counted" in me.text("/queue")
    assert "being counted" in me.text("/queue")
    assert len(started) == 1
    started[0]()
    assert "Causes first" in me.text("/queue")
