"""The page of one entry: what its reader understands from it before they decide."""

import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.handoff import EffectState, HandoffState
from handoff.store import effects, entries, handoffs, runs
from handoff.store.desk_tables import label_decision
from handoff.store.effects import PlannedEffect
from handoff.store.tables import effect, entry, snapshot, violation
from tests.unit.cli.held_deals import NOW, deal_id
from tests.unit.report.hostile import HOSTILE
from tests.web.conftest import Hand, Open
from tests.web.found_forms import decide, offered
from tests.web.test_decisions import E1, LONG_TERMS, NO_PO


def said(page: str) -> str:
    """What somebody reads of a page: without its tags, on one line."""
    words = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words)).replace("&#39;", "'").replace("&#34;", '"')


def section(page: str, title: str) -> str:
    """One section of the page, as it is read, from its heading on."""
    found = re.search(rf'<section[^>]*aria-labelledby="{title}">(.*?)</section>', page, re.DOTALL)
    assert found, f"no section {title}"
    return said(found.group(1))


def test_the_page_says_why_who_until_when_and_what_next(opened: Open, visitor):
    page = visitor(opened(NO_PO)).sign_in("stefan_vogt").text(f"/entries/{E1}")
    why = section(page, "why")
    for words in ("held, needs a correction", "Stefan Vogt", "Once corrected, the next sync delivers it."):
        assert words in why
    assert 'href="https://localhost:1/006000000000001AAA"' in page
    head = said(page.partition('<div class="entry">')[0])
    for words in ("Kupferkamm Software GmbH", "Deal 1", "EUR 10,000.00", "held", "owner: Stefan Vogt", "due 27 Nov"):
        assert words in head


def test_every_reason_stands_with_seen_and_allowed_and_who_puts_it_right(opened: Open, visitor):
    page = visitor(opened({"Name": "tbd", "PO_Number__c": None})).sign_in("helena_brandt").text(f"/entries/{E1}")
    reasons = section(page, "reasons")
    assert "2 reasons" in reasons
    for words in (
        "Seen in deal name tbd",
        "Allowed",
        "Put right by Stefan Vogt",
        "Ask the customer for the purchase-order number.",
        "po_number_when_required",
    ):
        assert words in reasons
    assert "Your invoice is ready. Please send us your purchase-order number" in page


def test_the_invoice_and_the_project_are_shown_as_they_would_be_written(opened: Open, visitor):
    preview = section(visitor(opened(NO_PO)).sign_in("stefan_vogt").text(f"/entries/{E1}"), "preview")
    for words in (
        "Perpetual Licence × 25: Licence for one seat EUR 7,500.00",
        "Implementation Day × 2 EUR 2,500.00",
        "Total excluding tax EUR 10,000.00",
        "Handoff GmbH",
        "30 days after it is sent",
        "nora.falk@example.org",
        "Torstr. 120 Hinterhaus, 10119, Berlin, Germany",
        "tasks",
    ):
        assert words in preview, words
    assert "differ" not in preview


def test_a_correction_is_marked_wherever_it_changes_what_would_be_written(opened: Open, visitor):
    me = visitor(opened(NO_PO)).sign_in("stefan_vogt")
    decide(me, E1, "correct", to_po_number="PO-99", to_payment_terms="Net 45", why="told")
    page = me.text(f"/entries/{E1}")
    preview = section(page, "preview")
    assert "2 values differ from what the CRM says" in preview
    assert "30 days after it is sent becomes 45 days after it is sent" in preview
    assert "nothing becomes PO-99" in preview
    assert "nothing PO-99 corrected here" in preview


def test_what_cannot_be_worked_out_is_said_in_a_sentence_and_hides_no_other_part(opened: Open, visitor):
    page = visitor(opened({"Payment_Terms__c": "whenever"})).sign_in("tomas_ortega").text(f"/entries/{E1}")
    preview = section(page, "preview")
    assert "The invoice cannot be worked out yet: billing.yaml has no days for the payment terms 'whenever'." in preview
    assert "To the customer" in preview
    assert "Project" in preview
    assert "Total excluding tax" not in preview


def test_instalments_are_shown_each_by_itself(opened: Open, visitor):
    page = visitor(opened({"Instalment_Plan__c": "50/50", "PO_Number__c": None})).sign_in("stefan_vogt")
    preview = section(page.text(f"/entries/{E1}"), "preview")
    assert "Invoice 1 of 2" in preview
    assert preview.count("Total excluding tax EUR 5,000.00") == 2


def test_the_chain_says_who_is_away_and_why(opened: Open, visitor):
    site = opened({"Account.Customer_Kind__c": "whoever"})
    owner = section(visitor(site).sign_in("helena_brandt").text(f"/entries/{E1}"), "owner")
    assert "Tomás Ortega has it in place of the tax manager" in owner
    assert "Ingrid Solberg absent from 2026-09-01 until 2027-08-31: parental leave" in owner
    assert "Priya Nair Head of sales operations, backup America/New_York" in owner
    assert "Tie-breaker, who answers when nobody else does, last" in owner


def test_the_clock_is_drawn_with_a_text_for_those_who_do_not_see_it(opened: Open, visitor, hand: Hand):
    site = opened(NO_PO)
    hand.now = NOW + timedelta(hours=2)
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}")
    drawing = page[page.index("<svg class=") : page.index("</svg>")]
    assert 'role="img"' in drawing
    assert "The clock of Stefan Vogt: 2 h of 24 h counted since 2026-11-24 10:00 Europe/Berlin" in drawing
    assert drawing.count('class="counted"') == 1
    assert "style=" not in drawing
    assert "2 h of 24 h counted, 22 h left." in section(page, "clock")


def test_a_clock_that_cannot_be_read_is_said_and_takes_no_page(opened: Open, visitor):
    site = opened(NO_PO)
    with site.store.write() as tx:
        tx.execute(sa.update(entry).values(clock={"minutes": "many"}))
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}")
    assert "What is stored of its clock cannot be read." in page


def test_what_is_allowed_is_said_whole_where_the_card_is_cut(opened: Open, visitor):
    site = opened({"Payment_Terms__c": "Net 90", "PO_Number__c": None})
    me = visitor(site).sign_in("tomas_ortega")
    with site.store.write() as tx:
        tx.execute(sa.update(violation).values(allowed=" ".join(["at most"] + ["20 % of the list"] * 15)))
    why = section(me.text(f"/entries/{E1}"), "why")
    assert why.count("20 % of the list") == 15
    assert "…" not in why


def test_who_is_away_oneself_and_who_has_it_are_no_choice(opened: Open, visitor):
    site = opened(NO_PO)
    stefan, rin = (visitor(site).sign_in(who) for who in ("stefan_vogt", "rin_takeda"))
    own = choices(stefan.text(f"/entries/{E1}"))
    assert "rin_takeda" in own["of"] & own["to"]
    assert not {"ingrid_solberg", "stefan_vogt"} & (own["of"] | own["to"])
    decide(stefan, E1, "ask", of="rin_takeda", hours="4", why="Which number?")
    assert "rin_takeda" not in choices(stefan.text(f"/entries/{E1}"))["of"], "asked already"
    decide(stefan, E1, "reassign", to="rin_takeda", why="hers")
    backup = choices(visitor(site).sign_in("helena_brandt").text(f"/entries/{E1}"))
    assert "rin_takeda" not in backup["to"], "it is hers already"
    assert "helena_brandt" in backup["to"], "one may take it over"
    assert "helena_brandt" not in backup["of"]
    assert rin.get(f"/entries/{E1}").status_code == 200


def choices(page: str) -> dict[str, set[str]]:
    """Select -> what can be chosen in it."""
    found = re.findall(r'<select id="[^"]*" name="(\w+)"[^>]*>(.*?)</select>', page, re.DOTALL)
    return {name: set(re.findall(r'value="([^"]+)"', options)) for name, options in found}


def test_what_is_approved_waits_for_the_next_run_and_asks_nothing_more(opened: Open, visitor):
    site = opened(LONG_TERMS)
    tomas, priya = (visitor(site).sign_in(who) for who in ("tomas_ortega", "priya_nair"))
    page = said(tomas.text(f"/entries/{E1}"))
    assert "Ask Priya Nair (Head of sales operations) for approval" in page
    decide(tomas, E1, "request-approval", why="a three-year deal")
    decide(priya, E1, "approve", why="agreed")
    page = tomas.text(f"/entries/{E1}")
    assert "Approved by Priya Nair; the next run takes it up." in section(page, "why")
    assert "needs an approval" not in page
    assert not {"request-approval", "approve"} & offered(tomas, E1)


def test_a_label_that_is_decided_is_queued_and_offered_nowhere(opened: Open, visitor):
    site = opened({"Payment_Terms__c": "whenever"})
    me = visitor(site).sign_in("tomas_ortega")
    (cause,) = re.findall(r'data-url="/causes/(C-[0-9a-f]{10})"', me.text("/causes"))
    assert "/labels/decide?cause=" in me.text(f"/causes/{cause}")
    assert "/labels/decide" in me.text("/labels")
    decision = {"label_set": "payment_terms", "seen": "whenever", "canonical": "Net 30", "is_new": False}
    own = {"actor": "tomas_ortega", "at": NOW, "why": "agreed", "state": "decided"}
    with site.store.write() as tx:
        tx.execute(sa.insert(label_decision).values(**decision, **own))
    page = me.text(f"/entries/{E1}")
    assert "Label decided by Tomás Ortega; the next run takes it up." in section(page, "why")
    assert '<span class="chip good">queued</span>' in page
    assert "/labels/decide" not in page
    assert "/labels/decide" not in me.text(f"/causes/{cause}")
    assert "/labels/decide" not in me.text("/labels")


def test_an_entry_past_its_time_says_so(opened: Open, visitor, hand: Hand):
    site = opened(NO_PO)
    hand.now = NOW + timedelta(days=9)
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}")
    assert "past due since 27 Nov" in page


def test_the_timeline_tells_who_did_what_from_what_to_what_and_why(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    decide(me, E1, "reassign", to="rin_takeda", why="she knows them")
    happened = section(visitor(site).sign_in("rin_takeda").text(f"/entries/{E1}"), "timeline")
    assert "Stefan Vogt handed it from Stefan Vogt to Rin Takeda “ she knows them ”" in happened
    assert happened.index("handed it") < happened.index("the run held it by the rule “")
    assert not re.search("→|episode|None|False|UTC|_", happened)


def test_effects_link_to_where_they_are_and_to_nowhere_else(opened: Open, visitor):
    site = opened(NO_PO)
    with site.store.write() as tx:
        for n, link in enumerate(("https://invoice.example/1", "javascript:alert(1)"), start=1):
            planned = PlannedEffect(scope=f"bk:{n}", kind="invoice", step="invoice", service="stripe:main", body={})
            effects.plan(tx, [PlannedEffect(**{**_fields(planned), "handoff_id": 1, "seq": n})])
            confirmed = {"state": EffectState.CONFIRMED, "external_id": f"in_{n}", "answer": {"link": link}}
            tx.execute(sa.update(effect).where(effect.c.scope == f"bk:{n}").values(**confirmed))
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}")
    assert 'href="https://invoice.example/1"' in page
    assert 'href="javascript' not in page
    assert "in_2" in page
    where = section(page, "why")
    assert "Invoice Open in_1 at Stripe" in where, "the card leads to what was made"
    assert "Invoice in_2 at Stripe" in where


def _fields(planned: PlannedEffect) -> dict[str, Any]:
    return {name: getattr(planned, name) for name in planned.__dataclass_fields__}


def test_the_last_run_says_what_it_made_of_it(opened: Open, visitor):
    site = opened(NO_PO)
    with site.store.write() as tx:
        runs.start(tx, id="r1", kind="sync", actor="sync", started_at=NOW, pack_fingerprint="p")
        runs.enrol(tx, "r1", [deal_id(1)])
        runs.conclude(tx, "r1", [(deal_id(1), "held", "po_number_when_required")])
    why = section(visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}"), "why")
    assert "The sync of 24 Nov 10:00 held it : po number when required" in why


def test_a_delivered_deal_that_changed_is_held_against_what_was_sent(opened: Open, visitor):
    site = opened(NO_PO)
    with site.store.write() as tx:
        before = tx.execute(sa.select(snapshot)).one()
        content = {**before.content, "Payment_Terms__c": "Net 60", "PO_Number__c": "PO-1"}
        found = tx.execute(
            sa.insert(snapshot)
            .values(deal_id=deal_id(1), source="salesforce", content_hash="2", content=content, seen_at=NOW)
            .returning(snapshot.c.id)
        ).scalar_one()
        changes = {"snapshot_id": found, "planned_snapshot_id": before.id}
        handoffs.move(tx, 1, HandoffState.PASSED, NOW)
        handoffs.move(tx, 1, HandoffState.DELIVERED, NOW, **changes)
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}")
    assert "What was delivered, and what it would be now" in page
    assert "30 days after it is sent becomes 60 days after it is sent" in section(page, "preview")
    assert not {"correct", "reject", "done-by-hand", "rerun"} & offered(visitor(site).sign_in("stefan_vogt"), E1)
    checklist = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}/by-hand")
    assert "1. Customer" in checklist
    assert "Say that it was done by hand" not in checklist, "that form is not open here"


def test_a_reader_who_decides_nothing_is_told_so(opened: Open, visitor):
    site = opened(LONG_TERMS)
    me = visitor(site).sign_in("stefan_vogt")  # reviews terms
    assert offered(me, E1) == {"ask", "comment", "rerun"}


def test_a_deals_address_leads_to_its_entry_for_those_who_may_read_it(opened: Open, visitor):
    site = opened(NO_PO)
    answer = visitor(site).sign_in("stefan_vogt").get(f"/deals/{deal_id(1)}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/entries/{E1}")
    for who, url in (
        ("mei_tanaka", f"/deals/{deal_id(1)}"),
        ("stefan_vogt", "/deals/006nothing"),
        ("stefan_vogt", "/deals/1"),
        ("stefan_vogt", "/deals/E-000001"),
    ):
        answer = visitor(site).sign_in(who).get(url)
        assert answer.status_code == 404, url
        assert "Kupferkamm" not in answer.text


@pytest.mark.parametrize("url", [f"/entries/{E1}", f"/entries/{E1}/by-hand", "/entries/E-000999", "/entries/%00"])
def test_an_entry_of_others_is_as_good_as_none(opened: Open, visitor, url: str):
    answer = visitor(opened(NO_PO)).sign_in("mei_tanaka").get(url)
    assert answer.status_code == 404
    assert "Kupferkamm" not in answer.text
    assert "10,000" not in answer.text


def test_the_checklist_names_each_value_and_what_must_be_asked_for(opened: Open, visitor):
    site = opened({"Billing_Contact__r": None, "Billing_Contact__c": None})
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}/by-hand")
    for words in ("1. Customer", "2. Invoice", "3. Project", "EUR 7,500.00", "Say that it was done by hand"):
        assert words in page
    assert "Customer: E-mail" in page
    assert "missing: ask for it" in page


_STORED = [text for text in HOSTILE if text.encode("utf-8", "ignore").decode() == text]
"""Half a character is taken by no store."""
_SHOWN = (
    "Name",
    "Account.Name",
    "Account.BillingStreet",
    "Account.BillingCity",
    "Account.Tax_Id__c",
    "Billing_Contact__r.Email",
    "PO_Number__c",
    "Payment_Terms__c",
    "OpportunityLineItems.0.Description",
    "OpportunityLineItems.0.Product2.Name",
    "Owner.Name",
    "Owner.Manager.Name",
)


@pytest.mark.parametrize("start", range(0, len(_STORED), 24))
def test_hostile_text_of_a_deal_stays_text(opened: Open, visitor, start: int):
    corpus = _STORED[start : start + 24]
    site = opened(*({**dict.fromkeys(_SHOWN, text), "Amount": 1, "Kickoff_Date__c": None} for text in corpus))
    me = visitor(site).sign_in("helena_brandt")
    for n in range(1, len(corpus) + 1):
        for url in (f"/entries/E-{n:06}", f"/entries/E-{n:06}/by-hand"):
            _harmless(me.text(url))


def _harmless(page: str) -> None:
    tags = re.findall(r"<[a-zA-Z/!][^>]*>", page)
    ours = set(re.findall(r'<script src="/static/[^"]+" defer>', page))
    assert {tag for tag in tags if tag.lower().startswith("<script")} == ours
    for tag in tags:
        name = re.match(r"</?([a-zA-Z0-9]+)", tag)
        assert tag.startswith("<!doctype") or (name and name.group(1).lower() not in _NEVER), tag
        outside = re.sub(r'"[^"]*"', '""', tag)
        assert not re.search(r"\s(on\w+|style|srcdoc|formaction)\s*=", outside), tag
    assert not re.search(r'(href|src|action)="(?!/|https?://|#)', page)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\x00-\x08\x0b\x0c\x0e-\x1f]", page)


_NEVER = {"iframe", "object", "embed", "base", "math", "marquee", "video", "audio", "style"}


def test_hostile_words_of_people_stay_text(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    for text in HOSTILE[:12]:
        answer = decide(me, E1, "comment", why=text)
        assert answer.status_code == 303
        _harmless(me.get(answer.headers["location"]).text)
        refused = decide(me, E1, "reject", reason=text, why=text)
        assert refused.status_code == 400
        _harmless(refused.text)


def test_a_name_of_a_megabyte_makes_a_page_of_a_usual_size(opened: Open, visitor):
    long = "x" * 1_000_000
    site = opened({"Account.Name": long, "Account.BillingStreet": long, "PO_Number__c": None, "Name": long})
    page = visitor(site).sign_in("stefan_vogt").text(f"/entries/{E1}")
    assert len(page) < 200_000


def test_a_get_on_every_link_of_the_page_changes_nothing(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    page = me.text(f"/entries/{E1}")
    with site.store.read() as tx:
        before = entries.by_id(tx, 1)
    for url in set(re.findall(r'(?:href|action)="(/[^"]*)"', page)):
        me.get(url.replace("&amp;", "&"))
    with site.store.read() as tx:
        assert entries.by_id(tx, 1) == before
