"""Each decision by its form: found on the page, sent, its effect in the store, its event with who, old, new and why."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.entry import EntryState
from handoff.core.handoff import HandoffState
from handoff.core.violation import Violation
from handoff.review.site import Site
from handoff.store import entries, handoffs, lifting, overlays, questions
from handoff.store.desk_tables import approval, overlay, pause, step_clock
from handoff.store.tables import entry, event
from tests.unit.cli.held_deals import NOW, deal_id
from tests.web.conftest import Hand, Open
from tests.web.found_forms import decide, filled, forms, offered, send

NO_PO = {"PO_Number__c": None}
LONG_TERMS = {"Payment_Terms__c": "Net 90"}
FAR = {"Kickoff_Date__c": "2027-10-01"}
NAMELESS = {"Name": "tbd"}
E1 = "E-000001"


def events_of(site: Site, name: str = E1) -> list[Any]:
    """The decisions on an entry, oldest first; without its opening."""
    with site.store.read() as tx:
        query = sa.select(event).where(event.c.subject == f"entry:{name}", event.c.what != "opened")
        return list(tx.execute(query.order_by(event.c.seq)))


def entry_of(site: Site, number: int = 1) -> Any:
    with site.store.read() as tx:
        return entries.by_id(tx, number)


def handoff_state(site: Site, number: int = 1) -> str:
    with site.store.read() as tx:
        return str(handoffs.by_id(tx, entry_of(site, number).handoff_id).state)


def decisions_on(site: Site, number: int = 1) -> lifting.Decisions:
    with site.store.read() as tx:
        return lifting.of_deals(tx, [deal_id(number)])[deal_id(number)]


def test_a_correction_says_that_the_deal_would_pass_and_goes_back_to_the_gate(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    answer = decide(me, E1, "correct", to_po_number="PO-99", why="their buyer told me")
    said = me.told(answer)
    assert "It would pass the gate; the next run delivers it within 5 minutes." in said
    (row,) = decisions_on(site).corrections
    assert (row.field, row.value, row.state, row.actor) == ("po_number", "PO-99", "active", "stefan_vogt")
    (told,) = events_of(site)
    assert (told.actor, told.what, told.old, told.new, told.why) == (
        "stefan_vogt",
        "correct",
        {"po_number": None},
        {"po_number": "PO-99"},
        "their buyer told me",
    )
    assert handoff_state(site) == HandoffState.PULLED
    page = me.text(f"/entries/{E1}")
    assert "Queued: the next run takes it" in page
    assert "corrected: PO-99 (Stefan Vogt)" in page


def test_only_what_was_changed_in_the_form_is_corrected(opened: Open, visitor):
    site = opened({**NO_PO, "Account.Legal_Name__c": "Kupferkamm AG"})
    me = visitor(site).sign_in("stefan_vogt")
    fields = filled(me, E1, "correct")
    assert fields["to_billing_street"] == "Torstr. 120 Hinterhaus"
    assert fields["to_billing_country"] == "Germany"
    answer = send(me, E1, "correct", {**fields, "to_po_number": "PO-9", "to_legal_name": "", "why": "told"})
    assert answer.status_code == 303
    assert {row.field: row.value for row in decisions_on(site).corrections} == {"po_number": "PO-9", "legal_name": None}


def test_a_correction_that_changes_nothing_is_a_sentence(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    answer = decide(me, E1, "correct", why="looked at it")
    assert answer.status_code == 400
    assert "Nothing is changed" in answer.text
    assert events_of(site) == []


def test_a_dry_run_says_what_the_gate_would_say_keeps_the_inputs_and_writes_nothing(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    answer = decide(me, E1, "correct", to_po_number="PO-77", do="dry_run")
    assert answer.status_code == 200
    assert "would be corrected" in answer.text
    assert "It would pass the gate." in answer.text
    assert forms(answer.text)[f"/entries/{E1}/correct"]["to_po_number"] == "PO-77"
    assert events_of(site) == []
    assert handoff_state(site) == HandoffState.HELD


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("to_po_number", "=HYPERLINK(1)", "begins like a formula"),
        ("to_po_number", "tbd", "would not pass the gate; allowed is"),
        ("to_po_number", "x" * 256, "256 characters"),
        ("to_po_number", "<script>", "markup"),
        ("to_po_number", "a\u202eb", "invisible characters"),
        ("to_amount", "a lot", "write a plain amount"),
        ("to_billing_email", "nobody", "one e-mail address"),
        ("to_payment_terms", "whenever", "choose one of"),
        ("to_kickoff_on", "31.12.2026", "a day such as"),
    ],
)
def test_a_value_that_a_field_cannot_hold_is_said_in_the_form_and_kept(opened: Open, visitor, field, value, said):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    answer = decide(me, E1, "correct", **{field: value, "why": "told"})
    assert answer.status_code == 400
    assert said in answer.text
    assert forms(answer.text)[f"/entries/{E1}/correct"]["why"] == "told"
    assert events_of(site) == []


def test_corrected_money_waits_for_the_second_person_who_is_never_the_corrector(opened: Open, visitor):
    site = opened({"Amount": 9_000})
    stefan = visitor(site).sign_in("stefan_vogt")
    page = stefan.text(f"/entries/{E1}")
    assert "Money: it holds once the head of finance confirms it" in page
    said = stefan.told(decide(stefan, E1, "correct", to_amount="10000", why="the contract says so"))
    assert "It is money: it holds once head of finance confirms it." in said
    assert "the next run delivers" not in said
    assert "confirm" not in offered(stefan, E1)
    tomas = visitor(site).sign_in("tomas_ortega")
    said = tomas.told(decide(tomas, E1, "confirm", why="so in the signed contract"))
    assert "You confirmed amount. It would pass the gate" in said
    (row,) = decisions_on(site).corrections
    assert (row.state, row.actor, row.second_actor) == ("active", "stefan_vogt", "tomas_ortega")
    told = events_of(site)[-1]
    assert (told.actor, told.what, told.old, told.new) == (
        "tomas_ortega",
        "confirm_correction",
        {"amount": "9000"},
        {"amount": "10000"},
    )


def test_a_correction_is_taken_back(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    decide(me, E1, "correct", to_po_number="PO-99", why="told")
    said = me.told(decide(me, E1, "withdraw-correction", why="the CRM was right"))
    assert "What the CRM says of po number holds again. 1 reason would still hold it" in said
    with site.store.read() as tx:
        assert tx.execute(sa.select(overlay.c.state)).scalars().all() == ["withdrawn"]
    assert events_of(site)[-1].what == "withdraw_correction"


def test_an_approval_is_asked_for_given_by_another_and_never_by_the_requester(opened: Open, visitor):
    site = opened(LONG_TERMS)
    tomas = visitor(site).sign_in("tomas_ortega")
    said = tomas.told(decide(tomas, E1, "request-approval", why="a three-year deal"))
    assert "Priya Nair is asked to approve it" in said
    assert "approve" not in offered(tomas, E1)
    page = tomas.text(f"/entries/{E1}")
    forged = {**forms(page)[f"/entries/{E1}/comment"], "rule": "payment_terms_within_limit_or_approved", "why": "me"}
    assert send(tomas, E1, "approve", forged).status_code == 403
    priya = visitor(site).sign_in("priya_nair")
    assert "a three-year deal" in priya.text(f"/entries/{E1}")
    said = priya.told(decide(priya, E1, "approve", why="agreed with the board"))
    assert "Approved. It would pass the gate; the next run delivers it within 5 minutes." in said
    with site.store.read() as tx:
        row = tx.execute(sa.select(approval)).one()
    assert (row.state, row.requested_by, row.decided_by) == ("approved", "tomas_ortega", "priya_nair")
    assert [(e.actor, e.what, e.why) for e in events_of(site)] == [
        ("tomas_ortega", "request_approval", "a three-year deal"),
        ("priya_nair", "approve", "agreed with the board"),
    ]


def test_an_approval_of_something_else_than_was_read_is_a_conflict(opened: Open, visitor):
    site = opened(LONG_TERMS)
    tomas, priya = (visitor(site).sign_in(who) for who in ("tomas_ortega", "priya_nair"))
    decide(tomas, E1, "request-approval", why="a three-year deal")
    answer = decide(priya, E1, "approve", why="yes", payload="0" * 64)
    assert answer.status_code == 409
    assert "What would be written for E-000001 changed while you looked at it" in answer.text
    assert [e.what for e in events_of(site)] == ["request_approval"]


def test_a_request_is_declined_and_the_deal_stays_held(opened: Open, visitor):
    site = opened(LONG_TERMS)
    tomas, priya = (visitor(site).sign_in(who) for who in ("tomas_ortega", "priya_nair"))
    decide(tomas, E1, "request-approval", why="a three-year deal")
    assert "Declined: the deal stays held" in priya.told(decide(priya, E1, "decline", why="60 days is the limit"))
    assert handoff_state(site) == HandoffState.HELD
    assert events_of(site)[-1].new["state"] == "declined"


def test_a_rule_is_waived_by_who_may_and_for_as_long_as_the_pack_allows(opened: Open, visitor):
    site = opened(NO_PO)
    assert "waive" not in offered(visitor(site).sign_in("stefan_vogt"), E1)
    tomas = visitor(site).sign_in("tomas_ortega")
    assert "owners.yaml allows 1 to 30 days" in decide(tomas, E1, "waive", days="31", why="they send it later").text
    said = tomas.told(decide(tomas, E1, "waive", days="10", why="they send it later"))
    assert "Waived for this deal until 2026-12-04" in said
    assert "It would pass the gate" in said
    (row,) = decisions_on(site).waivers
    assert (row.rule, row.actor) == ("po_number_when_required", "tomas_ortega")
    assert "waived until 2026-12-04 by Tomás Ortega" in tomas.text(f"/entries/{E1}")


def test_a_deal_is_rejected_with_a_reason_of_the_pack_and_reopened(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    assert "is no reason of policies.yaml" in decide(me, E1, "reject", reason="dull", why="x").text
    assert "Rejected: nothing is invoiced" in me.told(decide(me, E1, "reject", reason="duplicate", why="see deal 7"))
    assert (entry_of(site).state, handoff_state(site)) == (EntryState.REJECTED, HandoffState.REJECTED)
    assert offered(me, E1) == {"reopen", "comment"}
    assert "Open again" in me.told(decide(me, E1, "reopen", why="it was another one"))
    assert (entry_of(site).state, entry_of(site).episode) == (EntryState.OPEN, 2)
    assert [(e.what, e.why) for e in events_of(site) if e.what in ("reject", "reopen")] == [
        ("reject", "see deal 7"),
        ("reopen", "it was another one"),
    ]


def test_an_entry_is_handed_to_somebody_else_who_then_owns_it(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    said = me.told(decide(me, E1, "reassign", to="rin_takeda", why="she knows them"))
    assert "It is Rin Takeda's now" in said
    assert (entry_of(site).person, entry_of(site).reassigned_by) == ("rin_takeda", "stefan_vogt")
    (told,) = events_of(site)
    assert (told.old, told.new, told.why) == ("stefan_vogt", "rin_takeda", "she knows them")
    assert "Stefan Vogt</bdi> gave it to them" in visitor(site).sign_in("rin_takeda").text(f"/entries/{E1}")


def test_whoever_is_away_is_not_given_an_entry(opened: Open, visitor):
    me = visitor(opened(NO_PO)).sign_in("stefan_vogt")
    answer = decide(me, E1, "reassign", to="ingrid_solberg", why="hers")
    assert answer.status_code == 400
    assert "is absent until 2027-08-31" in answer.text
    kept = forms(answer.text)[f"/entries/{E1}/reassign"]
    assert (kept["to"], kept["why"]) == ("", "hers")


def test_a_comment_stands_in_the_timeline(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    decide(me, E1, "comment", why="the rep is asking them")
    assert "the rep is asking them" in me.text(f"/entries/{E1}")
    assert [(e.what, e.actor) for e in events_of(site)] == [("comment", "stefan_vogt")]


def test_a_clock_is_paused_within_the_cap_and_resumed(opened: Open, visitor, hand: Hand):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    due = entry_of(site).due_at
    assert (
        "may be paused for 120 hours" in decide(me, E1, "pause", reason="waiting for legal", hours="121", why="x").text
    )
    said = me.told(decide(me, E1, "pause", reason="waiting for legal", hours="48", why="asked them"))
    assert said.startswith("Paused until 2026-11-26")
    assert entry_of(site).due_at > due
    page = me.text(f"/entries/{E1}")
    assert "paused until" in page
    assert 'class="left-out"' in page
    assert "Its clock goes on; due 2026-11-" in me.told(decide(me, E1, "resume", why="they answered"))
    assert entry_of(site).due_at == due
    assert [e.what for e in events_of(site)] == ["pause", "resume"]
    with site.store.read() as tx:
        assert tx.execute(sa.select(pause.c.ended_at)).scalar() == hand.now


def test_a_question_is_put_and_answered_by_the_one_it_is_put_to(opened: Open, visitor):
    site = opened(NO_PO)
    stefan = visitor(site).sign_in("stefan_vogt")
    said = stefan.told(decide(stefan, E1, "ask", of="rin_takeda", hours="4", why="Which number is right?"))
    assert "Rin Takeda is asked, and answers by" in said
    assert "answer" not in offered(stefan, E1)
    rin = visitor(site).sign_in("rin_takeda")
    page = rin.text(f"/entries/{E1}")
    assert "Which number is right?" in page
    assert page.index("Answer the question") < page.index("Comment")
    assert "Stefan Vogt is told, and the clock goes on." in rin.told(decide(rin, E1, "answer", why="PO-12"))
    with site.store.read() as tx:
        assert questions.unanswered(tx, [1]) == []
    assert [(e.what, e.actor) for e in events_of(site)] == [("ask", "stefan_vogt"), ("answer", "rin_takeda")]


def test_done_by_hand_is_only_noted_from_the_page_and_can_be_taken_back(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    assert "is no invoice of Stripe" in decide(me, E1, "done-by-hand", invoices="12", why="by hand").text
    answer = decide(me, E1, "done-by-hand", invoices="in_1Abc\nin_2Def", project="120034", why="Asana refused it")
    assert "Noted: nothing is sent for it. The next run checks within 5 minutes" in me.told(answer)
    assert handoff_state(site) == HandoffState.CLAIMED
    (told,) = events_of(site)
    assert (told.new["invoices"], told.new["project"]) == (["in_1Abc", "in_2Def"], "120034")
    assert told.new["accept_differences"] is False
    assert "Taken back" in me.told(decide(me, E1, "withdraw-by-hand", why="it was another deal"))
    assert handoff_state(site) == HandoffState.PULLED
    assert events_of(site)[-1].what == "by_hand_withdrawn"


def test_a_rerun_is_queued_with_its_event(opened: Open, visitor):
    site = opened(NAMELESS)
    me = visitor(site).sign_in("stefan_vogt")
    answer = decide(me, E1, "rerun", why="the name is put right")
    assert "Queued: the next run takes it within 5 minutes" in me.told(answer)
    assert handoff_state(site) == HandoffState.PULLED
    assert [(e.what, e.actor, e.why) for e in events_of(site)] == [("rerun", "stefan_vogt", "the name is put right")]
    assert "rerun" not in offered(me, E1)


def test_a_late_step_is_accepted_by_whoever_has_it_and_by_nobody_else(opened: Open, visitor):
    site = opened(NO_PO)
    with site.store.write() as tx:
        handoffs.move(tx, 1, HandoffState.PASSED, NOW)
        handoffs.move(tx, 1, HandoffState.DELIVERED, NOW)
        kwame = {
            "role": "delivery",
            "person": "kwame_mensah",
            "owner_name": "Kwame Mensah",
            "owner_email": "k@example.com",
        }
        moments = {"started_at": NOW, "due_at": NOW + timedelta(hours=4), "clock": {}}
        tx.execute(sa.insert(step_clock).values(handoff_id=1, step="welcome_call", **kwame, **moments))
        late = Violation(
            rule="step_late", field="welcome_call", seen="since 9:00", allowed="done", message="It is late."
        )
        entries.put_violations(tx, 1, 1, [late])
    stefan = visitor(site).sign_in("stefan_vogt")
    helena = visitor(site).sign_in("helena_brandt")
    assert "accept" in offered(helena, E1)
    kwame_mensah = visitor(site).sign_in("kwame_mensah")
    said = kwame_mensah.told(decide(kwame_mensah, E1, "accept", why="called them on Tuesday"))
    assert said == "Accepted: Call the customer and hand the deal over in person."
    with site.store.read() as tx:
        row = tx.execute(sa.select(step_clock)).one()
        told = tx.execute(sa.select(event).where(event.c.what == "step_accepted")).one()
    assert (row.done_by, row.how) == ("kwame_mensah", "accepted")
    assert (told.actor, told.subject, told.why) == ("kwame_mensah", f"deal:{deal_id(1)}", "called them on Tuesday")
    assert "accept" not in offered(helena, E1)
    assert stefan.get(f"/entries/{E1}").status_code == 200


def test_a_link_may_name_the_decision_whose_fold_is_open(opened: Open, visitor):
    me = visitor(opened(NO_PO)).sign_in("stefan_vogt")
    assert me.text(f"/entries/{E1}").count('<details class="offer" open>') == 0
    page = me.text(f"/entries/{E1}?open=done-by-hand")
    assert page.partition('<details class="offer" open>')[2].startswith("<summary>It was done by hand")
    assert me.text(f"/entries/{E1}?open=%3Cscript%3E").count("<script>") == 0


def test_the_label_owner_is_led_to_the_page_of_label_decisions(opened: Open, visitor):
    site = opened({"Payment_Terms__c": "whenever"})
    assert f'href="/labels/decide?entry={E1}"' in visitor(site).sign_in("tomas_ortega").text(f"/entries/{E1}")


def test_what_the_first_reason_asks_for_comes_first(opened: Open, visitor):
    site = opened(NO_PO, LONG_TERMS, NAMELESS)
    me = visitor(site).sign_in("helena_brandt")
    for name, title in (
        (E1, "Correct the deal"),
        ("E-000002", "Ask for an approval"),
        ("E-000003", "It is put right in the CRM: judge again"),
    ):
        first = me.text(f"/entries/{name}").partition('<div class="offer first"><h3>')[2]
        assert first.startswith(title), first[:80]


def test_no_event_is_written_by_looking(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    before = entry_of(site)
    for url in (f"/entries/{E1}", f"/entries/{E1}/by-hand", f"/deals/{deal_id(1)}"):
        assert me.get(url).status_code in (200, 303)
    assert (events_of(site), entry_of(site)) == ([], before)
    with site.store.read() as tx:
        assert overlays.live(tx, [deal_id(1)]) == {}
        assert tx.execute(sa.select(entry.c.row_version)).scalar() == before.row_version
