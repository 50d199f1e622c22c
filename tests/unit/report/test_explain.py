"""Explain: every state of a deal has its card; an unknown one gets a sentence."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from checks.rules import names
from handoff.core.entry import EntryState, entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.pack import Pack
from handoff.core.violation import Failure, Violation
from handoff.quarantine import desk
from handoff.report import explain as explaining
from handoff.report.card import MOST_WORDS
from handoff.report.explain import Explanation
from handoff.report.place import where
from handoff.report.sentences import rule_sentences
from handoff.store import effects, entries, handoffs
from handoff.store.effects import PlannedEffect
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store
from handoff.store.tables import entry, handoff
from mappings.pack import load, shipped
from tests.unit.report.held import DUE, make_violation

DEAL = "006000000000001AAA"
NOW = DUE - timedelta(days=1)
AUTHOR = Author(actor="ada", at=NOW, run_id="run")


@cache
def pack() -> Pack:
    known = load(shipped("crm_sales_opportunities"), names())
    return replace(known, owners=known.owners.model_copy(update={"calendar": None}))  # every hour counts


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    content = {"Id": DEAL, "Name": "Widgets", "Account": {"Name": "Acme"}}
    pulled = Pulled(deal_id=DEAL, content_hash="0", content=content)
    with opened.write() as tx:
        handoffs.ingest(tx, [pulled], "salesforce", "00D", NOW)
    yield opened
    opened.close()


def put(store: Store, state: HandoffState, **values: Any) -> None:
    """Put the deal into a state, as if a run had."""
    with store.write() as tx:
        tx.execute(sa.update(handoff).values(state=state, **values))


def hold(store: Store, *violations: Violation) -> None:
    """Hold the deal with an entry, as the gate does."""
    put(store, HandoffState.HELD)
    with store.write() as tx:
        held = desk.HeldDeal(deal_id=DEAL, handoff_id=1, values={"rep_manager": "Cara Losch"}, violations=violations)
        desk.hold(tx, pack(), [held], AUTHOR)


def explain(store: Store, name: str = DEAL, now: datetime = NOW, **choices: Any) -> Explanation:
    with store.read() as tx:
        return explaining.explain(tx, pack(), name, rule_sentences(), now=now, **choices)


def card(found: Explanation) -> dict[str, str]:
    assert sum(line.words for line in found.card) <= MOST_WORDS
    return {line.label: line.text for line in found.card}


def test_a_held_deal_says_rule_seen_allowed_who_where_due_and_next(store: Store) -> None:
    hold(store, make_violation(allowed="one of: " + ", ".join(f"product {n}" for n in range(60))))
    found = explain(store)
    said = card(found)
    assert said["Rule"] == rule_sentences()["product_is_canonical"]
    assert said["Seen"] == '"GTXPro" is not a known product.'
    assert said["Allowed"].endswith("…")
    assert said["Who"] == "Cara Losch (Manager of the deal's rep)"
    assert said["Where"]
    assert said["Due"] == "2026-11-25 09:00 UTC"
    assert said["Next"] == "Once corrected, the next sync delivers it."
    assert found.document()["violations"][0]["seen"] == "GTXPro"
    assert [e["what"] for e in found.events] == ["opened"]


@pytest.mark.parametrize("state", [None, *HandoffState])
def test_the_card_names_the_page_of_an_entry_whatever_became_of_it(store: Store, state: HandoffState | None) -> None:
    hold(store, make_violation(allowed="one of: " + ", ".join(f"product {n}" for n in range(60))))
    if state is not None:
        put(store, state)
    said = card(explain(store, review_url="https://handoff.example.com"))
    assert said["Page"] == "https://handoff.example.com/entries/E-000001"
    assert "Page" not in card(explain(store)), "nobody has a page"


def test_a_deal_without_an_entry_has_no_page(store: Store) -> None:
    assert "Page" not in card(explain(store, review_url="https://handoff.example.com"))


def test_an_entry_and_its_deal_explain_the_same(store: Store) -> None:
    hold(store, make_violation())
    assert explain(store, "e-1") == explain(store, entry_name(1)) == explain(store)


def test_the_fifteen_characters_that_salesforce_shows_find_the_deal(store: Store) -> None:
    assert explain(store, DEAL[:15]).deal_id == DEAL


def test_an_empty_field_is_said_to_be_empty(store: Store) -> None:
    hold(store, make_violation(seen=None))
    assert card(explain(store))["Seen"] == "nothing: the product is empty"


def test_the_card_shows_what_failed_and_not_what_could_not_be_judged(store: Store) -> None:
    unjudged = make_violation(rule="discount_within_limit_or_approved", seen=None, judged=False)
    hold(store, unjudged, make_violation(rule="sector_is_canonical", seen="technolgy", message="technolgy is unknown"))
    said = card(explain(store))
    assert said["Seen"] == "technolgy is unknown"
    assert said["Deal"] == "held, needs a correction; 1 not judged yet"


def test_a_failure_on_the_road_is_explained_by_its_sentence(store: Store) -> None:
    hold(store, desk.failed(Failure.CUSTOMER_MAY_EXIST, "cus_1 (Acme)", "name the customer"))
    said = card(explain(store))
    assert said["Rule"] == Failure.CUSTOMER_MAY_EXIST.sentence
    assert said["Seen"] == "cus_1 (Acme)"


def test_a_delivered_deal_that_changed_needs_attention(store: Store) -> None:
    hold(store, desk.failed(Failure.CHANGED_AFTER_DELIVERY, "amount", "the deal as it was delivered"))
    put(store, HandoffState.DELIVERED)
    assert card(explain(store))["Deal"] == "delivered, but needs attention"


def test_the_card_of_a_reversal_has_room_for_what_is_out_and_what_is_proposed(store: Store) -> None:
    seen = "not won; invoice AB12CD34-0001 over USD 1,000.00 is open"
    allowed = (
        "Void invoice AB12CD34-0001 by hand, or credit it in whole; close the project https://app.asana.com/0/1/2; or "
        "put the deal back."
    )
    hold(store, desk.failed(Failure.REVERSAL_NEEDED, seen, allowed))
    put(store, HandoffState.DELIVERED)
    said = card(explain(store))
    assert (said["Seen"], said["Allowed"]) == (seen, allowed)


@pytest.mark.parametrize(
    ("state", "values", "said"),
    [
        (HandoffState.PULLED, {}, "pulled, not judged yet."),
        (HandoffState.EXCLUDED, {"reason": "closed before go-live (2026-01-01)"}, "closed before go-live (2026-01-01)"),
        (HandoffState.PASSED, {"reason": "waits for the kick-off date 2026-12-01"}, "waits for the kick-off date"),
        (HandoffState.PASSED, {"next_at": DUE}, "It goes on by itself, not before 2026-11-25 09:00 UTC."),
        (HandoffState.DELIVERED, {}, "delivered: invoice and project are confirmed."),
        (HandoffState.HELD, {}, "held, its entry released."),
    ],
)
def test_every_state_has_its_card(store: Store, state: HandoffState, values: dict[str, Any], said: str) -> None:
    put(store, state, **values)
    assert said in " ".join(card(explain(store)).values())


def test_effects_are_shown_with_their_ids_and_links(store: Store) -> None:
    with store.write() as tx:
        body = {"draft": {}}
        planned = PlannedEffect(
            scope="bk:1:invoice:1", kind=EffectKind.INVOICE, step="invoice", service="stripe:default", body=body
        )
        effects.plan(tx, [planned])
        row = effects.by_scopes(tx, ["bk:1:invoice:1"])["bk:1:invoice:1"]
        answer = {"hosted_invoice_url": "https://invoice.example/1"}
        values = {"external_id": "in_1", "answer": answer, "handoff_id": 1, "outcome": "created"}
        effects.change(tx, row, EffectState.CONFIRMED, **values)
    (shown,) = explain(store).effects
    assert (shown["external_id"], shown["link"]) == ("in_1", "https://invoice.example/1")


def test_what_brought_the_customer_up_to_date_is_shown_with_its_deal(store: Store) -> None:
    scope, body = "customer:default:001", {"name": "Acme SE"}
    kinds = {
        "": EffectKind.CUSTOMER,
        ":update": EffectKind.CUSTOMER_UPDATE,
        ":tax_id_removal": EffectKind.TAX_ID_REMOVAL,
    }
    with store.write() as tx:
        tx.execute(sa.update(handoff).values(customer_scope=scope))
        effects.plan(
            tx,
            [
                PlannedEffect(scope=scope + part, kind=kind, step="customer", service="stripe:default", body=body)
                for part, kind in kinds.items()
            ],
        )
    assert {shown["kind"] for shown in explain(store).effects} == set(kinds.values())


def test_a_released_entry_leaves_the_deals_own_state_to_be_explained(store: Store) -> None:
    hold(store, make_violation())
    with store.write() as tx:
        row = entries.of_deals(tx, [DEAL])[DEAL]
        entries.change(tx, row, state=EntryState.RELEASED, released_at=NOW)
        tx.execute(sa.update(handoff).values(state=HandoffState.DELIVERED))
        assert tx.execute(sa.select(entry.c.state)).scalar() == "released"
    assert card(explain(store))["Deal"] == "delivered: invoice and project are confirmed."


@pytest.mark.parametrize("name", ["nobody", "", "E-000099", "99", DEAL[:15].lower() + "x", "006%", "' OR 1=1 --"])
def test_a_deal_that_nobody_knows_gets_a_sentence(store: Store, name: str) -> None:
    with pytest.raises(UsageError, match="No deal or entry is known as"):
        explain(store, name)


def test_without_a_sentence_of_the_pack_the_place_is_the_mapped_field() -> None:
    rules = {name: a.model_copy(update={"fix": None}) for name, a in pack().owners.rules.items()}
    bare = replace(pack(), owners=pack().owners.model_copy(update={"rules": rules}))
    sector = make_violation(rule="sector_is_canonical", field="sector")
    assert where(sector, bare, "salesforce") == "Industry of the Account in Salesforce"
    assert where(make_violation(), bare, "salesforce").endswith("of the OpportunityLineItem in Salesforce")
    assert where(make_violation(field=""), bare, "salesforce") == ""
    assert where(make_violation(field="po_number"), bare, "salesforce") == "the deal in Salesforce"
