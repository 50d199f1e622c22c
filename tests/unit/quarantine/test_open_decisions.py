"""What a reader may decide on an entry: by the table of authority, and by what the pack has set up."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.authority import ALLOWED, Action
from handoff.core.pack import Correctable, DeskPolicy
from handoff.quarantine.open_decisions import OpenDecision, decisions_for, in_words
from handoff.store import entries
from handoff.store.tables import entry, handoff
from tests.unit.quarantine.watched import RULE, Watched, make_owners, small_pack, violation

NEUTRAL = {Action.REASSIGN, Action.PAUSE, Action.ASK, Action.COMMENT}


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched.at(tmp_path)
    found.hold(1)
    yield found
    found.store.close()


def open_to(watched: Watched, person: str, **owners: Any) -> dict[Action, OpenDecision]:
    pack = replace(watched.pack, owners=make_owners(**owners)) if owners else watched.pack
    with watched.store.read() as tx:
        (row,) = entries.listed(tx, entry.c.id == 1)
        found = entries.violations_of(tx, [1])[1]
    return {d.action: d for d in decisions_for(pack, row, found, person, {})}


def test_the_owner_sees_each_decision_with_its_effect_and_the_money(watched: Watched) -> None:
    none = DeskPolicy(corrections={})
    watched.pack = replace(watched.pack, policies=watched.pack.policies.model_copy(update={"desk": none}))
    found = open_to(watched, "ann")
    assert set(found) == {*NEUTRAL, Action.REJECT, Action.DONE_BY_HAND}
    assert found[Action.REJECT].effect == "Reject it: USD 9,000,000.00 is not handed off, nothing is invoiced."
    assert found[Action.REJECT].command == "handoff queue reject E-000001 --reason REASON --why TEXT"
    assert in_words(tuple(found.values())).count("\n") == len(found) - 1


def test_a_stranger_sees_none_and_somebody_known_may_comment(watched: Watched) -> None:
    assert open_to(watched, "nobody@example.org") == {}
    assert set(open_to(watched, "eve")) == {Action.COMMENT}


def test_corrections_are_offered_where_the_pack_allows_some(watched: Watched) -> None:
    desk = DeskPolicy(corrections={"po_number": Correctable()})
    watched.pack = replace(small_pack(), policies=small_pack().policies.model_copy(update={"desk": desk}))
    assert "the next run invoices USD 9,000,000.00" in open_to(watched, "ann")[Action.CORRECT].effect


def test_a_waiver_is_offered_to_those_who_may_waive(watched: Watched) -> None:
    rules = {RULE: {"role": "first", "waive": {"roles": ["third"]}}}
    assert Action.WAIVE not in open_to(watched, "ann", rules=rules)
    waive = open_to(watched, "cid", rules=rules)[Action.WAIVE]
    assert waive.command == f"handoff queue waive E-000001 --rule {RULE} --days N --why TEXT"
    assert "although it breaks that" in waive.effect


def test_an_approval_is_asked_for_by_the_chain_and_decided_by_its_approvers(watched: Watched) -> None:
    rules = {RULE: {"role": "second", "kind": "approval"}}
    assert Action.REQUEST_APPROVAL in open_to(watched, "ann", rules=rules)
    assert Action.APPROVE not in open_to(watched, "ann", rules=rules)
    assert {Action.APPROVE, Action.DECLINE} <= set(open_to(watched, "bob", rules=rules))


def test_a_label_is_decided_by_its_owner(watched: Watched) -> None:
    watched.hold(1, by=(violation("payment_terms_is_canonical", field="payment_terms"),))
    labels = small_pack().labels
    mine = {name: chosen.model_copy(update={"owner_role": "third"}) for name, chosen in labels.items()}
    watched.pack = replace(small_pack(), labels=mine)
    assert Action.DECIDE_LABEL in open_to(watched, "cid")
    assert Action.DECIDE_LABEL not in open_to(watched, "ann")


def test_a_delivered_deal_is_neither_rejected_nor_corrected(watched: Watched) -> None:
    with watched.store.write() as tx:
        tx.execute(sa.update(handoff).values(state="delivered"))
    assert set(open_to(watched, "ann")) == NEUTRAL


def test_a_late_step_is_accepted_by_whoever_has_it(watched: Watched) -> None:
    watched.hold(1, by=(violation("step_late", field="project"),))
    accept = open_to(watched, "bob")[Action.ACCEPT]
    assert accept.command == "handoff queue accept E-000001 --step project --why TEXT"


def test_money_that_cannot_be_read_is_said(watched: Watched) -> None:
    with watched.store.write() as tx:
        tx.execute(sa.update(handoff).values(currency="???"))
    assert "an amount that cannot be read" in open_to(watched, "ann")[Action.REJECT].effect


def test_every_decision_that_a_notice_may_offer_is_in_the_table_of_authority(watched: Watched) -> None:
    assert set(open_to(watched, "tia")) <= set(ALLOWED)
