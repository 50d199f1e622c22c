"""Planning: what was sent stays; what a correction, or another pack, may still change of a plan."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.ledger.steps import Plan, any_sent, store, tax_id_scope
from handoff.store import effects, handoffs
from handoff.store.effects import PlannedEffect
from handoff.store.events import Author, Event, append
from handoff.store.handoffs import LostRaceError, Pulled
from handoff.store.session import Store, open_store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path):
    made = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield made
    made.close()


@pytest.fixture
def handoff_id(ledger: Store) -> int:
    with ledger.write() as tx:
        handoffs.ingest(tx, [Pulled(deal_id="006", content_hash="h", content={})], "salesforce", "org", NOW)
        row = handoffs.by_deal(tx, "006")
        assert row is not None
        handoffs.move(
            tx, row.id, HandoffState.PASSED, NOW, customer_scope="customer:default:001", stripe_account="default"
        )
        return int(row.id)


def plan(*amounts: int, tax_id: str | None = None, account: str = "001", title: str = "Call") -> Plan:
    """One invoice per amount, and a project with a task."""

    def planned(kind: EffectKind, n: int, **body: Any) -> PlannedEffect:
        return PlannedEffect(scope=f"bk:k:{kind}:{n}", kind=kind, step="s", service="stripe:default", body=body)

    own = []
    for n, amount in enumerate(amounts, start=1):
        own += [planned(EffectKind.INVOICE, n, draft={"n": n}), planned(EffectKind.LINES, n, invoice=n, amount=amount)]
        own += [planned(EffectKind.VERIFY, n, invoice=n, expected=amount), planned(EffectKind.FINALIZE, n, invoice=n)]
    own.append(planned(EffectKind.TASK, 1, title=title))
    body = {"customer": {"name": "Acme"}, "tax_id": {"value": tax_id} if tax_id else None, "account_id": account}
    customer = PlannedEffect(
        scope=f"customer:default:{account}", kind=EffectKind.CUSTOMER, step="customer", service="s", body=body
    )
    numbered = tuple(replace(e, seq=n) for n, e in enumerate(own))
    return Plan(stripe_account="default", customer=customer, effects=numbered)


def put(ledger: Store, handoff_id: int, wanted: Plan, earlier: Plan | None) -> str | None:
    with ledger.write() as tx:
        return store(tx, handoff_id, wanted, earlier)


def set_state(ledger: Store, scope: str, *states: EffectState) -> None:
    with ledger.write() as tx:
        for state in states:
            row = effects.by_scopes(tx, [scope])[scope]
            tries = {"attempts": row.attempts + 1, "tried_since": NOW} if state is EffectState.IN_FLIGHT else {}
            effects.change(tx, row, state, **tries)


def send(ledger: Store, *scopes: str) -> None:
    for scope in scopes:
        set_state(ledger, f"bk:k:{scope}", EffectState.IN_FLIGHT, EffectState.CONFIRMED)


def planned_of(ledger: Store, handoff_id: int) -> dict[str, Any]:
    with ledger.read() as tx:
        return {row.scope.removeprefix("bk:k:"): row for row in effects.of_handoff(tx, handoff_id)}


def test_before_anything_is_sent_a_new_plan_takes_the_place_of_the_old(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    assert put(ledger, handoff_id, plan(60, 60, title="Write"), plan(100)) is None
    rows = planned_of(ledger, handoff_id)
    assert [rows[f"lines:{n}"].body["amount"] for n in (1, 2)] == [60, 60]
    assert rows["task:1"].body == {"title": "Write"}
    with ledger.read() as tx:
        assert not any_sent(tx, handoff_id)


def test_a_pack_that_would_bill_in_other_parts_leaves_what_was_begun_as_it_was(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(50, 50), None)
    send(ledger, "invoice:1", "lines:1", "verify:1", "finalize:1")
    assert put(ledger, handoff_id, plan(30, 30, 40, title="Write"), plan(30, 30, 40)) is None
    rows = planned_of(ledger, handoff_id)
    assert {name: row.body["amount"] for name, row in rows.items() if row.kind == "lines"} == {
        "lines:1": 50,
        "lines:2": 50,
    }
    assert rows["verify:2"].body["expected"] == 50
    assert rows["task:1"].body == {"title": "Write"}, "what is not billed follows the pack"


def test_a_deal_that_would_be_billed_otherwise_after_its_lines_were_sent_is_a_person_s(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    send(ledger, "invoice:1", "lines:1")
    assert put(ledger, handoff_id, plan(120), plan(100)) == "the lines was already sent"
    assert planned_of(ledger, handoff_id)["lines:1"].body["amount"] == 100


def test_a_deal_that_moves_to_another_account_after_its_draft_is_a_person_s(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    send(ledger, "invoice:1")
    told = put(ledger, handoff_id, plan(100, account="002"), plan(100))
    assert told == "the invoice was already sent to another customer"
    assert plan(100).billing_content != plan(100, account="002").billing_content


def test_lines_that_were_refused_are_corrected_under_a_new_key(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    send(ledger, "invoice:1")
    set_state(ledger, "bk:k:lines:1", EffectState.IN_FLIGHT, EffectState.REFUSED)
    assert put(ledger, handoff_id, plan(90), plan(100)) is None
    row = planned_of(ledger, handoff_id)["lines:1"]
    assert (row.state, row.generation, row.body["amount"]) == (EffectState.PLANNED, 1, 90)


def test_what_a_service_did_not_do_takes_a_new_body_only_with_a_new_key(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    set_state(ledger, "bk:k:invoice:1", EffectState.IN_FLIGHT, EffectState.PLANNED)
    set_state(ledger, "bk:k:lines:1", EffectState.IN_FLIGHT, EffectState.PLANNED)
    assert put(ledger, handoff_id, plan(90), plan(100)) is None
    rows = planned_of(ledger, handoff_id)
    assert (rows["invoice:1"].generation, rows["lines:1"].generation) == (0, 1)


def test_a_refused_effect_that_the_new_plan_no_longer_has_holds_nothing_up(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(60, 60), None)
    set_state(ledger, "bk:k:invoice:2", EffectState.IN_FLIGHT, EffectState.REFUSED)
    put(ledger, handoff_id, plan(120), plan(60, 60))
    assert "invoice:2" not in planned_of(ledger, handoff_id)


def shared(ledger: Store) -> dict[str, Any]:
    with ledger.read() as tx:
        rows = tx.execute(sa.text("SELECT scope, state, generation, body FROM effect WHERE handoff_id IS NULL")).all()
    return {row.scope: row for row in rows}


def test_a_refused_customer_is_tried_again_by_a_rerun_though_nothing_of_it_changed(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    set_state(ledger, "customer:default:001", EffectState.IN_FLIGHT, EffectState.REFUSED)
    put(ledger, handoff_id, plan(100), plan(100))
    row = shared(ledger)["customer:default:001"]
    assert (row.state, row.generation) == ("planned", 1)


def test_a_refused_tax_id_is_corrected_though_its_customer_stands(ledger: Store, handoff_id: int):
    scope = tax_id_scope("customer:default:001")
    put(ledger, handoff_id, plan(100, tax_id="wrong"), None)
    set_state(ledger, "customer:default:001", EffectState.IN_FLIGHT, EffectState.CONFIRMED)
    set_state(ledger, scope, EffectState.IN_FLIGHT, EffectState.REFUSED)
    put(ledger, handoff_id, plan(100, tax_id="right"), plan(100))
    row = shared(ledger)[scope]
    assert (row.state, row.generation, "right" in row.body) == ("planned", 1, True)
    put(ledger, handoff_id, plan(100), plan(100))
    assert scope not in shared(ledger), "a deal that names none needs none"


def tell(ledger: Store, scope: str, what: str, generation: int) -> None:
    with ledger.write() as tx:
        told = Event(subject=f"effect:{scope}", what=what, new={"generation": generation})
        append(tx, Author(actor="test", at=NOW), [told])


def test_what_was_tried_dropped_and_planned_again_never_has_a_key_that_was_used(ledger: Store, handoff_id: int):
    tax_id = tax_id_scope("customer:default:001")
    put(ledger, handoff_id, plan(60, 60, tax_id="old"), None)
    for scope in ("bk:k:invoice:2", tax_id):
        set_state(ledger, scope, EffectState.IN_FLIGHT, EffectState.REFUSED)
        tell(ledger, scope, "in_flight", 2)
    put(ledger, handoff_id, plan(120), plan(60, 60))
    assert tax_id not in shared(ledger)
    put(ledger, handoff_id, plan(70, 50, tax_id="new"), plan(120))
    rows = planned_of(ledger, handoff_id)
    assert (rows["invoice:2"].generation, shared(ledger)[tax_id].generation) == (3, 3)
    assert rows["lines:2"].generation == 0, "it was never sent"


def test_once_every_invoice_is_final_only_what_is_not_billed_follows_the_deal(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    send(ledger, "invoice:1", "lines:1", "verify:1", "finalize:1")
    assert put(ledger, handoff_id, plan(120, account="002", title="Write"), plan(100)) is None
    rows = planned_of(ledger, handoff_id)
    assert (rows["lines:1"].body["amount"], rows["task:1"].body) == (100, {"title": "Write"})
    assert "customer:default:002" not in shared(ledger), "nothing is invoiced to it"


def test_an_effect_is_planned_anew_only_as_it_was_read(ledger: Store, handoff_id: int):
    put(ledger, handoff_id, plan(100), None)
    send(ledger, "invoice:1")
    row = planned_of(ledger, handoff_id)["invoice:1"]
    with ledger.write() as tx:
        anew = effects.plan_anew(tx, row, row.body)
    assert anew == planned_of(ledger, handoff_id)["invoice:1"]
    assert (anew.state, anew.generation, anew.external_id, anew.attempts) == (EffectState.PLANNED, 1, None, 0)
    with pytest.raises(LostRaceError), ledger.write() as tx:
        effects.plan_anew(tx, row, row.body)
