"""Stories of decisions on held deals, typed at the command line: held, decided, delivered once or stopped."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.errors import Refused
from handoff.core.authority import Action
from handoff.quarantine import by_hand
from handoff.quarantine.by_hand import Claim
from handoff.road.at_the_desk import at_the_desk
from handoff.store.desk_tables import pause, question
from handoff.store.tables import entry, event
from tests.integration import story_org as org
from tests.integration.by_hand import Hands
from tests.integration.conftest import Begin
from tests.integration.story import Story
from tests.integration.test_crash_stories import sync_with
from tests.integration.test_ways_out import failing

OWNER = "rin_takeda"
"""Manager of the stories' rep: whoever sold with nothing wrong but what a rep can fix."""


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    return lambda story: Hands(story=story, monkeypatch=monkeypatch, capsys=capsys)


def hold(story: Story, *numbers: int) -> None:
    """Deals that need a purchase-order number and have none."""
    for n in numbers:
        story.deal(n, PO_Required__c=True)


def decisions(story: Story, n: int) -> list[tuple[str, str, str | None]]:
    """Who did what with the entry of deal n, and why; what runs did is left out."""
    name = f"E-{story.entry(n).id:06d}"
    return [(e.actor, e.what, e.why) for e in story.rows(event, event.c.subject == f"entry:{name}") if e.run_id is None]


def wrong(story: Story) -> list[str]:
    """What `verify --remote` finds; stories share one Stripe account, so others' customers do not count."""
    return [w for w in story.wrong(remote=True) if not w.startswith("I2")]


def test_a_rejected_deal_stays_rejected_whatever_the_crm_says_until_it_is_reopened(begin: Begin, hands):
    story = begin(0)
    handoff = hands(story)
    hold(story, 0)
    story.sync()
    assert "no reason of policies.yaml. Choose --reason from: not a real deal;" in handoff(
        "queue", "reject", "1", "--reason", "x", "--why", "y", "--as", OWNER, code=2
    )
    withdrew = ("--reason", "customer withdrew", "--why", "mail of Monday")
    assert "is rejected" in handoff("queue", "reject", "E-000001", *withdrew, "--as", OWNER)
    assert wrong(story) == []
    story.deal(0, PO_Required__c=False, Name="Deal 0-0 again")
    assert story.sync().outcomes["delivered"] == 0
    assert (story.handoff(0).state, story.invoices(0)) == ("rejected", [])
    assert story.events("noted")[0].new == {"fields": ["deal_name", "po_required"]}
    shown = story.shown(0)
    assert (shown["Handoff_Status__c"], shown["Handoff_Reason__c"]) == ("Rejected", "customer withdrew: mail of Monday")
    assert story.rerun(entries=("1",)).outcomes["unchanged"] == 1
    assert wrong(story) == []
    with story.house() as house, house.store.write() as tx:
        tx.execute(sa.text("UPDATE entry SET state = 'released'"))
    assert [w.split()[0] for w in story.wrong()] == ["I6"], "a rejected deal whose entry says otherwise"
    with story.house() as house, house.store.write() as tx:
        tx.execute(sa.text("UPDATE entry SET state = 'rejected'"))
    said = handoff("queue", "ask", "1", "--of", "mei_tanaka", "--why", "x", "--as", OWNER, code=2)
    assert "E-000001 is rejected: this is for open entries." in said
    handoff("queue", "comment", "1", "--why", "they called", "--as", "mei_tanaka")
    handoff("queue", "reopen", "1", "--why", "signed after all", "--as", OWNER)
    again = story.entry(0)
    assert (again.state, again.episode, again.opened_at > again.judged_at - timedelta(hours=1)) == ("open", 2, True)
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0, 1, 2, 3)
    assert story.entry(0).state == "released"
    assert [(who, what) for who, what, _ in decisions(story, 0)] == [
        (OWNER, "reject"),
        ("mei_tanaka", "comment"),
        (OWNER, "reopen"),
        (OWNER, "reopened"),
    ]
    assert wrong(story) == []


def test_a_question_stops_the_clock_until_it_is_answered_and_a_new_owner_hears_of_it(begin: Begin, hands):
    story = begin(1)
    handoff = hands(story)
    left = "lea_adler: {name: Lea Adler, email: lea.adler@example.com, left: 2020-01-01}"
    story.edit("owners.yaml", "\npeople:\n", f"\npeople:\n  {left}\n")
    hold(story, 0)
    story.sync()
    due = story.entry(0).due_at
    assert "absent until 2999-12-31 (parental leave)" in handoff(
        "queue", "reassign", "1", "--to", "Ingrid Solberg", "--why", "x", "--as", OWNER, code=2
    )
    assert "left on 2020-01-01" in handoff(
        "queue", "reassign", "1", "--to", "lea_adler", "--why", "x", "--as", OWNER, code=2
    )
    handoff("queue", "reassign", "1", "--to", "mei.tanaka@example.com", "--why", "knows them", "--as", OWNER)
    mine = story.entry(0)
    assert (mine.person, mine.owner_name, mine.reassigned_by, mine.due_at) == ("mei_tanaka", "Mei Tanaka", OWNER, due)
    assert "'ada' may not ask E-000001 (as stranger)" in handoff(
        "queue", "ask", "1", "--of", OWNER, "--why", "x", "--as", "ada", code=2
    )
    asked = handoff.json(
        "queue", "ask", "1", "--of", OWNER, "--why", "Which order?", "--hours", "4", "--as", "mei_tanaka"
    )
    assert asked["of"] == OWNER
    assert asked["paused_until"] == asked["deadline"]
    assert "an open question about E-000001 already" in handoff(
        "queue", "ask", "1", "--of", OWNER, "--why", "Well?", "--as", "mei_tanaka", code=2
    )
    shown = handoff.json("queue", "show", "1")["desk"]
    assert [(q["of"], q["by"], q["text"]) for q in shown["questions"]] == [(OWNER, "mei_tanaka", "Which order?")]
    assert "Which order?" in handoff("explain", "1")
    assert "'mei_tanaka' may not answer E-000001" in handoff(
        "queue", "answer", "1", "--why", "x", "--as", "mei_tanaka", code=2
    )
    stale = shown["version"] - 1
    conflict = handoff("queue", "answer", "1", "--why", "4711", "--as", OWNER, "--version", stale, code=1)
    assert "changed by somebody else while you looked at it: mei_tanaka ask" in conflict
    handoff("queue", "answer", "1", "--why", "PO 4711", "--as", OWNER, "--version", shown["version"])
    (row,), (stop,) = story.rows(question), story.rows(pause)
    assert (row.state, row.answer, stop.reason) == ("answered", "PO 4711", "waiting for an answer")
    assert stop.since < stop.ended_at < stop.until
    told = [(n.kind, n.person) for n in story.notices() if not n.kind.startswith("entry_opened")]
    assert told == [("entry_reassigned", "mei_tanaka"), ("question_asked", OWNER), ("question_answered", "mei_tanaka")]
    assert [(who, what, why) for who, what, why in decisions(story, 0)] == [
        (OWNER, "reassign", "knows them"),
        ("mei_tanaka", "ask", "Which order?"),
        (OWNER, "answer", "PO 4711"),
    ]
    story.deal(0, PO_Number__c="PO-4711")
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(0)
    assert wrong(story) == []


def test_what_was_done_by_hand_is_taken_over_and_never_made_again(begin: Begin, hands):
    story = begin(2)
    handoff = hands(story)
    hold(story, 0, 1)
    story.sync()
    list_ = handoff.json("fallback", "1")
    values = {v["name"]: v["value"] for part in list_["parts"] for v in part["values"]}
    assert (values["Total excluding tax"], values["Metadata handoff_deal"]) == ("USD 1,000.00", org.deal_id(2, 0))
    assert "MISSING" not in handoff("fallback", "1")
    customer = story.stripe_customer(name="Company 2-0", email="billing2.0@example.org")
    project = handoff.project(values["Name"] if "[HO-" in values["Name"] else "by hand")
    draft = handoff.invoice(customer, 90_000, final=False)

    def by_hand(*words: str, code: int = 0) -> str:
        return handoff("queue", "done-by-hand", "1", *words, "--why", "Asana was away", "--as", OWNER, code=code)

    gone = ("--invoice", "in_missing", "--project", project)
    assert "Stripe has no invoice in_missing" in by_hand(*gone, code=2)
    assert "in_1 is draft" in by_hand("--invoice", draft, "--project", project, code=2).replace(draft, "in_1")
    story.at_stripe("POST", f"invoices/{draft}/finalize")
    there = ("--invoice", draft, "--project", project)
    assert "Asana has no project 99" in by_hand("--invoice", draft, "--project", "99", code=2)
    assert "no project is named" in by_hand("--invoice", draft, code=2)
    assert "USD 900.00 excluding tax at Stripe, USD 1,000.00 in the deal" in by_hand(*there, code=2)
    assert (story.handoff(0).state, story.effects(0)) == ("held", {}), "nothing was written"
    assert f"done by hand: {draft}, project {project}" in by_hand(*there, "--accept-differences")
    assert (story.handoff(0).state, story.entry(0).state) == ("delivered", "released")
    assert [e.outcome for e in story.effects(0).values()] == ["by_hand"] * 4
    assert "is the ledger's for deal" in handoff(
        "queue", "done-by-hand", "2", *there, "--why", "x", "--as", OWNER, "--accept-differences", code=2
    )
    assert wrong(story) == []
    story.sync()
    story.rerun(entries=("1",))
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    assert wrong(story) == []
    assert story.invoices(0) == []
    assert len(story.projects(0)) == 1
    story.deal(0, Description="a remark", PO_Required__c=False)
    story.sync()
    assert story.entry(0).state == "released"
    story.line(0, UnitPrice=1100)
    story.deal(0, Amount=1100)
    assert story.sync().held_by_rule == {"changed_after_delivery": 1}
    assert "further USD 100.00" in story.entry(0).allowed[0]
    story.line(0, UnitPrice=1000)
    story.deal(0, Amount=1000)
    story.sync()
    assert (story.entry(0).state, story.entry(0).episode, story.invoices(0)) == ("released", 2, [])
    assert wrong(story) == []
    story.at_stripe("POST", f"invoices/{draft}/void")
    assert wrong(story) == [f"I1 {draft} was made by hand, and is not live at Stripe"]


def test_a_deal_that_cannot_be_planned_is_done_by_hand_and_compared_by_its_fields_afterwards(begin: Begin, hands):
    story = begin(3)
    handoff = hands(story)
    story.deal(0, Payment_Terms__c=None)
    story.sync()
    told = handoff.json("fallback", org.deal_id(3, 0))
    assert "payment terms" in told["unplanned"]
    assert told["missing"] == ["Invoice: Payment terms"]
    assert "MISSING: ask for it" in handoff("fallback", "1")
    assert "There is no entry 'E-000099'" in handoff("fallback", "E-000099", code=2)
    both = ("--withdraw", "--invoice", "in_1", "--why", "x", "--as", OWNER)
    assert "leave out --invoice" in handoff("queue", "done-by-hand", "1", *both, code=2)
    customer = story.stripe_customer(name="Company 3-0", email="x@example.org")
    invoice, project = handoff.invoice(customer, 100_000), handoff.project("Company 3-0: by hand")
    who = story.entry(0).person
    named = ("--invoice", invoice, "--project", project, "--why", "agreed on the phone")
    handoff("queue", "done-by-hand", "1", *named, "--as", who)
    assert (story.handoff(0).state, story.handoff(0).planned_snapshot_id) == ("delivered", story.handoff(0).snapshot_id)
    story.deal(0, Payment_Terms__c="Net 30")
    assert story.sync().outcomes["held"] == 0
    assert story.entry(0).state == "released"
    story.line(0, UnitPrice=800)
    story.deal(0, Amount=800)
    assert story.sync().held_by_rule == {"changed_after_delivery": 1}
    assert (story.invoices(0), story.projects(0)) == ([], [])
    assert wrong(story) == []


def claim(story: Story, n: int, named: Claim) -> None:
    """What the owners' page does: it asks no service."""
    with story.house(OWNER) as house, at_the_desk(house, org.deal_id(story.number, n), Action.DONE_BY_HAND) as desk:
        by_hand.claim(desk, named, "made it myself")


def test_a_claim_from_the_page_is_looked_at_by_the_next_run_and_sends_nothing_while_it_stands(begin: Begin, hands):
    story = begin(4)
    handoff = hands(story)
    hold(story, 0, 1)
    story.sync()
    customer = story.stripe_customer(name="Company 4-0", email="x@example.org")
    invoice, project = handoff.invoice(customer, 100_000), handoff.project("Company 4-0: by hand")
    claim(story, 0, Claim(invoices=(invoice,), project=project))
    claim(story, 1, Claim(invoices=("in_missing",), project=project))
    assert wrong(story) == []
    story.deal(1, PO_Required__c=False)  # it would pass now, and must not be sent
    told = story.sync()
    assert (told.outcomes["delivered"], story.handoff(0).state, story.entry(0).state) == (1, "delivered", "released")
    assert (story.handoff(1).state, story.entry(1).state, story.invoices(1)) == ("by_hand_claimed", "open", [])
    assert "Stripe has no invoice in_missing" in story.events("by_hand_refused")[0].new["problems"]
    story.sync()
    story.rerun(everything=True)
    assert len(story.events("by_hand_refused")) == 1, "told once"
    assert "Stripe has no invoice in_missing" in handoff("explain", "2")
    told = f"said to be done by hand, but Stripe has no invoice in_missing; {project} is the ledger's for deal"
    assert story.shown(1)["Handoff_Reason__c"] == f"{told} {org.deal_id(4, 0)}"
    assert story.handoff(1).state == "by_hand_claimed"
    assert wrong(story) == []
    assert "Take that back first" in handoff(
        "queue", "reject", "2", "--reason", "duplicate", "--why", "x", "--as", OWNER, code=2
    )
    handoff("queue", "done-by-hand", "2", "--withdraw", "--why", "it was another deal", "--as", OWNER)
    assert story.sync().outcomes["delivered"] == 1
    assert story.delivered(1)
    assert wrong(story) == []


def test_while_stripe_is_away_the_claim_stands_and_the_run_after_takes_it_over(begin: Begin, hands, hasty):
    story = begin(5)
    handoff = hands(story)
    hold(story, 0)
    story.sync()
    customer = story.stripe_customer(name="Company 5-0", email="x@example.org")
    invoice, project = handoff.invoice(customer, 100_000), handoff.project("Company 5-0: by hand")
    down = {"service": "stripe", "method": "GET", "path": "/v1/invoices/*", "do": "error_500", "times": None}
    story.sandbox.faults("stripe", down)
    named = ("--invoice", invoice, "--project", project, "--why", "made it myself", "--as", OWNER)
    assert "The next sync looks" in handoff("queue", "done-by-hand", "1", *named, code=1)
    story.deal(0, PO_Required__c=False)
    assert story.sync().outcomes["delivered"] == 0
    assert (story.handoff(0).state, story.invoices(0)) == ("by_hand_claimed", [])
    story.sandbox.faults("stripe")
    assert story.sync().outcomes["delivered"] == 1
    assert (story.handoff(0).state, story.invoices(0)) == ("delivered", [])
    assert wrong(story) == []


def test_a_project_that_asana_refused_is_made_by_hand_beside_the_invoice_that_we_made(begin: Begin, hands):
    story = begin(6)
    handoff = hands(story)
    sync_with(story, "tracker", "create_project", failing(Refused("no such team", service="Asana", status=400)))
    held = story.entry(0)
    (invoice,) = story.invoices(0)
    assert (held.rules, invoice["status"]) == (["tracker_refused"], "open")
    refused = handoff("queue", "reject", "1", "--reason", "duplicate", "--why", "x", "--as", held.person, code=2)
    assert "something of it was sent (invoice in_" in refused
    assert f"{invoice['id']} is there: do not make it again" in handoff("fallback", "1")
    project = handoff.project("Company 6-0: by hand")
    handoff("queue", "done-by-hand", "1", "--project", project, "--why", "made it myself", "--as", held.person)
    assert story.handoff(0).state == "delivered"
    assert (story.effects(0)["finalize"].outcome, story.effects(0)["project"].outcome) == ("created", "by_hand")
    assert story.sync().outcomes["delivered"] == 0
    assert [p["name"] for p in story.sandbox.state("asana")["projects"] if "Company 6-0" in p["name"]] == [
        "Company 6-0: by hand"
    ]
    assert [w for w in wrong(story) if "6-0" in w or org.deal_id(6, 0) in w] == []


def test_two_deals_of_one_account_are_released_in_the_order_they_arrived(begin: Begin):
    story = begin(7)
    arriving = (2, 0, 3, 1)
    for n in arriving:
        story.deal(n, AccountId=org.account_id(7, 0), PO_Required__c=True, StageName="Negotiation")
    for n in arriving:
        story.deal(n, StageName=org.stage(7))
        story.sync()
    for n in range(org.DEALS):
        story.deal(n, PO_Number__c=f"PO-{n}")
    assert story.sync().outcomes["delivered"] == org.DEALS
    arrived = [org.deal_id(7, n) for n in arriving]
    of_entry = {f"entry:E-{row.id:06d}": row.deal_id for row in story.rows(entry)}
    assert [of_entry[e.subject] for e in story.events("released")] == arrived
    assert story.delivered(*arriving)


def test_what_is_put_right_wrong_again_and_right_is_one_entry_in_its_second_episode(begin: Begin, hands):
    story = begin(8)
    handoff = hands(story)
    handoff("stop", "--step", "invoice", "--why", "a quiet line", "--as", "tomas_ortega")
    hold(story, 0)
    story.sync()
    first = story.entry(0)
    story.deal(0, PO_Number__c="PO-1", Name="Deal renamed meanwhile")
    story.sync()
    assert (story.entry(0).state, story.handoff(0).deal_name) == ("released", "Deal renamed meanwhile")
    story.deal(0, PO_Number__c=None)
    story.late += timedelta(days=18)  # whatever the hour and the holidays of its owner
    story.sync()
    second = story.entry(0)
    assert (second.id, second.state, second.episode) == (first.id, "open", 2)
    assert second.due_at > first.due_at + timedelta(days=2), "its clock starts anew"
    story.deal(0, PO_Number__c="PO-2")
    handoff("start", "--step", "invoice", "--why", "go on", "--as", "tomas_ortega")
    assert story.sync().outcomes["delivered"] == 4
    (invoice,) = story.invoices(0)
    assert invoice["custom_fields"][0]["value"] == "PO-2"
    assert wrong(story) == []


def test_a_copy_that_is_rejected_frees_the_deal_it_was_taken_for(begin: Begin, hands):
    story = begin(9)
    handoff = hands(story)
    for n in (0, 1):
        story.deal(n, AccountId=org.account_id(9, 0), Name="One deal", Amount=1000)
        story.line(n, UnitPrice=1000)
    story.sync()
    assert [story.entry(n).rules for n in (0, 1)] == [["not_a_copy_of_another_deal"]] * 2
    owner = story.entry(1).person
    handoff("queue", "reject", "2", "--reason", "duplicate", "--why", "the rep saved it twice", "--as", owner)
    assert story.sync().outcomes["delivered"] == 1
    assert (story.handoff(0).state, story.handoff(1).state) == ("delivered", "rejected")
    assert wrong(story) == []
