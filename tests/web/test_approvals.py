"""What waits for somebody's word, on one page: theirs to give, and nobody else's."""

import html
from datetime import timedelta

import sqlalchemy as sa

from handoff.report.sentences import rule_sentences
from handoff.review.site import Site
from handoff.store.desk_tables import approval, overlay, question
from tests.unit.cli.held_deals import NOW, deal_id
from tests.web.conftest import Hand, Open
from tests.web.visitor import Visitor

TERMS = {"Payment_Terms__c": "Net 90", "Account.Name": "Umbra GmbH"}
RULE = "payment_terms_within_limit_or_approved"


def ask(site: Site, *, by: str = "stefan_vogt", of: str = "tomas_ortega", why: str = "A good customer.") -> None:
    fixed = {"deal_id": deal_id(1), "rule": RULE, "role": "finance", "state": "requested", "requested_at": NOW}
    about = {"why": why, "deadline": NOW + timedelta(hours=16), "payload_hash": "0", "concerns": {}}
    with site.store.write() as tx:
        tx.execute(sa.insert(approval).values(requested_by=by, person=of, **fixed, **about))


def test_an_approval_is_shown_to_whoever_may_give_it(opened: Open, visitor):
    site = opened(TERMS)
    ask(site)
    page = visitor(site).sign_in("tomas_ortega").text("/approvals")
    for said in ("1 approval", "Umbra GmbH", "A good customer.", "Stefan Vogt", 'href="/entries/E-000001#decide"'):
        assert said in page
    assert html.escape(rule_sentences()[RULE]) in page
    assert "1 approval" in visitor(site).sign_in("priya_nair").text("/approvals"), "the backup may give it"


def test_nobody_is_shown_what_they_asked_for_or_what_is_none_of_theirs(opened: Open, visitor):
    site = opened(TERMS)
    ask(site, by="tomas_ortega", of="priya_nair")
    for who in ("tomas_ortega", "kwame_mensah", "mei_tanaka"):
        page = visitor(site).sign_in(who).text("/approvals")
        assert "Nothing waits for you" in page
        assert "Umbra" not in page


def test_corrected_money_waits_for_the_second_person_and_never_for_who_corrected_it(opened: Open, visitor):
    site = opened(TERMS)
    laid = {"deal_id": deal_id(1), "field": "amount", "value": "9999.00", "seen": "10000.00", "state": "proposed"}
    with site.store.write() as tx:
        tx.execute(sa.insert(overlay).values(actor="priya_nair", at=NOW, why="As the order says.", **laid))
    page = visitor(site).sign_in("tomas_ortega").text("/approvals")
    for said in ("1 corrected amount to confirm", "9999.00", "10000.00", "As the order says."):
        assert said in page
    assert "corrected amount" not in visitor(site).sign_in("priya_nair").text("/approvals").replace(
        "corrected money", ""
    )


def test_a_question_is_shown_to_whom_it_is_put_also_when_it_is_late(opened: Open, visitor, hand: Hand):
    site = opened(TERMS)
    asked = {"entry_id": 1, "episode": 1, "state": "expired", "asked_by": "tomas_ortega", "asked_of": "kwame_mensah"}
    with site.store.write() as tx:
        text = "Which <b>order</b> is it?"
        tx.execute(sa.insert(question).values(text=text, at=NOW, deadline=hand.now - timedelta(minutes=1), **asked))
    page = visitor(site).sign_in("kwame_mensah").text("/approvals")
    assert "Which &lt;b&gt;order&lt;/b&gt; is it?" in page
    assert "past its time" in page
    assert "Which" not in visitor(site).sign_in("mei_tanaka").text("/approvals")


def test_nothing_to_wait_for_is_said(opened: Open, visitor):
    me: Visitor = visitor(opened()).sign_in("rin_takeda")
    assert "Nothing waits for you" in me.text("/approvals")
