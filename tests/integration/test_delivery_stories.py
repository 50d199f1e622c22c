"""Stories of a stopped line, a waiting project, and of deals and packs that change after something was sent."""

from datetime import timedelta

import pytest

from handoff.core.errors import UsageError
from handoff.road import line
from handoff.road.dry_run import dry_run
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story


def test_while_the_line_is_stopped_nothing_is_sent_and_every_run_says_so(begin: Begin):
    story = begin(7)
    with pytest.raises(UsageError, match="may not stop or start the line"):
        story.as_person(line.stop, None, "wrong rate", actor="rin_takeda")
    with pytest.raises(UsageError, match="Say why"):
        story.as_person(line.stop, None, " ")
    story.deal(3, Payment_Terms__c="Whenever")
    story.as_person(line.stop, None, "wrong rate")
    before = story.posts()
    stopped = story.sync()
    assert (stopped.outcomes["in_progress"], stopped.outcomes["held"], stopped.exit_code) == (3, 1, 0)
    assert "stopped by tomas_ortega" in stopped.warnings[0]
    assert {row["reason"] for row in stopped.in_progress} == {"stopped by tomas_ortega: wrong rate"}
    assert story.posts() == before

    with pytest.raises(UsageError):
        story.as_person(line.start, None, "on", actor="sync")
    assert story.as_person(line.start, None, "rate corrected") is True
    story.as_person(line.stop, "project", "holidays", actor="priya_nair")
    waiting = story.sync()
    assert waiting.outcomes["in_progress"] == 3
    assert [len(story.invoices(n)) for n in range(3)] == [1, 1, 1]
    assert story.projects(0) == []
    story.as_person(line.start, "project", "over")
    assert story.sync().outcomes["delivered"] == 3
    assert story.delivered(0, 1, 2)
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"


def test_a_dry_run_writes_nowhere_and_foresees_what_the_sync_then_does(begin: Begin):
    story = begin(8)
    story.deal(3, Payment_Terms__c="Whenever")
    before = story.posts()
    with story.house() as house:
        foreseen = dry_run(house)
    assert story.posts() == before
    assert (len(foreseen.deals), len(foreseen.held)) == (3, 1)
    assert foreseen.creates["invoice"] == 3
    told = story.sync()
    assert (told.outcomes["delivered"], told.outcomes["held"]) == (3, 1)


def change_amount(story: Story, n: int, amount: int) -> None:
    story.line(n, UnitPrice=amount)
    story.deal(n, Amount=amount)


def test_what_changes_after_delivery_is_a_persons_and_is_released_when_it_is_put_back(begin: Begin):
    story = begin(9)
    story.sync()
    change_amount(story, 0, 2000)
    story.deal(1, StageName="Closed Lost")
    story.deal(2)
    story.deal(3, AccountId=org.account_id(9, 0))
    sent = [len(story.invoices(n)) for n in range(4)]
    second = story.sync()
    assert second.held_by_rule == {"changed_after_delivery": 2, "reversal_needed": 2}
    assert second.outcomes["held"] == 4
    assert second.effects["writeback"] == {"created": 3, "adopted": 0, "refused": 0}, "none on the deleted deal"
    assert [story.entry(n).state for n in range(4)] == ["open"] * 4
    assert [story.handoff(n).state for n in range(4)] == ["delivered"] * 4
    assert [len(story.invoices(n)) for n in range(4)] == sent == [1] * 4
    assert story.shown(0)["Handoff_Status__c"] == "Delivered, needs attention"

    change_amount(story, 0, 1000)
    story.deal(1, StageName=org.stage(9))
    story.deal(3, AccountId=org.account_id(9, 3))
    story.sync()
    assert [story.entry(n).state for n in range(4)] == ["released", "released", "open", "released"]
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    assert story.wrong() == []


def test_a_pack_that_would_invoice_otherwise_never_bills_a_deal_twice(begin: Begin):
    story = begin(10)
    story.deal(0, Type="Services", Instalment_Plan__c="At once")
    assert story.sync().outcomes["in_progress"] == 1
    assert len(story.invoices(0)) == 1
    story.edit("billing.yaml", "At once: [{percent: 100}]", "At once: [{percent: 50}, {percent: 50}]")
    story.deal(0, Region__c="EMEA")
    assert story.sync().outcomes["in_progress"] == 1
    assert len(story.invoices(0)) == 1
    story.deal(0, PO_Number__c="PO-1")
    assert story.sync().held_by_rule == {"changed_after_delivery": 1}
    story.deal(0, PO_Number__c=None)
    assert story.sync().outcomes["in_progress"] == 1
    assert story.entry(0).state == "released"
    story.late = timedelta(days=21)
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0)


def test_instalments_are_invoices_that_come_to_the_amount_exactly(begin: Begin):
    story = begin(11)
    story.deal(1, Instalment_Plan__c="Thirds")
    story.sync()
    totals = [invoice["total_excluding_tax"] for invoice in story.invoices(1)]
    assert len(totals) == 3
    assert sum(totals) == 100_100
    assert len(story.projects(1)) == 1


def test_stripe_mails_once_what_it_is_to_send_and_never_what_finance_sends(begin: Begin):
    story = begin(12)
    story.deal(0, Billing_Entity__c="Handoff Inc")
    story.sync()
    story.sync()
    mails = [mail["invoice"] for mail in story.sandbox.state("stripe")["sent_mails"]]
    assert mails.count(story.invoices(0)[0]["id"]) == 1
    assert not {story.invoices(n)[0]["id"] for n in (1, 2, 3)} & set(mails)


def test_a_project_waits_for_its_kickoff_day_and_goes_on_when_it_comes(begin: Begin):
    story = begin(13)
    story.deal(0, Type="Services")
    first = story.sync()
    assert (first.outcomes["delivered"], first.outcomes["in_progress"], first.exit_code) == (3, 1, 0)
    (waiting,) = first.in_progress
    assert waiting["reason"] == f"waits for the kick-off date {org.KICKOFF}"
    assert story.shown(0)["Handoff_Status__c"] == "In progress"
    story.late = timedelta(days=18)
    assert story.sync().outcomes["in_progress"] == 1
    story.late = timedelta(days=21)
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0)
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
