"""The invoices that are out: as Stripe tells it, as the ledger knows it, and when a draft is believed to be gone."""

from pathlib import Path

import pytest

from connectors.errors import AuthFailed, Transient, UnknownOutcome
from handoff.ledger.outcome import Later
from handoff.ledger.sent_invoices import InvoiceStatus, SentInvoice, ask, known_invoices, plan_anew
from handoff.store import effects, events
from tests.unit.ledger.bench import Bench

SERVICE = "stripe:default"


class Drafted(Bench):
    """A handoff whose draft stands at Stripe, and whose customer is there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.stripe.customer_rows["cus_1"] = {"id": "cus_1", "created": 0}
        self.stripe.before["finalize"] = [Transient("asks us to wait", service="Stripe")]
        assert isinstance(self.deliver(), Later)

    @property
    def draft_id(self) -> str:
        return next(iter(self.stripe.invoice_rows))

    def known(self) -> list[SentInvoice]:
        with self.store.read() as tx:
            return known_invoices(effects.of_handoff(tx, self.handoff_id))

    def asked(self) -> list[InvoiceStatus] | None:
        found = ask(self.delivery(), "default", "cus_1", self.known())
        return None if found is None else [i.status for i in found]


def test_a_draft_is_told_with_its_total_and_its_id(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    (invoice,) = bench.known()
    assert (invoice.status, invoice.name, invoice.total_excluding_tax) == ("draft", bench.draft_id, 1500)
    assert bench.asked() == ["draft"]


@pytest.mark.parametrize("status", ["open", "paid", "void", "uncollectible"])
def test_what_stripe_says_goes_before_what_the_ledger_knows(tmp_path: Path, status: str) -> None:
    bench = Drafted(tmp_path)
    bench.deliver()
    assert [i.status for i in bench.known()] == ["unknown"]
    bench.stripe.invoice_rows[bench.draft_id]["status"] = status
    assert bench.asked() == [status]


def test_a_draft_that_is_deleted_is_gone(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    del bench.stripe.invoice_rows[bench.draft_id]
    assert bench.asked() == ["gone"]


def test_a_draft_is_not_believed_gone_where_its_customer_is_not_there_either(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    bench.stripe.invoice_rows.clear()
    bench.stripe.customer_rows.clear()  # the key of another account
    assert bench.asked() == ["draft"]


def test_a_final_invoice_is_never_believed_gone(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    bench.deliver()
    bench.stripe.invoice_rows.clear()
    assert bench.asked() == ["unknown"]


def test_a_draft_whose_reply_was_lost_is_found_by_its_mark_and_gone_only_after_a_while(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.stripe.customer_rows["cus_1"] = {"id": "cus_1", "created": 0}
    bench.stripe.after["create_invoice"] = [UnknownOutcome("the connection was cut", service="Stripe")]
    assert isinstance(bench.deliver(), Later)
    bench.__class__ = Drafted
    assert isinstance(bench, Drafted)
    (invoice,) = bench.known()
    assert (invoice.external_id, invoice.status) == (None, "draft")
    (found,) = ask(bench.delivery(), "default", "cus_1", bench.known()) or []
    assert (found.external_id, found.status) == (bench.draft_id, "draft")
    bench.stripe.invoice_rows.clear()
    assert bench.asked() == ["draft"], "the request may still arrive"
    bench.time.forward(61)
    assert bench.asked() == ["gone"]


def test_an_answer_that_nobody_foresaw_is_as_good_as_none(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    bench.stripe.invoice_rows[bench.draft_id]["status"] = "half paid"
    assert bench.asked() is None


def test_when_stripe_does_not_answer_its_breaker_hears_it_and_is_asked_first(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    d = bench.delivery()
    bench.stripe.before["invoice"] = [AuthFailed("no such key", service="Stripe", status=401)]
    assert ask(d, "default", "cus_1", bench.known()) is None
    assert d.breaker.down(SERVICE)
    calls = bench.stripe.calls
    assert ask(d, "default", "cus_1", bench.known()) is None
    assert bench.stripe.calls == calls


def test_a_draft_that_is_gone_is_planned_anew_and_made_again_under_new_keys(tmp_path: Path) -> None:
    bench = Drafted(tmp_path)
    gone = bench.draft_id
    del bench.stripe.invoice_rows[gone]
    (found,) = ask(bench.delivery(), "default", "cus_1", bench.known()) or []
    with bench.store.write() as tx:
        plan_anew(tx, bench.delivery(), found)
    assert bench.known() == []
    bench.deliver_until_done()
    bench.assert_once()
    assert bench.draft_id != gone
    with bench.store.read() as tx:
        (told,) = [e for e in events.of_subjects(tx, [f"effect:{found.made.scope}"]) if e.what == "planned_anew"]
    assert (told.old, told.new, told.why) == (
        "confirmed",
        {"generation": 1, "was": gone},
        f"the draft {gone} was deleted at Stripe",
    )
