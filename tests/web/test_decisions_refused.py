"""Decisions that are not taken: by whom they are not open to, on what moved meanwhile, with forged or broken forms."""

import html
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from handoff.core.handoff import HandoffState
from handoff.review.site import Site
from handoff.store import handoffs
from handoff.store.handoffs import Pulled
from handoff.store.tables import entry, event, handoff, snapshot
from tests.unit.cli.held_deals import NOW, deal_id
from tests.web.conftest import Open
from tests.web.found_forms import decide, filled, forms, send
from tests.web.test_decisions import E1, LONG_TERMS, NO_PO, entry_of, events_of
from tests.web.visitor import ADDRESS

EVERY = [
    "correct",
    "withdraw-correction",
    "confirm",
    "request-approval",
    "approve",
    "decline",
    "waive",
    "reject",
    "reopen",
    "reassign",
    "comment",
    "pause",
    "resume",
    "ask",
    "answer",
    "done-by-hand",
    "withdraw-by-hand",
    "accept",
    "rerun",
]
OWN = {
    "reject": {"reason": "duplicate"},
    "reassign": {"to": "rin_takeda"},
    "pause": {"reason": "waiting for legal", "hours": "2"},
    "ask": {"of": "rin_takeda", "hours": "2"},
    "waive": {"rule": "po_number_when_required", "days": "2"},
    "done-by-hand": {"invoices": "in_1Abc", "project": "12"},
    "correct": {"to_po_number": "PO-1"},
}


def everything(site: Site) -> list[Any]:
    """All that a decision could have changed."""
    with site.store.read() as tx:
        found: list[Any] = []
        for table in (entry, handoff, event):
            found += [tuple(row) for row in tx.execute(sa.select(table)) if not str(row).count("signed_")]
        return found


def base(page: str) -> dict[str, str]:
    """What each form of a page carries: token and versions; from any of its forms."""
    some = next(f for action, f in forms(page).items() if action.startswith("/entries/"))
    return {name: some[name] for name in ("csrf", "version", "snapshot", "seen")}


@pytest.mark.parametrize("what", EVERY)
def test_whoever_is_nothing_to_an_entry_is_told_that_there_is_none(opened: Open, visitor, what: str):
    site = opened(NO_PO)
    owner, other = visitor(site).sign_in("stefan_vogt"), visitor(site).sign_in("mei_tanaka")
    before = everything(site)
    answer = send(
        other,
        E1,
        what,
        {**base(owner.text(f"/entries/{E1}")), "csrf": other.token("/queue"), "why": "x", **OWN.get(what, {})},
    )
    assert answer.status_code == 404
    assert "Kupferkamm" not in answer.text
    assert everything(site) == before


@pytest.mark.parametrize("what", [what for what in EVERY if what not in ("comment", "answer", "rerun")])
@pytest.mark.parametrize("body", [{}, {"why": "x"}, {"why": "x", "owner": "tomas_ortega", "state": "released"}])
def test_a_decision_that_is_not_the_readers_is_refused_whatever_is_posted(opened: Open, visitor, what: str, body: Any):
    site = opened({"Payment_Terms__c": "whenever"})
    with site.store.write() as tx:  # kwame reads it since he is asked, and that is all
        tx.execute(sa.text(_A_QUESTION))
    kwame = visitor(site).sign_in("kwame_mensah")
    page = kwame.text(f"/entries/{E1}")
    before = everything(site)
    assert f"/entries/{E1}/answer" in forms(page)
    assert f"/entries/{E1}/{what}" not in forms(page)
    answer = send(kwame, E1, what, {**base(page), **body})
    assert answer.status_code == 403, answer.text[-2000:]
    assert "may not" in answer.text
    assert everything(site) == before


_A_QUESTION = (
    "INSERT INTO question (entry_id, episode, state, asked_by, asked_of, text, at, deadline) VALUES "
    "(1, 1, 'open', 'tomas_ortega', 'kwame_mensah', 'Well?', '2026-11-24 09:00:00', '2026-11-25 09:00:00')"
)


@pytest.mark.parametrize(("what", "own"), OWN.items())
@pytest.mark.parametrize("extra", ["owner", "actor", "amount", "state", "person", "row_version", "to_deal_id"])
def test_a_field_too_many_changes_nothing(opened: Open, visitor, what: str, own: dict[str, str], extra: str):
    site = opened(NO_PO)
    me = visitor(site).sign_in("helena_brandt")
    before = everything(site)
    fields = filled(me, E1, what, why="as agreed", **own)
    answer = send(me, E1, what, {**fields, extra: "1"})
    assert answer.status_code == 400
    assert "no field" in answer.text
    assert everything(site) == before


@pytest.mark.parametrize(("what", "own"), OWN.items())
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"why": " "}, "hy"),
        ({"why": "x" * 2001}, "2,001 characters"),
        ({"version": "first"}, "version"),
        ({"version": "-1"}, "version"),
        ({"version": ""}, "version"),
        ({"snapshot": "a"}, "snapshot"),
        ({"seen": "99999999999999999999999999x"}, "seen"),
    ],
)
def test_a_form_that_is_wrong_is_a_sentence_and_keeps_its_inputs(
    opened: Open, visitor, what: str, own: dict[str, str], wrong: dict[str, str], said: str
):
    site = opened(NO_PO)
    me = visitor(site).sign_in("helena_brandt")
    before = everything(site)
    answer = send(me, E1, what, {**filled(me, E1, what, why="as agreed", **own), **wrong})
    assert answer.status_code == 400
    assert said in re.sub(r"<[^>]+>", "", answer.text)
    shown = forms(answer.text)[f"/entries/{E1}/{what}"]
    assert {name: shown[name] for name in own} == own
    assert everything(site) == before


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("waive", {"days": "soon"}),
        ("waive", {"days": "0"}),
        ("waive", {"rule": "no_such_rule"}),
        ("pause", {"hours": "1e9"}),
        ("pause", {"reason": "I like it"}),
        ("ask", {"of": "nobody"}),
        ("ask", {"hours": "0"}),
        ("reassign", {"to": "<script>"}),
        ("done-by-hand", {"project": "twelve"}),
        ("done-by-hand", {"accept_differences": "maybe"}),
        ("reject", {"reason": "dull"}),
        ("correct", {"do": "everything"}),
    ],
)
def test_a_wrong_value_is_a_sentence(opened: Open, visitor, what: str, wrong: dict[str, str]):
    site = opened(NO_PO)
    me = visitor(site).sign_in("helena_brandt")
    before = everything(site)
    answer = send(me, E1, what, {**filled(me, E1, what, why="as agreed", **OWN[what]), **wrong})
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert everything(site) == before


def test_a_form_that_two_readers_would_read_differently_decides_nothing(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("helena_brandt")
    fields = filled(me, E1, "reject", why="as agreed", reason="duplicate")
    form = urlencode(fields).encode()
    before = everything(site)
    doubled = [form + b"&" + urlencode({name: value}).encode() for name, value in fields.items() if name != "csrf"]
    unread = [
        form + tail for tail in (b"&why=a%00b", b"&a%00b=1", b"&why=%ff", b"&why=\xff", b"&why", b"&&", b"&x=1" * 5001)
    ]
    headers = {"origin": ADDRESS, "content-type": "application/x-www-form-urlencoded"}
    for body in [*doubled, *unread]:
        answer = me.client.post(f"/entries/{E1}/reject", content=body, headers=headers)
        assert answer.status_code == 400, body[-80:]
        assert "twice" in answer.text if body in doubled else "cannot be read" in answer.text, body[-80:]
    twice = form + f"&csrf={fields['csrf']}".encode()
    for body in (twice, b"", form.replace(b"csrf=", b"csrf[]=")):
        assert me.client.post(f"/entries/{E1}/reject", content=body, headers=headers).status_code == 403
    assert everything(site) == before
    assert me.client.post(f"/entries/{E1}/reject", content=form, headers=headers).status_code == 303


def test_of_two_who_decide_at_once_one_wins_and_the_other_reads_what_changed(opened: Open, visitor):
    site = opened(NO_PO)
    stefan, priya = (visitor(site).sign_in(who) for who in ("stefan_vogt", "priya_nair"))
    hers = filled(priya, E1, "reject", reason="duplicate", why="it is deal 7 again")
    assert decide(stefan, E1, "correct", to_po_number="PO-99", why="their buyer told me").status_code == 303
    answer = send(priya, E1, "reject", hers)
    assert answer.status_code == 409
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))
    assert "What changed since you had looked" in text
    assert "Stefan Vogt, 24 Nov 04:05: corrected: po number PO-99 (their buyer told me)" in text
    assert "E-000001 was changed while you looked at it: Stefan Vogt, 2026-11-24 04:05 America/New_York" in text
    assert "stefan_vogt" not in text
    kept = forms(answer.text)[f"/entries/{E1}/reject"]
    assert (kept["reason"], kept["why"]) == ("duplicate", "it is deal 7 again")
    assert int(kept["version"]) == entry_of(site).row_version
    assert [e.what for e in events_of(site)] == ["correct"]
    assert send(priya, E1, "reject", kept).status_code == 303  # now that she has read it


@pytest.mark.parametrize("what", list(OWN))
def test_a_form_that_is_sent_again_decides_once(opened: Open, visitor, what: str):
    site = opened(NO_PO)
    me = visitor(site).sign_in("helena_brandt")
    fields = filled(me, E1, what, why="as agreed", **OWN[what])
    assert send(me, E1, what, fields).status_code == 303
    after = everything(site)
    assert send(me, E1, what, fields).status_code == 409
    assert everything(site) == after


def test_a_deal_that_moved_in_the_crm_is_not_decided_on_as_it_was(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    fields = filled(me, E1, "correct", to_po_number="PO-9", why="told")
    with site.store.write() as tx:
        content = dict(tx.execute(sa.select(snapshot.c.content)).scalar_one())
        content["Amount"] = 11_000
        handoffs.ingest(tx, [Pulled(deal_id=deal_id(1), content_hash="1", content=content)], "salesforce", "00D", NOW)
    answer = send(me, E1, "correct", fields)
    assert answer.status_code == 409
    assert "changed in the CRM while you looked at it" in answer.text
    assert events_of(site) == []


def test_a_deal_on_its_way_is_not_decided_on(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    fields = filled(me, E1, "correct", to_po_number="PO-9", why="told")
    with site.store.write() as tx:
        handoffs.move(tx, 1, HandoffState.PASSED, NOW)
    answer = send(me, E1, "correct", fields)
    assert answer.status_code == 400
    assert "is on its way" in answer.text


@pytest.mark.parametrize(
    ("what", "fields", "said"),
    [
        ("comment", {"why": "  "}, "“Remark” is empty: fill it in."),
        ("ask", {"of": "", "why": ""}, "“Question” is empty: fill it in. “Whom” is empty: fill it in."),
        ("reject", {"reason": "", "why": "x"}, "“Reason” is empty: fill it in."),
        ("pause", {"reason": "waiting for legal", "hours": "soon"}, "“For how many hours at most” must be a whole"),
        ("waive", {"days": "0"}, "“For how many days” must be a whole number, 1 or more."),
        ("correct", {"to_discount_percent": "abc", "why": "x"}, "“Discount percent” cannot be 'abc': write a plain"),
        ("correct", {"to_po_number": "<b>priya_nair", "why": "x"}, "The value for “PO number” holds markup"),
    ],
)
def test_what_is_wrong_is_said_by_the_label_that_its_reader_sees(
    opened: Open, visitor, what: str, fields: dict[str, str], said: str
):
    me = visitor(opened(NO_PO)).sign_in("helena_brandt")
    answer = send(me, E1, what, filled(me, E1, what, **{"why": "x", **fields}))
    assert answer.status_code == 400
    (notice,) = re.findall(r'<p class="notice bad" role="alert">([^<]*)</p>', answer.text)
    assert html.unescape(notice).startswith(said)
    for label in re.findall("“(.*?)”", said):
        assert re.search(rf"<label [^>]*>{re.escape(label)}</label>", answer.text), "the sentence names no label"


def test_whose_form_is_gone_meanwhile_keeps_what_they_had_written(opened: Open, visitor):
    site = opened(NO_PO)
    stefan, priya = (visitor(site).sign_in(who) for who in ("stefan_vogt", "priya_nair"))
    hers = filled(priya, E1, "pause", reason="waiting for legal", hours="2", why="Their buyer is <b>away</b>.")
    assert decide(stefan, E1, "reject", reason="duplicate", why="twice").status_code == 303
    answer = send(priya, E1, "pause", hers)
    assert answer.status_code == 409
    assert f"/entries/{E1}/pause" not in forms(answer.text)
    assert re.search(r"<textarea[^>]*readonly[^>]*>Their buyer is &lt;b&gt;away&lt;/b&gt;.</textarea>", answer.text)


def test_a_decision_for_an_entry_that_is_closed_is_a_sentence(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    fields = filled(me, E1, "pause", reason="waiting for legal", hours="2", why="x")
    decide(me, E1, "reject", reason="duplicate", why="twice")
    fields["version"], fields["seen"] = str(entry_of(site).row_version), "0"
    answer = send(me, E1, "pause", fields)
    assert answer.status_code == 400
    assert "E-000001 is rejected: this is for open entries" in answer.text


def test_a_form_without_its_token_decides_nothing(opened: Open, visitor):
    site = opened(NO_PO)
    me = visitor(site).sign_in("stefan_vogt")
    fields = filled(me, E1, "comment", why="hello")
    assert send(me, E1, "comment", {**fields, "csrf": "0" * 64}).status_code == 403
    assert events_of(site) == []


def test_a_corrector_never_confirms_their_own_money(opened: Open, visitor):
    site = opened({"Amount": 9_000})
    helena = visitor(site).sign_in("helena_brandt")
    decide(helena, E1, "correct", to_amount="10000", why="the contract says so")
    page = helena.text(f"/entries/{E1}")
    answer = send(helena, E1, "confirm", {**base(page), "why": "sure"})
    assert answer.status_code == 403
    assert [e.what for e in events_of(site)] == ["correct"]


def test_messages_on_the_page_speak_of_no_command_line(opened: Open, visitor):
    site = opened(LONG_TERMS)
    me = visitor(site).sign_in("tomas_ortega")
    fields = filled(me, E1, "reject", reason="duplicate", why="x")
    decide(me, E1, "comment", why="first")
    for answer in (send(me, E1, "reject", fields), decide(me, E1, "pause", reason="?", hours="2", why="x")):
        notices = " ".join(re.findall(r'role="alert">(.*?)</p>', answer.text, re.DOTALL))
        assert notices
        assert "handoff queue" not in notices
        assert "--" not in notices
