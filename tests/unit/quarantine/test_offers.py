"""What a reader may decide on an entry: by the table of authority, by what the pack has set up, by what hangs on it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.handoff import HandoffState
from handoff.core.pack import Correctable, DeskPolicy
from handoff.quarantine.decision import laid_before
from handoff.quarantine.matter import Offer
from handoff.quarantine.offers import in_words, offers
from handoff.store import entries
from handoff.store.desk_tables import approval, overlay, step_clock
from handoff.store.events import Author
from handoff.store.tables import entry, handoff
from tests.unit.quarantine.watched import MONDAY, RULE, Watched, make_owners, small_pack, violation

NEUTRAL = {"reassign", "pause", "ask", "comment"}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched.at(tmp_path)
    found.hold(1)
    yield found
    found.store.close()


def open_to(watched: Watched, person: str, **owners: Any) -> dict[str, Offer]:
    pack = replace(watched.pack, owners=make_owners(**owners)) if owners else watched.pack
    with watched.store.read() as tx:
        (row,) = entries.listed(tx, entry.c.id == 1)
        return {o.what: o for o in offers(laid_before(tx, pack, row, {}, Author(actor=person, at=MONDAY)))}


def test_the_owner_sees_each_decision_with_its_effect_and_the_money(watched: Watched) -> None:
    none = DeskPolicy(corrections={})
    watched.pack = replace(watched.pack, policies=watched.pack.policies.model_copy(update={"desk": none}))
    found = open_to(watched, "ann")
    assert set(found) == {*NEUTRAL, "reject", "done-by-hand", "rerun"}
    assert found["reject"].effect == "Reject it: USD 9,000,000.00 is not handed off, nothing is invoiced."
    assert found["reject"].command == "handoff queue reject E-000001 --reason REASON --why TEXT"
    assert in_words(tuple(found.values())).count("\n") == len(found) - 1


def test_a_stranger_sees_none_and_somebody_known_may_comment(watched: Watched) -> None:
    assert open_to(watched, "nobody@example.org") == {}
    assert set(open_to(watched, "eve")) == {"comment"}


def test_corrections_are_offered_where_the_pack_allows_some(watched: Watched) -> None:
    desk = DeskPolicy(corrections={"po_number": Correctable()})
    watched.pack = replace(small_pack(), policies=small_pack().policies.model_copy(update={"desk": desk}))
    assert "the next run invoices USD 9,000,000.00" in open_to(watched, "ann")["correct"].effect


def test_a_waiver_is_offered_to_those_who_may_waive(watched: Watched) -> None:
    rules = {RULE: {"role": "first", "waive": {"roles": ["third"]}}}
    assert "waive" not in open_to(watched, "ann", rules=rules)
    waive = open_to(watched, "cid", rules=rules)["waive"]
    assert waive.command == f"handoff queue waive E-000001 --rule {RULE} --days N --why TEXT"
    assert "although it breaks that" in waive.effect


def test_an_approval_is_asked_for_by_the_chain_and_decided_by_its_approvers(watched: Watched) -> None:
    rules = {RULE: {"role": "second", "kind": "approval"}}
    assert "request-approval" in open_to(watched, "ann", rules=rules)
    assert not {"approve", "decline"} & set(open_to(watched, "bob", rules=rules)), "nobody has asked for one"
    own = {"deal_id": "d1", "rule": RULE, "role": "second", "person": "bob", "requested_by": "ann", "why": "so"}
    when = {"requested_at": MONDAY, "deadline": MONDAY, "payload_hash": "0", "concerns": {}}
    with watched.store.write() as tx:
        tx.execute(sa.insert(approval).values(**own, **when, state="requested"))
    assert not {"request-approval", "approve"} & set(open_to(watched, "ann", rules=rules))
    found = open_to(watched, "bob", rules=rules)
    assert found["decline"].command == f"handoff queue decline E-000001 --rule {RULE} --why TEXT"
    assert found["approve"].facts["requests"][0].requested_by == "ann"


APPROVAL = {RULE: {"role": "second", "kind": "approval"}}


def approve(watched: Watched, state: str = "approved", at: datetime = MONDAY, **concerns: Any) -> None:
    """Ann asked Bob, who said yes."""
    asked = {"deal_id": "d1", "rule": RULE, "role": "second", "person": "bob", "requested_by": "ann", "why": "so"}
    when = {"requested_at": at, "deadline": at, "payload_hash": "0", "concerns": concerns}
    with watched.store.write() as tx:
        tx.execute(sa.insert(approval).values(**asked, **when, state=state, decided_by="bob", decided_at=at))


def correct(watched: Watched, field: str, at: datetime = MONDAY) -> None:
    with watched.store.write() as tx:
        said = {"deal_id": "d1", "field": field, "value": "4", "state": "active", "actor": "ann", "why": "so"}
        tx.execute(sa.insert(overlay).values(**said, at=at))


def test_the_one_who_would_be_asked_is_named_with_their_role(watched: Watched) -> None:
    ask = open_to(watched, "ann", rules=APPROVAL)["request-approval"]
    assert ask.effect == (
        "Ask Bob (Second) for approval: after a yes, the next run invoices exactly what was approved, USD 9,000,000.00."
    )
    away = {
        "bob": {"name": "Bob", "email": "bob@example.com", "absent": [{"from": "2026-01-01", "until": "2027-12-31"}]}
    }
    assert (
        "Ask Cid (Third) for approval"
        in open_to(watched, "ann", rules=APPROVAL, people=away)["request-approval"].effect
    )


def test_whoever_corrected_what_it_concerns_is_not_named(watched: Watched) -> None:
    correct(watched, "amount", MONDAY - timedelta(hours=1))
    with watched.store.write() as tx:
        tx.execute(sa.update(overlay).values(actor="bob"))
    assert "Ask Cid (Third)" in open_to(watched, "ann", rules=APPROVAL)["request-approval"].effect


def test_where_nobody_is_left_to_ask_it_is_not_offered(watched: Watched) -> None:
    last = {RULE: {"role": "third", "kind": "approval"}}
    everybody = make_owners(rules=last).model_copy(update={"tie_breaker": "cid"})
    watched.pack = replace(watched.pack, owners=everybody)
    assert "request-approval" not in open_to(watched, "cid")


def test_what_was_approved_is_not_asked_for_again_but_what_else_holds_it_is_open(watched: Watched) -> None:
    approve(watched)
    assert "request-approval" not in open_to(watched, "ann", rules=APPROVAL)
    terms = "payment_terms_within_limit_or_approved"
    watched.hold(1, by=(violation(), violation(terms, field="payment_terms")))
    rules = {**APPROVAL, terms: {"role": "second", "kind": "approval"}}
    assert open_to(watched, "ann", rules=rules)["request-approval"].facts["rules"] == [terms]


def test_an_approval_that_was_overtaken_by_a_correction_is_asked_for_again(watched: Watched) -> None:
    approve(watched, amount="9000000")
    correct(watched, "amount", MONDAY + timedelta(minutes=1))
    watched.hold(1, by=(violation(field="currency", seen="EUR"),))
    assert "request-approval" in open_to(watched, "ann", rules=APPROVAL)


def test_a_correction_that_is_all_that_was_asked_for_may_be_made_again_but_is_asked_of_nobody(
    watched: Watched,
) -> None:
    assert next(iter(open_to(watched, "ann"))) == "correct"
    correct(watched, "amount")
    assert list(open_to(watched, "ann"))[:3] == ["comment", "withdraw-correction", "correct"]
    watched.hold(1, by=(violation(), violation("po_number_when_required", field="po_number")))
    assert next(iter(open_to(watched, "ann"))) == "correct", "the other field still holds it"


def test_what_stays_is_said_where_one_decision_does_not_release_it(watched: Watched) -> None:
    other = violation("po_number_when_required", field="po_number")
    watched.hold(1, by=(violation(), other, violation("currency_known", judged=False)))
    waivable = {RULE: {"role": "second", "kind": "approval", "waive": {"roles": ["third"]}}}
    ask = open_to(watched, "ann", rules=waivable)["request-approval"]
    assert ask.effect == "Ask Bob (Second) for approval: after a yes, 1 other reason still holds it."
    waive = open_to(watched, "cid", rules=waivable)["waive"]
    assert waive.effect == f"Waive {RULE} for this deal, USD 9,000,000.00: 1 other reason still holds it."
    approve(watched, "requested")
    yes = open_to(watched, "bob", rules=waivable)["approve"]
    assert yes.effect == "Approve what another asked for, USD 9,000,000.00: 1 other reason still holds it."


def test_what_no_correction_reaches_is_said_with_the_correction(watched: Watched) -> None:
    desk = DeskPolicy(corrections={"amount": Correctable()})
    watched.pack = replace(small_pack(), policies=small_pack().policies.model_copy(update={"desk": desk}))
    assert "if it passes, the next run invoices" in open_to(watched, "ann")["correct"].effect
    lines = violation("product_is_canonical", field="lines.product")
    watched.hold(1, by=(violation(), lines, violation("sector_is_canonical", field="sector")))
    assert (
        open_to(watched, "ann")["correct"].effect == "Correct a field: judged at once; 2 other reasons still hold it."
    )


def test_a_label_that_is_decided_is_not_offered_again(watched: Watched) -> None:
    terms = violation("payment_terms_is_canonical", field="payment_terms", seen="Net 30")
    watched.hold(1, by=(terms, violation()))
    labels = small_pack().labels
    mine = {name: chosen.model_copy(update={"owner_role": "third"}) for name, chosen in labels.items()}
    watched.pack = replace(small_pack(), labels=mine)
    assert "Net 30" in labels["payment_terms"].labels
    assert "label" not in open_to(watched, "cid")
    watched.hold(1, by=(violation("payment_terms_is_canonical", field="payment_terms", seen="soon"), violation()))
    assert open_to(watched, "cid")["label"].effect.endswith("are judged again; 1 other reason still holds this one.")


def test_a_label_is_decided_by_its_owner(watched: Watched) -> None:
    watched.hold(1, by=(violation("payment_terms_is_canonical", field="payment_terms"),))
    labels = small_pack().labels
    mine = {name: chosen.model_copy(update={"owner_role": "third"}) for name, chosen in labels.items()}
    watched.pack = replace(small_pack(), labels=mine)
    assert "label" in open_to(watched, "cid")
    assert "label" not in open_to(watched, "ann")


def test_a_delivered_deal_is_neither_rejected_nor_corrected(watched: Watched) -> None:
    with watched.store.write() as tx:
        tx.execute(sa.update(handoff).values(state="delivered"))
    assert set(open_to(watched, "ann")) == NEUTRAL


def test_a_late_step_is_accepted_by_whoever_has_it(watched: Watched) -> None:
    watched.hold(1, by=(violation("step_late", field="kick_off"),))
    when = {"started_at": MONDAY, "due_at": MONDAY, "clock": {}, "late_at": MONDAY}
    own = {"handoff_id": 1, "step": "kick_off", "person": "bob", "owner_name": "Bob", "role": "delivery"}
    with watched.store.write() as tx:
        tx.execute(sa.insert(step_clock).values(**own, owner_email="bob@example.com", **when))
    assert "accept" not in open_to(watched, "bob"), "the deal is not delivered yet"
    with watched.store.write() as tx:
        tx.execute(sa.update(handoff).values(state="delivered"))
    accept = open_to(watched, "bob")["accept"]
    assert accept.command == "handoff queue accept E-000001 --step kick_off --why TEXT"
    assert "accept" not in open_to(watched, "cid")


def test_money_that_cannot_be_read_is_said(watched: Watched) -> None:
    with watched.store.write() as tx:
        tx.execute(sa.update(handoff).values(currency="???"))
    assert "an amount that cannot be read" in open_to(watched, "ann")["reject"].effect


def test_who_has_left_is_offered_nothing(watched: Watched) -> None:
    gone = {"ann": {"name": "Ann", "email": "ann@example.com", "left": "2026-01-01"}}
    assert open_to(watched, "ann", people=gone) == {}


def test_an_offer_has_the_name_of_its_command(watched: Watched) -> None:
    with watched.store.write() as tx:
        tx.execute(sa.update(handoff).values(state=HandoffState.CLAIMED))
    found = open_to(watched, "ann")
    assert found["withdraw-by-hand"].verb == "done-by-hand"
    assert found["withdraw-by-hand"].command == "handoff queue done-by-hand E-000001 --withdraw --why TEXT"
    assert {offer.verb for offer in found.values()} == {*NEUTRAL, "done-by-hand"}
