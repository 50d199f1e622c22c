"""What a reader may decide on an entry: by the table of authority, by what the pack has set up, by what hangs on it."""

from collections.abc import Iterator
from dataclasses import replace
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
from handoff.store.desk_tables import approval, step_clock
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
