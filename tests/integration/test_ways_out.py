"""Stories of deals that change after something was sent and their ways out, and of customers kept up to date."""

from datetime import timedelta
from typing import Any

import pytest

from connectors.errors import Refused, Transient, UnknownOutcome
from handoff.core.handoff import EffectKind
from handoff.road import line
from handoff.road.dry_run import dry_run
from handoff.road.sync import sync
from handoff.store.tables import effect
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story
from tests.integration.test_crash_stories import Crashed, Dying, crash, sync_with

BUSY = Transient("asks us to wait", service="Stripe", status=429)
REFUSED = Refused("no such city", service="Stripe", status=400)
CUT = UnknownOutcome("the connection was cut", service="Stripe")


def sync_but(story: Story, call: str, act: Any, **settings: Any) -> Any:
    """A sync in which one call to Stripe does something else."""
    with story.house(**settings) as house:
        billing = house.billing("default")
        house._billing["default"] = Dying(billing, call, act)  # type: ignore[assignment]  # it acts as one
        return sync(house)


def failing(error: Exception) -> Any:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def drafted(story: Story) -> list[str]:
    """Bring the story's deals as far as a draft; returns the drafts' ids."""
    sync_but(story, "finalize", failing(BUSY))
    return [story.invoices(n)[0]["id"] for n in range(org.DEALS)]


def delete_draft(story: Story, n: int) -> None:
    (draft,) = [i for i in story.invoices(n) if i["status"] == "draft"]
    story.at_stripe("DELETE", f"invoices/{draft['id']}")


def credit(story: Story, n: int, minor: int) -> None:
    """Somebody credits a paid invoice, with a refund."""
    (invoice,) = story.invoices(n)
    story.at_stripe("POST", "credit_notes", invoice=invoice["id"], amount=minor, refund_amount=minor)


def amount(story: Story, n: int, value: int) -> None:
    story.line(n, UnitPrice=value)
    story.deal(n, Amount=value)


def test_a_draft_that_a_person_deletes_lets_its_deal_be_excluded_or_drafted_anew(begin: Begin):
    story = begin(0)
    drafts = drafted(story)
    first_key = story.effects(1)[EffectKind.INVOICE].idempotency_key
    story.deal(0, StageName="Closed Lost")
    amount(story, 1, 1500)
    amount(story, 2, 1500)
    told = story.sync()
    assert told.held_by_rule == {"reversal_needed": 1, "changed_after_delivery": 2}
    assert story.sync().outcomes["held"] == 0, "what stands is not told again"
    for n in (0, 1):
        delete_draft(story, n)
    amount(story, 2, 1002)
    last = story.sync()
    assert story.handoff(0).state == "excluded"
    assert story.invoices(0) == []
    assert last.outcomes["delivered"] == 2
    assert (story.invoices(1)[0]["total"], story.invoices(2)[0]["id"]) == (150_000, drafts[2])
    assert story.delivered(1, 2, 3)
    made = story.effects(1)[EffectKind.INVOICE]
    assert (made.generation, made.idempotency_key != first_key) == (1, True)
    anew = [e for e in story.events("planned_anew") if e.subject == f"effect:{made.scope}"]
    assert [(e.old, e.new["was"], e.why) for e in anew] == [
        ("confirmed", drafts[1], f"the draft {drafts[1]} was deleted at Stripe")
    ]
    assert [story.entry(n).state for n in range(3)] == ["released"] * 3
    assert [w for w in story.wrong(remote=True) if not w.startswith("I2")] == []  # the stories share an account


def test_a_deal_excluded_after_its_draft_was_deleted_is_drafted_under_new_keys_when_won_again(begin: Begin):
    story = begin(1)
    drafts = drafted(story)
    story.deal(0, StageName="Closed Lost")
    story.sync()
    delete_draft(story, 0)
    story.sync()
    assert story.handoff(0).state == "excluded"
    story.deal(0, StageName=org.stage(1))
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0)
    assert story.invoices(0)[0]["id"] != drafts[0]
    assert story.wrong() == []


def test_a_draft_deleted_while_the_line_was_stopped_is_made_again(begin: Begin):
    story = begin(2)
    drafts = drafted(story)
    delete_draft(story, 0)
    assert story.sync().held_by_rule == {"draft_differs": 1}
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0, 1, 2, 3)
    assert story.invoices(0)[0]["id"] != drafts[0]
    assert story.wrong() == []


def test_an_entry_about_a_name_ends_with_the_payment_and_one_about_money_does_not(begin: Begin):
    story = begin(3)
    story.sync()
    story.account(0, Legal_Name__c="Renamed SE")
    amount(story, 1, 900)
    story.deal(2, PO_Number__c="PO-77")
    assert story.sync().held_by_rule == {"changed_after_delivery": 3}
    number = story.invoices(1)[0]["number"]
    assert story.entry(1).allowed == [f"Give a credit note over USD 101.00 on invoice {number}; or put the deal back."]
    for n in range(3):
        story.pay(n)
    story.sync()
    assert [story.entry(n).state for n in range(3)] == ["released", "open", "released"]
    assert "with a refund" in story.entry(1).allowed[0]
    assert story.entry(1).episode == 1
    (release,) = [e for e in story.events("released") if e.subject == "entry:E-000001"]
    assert release.why == "its invoices are paid, or credited by as much as it is less"
    credit(story, 1, 10_000)
    story.sync()
    assert (story.entry(1).state, "USD 100.00 of it credited" in story.entry(1).seen[0]) == ("open", True)
    credit(story, 1, 100)
    story.sync()
    assert story.entry(1).state == "released"


def test_a_lost_deal_is_settled_by_a_void_and_one_that_is_won_again_after_it_is_to_be_invoiced_by_hand(begin: Begin):
    story = begin(4)
    story.sync()
    story.deal(0, StageName="Closed Lost")
    story.sync()
    assert "void invoice" in story.entry(0).allowed[0].lower()
    invoice = story.invoices(0)[0]
    story.at_stripe("POST", f"invoices/{invoice['id']}/void")
    story.sync()
    assert story.entry(0).state == "released"
    assert [w for w in story.wrong(remote=True) if invoice["id"] in w] == [], "a void that we proposed is no finding"
    story.deal(0, StageName=org.stage(4))
    sync_but(story, "invoice", failing(CUT))
    assert story.entry(0).state == "released", "nobody could say that it is void"
    story.sync()
    found = story.entry(0)
    assert (found.state, found.episode, found.rules) == ("open", 2, ["changed_after_delivery"])
    assert f"invoice {invoice['number']} was voided or credited" in found.seen[0]
    assert found.allowed == ["Invoice it again by hand."]
    assert len(story.invoices(0)) == 1, "we invoice nothing by ourselves"
    assert len(story.events("voided_by_hand")) == 1


def test_a_lost_deal_whose_paid_invoice_is_credited_in_whole_is_settled(begin: Begin):
    story = begin(17)
    story.sync()
    story.pay(0)
    story.deal(0, StageName="Closed Lost")
    story.sync()
    credit(story, 0, 50_000)
    story.sync()
    assert story.entry(0).state == "open"
    credit(story, 0, 50_000)
    story.sync()
    assert story.entry(0).state == "released"
    assert story.sync().outcomes["held"] == 0


def test_when_stripe_does_not_answer_the_entry_says_what_the_ledger_knows_and_the_next_run_asks_again(begin: Begin):
    story = begin(5)
    story.sync()
    story.pay(0)
    story.deal(0, StageName="Closed Lost")
    told = sync_but(story, "invoice", failing(CUT))
    assert (told.held_by_rule, told.exit_code) == ({"reversal_needed": 1}, 1)
    assert "Stripe did not say whether it is paid" in story.entry(0).seen[0]
    assert "if it is paid, credit it in whole" in story.entry(0).allowed[0]
    story.sync()
    assert "is paid" in story.entry(0).seen[0]
    assert "did not say" not in story.entry(0).seen[0]
    assert story.entry(0).episode == 1


def test_a_change_outlives_a_crash_between_reading_and_comparing_it(begin: Begin):
    story = begin(6)
    story.sync()
    story.sandbox.control(shift=5)
    story.deal(0, StageName="Closed Lost")
    with pytest.raises(Crashed):
        sync_with(story, "source", "touched", crash)
    story.sandbox.control(shift=5)
    story.deal(1, NextStep="call")  # later reads begin after the lost deal
    story.sandbox.control(shift=5)
    with pytest.raises(Crashed):
        sync_but(story, "invoice", crash, overlap_minutes=0)
    assert story.entry(0) is None
    last = story.sync(overlap_minutes=0)
    assert last.held_by_rule == {"reversal_needed": 1}
    assert story.entry(0).state == "open"


def test_a_project_that_waits_is_stopped_by_a_changed_amount_and_not_by_a_changed_address(begin: Begin):
    story = begin(7)
    for n in (0, 1):
        story.deal(n, Type="Services")
    assert story.sync().outcomes["in_progress"] == 2
    story.account(0, BillingCity="Tacoma")
    amount(story, 1, 2000)
    story.late = timedelta(days=21)
    story.sync()
    assert [story.handoff(n).state for n in (0, 1)] == ["delivered", "held"]
    assert [len(story.projects(n)) for n in (0, 1)] == [1, 0]
    assert [story.entry(n).rules for n in (0, 1)] == [["changed_after_delivery"]] * 2
    assert story.entry(0).state == "open"
    assert story.invoices(0)[0]["customer_address"]["city"] == "Seattle"
    amount(story, 1, 1001)
    story.account(0, BillingCity="Seattle")
    story.sync()
    assert [story.entry(n).state for n in (0, 1)] == ["released"] * 2
    assert story.delivered(0, 1)
    assert story.wrong() == []


def test_of_instalments_each_is_named_and_a_deleted_draft_alone_ends_nothing(begin: Begin):
    story = begin(8)
    story.deal(0, Instalment_Plan__c="Half and half")

    def first_only(invoice_id: str, key: str) -> Any:
        found = real.invoice(invoice_id)
        if found and found["metadata"]["handoff_invoice"] == "1":
            return real.finalize(invoice_id, key)
        raise BUSY

    with story.house() as house:
        real = house.billing("default")
        house._billing["default"] = Dying(real, "finalize", first_only)  # type: ignore[assignment]  # it acts as one
        sync(house)
    assert sorted(i["status"] for i in story.invoices(0)) == ["draft", "open"]
    story.deal(0, StageName="Closed Lost")
    story.sync()
    (draft,), (open_,) = ([i for i in story.invoices(0) if i["status"] == s] for s in ("draft", "open"))
    assert f"invoice {open_['number']} over USD 500.00 is open" in story.entry(0).seen[0]
    assert f"draft {draft['id']} over USD 500.00 is at Stripe" in story.entry(0).seen[0]
    assert "oid invoice" in story.entry(0).allowed[0]
    assert f"delete the draft {draft['id']}" in story.entry(0).allowed[0]
    delete_draft(story, 0)
    story.sync()
    assert (story.handoff(0).state, story.entry(0).state) == ("held", "open")
    assert "elete the draft" not in story.entry(0).allowed[0]
    story.deal(0, StageName=org.stage(8))
    story.sync()
    assert [i["status"] for i in story.invoices(0)] == ["open", "open"]
    assert sum(i["total"] for i in story.invoices(0)) == 100_000
    assert story.wrong() == []


def test_a_draft_whose_reply_was_lost_is_found_before_its_lost_deal_is_let_go(begin: Begin):
    story = begin(9)

    def lose(*arguments: Any) -> Any:
        real.create_invoice(*arguments)
        raise CUT

    with story.house(threads=1) as house:
        real = house.billing("default")
        house._billing["default"] = Dying(real, "create_invoice", lose)  # type: ignore[assignment]  # it acts as one
        sync(house)
    assert story.effects(0)[EffectKind.INVOICE].state == "unknown"
    story.deal(0, StageName="Closed Lost")
    sync_but(story, "finalize", failing(BUSY))
    (draft,) = story.invoices(0)
    assert f"draft {draft['id']}" in story.entry(0).seen[0]
    delete_draft(story, 0)
    story.sync()
    assert story.handoff(0).state == "held", "a request that was cut off may still arrive"
    story.late = timedelta(minutes=2)
    story.sync()
    assert story.handoff(0).state == "excluded"
    assert story.wrong() == []


def test_a_dry_run_foresees_what_a_sync_would_hold(begin: Begin):
    story = begin(10)
    drafted(story)
    story.deal(0, StageName="Closed Lost")
    amount(story, 1, 2000)
    with story.house() as house:
        foreseen = dry_run(house)
    rules = {deal_id: [v.rule for v in found] for deal_id, found in foreseen.held.items()}
    assert rules == {org.deal_id(10, 0): ["reversal_needed"], org.deal_id(10, 1): ["changed_after_delivery"]}


def test_a_later_deal_of_an_account_is_invoiced_to_where_the_account_is_now(begin: Begin):
    story = begin(11)
    for n in (1, 2):
        story.deal(
            n, StageName="Negotiation", AccountId=org.account_id(11, 0), Billing_Contact__c=org.contact_id(11, 0)
        )
    story.account(0, Tax_Id__c="91-1144442")
    story.sync()
    story.pay(0)
    story.account(0, BillingStreet="2 Side St", Legal_Name__c="Renamed SE", Tax_Id__c="91-1144443")
    for n in (1, 2):
        story.deal(n, StageName=org.stage(11))
    story.sync()
    first, second, third = (story.invoices(n)[0] for n in range(3))
    assert first["customer"] == second["customer"] == third["customer"]
    for invoice in (second, third):
        assert (invoice["customer_name"], invoice["customer_address"]["line1"]) == ("Renamed SE", "2 Side St")
        assert [t["value"] for t in invoice["customer_tax_ids"]] == ["91-1144443"]
    assert (first["customer_name"], first["customer_address"]["line1"]) == ("Company 11-0", "1 Main St")
    assert story.entry(0) is None, "it is paid"
    updates = story.rows(effect, effect.c.kind == EffectKind.CUSTOMER_UPDATE)
    assert [(row.state, row.attempts) for row in updates] == [("confirmed", 1)]
    assert story.wrong() == []


def test_deals_of_one_account_are_each_invoiced_to_their_own_contact(begin: Begin):
    story = begin(12)
    for n in range(4):
        story.deal(n, AccountId=org.account_id(12, 0))
    assert story.sync().outcomes["delivered"] == 4
    invoices = [story.invoices(n)[0] for n in range(4)]
    assert len({i["customer"] for i in invoices}) == 1
    assert [i["customer_email"] for i in invoices] == [f"billing12.{n}@example.org" for n in range(4)]
    assert story.wrong() == []


def test_a_customer_that_people_made_is_never_touched(begin: Begin):
    story = begin(13)
    known = story.stripe_customer(name="Company of old", email="other@example.org")
    story.account(0, Stripe_Customer__c=known, Tax_Id__c="91-1144442")
    story.sync()
    story.account(0, BillingStreet="2 Side St", Legal_Name__c="Renamed SE", Tax_Id__c="91-1144443")
    story.deal(1, AccountId=org.account_id(13, 0), Amount=1001)
    story.sync()
    customers = story.sandbox.state("stripe")["accounts"]["default"]["customers"]
    (own,) = [c for c in customers if c["id"] == known]
    assert (own["name"], own["email"], own["address"]) == ("Company of old", "other@example.org", None)
    assert story.entry(0) is None, "its invoice never said what the CRM says"


def test_an_update_that_stripe_refuses_holds_its_deal_until_the_crm_is_corrected(begin: Begin):
    story = begin(14)
    drafts = drafted(story)
    story.account(0, BillingCity="Tacoma")
    refused = sync_but(story, "update_customer", failing(REFUSED))
    assert refused.held_by_rule == {"billing_refused": 1}
    assert story.sync().outcomes["held"] == 0, "a refusal is not tried again by itself"
    assert story.invoices(0)[0]["status"] == "draft"
    story.account(0, BillingCity="Olympia")
    story.sync()
    assert story.delivered(0)
    assert (story.invoices(0)[0]["id"], story.invoices(0)[0]["customer_address"]["city"]) == (drafts[0], "Olympia")


def test_lines_that_stripe_refused_are_corrected_on_the_same_draft(begin: Begin):
    story = begin(16)
    assert sync_but(story, "add_lines", failing(REFUSED)).held_by_rule == {"billing_refused": 4}
    drafts = [story.invoices(n)[0]["id"] for n in range(4)]
    amount(story, 0, 1500)
    told = story.sync()
    assert (told.outcomes["delivered"], told.held_by_rule) == (1, {})
    assert [(i["id"], i["total"]) for i in story.invoices(0)] == [(drafts[0], 150_000)]
    delete_draft(story, 1)
    assert story.sync().outcomes["delivered"] == 1, "a draft that cannot be filled may be deleted, too"
    assert story.delivered(0, 1)
    assert story.wrong() == []


def test_a_close_date_before_go_live_reverses_a_draft_and_is_no_matter_to_an_invoice(begin: Begin):
    story = begin(18)
    drafts = drafted(story)
    story.deal(0, CloseDate="2025-12-30")
    told = story.sync()
    assert (told.held_by_rule, told.outcomes["delivered"]) == ({"reversal_needed": 1}, 3)
    assert story.entry(0).seen[0].startswith(f"closed before go-live (2026-01-01); draft {drafts[0]}")
    story.deal(1, CloseDate="2025-12-30")
    assert story.sync().held_by_rule == {}
    assert (story.handoff(1).state, story.entry(1)) == ("delivered", None)
    delete_draft(story, 0)
    story.sync()
    assert (story.handoff(0).state, story.handoff(0).reason) == ("excluded", "closed before go-live (2026-01-01)")


def test_an_entry_on_a_stopped_line_is_opened_all_the_same(begin: Begin):
    story = begin(15)
    story.sync()
    story.as_person(line.stop, None, "month end")
    story.deal(0, StageName="Closed Lost")
    assert story.sync().held_by_rule == {"reversal_needed": 1}
    assert story.entry(0).state == "open"
