"""Stories of the road: what is held, and how a correction in the CRM, the pack or an owner's absence changes that."""

from datetime import timedelta

import pytest

from tests.integration import story_org as org
from tests.integration.conftest import Begin


def test_what_is_fixed_on_the_deal_its_account_its_contact_or_a_line_is_delivered_by_the_next_sync(begin: Begin):
    story = begin(0)
    story.deal(0, Payment_Terms__c="Whenever")
    story.account(1, Industry="Alchemy")
    story.contact(2, Email="nobody@our.example.com")
    story.line(3, Quantity=0)
    first = story.sync()
    assert (first.outcomes["held"], first.outcomes["delivered"]) == (4, 0)
    opened = [story.entry(n) for n in range(4)]
    assert [entry.rules[0] for entry in opened] == [
        "payment_terms_is_canonical",
        "sector_is_canonical",
        "billing_email_not_ours",
        "line_quantities_positive",
    ]
    assert len(story.notices()) == 4

    story.deal(0, Payment_Terms__c="Net 30")
    story.account(1, Industry="Technology")
    story.contact(2, Email="payer@example.org")
    story.line(3, Quantity=1)
    second = story.sync()
    assert second.outcomes["delivered"] == 4
    assert story.delivered(0, 1, 2, 3)
    released = [story.entry(n) for n in range(4)]
    assert [entry.state for entry in released] == ["released"] * 4
    assert [entry.id for entry in released] == [entry.id for entry in opened]
    assert len(story.notices()) == 4
    assert story.wrong(remote=False) == []


def test_what_fails_again_reopens_its_entry_with_a_new_episode_and_due_time(begin: Begin):
    story = begin(1)
    story.deal(0, Payment_Terms__c="Whenever", Kickoff_Date__c=None)
    story.sync()
    first = story.entry(0)
    story.late = timedelta(days=5)  # whatever the hour of this test: working time has passed
    story.deal(0, Kickoff_Date__c=org.KICKOFF.isoformat())
    story.sync()
    still = story.entry(0)
    assert "date_details_present" in first.rules
    assert "date_details_present" not in still.rules
    assert (still.due_at, still.episode) == (first.due_at, 1)

    story.deal(0, Payment_Terms__c="Net 30", Billing_Entity__c="Handoff Ltd")
    story.sync()
    again = story.entry(0)
    assert (again.rules, again.id, again.episode, again.state) == (["billing_refused"], first.id, 2, "open")
    assert again.due_at > first.due_at
    assert again.person == "tomas_ortega"
    assert {notice.dedupe_key.split(":")[2] for notice in story.notices() if notice.entry_id == first.id} == {"1", "2"}


def test_a_changed_pack_judges_the_open_entries_again_and_a_synonym_releases_them(begin: Begin):
    story = begin(2)
    story.deal(0, Payment_Terms__c="Thirty")
    story.deal(1, Payment_Terms__c="Ninety")
    assert story.sync().outcomes["held"] == 2
    assert story.sync().outcomes["held"] == 0, "nothing changed, so nothing is judged"

    story.edit("labels.yaml", "    30 days: Net 30\n", "    30 days: Net 30\n    Thirty: Net 30\n")
    third = story.sync()
    assert (third.outcomes["delivered"], third.outcomes["held"]) == (1, 1)
    assert story.delivered(0)
    assert story.entry(0).state == "released"
    kept = story.entry(1)
    assert (kept.state, kept.episode) == ("open", 1)
    with story.house() as house:
        assert kept.pack_fingerprint == house.pack.fingerprint


def test_an_absent_owner_is_skipped_for_the_backup_and_a_return_is_a_reassignment(begin: Begin):
    story = begin(3)
    story.account(0, Customer_Kind__c="Club")
    story.sync()
    entry = story.entry(0)
    assert (entry.role, entry.person) == ("tax", "tomas_ortega")
    (opened,) = [e for e in story.events("opened") if e.subject == f"entry:E-{entry.id:06d}"]
    assert opened.new["skipped"][0]["person"] == "ingrid_solberg"

    story.edit("owners.yaml", "until: 2999-12-31", "until: 2000-01-02")
    story.sync()
    back = story.entry(0)
    assert (back.person, back.episode, back.level) == ("ingrid_solberg", 1, 0)
    assert back.first_due_at == entry.due_at
    assert back.clock["since"] > entry.clock["since"], "her own clock begins anew"
    (rerouted,) = story.events("rerouted")
    assert (rerouted.old["owner"], rerouted.new["owner"]) == ("tomas_ortega", "ingrid_solberg")
    assert rerouted.why
    assert {notice.kind for notice in story.notices()} == {"entry_opened", "entry_reassigned"}


def test_of_two_deals_with_one_purchase_order_the_second_is_freed_when_the_first_is_corrected(begin: Begin):
    story = begin(4)
    story.deal(0, PO_Number__c="PO-77")
    story.deal(1, PO_Number__c="PO-77", AccountId=org.account_id(4, 0))
    assert story.sync().outcomes["held"] == 2
    assert story.entry(0).rules == story.entry(1).rules == ["po_number_not_used_twice"]
    story.deal(0, PO_Number__c="PO-78")
    again = story.sync()
    assert again.outcomes["delivered"] == 2
    assert story.delivered(0, 1)


def test_a_held_deal_that_is_lost_or_deleted_is_excluded_and_its_entry_released(begin: Begin):
    story = begin(5)
    story.deal(0, Payment_Terms__c="Whenever")
    story.deal(1, Payment_Terms__c="Whenever")
    story.deal(2, Payment_Terms__c="Whenever")
    story.sync()
    story.deal(0, StageName="Closed Lost")
    story.deal(1)
    deleted = story.rerun(entries=(org.deal_id(5, 1),))
    assert deleted.outcomes["unchanged"] == 1, "a deal that the CRM no longer has is never judged from memory"
    assert story.entry(1).state == "open"
    second = story.sync()
    assert second.outcomes["excluded"] == 2
    assert [story.entry(n).state for n in range(3)] == ["released", "released", "open"]
    assert story.invoices(0) == story.invoices(1) == []


@pytest.mark.parametrize("stored", [True, False])
def test_a_rerun_uses_the_crm_as_it_is_now_or_as_it_was_stored(begin: Begin, stored: bool):
    number = 6 + stored
    story = begin(number)
    story.deal(0, Payment_Terms__c="Whenever")
    story.sync()
    story.deal(0, Payment_Terms__c="Net 30")
    again = story.rerun(rule="payment_terms_is_canonical", stored=stored)
    assert again.outcomes["held" if stored else "delivered"] == 1
    (change,) = again.changes
    assert change["before"] == "held, entry open"
    assert change["after"] == ("held, entry open" if stored else "delivered, entry released")
    assert story.delivered(0) is not stored


def test_a_deal_that_came_twice_is_one_deal(begin: Begin):
    story = begin(8)
    first = story.sync()
    assert (first.pulled, first.outcomes["delivered"]) == (4, 4)
    story.deal(0, NextStep="call")
    story.account(0, Website="https://example.org")
    second = story.sync()
    assert second.outcomes["delivered"] == 0
    assert story.delivered(0, 1, 2, 3)


def test_a_sync_after_a_write_back_pulls_its_echo_and_changes_nothing(begin: Begin):
    story = begin(9)
    story.sync()
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    assert story.shown(0)["Handoff_Invoice__c"].startswith("https://")
    assert story.shown(0)["Handoff_Project__c"].startswith("https://")
    before = story.posts()
    echo = story.sync()
    assert (echo.pulled, echo.outcomes["unchanged"]) == (4, 4)
    assert story.posts() == before
    assert story.wrong() == []
