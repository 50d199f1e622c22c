"""Done by hand: what is there and fits is taken over, whatever the ledger had of it; what is not there never is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.handoff import EffectState, HandoffState
from handoff.core.keys import marker
from handoff.ledger import by_hand, steps
from handoff.ledger.by_hand import Deal, Found, Named
from handoff.store import effects, handoffs
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store
from handoff.store.tables import event
from tests.fakes import FakeBilling, FakeTracker, Ticking
from tests.unit.mappings.demo_deal import SNAPSHOT, demo, row

TIME = Ticking()
AUTHOR = Author(actor="ada", at=TIME.at)
MINOR = 1_000_000
BOTH = Named(invoices=("in_7",), project="77")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home: Path = tmp_path_factory.mktemp("home")
    store = open_store(f"sqlite:///{home / 'handoff.db'}", home)
    with store.write() as tx:
        pulled = [Pulled(deal_id=d, content_hash="0", content=SNAPSHOT) for d in (SNAPSHOT["Id"], "other")]
        handoffs.ingest(tx, pulled, "salesforce", "00D", TIME.at)
        handoffs.move(tx, 1, HandoffState.CLAIMED, TIME.at)
    yield store
    store.close()


@pytest.fixture
def tx(opened: Store) -> Iterator[sa.Connection]:
    """Whatever is written is forgotten at the end."""
    with opened.read() as connection:
        yield connection


class There:
    """What is at Stripe and Asana: an invoice and a project of the deal, made by hand."""

    def __init__(self) -> None:
        self.stripe, self.asana = FakeBilling(TIME), FakeTracker(TIME)
        customer = {"id": "cus_7", "name": "Kupferkamm Software GmbH", "email": "x@example.org"}
        self.stripe.customer_rows["cus_7"] = customer
        self.invoice("in_7")
        self.asana.project_rows["77"] = {"gid": "77", "name": "Second site", "permalink_url": "https://a/77"}

    def invoice(self, name: str, minor: int = MINOR, **values: Any) -> None:
        facts = {"status": "open", "customer": "cus_7", "currency": "eur", "total_excluding_tax": minor, "metadata": {}}
        self.stripe.invoice_rows[name] = {"id": name, **facts, **values}


@pytest.fixture
def there() -> There:
    return There()


def deal(tx: sa.Connection, **fields: Any) -> Deal:
    return by_hand.deal_of(tx, demo(), handoffs.by_id(tx, 1), row(**fields), "t")


def look(tx: sa.Connection, there: There, named: Named = BOTH, **fields: Any) -> Found:
    return by_hand.look(deal(tx, **fields), named, lambda _: there.stripe, there.asana)


def plan(tx: sa.Connection, **states: EffectState) -> None:
    """Plan the deal as a run would have; `states`: kind -> how far its effects came, with ids of ours."""
    known = deal(tx)
    assert known.plan is not None
    steps.store(tx, 1, known.plan, None)
    for kind, state in states.items():
        ours = {"kind": kind, "state": state, "id": {"invoice": "in_ours", "project": "66"}.get(kind, "x")}
        tx.execute(sa.text("UPDATE effect SET state = :state, external_id = :id WHERE kind = :kind"), ours)


def taken_over(tx: sa.Connection, found: Found) -> dict[str, tuple[str, str | None, str | None]]:
    """Take it over; returns per kind the state, outcome and external id of its effect."""
    by_hand.adopt(tx, AUTHOR, deal(tx), found, "made it")
    assert handoffs.by_id(tx, 1).state == HandoffState.DELIVERED
    rows = effects.of_handoff(tx, 1)
    told = set(tx.execute(sa.select(event.c.subject).where(event.c.what == "confirmed")).scalars())
    assert all(f"effect:{e.scope}" in told for e in rows if e.outcome == by_hand.BY_HAND)
    assert {e.state for e in rows} == {EffectState.CONFIRMED}
    return {e.kind: (e.state, e.outcome, e.external_id) for e in rows}


def test_what_fits_has_no_difference_and_is_taken_over_as_it_is(tx: sa.Connection, there: There):
    found = look(tx, there)
    assert (found.wrong, found.differs) == ([], [])
    mine = ("confirmed", "by_hand")
    assert taken_over(tx, found) == {
        "invoice": (*mine, "in_7"),
        "lines": (*mine, "in_7"),
        "finalize": (*mine, "in_7"),
        "project": (*mine, "77"),
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"total_excluding_tax": 900_000}, "in_7: EUR 9,000.00 excluding tax at Stripe, EUR 10,000.00 in the deal"),
        ({"currency": "usd"}, "invoice in_7: USD 10,000.00 excluding tax at Stripe, EUR 10,000.00 in the deal"),
        ({"customer": "cus_8"}, "customer cus_8 (no name, no e-mail) has neither the name nor the e-mail"),
    ],
)
def test_amount_currency_and_customer_must_be_the_deals_or_accepted(
    tx: sa.Connection, there: There, changes: dict[str, Any], said: str
):
    there.invoice("in_7", **changes)
    found = look(tx, there)
    assert found.wrong == []
    assert [said in text for text in found.differs] == [True]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "draft"}, "invoice in_7 is draft: only one that is out counts"),
        ({"status": "void"}, "invoice in_7 is void"),
        ({"metadata": {"handoff_deal": "006x"}}, "invoice in_7 carries the mark of deal 006x"),
        ({"metadata": {"handoff_key": "other"}}, "invoice in_7 carries the mark of deal unknown"),
    ],
)
def test_an_invoice_that_is_not_out_or_another_deals_is_refused(
    tx: sa.Connection, there: There, changes: dict[str, Any], said: str
):
    there.invoice("in_7", **changes)
    assert said in "; ".join(look(tx, there).wrong)


def test_what_is_missing_or_named_twice_is_refused(tx: sa.Connection, there: There):
    assert look(tx, there, Named(invoices=(), project="77")).wrong == [
        "no invoice is named, and none of ours is final: --invoice in_…"
    ]
    assert look(tx, there, Named(invoices=("in_7",), project=None)).wrong == [
        "no project is named, and there is none of ours: --project GID"
    ]
    gone = look(tx, there, Named(invoices=("in_8", "in_7", "in_7"), project="78")).wrong
    assert gone == ["one invoice is named twice", "Stripe has no invoice in_8", "Asana has no project 78"]


def test_a_project_with_another_deals_mark_is_refused_and_an_archived_one_asked_about(tx: sa.Connection, there: There):
    there.asana.project_rows["77"]["name"] = "Acme [HO-0123456789ab]"
    assert look(tx, there).wrong == ["project 77 carries the mark HO-0123456789ab of another deal"]
    ours = marker(handoffs.by_id(tx, 1).billing_key)
    there.asana.project_rows["77"] |= {"name": f"Acme [{ours}]", "archived": True}
    assert (look(tx, there).wrong, look(tx, there).differs) == ([], ["project 77 is archived"])


def test_the_number_of_instalments_is_compared(tx: sa.Connection, there: There):
    there.invoice("in_8", MINOR // 2)
    found = look(tx, there, Named(invoices=("in_7", "in_8"), project="77"))
    assert found.differs == ["the deal is 1 invoices, 2 are there"]


def test_a_deal_that_cannot_be_planned_is_compared_by_its_amount(tx: sa.Connection, there: There):
    assert look(tx, there, payment_terms="whenever").differs == []
    there.invoice("in_7", 1)
    assert look(tx, there, payment_terms="whenever").differs == [
        "EUR 0.01 excluding tax at Stripe, EUR 10,000.00 in the deal"
    ]
    unread = look(tx, there, payment_terms="whenever", amount="a lot").differs
    assert "what the deal comes to cannot be read" in unread[0]


def test_our_own_draft_must_be_named_or_gone(tx: sa.Connection, there: There):
    plan(tx, invoice=EffectState.CONFIRMED, lines=EffectState.CONFIRMED)
    there.invoice("in_ours", status="draft")
    assert look(tx, there).wrong == [
        "our own draft in_ours is still at Stripe: delete it, or finalise it there and name it"
    ]
    del there.stripe.invoice_rows["in_ours"]
    found = look(tx, there)
    assert (found.wrong, found.gone) == ([], {"in_ours"})
    assert {kind: row[1:] for kind, row in taken_over(tx, found).items()} == {
        "invoice": ("by_hand", "in_7"),
        "lines": ("by_hand", "in_7"),
        "finalize": ("by_hand", "in_7"),
        "project": ("by_hand", "77"),
    }
    was = tx.execute(sa.select(event.c.new).where(event.c.what == "planned_anew")).scalars().all()
    assert {"generation": 1, "was": "in_ours"} in was


def test_our_own_draft_that_a_person_finalised_is_that_invoice(tx: sa.Connection, there: There):
    plan(tx, invoice=EffectState.CONFIRMED, lines=EffectState.CONFIRMED, verify=EffectState.CONFIRMED)
    there.invoice("in_ours")
    found = look(tx, there, Named(invoices=("in_ours",), project="77"))
    assert found.wrong == []
    rows = taken_over(tx, found)
    assert (rows["invoice"], rows["finalize"]) == (
        ("confirmed", None, "in_ours"),
        ("confirmed", "by_hand", "in_ours"),
    )


def test_our_own_project_must_be_named_or_gone(tx: sa.Connection, there: There):
    plan(tx, project=EffectState.CONFIRMED)
    there.asana.project_rows["66"] = {"gid": "66", "name": "ours"}
    assert look(tx, there).wrong == ["our own project 66 is at Asana: name it, or delete it there"]
    assert look(tx, there, Named(invoices=("in_7",), project=None)).project == {"gid": "66", "name": "ours"}
    del there.asana.project_rows["66"]
    assert taken_over(tx, look(tx, there))["project"] == ("confirmed", "by_hand", "77")


@pytest.mark.parametrize("state", [EffectState.IN_FLIGHT, EffectState.UNKNOWN])
def test_what_has_no_reply_is_asked_about_and_settled_with_what_the_person_made(
    tx: sa.Connection, there: There, state: EffectState
):
    plan(tx, invoice=state, task=state)
    found = look(tx, there)
    assert found.differs == [
        "our own invoice was sent and no reply came: look whether it is at the service, besides yours"
    ]
    rows = taken_over(tx, found)
    assert (rows["invoice"][1:], rows["task"][1:]) == (("by_hand", "in_7"), ("by_hand", "77"))


@pytest.mark.parametrize("state", [EffectState.PLANNED, EffectState.REFUSED])
def test_what_was_not_sent_is_dropped(tx: sa.Connection, there: There, state: EffectState):
    plan(tx, invoice=state, finalize=state, project=state, task=state)
    assert set(taken_over(tx, look(tx, there))) == {"invoice", "lines", "finalize", "project"}
    dropped = tx.execute(sa.select(event.c.subject).where(event.c.what == "dropped")).scalars().all()
    assert any(":task:1" in subject for subject in dropped)


def test_what_is_another_deals_in_the_ledger_is_told(tx: sa.Connection, there: There):
    assert by_hand.taken(tx, 1, BOTH) == []
    plan(tx, invoice=EffectState.CONFIRMED)
    tx.execute(sa.text("UPDATE effect SET handoff_id = 2, external_id = 'in_7' WHERE kind = 'invoice'"))
    assert by_hand.taken(tx, 1, BOTH) == ["in_7 is the ledger's for deal other"]
