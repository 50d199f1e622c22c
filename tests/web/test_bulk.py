"""Decisions on many entries: shown before they are done, done to what was shown, and nothing of what is not theirs."""

import re

import pytest
import sqlalchemy as sa

from handoff.core.handoff import HandoffState
from handoff.review.site import Site
from handoff.store import handoffs
from handoff.store.tables import entry, event, handoff
from tests.unit.cli.held_deals import NOW
from tests.web.conftest import Open
from tests.web.found_forms import forms
from tests.web.visitor import ADDRESS, Visitor

SECTOR = {"Account.Industry": "technolgy"}
TERMS = {"Payment_Terms__c": "whenever"}
_CHOSEN = re.compile(r'name="chosen" value="([^"]*)"')


def states(site: Site) -> list[str]:
    with site.store.read() as tx:
        return list(tx.execute(sa.select(handoff.c.state).order_by(handoff.c.id)).scalars())


def told(site: Site, what: str) -> list[sa.Row]:
    with site.store.read() as tx:
        return list(tx.execute(sa.select(event).where(event.c.what == what).order_by(event.c.seq)))


def shown(me: Visitor, what: str, *entries: str, **fields: str) -> str:
    """The preview of ticked entries."""
    answer = me.post("/bulk/preview", on="/queue", what=what, entry=list(entries), **fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def chosen(page: str) -> str:
    found = _CHOSEN.search(page)
    assert found, page
    return found.group(1)


def test_a_preview_says_what_it_would_touch_and_writes_nothing(opened: Open, visitor):
    site = opened(SECTOR, SECTOR, TERMS)
    me: Visitor = visitor(site).sign_in("priya_nair")
    page = shown(me, "rerun", "1.0", "2.0", "3.0")
    assert "Judge 3 deals again?" in page
    assert "EUR 30,000.00" in page
    assert "Priya Nair</bdi> (2)" in page
    assert states(site) == ["held"] * 3
    assert told(site, "rerun") == []


def test_a_re_run_puts_the_deals_to_the_gate_and_its_page_says_so(opened: Open, visitor):
    site = opened(SECTOR, SECTOR, TERMS)
    me: Visitor = visitor(site).sign_in("priya_nair")
    answer = me.post(
        "/bulk", on="/queue", what="rerun", chosen=chosen(shown(me, "rerun", "1.0", "2.0")), why="put right"
    )
    assert answer.headers["location"].startswith("/reruns/R-")
    assert "2 deals queued" in me.told(answer)
    assert states(site) == ["pulled", "pulled", "held"]
    events = [row for row in told(site, "rerun") if row.subject.startswith("entry:")]
    assert [(row.subject, row.actor, row.why) for row in events] == [
        ("entry:E-000001", "priya_nair", "put right"),
        ("entry:E-000002", "priya_nair", "put right"),
    ]
    page = me.text(answer.headers["location"])
    assert "<b>2</b> queued" in page
    assert "data-waits" in page
    with site.store.write() as tx:
        handoffs.move(tx, 1, HandoffState.HELD, NOW)
        handoffs.move(tx, 2, HandoffState.PASSED, NOW)
        tx.execute(sa.update(entry).where(entry.c.id == 2).values(state="released"))
    page = me.text(answer.headers["location"])
    assert "<b>1</b> released" in page
    assert "<b>1</b> still held" in page
    assert "sector is canonical: 1 deal" in page
    assert "data-waits" not in page


def test_a_re_run_is_shown_to_whoever_asked_and_to_nobody_else(opened: Open, visitor):
    site = opened(SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    answer = me.post("/bulk", on="/queue", what="rerun", chosen="1.0", why="put right")
    for who in ("helena_brandt", "kwame_mensah"):
        assert visitor(site).sign_in(who).get(answer.headers["location"]).status_code == 404
    assert me.get("/reruns/R-1").status_code == 404


def test_a_form_that_is_sent_twice_is_done_once(opened: Open, visitor):
    site = opened(SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    fields = {"what": "rerun", "chosen": "1.0", "why": "put right"}
    assert me.post("/bulk", on="/queue", **fields).headers["location"].startswith("/reruns/")
    again = me.told(me.post("/bulk", on="/queue", **fields))
    assert "Nothing was queued" in again
    assert "E-000001 left as before: it was changed since you looked at it" in again
    assert len([row for row in told(site, "rerun") if row.subject.startswith("entry:")]) == 1


def test_what_changed_after_the_preview_is_left_and_the_rest_is_done(opened: Open, visitor):
    site = opened(SECTOR, SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    for what, extra in (("rerun", {}), ("assign", {"to": "tomas_ortega"})):
        with site.store.read() as tx:
            versions = list(tx.execute(sa.select(entry.c.row_version).order_by(entry.c.id)).scalars())
        seen = chosen(shown(me, what, *(f"{n}.{v}" for n, v in enumerate(versions, start=1)), **extra))
        with site.store.write() as tx:
            tx.execute(sa.update(entry).where(entry.c.id == 2).values(row_version=entry.c.row_version + 1))
        said = me.told(me.post("/bulk", on="/queue", what=what, chosen=seen, why="because", **extra))
        assert "E-000002 left as before: it was changed since you looked at it" in said
        assert said.startswith("1 ")


def test_entries_are_given_to_a_person_who_is_told(opened: Open, visitor):
    site = opened(SECTOR, TERMS)
    me: Visitor = visitor(site).sign_in("priya_nair")
    page = shown(me, "assign", "1.0", "2.0", to="kwame_mensah")
    assert '<option value="kwame_mensah" selected>' in page
    assert 'value="ingrid_solberg"' not in page
    answer = me.post("/bulk", on="/queue", what="assign", chosen=chosen(page), to="kwame_mensah", why="I am away")
    assert me.told(answer) == "2 entries given to Kwame Mensah."
    with site.store.read() as tx:
        assert set(tx.execute(sa.select(entry.c.person)).scalars()) == {"kwame_mensah"}
    assert {row.why for row in told(site, "reassign")} == {"I am away"}


def test_a_whole_filter_and_a_whole_cause_are_taken_at_once(opened: Open, visitor):
    site = opened(SECTOR, SECTOR, TERMS)
    me: Visitor = visitor(site).sign_in("helena_brandt")
    matching = "?tab=all&rule=sector_is_canonical"
    answer = me.post("/bulk/preview", on="/queue?tab=all", what="rerun-all", matching=matching)
    assert chosen(answer.text) == "1.0-2.0"
    cause = re.search(r"/causes/(C-[0-9a-f]{10})", me.text("/causes"))
    assert cause
    of_cause = me.post("/bulk/preview", on="/queue?tab=all", what="rerun", cause=cause.group(1))
    assert of_cause.status_code == 200
    assert set(chosen(of_cause.text).split("-")) < {"1.0", "2.0", "3.0"}


def test_who_has_no_part_in_an_entry_can_do_nothing_to_it_and_learns_nothing(opened: Open, visitor):
    site = opened({**SECTOR, "Account.Name": "Zanzibar Works"})
    me: Visitor = visitor(site).sign_in("kwame_mensah")
    page = shown(me, "rerun", "1.0")
    assert "Zanzibar" not in page
    assert "Priya" not in page
    assert "not there for you" in page
    for what, extra in (("rerun", {}), ("assign", {"to": "kwame_mensah"})):
        answer = me.post("/bulk", on="/queue", what=what, chosen="1.0", why="mine now", **extra)
        assert answer.status_code == 404
        assert "Zanzibar" not in answer.text
    assert states(site) == ["held"]
    with site.store.read() as tx:
        assert tx.execute(sa.select(entry.c.person)).scalar() == "priya_nair"


def test_a_reviewer_may_have_it_judged_again_and_not_give_it_away(opened: Open, visitor):
    site = opened({"Type": "Renewal"})
    with site.store.read() as tx:
        person = tx.execute(sa.select(entry.c.person)).scalar()
    assert person
    page = shown(visitor(site).sign_in("priya_nair"), "assign", "1.0")
    assert chosen(page) == "1.0"


def test_what_is_not_held_is_left_with_the_reason(opened: Open, visitor):
    site = opened(SECTOR, SECTOR)
    with site.store.write() as tx:
        tx.execute(sa.update(handoff).where(handoff.c.id == 1).values(state="delivered"))
        tx.execute(sa.update(entry).where(entry.c.id == 2).values(state="rejected"))
    me: Visitor = visitor(site).sign_in("priya_nair")
    page = shown(me, "rerun", "1.0", "2.0")
    assert "its deal is delivered: judging it again changes nothing" in page
    assert "it is rejected: only open entries are judged again" in page
    assert "Nothing would be touched" in page
    with site.store.write() as tx:
        tx.execute(sa.update(handoff).where(handoff.c.id == 1).values(state="by_hand_claimed"))
    assert "its deal is said to be done by hand: judging" in shown(me, "rerun", "1.0")


@pytest.mark.parametrize(
    ("url", "fields"),
    [
        ("/bulk/preview", {"what": "reject", "entry": "1.0"}),
        ("/bulk/preview", {"what": "rerun", "entry": "1"}),
        ("/bulk/preview", {"what": "rerun", "entry": "1.0", "owner": "me"}),
        ("/bulk/preview", {"what": "rerun", "entry": "9999999999999.0"}),
        ("/bulk/preview", {"what": "rerun-all", "matching": "?tab"}),
        ("/bulk/preview", {"what": "rerun-all", "matching": "?sort=name"}),
        ("/bulk", {"what": "rerun", "chosen": "1.0"}),
        ("/bulk", {"what": "rerun", "chosen": "1.0", "why": "  "}),
        ("/bulk", {"what": "rerun", "chosen": "1.0", "why": "x" * 3000}),
        ("/bulk", {"what": "rerun", "chosen": "drop table", "why": "x"}),
        ("/bulk", {"what": "rerun", "chosen": "1.0", "why": "x", "state": "released"}),
        ("/bulk", {"what": "assign", "chosen": "1.0", "why": "x"}),
        ("/bulk", {"what": "assign", "chosen": "1.0", "why": "x", "to": "nobody"}),
        ("/bulk", {"what": "assign", "chosen": "1.0", "why": "x", "to": "ingrid_solberg"}),
    ],
)
def test_a_form_that_is_not_ours_writes_nothing(opened: Open, visitor, url: str, fields: dict[str, str]):
    site = opened(SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    answer = me.post(url, on="/queue", **fields)
    assert answer.status_code == 400, answer.text
    assert states(site) == ["held"]
    assert told(site, "rerun") == told(site, "reassign") == []


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"what": "rerun", "why": "  "}, "why", "“Why” is empty: fill it in."),
        ({"what": "rerun", "why": "x" * 2001}, "why", "The reason has 2,001 characters"),
        ({"what": "assign", "why": " ", "to": "kwame_mensah"}, "why", "“Why” is empty: fill it in."),
        ({"what": "assign", "why": "I am away", "to": ""}, "to", "“Give them to” is empty: fill it in."),
        ({"what": "assign", "why": "I am away", "to": "ingrid_solberg"}, "to", "Ingrid Solberg is absent until"),
    ],
)
def test_a_mistake_in_the_word_on_it_loses_nothing(
    opened: Open, visitor, fields: dict[str, str], field: str, sentence: str
):
    site = opened(SECTOR, SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    back = "/queue?tab=all&rule=sector_is_canonical"
    answer = me.post("/bulk", on="/queue", chosen="1.0-2.0", back=back, **fields)
    assert answer.status_code == 400
    page = answer.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', page)
    assert re.search(rf'id="wrong-{field}" role="alert">([^<]*)', page).group(1).startswith(sentence)  # type: ignore[union-attr]
    assert "E-000002" in page
    assert "--why" not in page
    kept = forms(page)["/bulk"]
    assert (kept["chosen"], kept["back"], kept["why"]) == ("1.0-2.0", back, fields["why"].strip())
    assert kept.get("to", "") in (fields.get("to", ""), ""), "whom nobody can choose is not chosen"
    assert states(site) == ["held"] * 2
    sent = me.forge("/bulk", {**kept, "why": "put right", "to": "kwame_mensah"}, headers={"origin": ADDRESS})
    assert me.told(sent).startswith("2 ")


def test_a_form_without_its_token_writes_nothing(opened: Open, visitor):
    site = opened(SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    for url in ("/bulk", "/bulk/preview"):
        fields = {"what": "rerun", "chosen": "1.0", "why": "x", "csrf": "0" * 64}
        assert me.forge(url, fields, headers={"origin": ADDRESS}).status_code == 403
        assert me.get(url).status_code == 405
    assert states(site) == ["held"]


def test_nothing_ticked_is_said(opened: Open, visitor):
    me: Visitor = visitor(opened(SECTOR)).sign_in("priya_nair")
    answer = me.post("/bulk/preview", on="/queue", what="rerun")
    assert me.told(answer) == "Nothing is ticked: tick the entries first."


def test_the_way_back_leads_to_no_other_site(opened: Open, visitor):
    site = opened(SECTOR)
    me: Visitor = visitor(site).sign_in("priya_nair")
    fields = {"what": "assign", "chosen": "1.0", "why": "x", "to": "kwame_mensah", "back": "//evil.example"}
    assert me.post("/bulk", on="/queue", **fields).headers["location"] == "/"
