"""Stories of decisions that change the verdict, through the command: held, decided, delivered once or stopped."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import yaml

from handoff.cli.main import run
from handoff.core.entry import entry_name
from handoff.store.desk_tables import approval, overlay
from handoff.store.tables import event
from tests.integration.conftest import Begin
from tests.integration.story import Crm, Story

RIN = "rin.takeda@example.com"  # the manager of the stories' rep
TERMS = "payment_terms_within_limit_or_approved"
HORIZON = "kickoff_within_horizon"


@dataclass
class Typed:
    """What somebody typed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Type = Callable[..., Typed]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Type]:
    """`typed(story, "queue", ...)` runs the command as the company of the story."""

    def command(story: Story, *words: str, code: int = 0) -> Typed:
        own = {"HANDOFF_HOME": str(story.home), "HANDOFF_PACK": str(story.pack)}
        for name, value in {**story.sandbox.env, **own}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(list(words))
        told = capsys.readouterr()
        found = Typed(code=ended.value.code or 0, out=told.out, err=told.err)
        assert found.code == code, f"{words}: exit {found.code}\n{found.out}\n{found.err}"
        return found

    yield command
    for name in ("handoff", "flows", "connectors", "checks", "mappings"):
        for handler in logging.getLogger(name).handlers:
            handler.close()
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True


@pytest.fixture(scope="module")
def company_of_mistakes(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One held deal at which everything that is typed is wrong."""
    story = Story.begin(8, crm, tmp_path_factory.mktemp("mistakes"))
    story.deal(0, Region__c="Atlantis")
    story.sync()
    return story


def name_of(story: Story, n: int) -> str:
    return entry_name(story.entry(n).id)


def audit(story: Story, n: int, *whats: str) -> list[Any]:
    """The events of an entry with these names, in order; each says who, when and why."""
    found = [e for e in story.rows(event, event.c.subject == f"entry:{name_of(story, n)}") if e.what in whats]
    assert [e.what for e in found] == list(whats)
    assert all(e.actor and e.at and e.why for e in found)
    return found


def in_order(story: Story) -> None:
    assert story.wrong() == []


def test_a_corrected_field_is_delivered_once_told_to_the_crm_and_retired(begin: Begin, typed: Type) -> None:
    story = begin(0)
    story.deal(0, PO_Required__c=True)
    story.sync()
    assert story.entry(0).rules == ["po_number_when_required"]
    entry = name_of(story, 0)

    words = ("queue", "correct", entry, "--set", "po_number=PO-77", "--as", RIN, "--json")
    tried = typed(story, *words, "--why", "stands on the order", "--dry-run").json
    assert (tried["would_pass"], tried["dry_run"]) == (True, True)
    assert story.rows(overlay) == []
    done = typed(story, *words, "--why", "stands on the order").json
    assert (done["would_pass"], done["holds"], done["waits_for"]) == (True, [], None)

    foreseen = typed(story, "sync", "--dry-run", "--json").json
    assert foreseen["would_deliver"] == 1
    story.sync()
    assert story.delivered(0)
    assert story.invoices(0)[0]["custom_fields"][0]["value"] == "PO-77"
    assert story.shown(0)["PO_Number__c"] == "PO-77"
    corrected, _ = audit(story, 0, "correct", "correction_written")
    assert (corrected.actor, corrected.old, corrected.new) == (RIN, {"po_number": None}, {"po_number": "PO-77"})

    summary = story.sync()  # our own value comes round as a change
    assert (summary.outcomes["unchanged"], summary.outcomes["held"]) == (4, 0)
    (laid,) = story.rows(overlay)
    assert (laid.state, laid.proposal, laid.ended_why) == ("retired", "written", "the CRM says the same")
    audit(story, 0, "correction_retired")
    story.deal(0, Handoff_Reason__c="somebody's note")
    story.sync()
    assert story.entry(0).state == "released"
    assert story.delivered(0)
    in_order(story)


def test_a_corrected_amount_waits_for_a_second_person(begin: Begin, typed: Type) -> None:
    story = begin(1)
    story.deal(0, Amount=5000)
    story.sync()
    assert story.entry(0).rules == ["lines_sum_to_amount"]
    entry = name_of(story, 0)
    done = typed(
        story, "queue", "correct", entry, "--set", "amount=1000.00", "--as", RIN, "--why", "as signed", "--json"
    ).json
    assert (done["would_pass"], done["waits_for"]) == (True, "finance")
    story.sync()
    assert story.entry(0).rules == ["lines_sum_to_amount", "correction_conflict"]
    assert story.invoices(0) == []

    own = typed(story, "queue", "confirm", entry, "--as", RIN, "--why", "I am sure", code=2)
    assert "may not confirm correction" in own.err
    told = typed(story, "queue", "confirm", entry, "--as", "tomas.ortega@example.com", "--why", "as in the contract")
    assert "It would pass the gate." in told.out
    story.sync()
    assert story.delivered(0)
    assert story.invoices(0)[0]["total"] == 100_000
    first, second = audit(story, 0, "correct", "confirm_correction")
    assert (first.actor, second.actor) == (RIN, "tomas.ortega@example.com")
    assert (second.old, second.new) == ({"amount": "5000"}, {"amount": "1000.00"})
    in_order(story)


def test_a_crm_that_moves_elsewhere_is_a_conflict_until_a_person_decides(begin: Begin, typed: Type) -> None:
    story = begin(2)
    story.deal(0, PO_Required__c=True, Region__c="Atlantis")
    story.sync()
    entry = name_of(story, 0)
    typed(story, "queue", "correct", entry, "--set", "po_number=PO-1", "--as", "priya_nair", "--why", "by phone")
    story.deal(0, PO_Number__c="PO-2")
    story.sync()
    assert story.entry(0).rules == ["region_is_canonical", "correction_conflict"]
    assert story.entry(0).seen[1] == "PO-2 in the CRM, corrected here to PO-1"
    conflict = audit(story, 0, "correction_conflict")[0]
    assert (conflict.old["value"], conflict.new) == ("PO-1", {"po_number": "PO-2"})

    story.deal(0, Region__c="EMEA")
    story.sync()
    assert (story.entry(0).rules, story.entry(0).role) == (["correction_conflict"], "sales_operations")
    wrong = typed(story, "queue", "withdraw", entry, "--field", "region", "--as", "priya_nair", "--why", "x", code=2)
    assert "nothing to withdraw" in wrong.err
    withdrawn = typed(
        story, "queue", "withdraw", entry, "--field", "po_number", "--as", "priya_nair", "--why", "the CRM is right"
    )
    assert "It would pass the gate." in withdrawn.out
    story.sync()
    assert story.delivered(0)
    assert story.invoices(0)[0]["custom_fields"][0]["value"] == "PO-2"
    audit(story, 0, "correct", "withdraw_correction")
    in_order(story)


def test_a_correction_that_the_crm_refuses_holds_here_and_the_rep_still_reads_the_rest(
    begin: Begin, typed: Type
) -> None:
    story = begin(3)
    story.edit("policies.yaml", "    legal_name: {}", "    deal_name: {propose: true}\n    legal_name: {}")
    story.deal(0, Name="tbd")
    story.sync()
    assert story.entry(0).rules == ["deal_name_is_real"]
    long = "Training for the plant " * 7  # the CRM takes names of 120 characters
    typed(story, "queue", "correct", name_of(story, 0), "--set", f"deal_name={long}", "--as", RIN, "--why", "as sold")
    story.sync()
    assert [i["status"] for i in story.invoices(0)] == ["open"]
    assert story.shown(0)["Name"] == "tbd"
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    (laid,) = story.rows(overlay)
    assert (laid.state, laid.proposal) == ("active", "refused")
    refused = audit(story, 0, "correct", "correction_refused")[1]
    assert "too" in refused.why.lower() or "long" in refused.why.lower()
    assert story.sync().outcomes["held"] == 0
    story.deal(0, Region__c="EMEA")  # what is out is compared with the deal as it was corrected
    assert story.sync().outcomes["held"] == 0
    in_order(story)

    story.deal(0, Name="Something else")
    assert story.sync().outcomes["held"] == 1
    assert story.entry(0).rules == ["changed_after_delivery"]
    (laid,) = story.rows(overlay)
    assert (laid.state, laid.ended_why) == ("retired", "the CRM moved on after the deal was delivered")
    assert [i["status"] for i in story.invoices(0)] == ["open"]
    in_order(story)


def test_a_waived_rule_holds_again_when_its_time_is_over(begin: Begin, typed: Type) -> None:
    story = begin(4)
    waivable(story)
    far = {"Kickoff_Date__c": "2027-12-01"}
    story.deal(0, **far)
    story.deal(1, Region__c="Atlantis", **far)
    story.sync()
    entry = name_of(story, 0)
    words = ("--rule", HORIZON, "--as", "kwame_mensah", "--why", "agreed with the customer")
    assert "allows 1 to 10 days" in typed(story, "queue", "waive", entry, "--days", "11", *words, code=2).err
    other = ("--rule", "region_is_canonical", "--days", "1", "--as", "kwame_mensah", "--why", "x")
    assert "does not hold" in typed(story, "queue", "waive", entry, *other, code=2).err
    assert "lets nobody waive" in typed(story, "queue", "waive", name_of(story, 1), *other, code=2).err
    mine = ("--rule", HORIZON, "--days", "5", "--as", RIN, "--why", "x")
    assert "may not waive" in typed(story, "queue", "waive", entry, *mine, code=2).err

    done = typed(story, "queue", "waive", entry, "--days", "5", *words, "--json").json
    assert done["would_pass"] is True
    typed(story, "queue", "waive", name_of(story, 1), "--days", "5", *words)
    story.sync()
    assert story.delivered(0)
    assert story.entry(1).rules == ["region_is_canonical"]
    waived = audit(story, 0, "waive")[0]
    assert (waived.old, waived.new["rule"]) == ("holds", HORIZON)
    passed = [e for e in story.events("passed") if e.new]
    assert [p.new["waivers"][0]["waived_by"] for p in passed] == ["kwame_mensah"]

    story.late = timedelta(days=6)
    story.sync()
    assert story.entry(1).rules == ["region_is_canonical", HORIZON]
    audit(story, 1, "waive", "waiver_expired")
    assert story.delivered(0)
    in_order(story)


def waivable(story: Story) -> None:
    """Delivery may waive the horizon of the kick-off, for ten days."""
    edit_rule(story, HORIZON, "waive: {roles: [delivery], days: 10}")


def edit_rule(story: Story, rule: str, more: str) -> None:
    """Say more of a rule in this company's owners.yaml, whatever the shipped pack says of it."""
    path = story.pack / "owners.yaml"
    owners = yaml.safe_load(path.read_text())
    owners["rules"][rule] = {**owners["rules"][rule], **yaml.safe_load(f"{{{more}}}")}
    path.write_text("# Decision of: a test.\n" + yaml.safe_dump(owners, allow_unicode=True, sort_keys=False))


def on_long_terms(story: Story, *numbers: int) -> None:
    """Deals with terms above the limit, which is a question of approval."""
    edit_rule(story, TERMS, "kind: approval")
    for n in numbers:
        story.deal(n, Payment_Terms__c="Net 90")
    story.sync()
    assert [story.entry(n).rules for n in numbers] == [[TERMS]] * len(numbers)


def ask(story: Story, typed: Type, n: int, who: str = "priya_nair") -> None:
    asked = typed(
        story, "queue", "request-approval", name_of(story, n), "--rule", TERMS, "--as", who, "--why", "a public body"
    )
    assert "Tomás Ortega is asked" in asked.out


def test_an_approval_of_somebody_else_lets_exactly_what_was_seen_pass(begin: Begin, typed: Type) -> None:
    story = begin(5)
    on_long_terms(story, 0)
    ask(story, typed, 0)
    entry = name_of(story, 0)
    words = ("queue", "approve", entry, "--rule", TERMS, "--why", "agreed")
    for same in ("priya_nair", "Priya.Nair@example.com"):  # the requester, by id and by e-mail
        assert "may not approve" in typed(story, *words, "--as", same, code=2).err
    assert "may not approve" in typed(story, *words, "--as", "kwame_mensah", code=2).err
    assert "requested already" in typed(
        story, "queue", "request-approval", entry, "--rule", TERMS, "--as", "priya_nair", "--why", "x", code=2
    ).err  # fmt: skip
    story.sync()
    assert story.invoices(0) == []
    done = typed(story, *words, "--as", "tomas.ortega@example.com", "--json").json
    assert done["would_pass"] is True
    story.sync()
    assert story.delivered(0)
    asked, approved = audit(story, 0, "request_approval", "approve")
    assert (asked.actor, approved.actor) == ("priya_nair", "tomas.ortega@example.com")
    assert asked.new["payload"] == approved.new["payload"]
    (passed,) = [e for e in story.events("passed") if e.new]
    assert passed.new["approvals"] == [
        {"rule": TERMS, "approved_by": "tomas_ortega", "payload": approved.new["payload"]}
    ]
    told = [(n.kind, n.person) for n in story.notices() if n.kind.startswith("approval_")]
    assert told == [("approval_requested", "tomas_ortega"), ("approval_approved", "priya_nair")]
    in_order(story)


def test_an_approval_is_asked_for_again_only_when_what_it_concerns_has_changed(begin: Begin, typed: Type) -> None:
    story = begin(6)
    on_long_terms(story, 0, 1)
    for n in (0, 1):
        story.deal(n, Region__c="Atlantis")  # holds both, whatever is approved
    story.sync()
    for n in (0, 1):
        asked = ("queue", "request-approval", name_of(story, n), "--rule", TERMS, "--as", "priya_nair")
        typed(story, *asked, "--why", "a public body")
        who = story.rows(approval)[n].person
        typed(story, "queue", "approve", name_of(story, n), "--rule", TERMS, "--as", who, "--why", "yes")
    story.deal(0, Region__c="Americas", PO_Number__c="PO-9")  # nothing that was approved
    story.deal(1, Region__c="Americas", Amount=1500)
    story.line(1, UnitPrice=1500)
    story.sync()
    assert story.delivered(0)
    assert (story.entry(1).state, story.entry(1).rules) == ("open", [TERMS])
    audit(story, 0, "request_approval", "approve", "approval_carried_over")
    audit(story, 1, "request_approval", "approve", "approval_stale")
    assert [row.state for row in story.rows(approval)] == ["approved", "stale"]
    assert ("approval_stale", "priya_nair") in [(n.kind, n.person) for n in story.notices()]
    in_order(story)


def test_a_declined_approval_leaves_the_deal_held_and_is_told(begin: Begin, typed: Type) -> None:
    story = begin(7)
    on_long_terms(story, 0)
    ask(story, typed, 0)
    words = ("--rule", TERMS, "--as", "tomas_ortega", "--why", "60 days is the limit")
    told = typed(story, "queue", "decline", name_of(story, 0), *words)
    assert "stays held" in told.out
    assert "Nobody asks" in typed(story, "queue", "approve", name_of(story, 0), *words, code=2).err
    story.rerun(everything=True)
    assert (story.entry(0).state, story.invoices(0)) == ("open", [])
    declined = audit(story, 0, "request_approval", "decline")[1]
    assert (declined.old, declined.new["state"]) == ("requested", "declined")
    assert ("approval_declined", "priya_nair") in [(n.kind, n.person) for n in story.notices()]
    in_order(story)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("correct", "E-000001", "--set", "po_number"), "is no FIELD=VALUE"),
        (("correct", "E-000001", "--set", "po_number=1", "--set", "po_number=2"), "twice"),
        (("correct", "E-000001", "--set", "lines.product=Training"), "only fields of the deal"),
        (("correct", "E-000001", "--set", "kickoff_on=soon"), "a day such as 2026-11-24"),
        (("correct", "E-000001", "--set", "payment_terms=Net 31"), "choose one of"),
        (("correct", "E-000001", "--set", "po_number==1+1"), "like a formula"),
        (("correct", "E-999999", "--set", "po_number=1"), "There is no entry E-999999"),
        (("confirm", "E-000001"), "waits for a second person"),
        (("approve", "E-000001", "--rule", TERMS), "Nobody asks"),
        (("request-approval", "E-000001", "--rule", "region_is_canonical"), "is no question of approval"),
    ],
)
def test_what_nobody_can_decide_is_refused_in_one_sentence(
    typed: Type, words: tuple[str, ...], said: str, company_of_mistakes: Story
) -> None:
    command, entry, *rest = words
    told = typed(company_of_mistakes, "queue", command, entry, *rest, "--why", "x", "--as", "helena_brandt", code=2)
    assert said in told.err
    assert told.err.count("\n") == 1
    assert company_of_mistakes.rows(overlay) == []
