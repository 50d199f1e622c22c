"""Our own customers are brought up to date, once a change, through crashes; people's own are never touched."""

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Refused, Transient, UnknownOutcome
from handoff.core.handoff import EffectKind, EffectState
from handoff.ledger.attempt import KEY_AGE
from handoff.ledger.customer_updates import CustomerUpdates
from handoff.ledger.outcome import Held, Later
from handoff.store import effects, events
from handoff.store.effects import Effect, PlannedEffect
from tests.unit.ledger.test_customers import SERVICE, Books

ACCOUNT = "001"
SCOPE = f"customer:default:{ACCOUNT}"
LOST = UnknownOutcome("the connection was cut", service="Stripe")


def says(email: str = "pay@acme.example", tax_id: str | None = None, **more: Any) -> PlannedEffect:
    """What a deal says of the account's customer."""
    metadata = {"handoff_account": ACCOUNT, "handoff_scope": SCOPE}
    tax = {"type": "us_ein", "value": tax_id} if tax_id else None
    customer = {"email": email, "metadata": metadata, **more}
    body = {"customer": customer, "tax_id": tax, "known": None, "account_id": ACCOUNT}
    return PlannedEffect(scope=SCOPE, kind=EffectKind.CUSTOMER, step="customer", service=SERVICE, body=body)


class Company(Books):
    """One account whose customer is there."""

    def __init__(self, folder: Path, tax_id: str | None = None, **adopted: str) -> None:
        super().__init__(folder)
        self.planned(ACCOUNT, tax_id=tax_id)
        self.customer_id = str(self.customers(**adopted).ensure(SCOPE, "default"))

    def bring(self, wanted: PlannedEffect) -> Later | Held | None:
        """As a fresh run does it."""
        customers = self.customers()
        assert customers.ensure(SCOPE, "default") == self.customer_id
        return CustomerUpdates(customers._d).bring(wanted, "default")

    def at_stripe(self) -> Any:
        return self.stripe.customer_rows[self.customer_id]

    def tax_ids(self) -> list[str]:
        return [t["value"] for t in self.stripe.tax_id_rows]

    def row(self, of: str) -> Effect:
        with self.store.read() as tx:
            return effects.by_scopes(tx, [f"{SCOPE}:{of}"])[f"{SCOPE}:{of}"]

    def sent(self, name: str) -> int:
        return self.stripe.log.count(name)


def test_a_customer_that_is_as_the_deal_says_is_left_alone(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    assert acme.bring(says()) is None
    assert acme.sent("update_customer") == 0


def test_each_change_is_sent_once_also_the_way_back(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    for email in ("new@acme.example", "new@acme.example", "pay@acme.example"):
        assert acme.bring(says(email)) is None
        assert acme.at_stripe()["email"] == email
    assert acme.sent("update_customer") == 2
    assert acme.row("update").generation == 1
    with acme.store.read() as tx:
        told = [e.what for e in events.of_subjects(tx, [f"effect:{SCOPE}:update"])]
    assert told == ["in_flight", "confirmed", "planned_anew", "in_flight", "confirmed"]


def test_what_the_deal_no_longer_says_is_emptied(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    acme.bring(says(address={"line1": "1 Main St", "line2": "Back", "country": "US"}))
    acme.bring(says(address={"line1": "1 Main St", "country": "US"}))
    assert acme.at_stripe()["address"]["line2"] is None


def test_a_customer_of_peoples_own_is_never_touched(tmp_path: Path) -> None:
    acme = Company.__new__(Company)
    Books.__init__(acme, tmp_path)
    acme.stripe.customer_rows["cus_own"] = {"id": "cus_own", "created": 0, "email": "old@acme.example"}
    acme.planned(ACCOUNT, tax_id="91-1144442")
    customers = acme.customers(**{ACCOUNT: "cus_own"})
    acme.customer_id = str(customers.ensure(SCOPE, "default"))
    assert acme.bring(says("new@acme.example", "91-1144443")) is None
    assert (acme.at_stripe()["email"], acme.tax_ids()) == ("old@acme.example", [])


def test_a_customer_of_ours_is_so_although_the_reply_to_its_creation_was_lost(tmp_path: Path) -> None:
    acme = Company.__new__(Company)
    Books.__init__(acme, tmp_path)
    acme.planned(ACCOUNT, tax_id="91-1144442")
    acme.stripe.after["create_customer"] = [LOST]
    assert isinstance(acme.customers().ensure(SCOPE, "default"), Later)
    acme.time.forward(KEY_AGE.total_seconds() + 1)
    acme.stripe.before["create_tax_id"] = [Transient("asks us to wait", service="Stripe")]
    assert isinstance(acme.customers().ensure(SCOPE, "default"), Later)
    acme.customer_id = str(acme.customers().ensure(SCOPE, "default"))
    assert acme.tax_ids() == ["91-1144442"], "a later run makes up for it"
    acme.bring(says("new@acme.example", "91-1144442"))
    assert acme.at_stripe()["email"] == "new@acme.example"


def test_a_customer_that_an_earlier_ledger_made_is_told_once_and_given_no_tax_id_twice(tmp_path: Path) -> None:
    acme = Company.__new__(Company)
    Books.__init__(acme, tmp_path)
    made = {"id": "cus_1", "created": 0, "email": "old@acme.example", "metadata": says().body["customer"]["metadata"]}
    acme.stripe.customer_rows["cus_1"] = made
    acme.stripe.create_tax_id("cus_1", {"type": "us_ein", "value": "91-1144442"}, "t")
    acme.planned(ACCOUNT, tax_id="91-1144442")
    acme.customer_id = str(acme.customers().ensure(SCOPE, "default"))
    for _ in range(2):
        assert acme.bring(says(tax_id="91-1144442")) is None
    assert acme.at_stripe()["email"] == "pay@acme.example"
    assert (acme.sent("update_customer"), acme.tax_ids()) == (1, ["91-1144442"])


def test_after_a_lost_reply_the_same_update_is_sent_under_the_same_key(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    acme.stripe.after["update_customer"] = [LOST]
    assert isinstance(acme.bring(says("new@acme.example")), Later)
    assert acme.row("update").state == EffectState.UNKNOWN
    assert acme.bring(says("new@acme.example")) is None
    assert acme.row("update").generation == 0
    assert acme.at_stripe()["email"] == "new@acme.example"


def test_an_update_in_doubt_that_is_wanted_otherwise_meanwhile_ends_as_it_is_wanted(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    acme.stripe.after["update_customer"] = [LOST]
    acme.bring(says("new@acme.example"))
    assert acme.bring(says("newer@acme.example")) is None
    assert acme.at_stripe()["email"] == "newer@acme.example"
    assert acme.row("update").generation == 1, "another body never goes out under the same key"


def test_an_old_update_in_doubt_is_looked_for_before_it_is_sent_again(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    acme.stripe.after["update_customer"] = [LOST]
    acme.bring(says("new@acme.example"))
    acme.time.forward(KEY_AGE.total_seconds() + 1)
    assert acme.bring(says("new@acme.example")) is None
    assert (acme.sent("update_customer"), acme.row("update").outcome) == (1, "adopted")


def test_a_refused_update_holds_the_deal_and_is_tried_once_a_run(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    no = Refused("email_invalid", service="Stripe", status=400)
    acme.stripe.before["update_customer"] = [no, no]
    updates = CustomerUpdates(acme.customers()._d)
    told = [updates.bring(says("new@acme"), "default") for _ in range(2)]
    assert all(isinstance(one, Held) and "email_invalid" in one.seen for one in told)
    assert acme.sent("update_customer") == 1
    assert isinstance(acme.bring(says("new@acme")), Held)
    assert acme.bring(says("new@acme.example")) is None
    assert acme.at_stripe()["email"] == "new@acme.example"


def test_a_changed_tax_id_is_added_before_the_old_one_goes(tmp_path: Path) -> None:
    acme = Company(tmp_path, tax_id="91-1144442")
    assert acme.bring(says(tax_id="91-1144443")) is None
    assert acme.tax_ids() == ["91-1144443"]
    order = [name for name in acme.stripe.log if "tax_id" in name]
    assert order == ["create_tax_id", "create_tax_id", "delete_tax_id"]
    assert acme.bring(says(tax_id="91-1144443")) is None
    assert acme.bring(says(tax_id="91-1144442")) is None
    assert acme.tax_ids() == ["91-1144442"]


@pytest.mark.parametrize("call", ["create_tax_id", "delete_tax_id"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_changed_tax_id_outlives_a_failure_at_each_call(tmp_path: Path, call: str, when: str) -> None:
    acme = Company(tmp_path, tax_id="91-1144442")
    getattr(acme.stripe, when)[call] = [LOST]
    assert isinstance(acme.bring(says(tax_id="91-1144443")), Later)
    assert acme.tax_ids(), "it is never without"
    assert acme.bring(says(tax_id="91-1144443")) is None
    assert acme.tax_ids() == ["91-1144443"]


def test_a_tax_id_that_changes_again_before_the_old_one_is_gone_leaves_the_last_alone(tmp_path: Path) -> None:
    acme = Company(tmp_path, tax_id="91-1144442")
    acme.stripe.before["delete_tax_id"] = [LOST]
    acme.bring(says(tax_id="91-1144443"))
    assert acme.bring(says(tax_id="91-1144444")) is None
    assert acme.tax_ids() == ["91-1144444"]


def test_a_tax_id_that_the_crm_no_longer_has_is_removed_and_not_sent_empty(tmp_path: Path) -> None:
    acme = Company(tmp_path, tax_id="91-1144442")
    assert acme.bring(says()) is None
    assert acme.bring(says()) is None
    assert acme.tax_ids() == []
    assert acme.sent("create_tax_id") == 1


def test_deals_that_say_different_things_of_one_customer_are_invoiced_in_turn(tmp_path: Path) -> None:
    acme = Company(tmp_path)
    updates = CustomerUpdates(acme.customers()._d)

    def invoice(email: str) -> str:
        with updates.turn(says(email)):
            assert updates.bring(says(email), "default") is None
            return str(acme.at_stripe()["email"])

    with ThreadPoolExecutor(max_workers=2) as pool:
        with updates.turn(says()):
            other = pool.submit(invoice, "other@acme.example")
            same = pool.submit(invoice, "pay@acme.example")
            assert same.result(timeout=30) == "pay@acme.example", "who says the same need not wait"
            assert not wait([other], timeout=0.05).done
        assert other.result(timeout=30) == "other@acme.example"
