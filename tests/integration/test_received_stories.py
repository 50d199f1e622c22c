"""Stories of the received handoff: steps with a limit are accepted in time, or become an entry of their owner."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from handoff.core.errors import UsageError
from handoff.quarantine.decision import NotAllowedError
from handoff.road import line
from handoff.road.accepting import accept
from handoff.road.escalate import EscalateSummary, escalate
from handoff.store.desk_tables import step_clock
from tests.integration import story_org as org
from tests.integration.conftest import Begin
from tests.integration.story import Story

WORKFLOW = """# Decision of: a test.
owner_role: sales_operations
steps:
  invoice: {title: Invoice the customer, does: invoice, role: finance}
  project:
    title: Open the project
    does: project
    role: delivery
    starts: invoice_finalised
    limit: {within_hours: 1}
  kick_off:
    title: Hold the kick-off
    does: by_hand
    role: delivery
    limit: {within_hours: 48}
  write_back: {title: Tell the rep, does: write_back, role: crm_admin}
"""
PROJECT = """# Decision of: a test.
owner_role: delivery
name: "{account_name}: {deal_name}"
kinds:
  any_deal:
    tasks:
      - {title: Call the customer}
      - {title: Kick-off}
"""


@pytest.fixture
def story(begin: Begin, request: pytest.FixtureRequest) -> Story:
    """A company in which the head of delivery accepts each deal within 48 hours, round the clock."""
    story = begin(request.param)
    (story.pack / "workflow.yaml").write_text(WORKFLOW)
    (story.pack / "project.yaml").write_text(PROJECT)
    text = (story.pack / "owners.yaml").read_text()
    kept = [row for row in text.splitlines() if not row.startswith("calendar:")]
    (story.pack / "owners.yaml").write_text("\n".join(kept) + "\n")
    for n in (2, 3):
        story.deal(n, StageName="Closed Lost")
    return story


def look(story: Story) -> EscalateSummary:
    with story.house("flow:escalate-overdue") as house:
        return escalate(house)


def clock_of(story: Story, n: int, step: str = "kick_off") -> Any:
    (row,) = story.rows(step_clock, step_clock.c.handoff_id == story.handoff(n).id, step_clock.c.step == step)
    return row


def complete_task(story: Story, n: int, name: str) -> None:
    """What somebody does in Asana: tick a task."""
    (project,) = story.projects(n)
    env = story.sandbox.env
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {env['HANDOFF_ASANA_TOKEN']}"
        root = env["HANDOFF_ASANA_URL"]
        tasks = session.get(f"{root}/projects/{project['gid']}/tasks", timeout=30).json()["data"]
        gid = next(task["gid"] for task in tasks if task["name"] == name)
        answer = session.put(f"{root}/tasks/{gid}", json={"data": {"completed": True}}, timeout=30)
        assert answer.status_code == 200


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("story", [0], indirect=True)
def test_a_late_kick_off_becomes_an_entry_of_the_steps_owner_once_and_ends_when_it_is_accepted(story: Story):
    assert story.sync().outcomes["delivered"] == 2
    started = clock_of(story, 0)
    assert (started.person, started.owner_name, started.role) == ("kwame_mensah", "Kwame Mensah", "delivery")
    assert started.started_at == story.handoff(0).since
    notes = story.projects(0)[0]["notes"]
    assert "Received by Kwame Mensah; please accept within 48 working hours: Hold the kick-off." in notes
    assert look(story).did == {}
    with story.house("kwame_mensah") as house:
        told = accept(house, org.deal_id(0, 1), "kick_off", "called them")
    assert (told["late"], clock_of(story, 1).how) == (False, "accepted")

    story.late = started.due_at - _now() + timedelta(minutes=1)
    assert look(story).did["steps_late"] == 1
    entry = story.entry(0)
    assert (entry.state, entry.person, entry.role, entry.rules) == ("open", "kwame_mensah", "delivery", ["step_late"])
    assert entry.allowed == ["done, or accepted by Kwame Mensah, within 48 hours: Hold the kick-off"]
    assert story.entry(1) is None
    assert "steps_late" not in look(story).did
    assert story.handoff(0).state == "delivered"
    story.sync()
    story.rerun(everything=True)
    still = story.entry(0)
    assert (still.state, still.episode, story.handoff(0).state) == ("open", 1, "delivered")
    assert story.shown(0)["Handoff_Status__c"] == "Delivered, needs attention"
    assert len([n for n in story.notices() if n.entry_id == entry.id and n.kind == "entry_opened"]) == 1

    with story.house("priya_nair") as house, pytest.raises(NotAllowedError, match="that is for Kwame Mensah"):
        accept(house, f"E-{entry.id:06d}", "kick_off", "let it go")
    with story.house("kwame.mensah@example.com") as house:
        told = accept(house, f"E-{entry.id:06d}", None, "the customer was away")
    assert (told["late"], told["by"]) == (True, "kwame_mensah")
    story.sync()
    assert (story.entry(0).state, story.handoff(0).state) == ("released", "delivered")
    assert story.delivered(0, 1)
    accepted = {e.subject: e for e in story.events("step_accepted")}
    mine = accepted[f"deal:{org.deal_id(0, 0)}"]
    assert (mine.actor, mine.why, mine.new["late"]) == ("kwame.mensah@example.com", "the customer was away", True)
    assert look(story).did == {}
    assert story.wrong(remote=False) == []


@pytest.mark.parametrize("story", [1], indirect=True)
def test_a_task_done_in_asana_accepts_and_a_tracker_that_is_down_is_asked_next_time(story: Story, hasty: None):
    story.sync()
    started = clock_of(story, 0)
    complete_task(story, 1, "Kick-off")
    assert look(story).did == {}, "without a name in the pack it is the project's first task"
    complete_task(story, 1, "Call the customer")
    story.late = started.due_at - _now() + timedelta(minutes=1)
    story.sandbox.faults("asana", {"method": "GET", "path": "*/tasks", "do": "error_500", "times": None})
    told = look(story)
    story.sandbox.faults("asana")
    assert (told.did, told.exit_code) == ({}, 1)
    assert "the next run asks" in told.warnings[0]
    told = look(story)
    assert (told.did["steps_done"], told.did["steps_late"]) == (1, 1)
    assert (clock_of(story, 1).how, clock_of(story, 1).done_by) == ("task", "kwame_mensah")
    assert story.entry(0).rules == ["step_late"]
    complete_task(story, 0, "Call the customer")
    assert look(story).did == {"steps_done": 1, "released": 1}
    assert story.entry(0).state == "released"
    assert story.wrong() == []


@pytest.mark.parametrize("story", [2], indirect=True)
def test_a_step_of_ours_that_is_late_is_an_entry_and_ends_with_its_last_effect(story: Story):
    story.as_person(line.stop, "project", "a pause")
    assert story.sync().outcomes["in_progress"] == 2
    own = clock_of(story, 0, "project")
    story.late = own.due_at - _now() + timedelta(minutes=1)
    assert look(story).did["steps_late"] == 2
    assert story.entry(0).rules == ["step_late"]
    assert story.entry(0).person == "kwame_mensah"
    assert story.handoff(0).state == "passed"
    story.as_person(line.start, "project", "on again")
    assert story.sync().outcomes["delivered"] == 2
    assert (clock_of(story, 0, "project").how, story.entry(0).state) == ("confirmed", "released")
    assert story.delivered(0, 1)
    assert story.wrong() == []


@pytest.mark.parametrize("story", [3], indirect=True)
def test_a_late_step_waits_behind_an_entry_that_is_open_for_another_reason(story: Story):
    story.sync()
    story.deal(0, PO_Number__c="PO-9")
    assert story.sync().held_by_rule == {"changed_after_delivery": 1}
    story.late = clock_of(story, 0).due_at - _now() + timedelta(minutes=1)
    look(story)
    assert story.entry(0).rules == ["changed_after_delivery"]
    (told,) = [n for n in story.notices() if n.kind == "step_late"]
    assert told.person == "kwame_mensah"
    story.deal(0, PO_Number__c=None)
    story.sync()
    assert story.entry(0).state == "released"
    look(story)
    again = story.entry(0)
    assert (again.state, again.episode, again.rules, again.person) == ("open", 2, ["step_late"], "kwame_mensah")
    assert story.wrong() == []


@pytest.mark.parametrize("story", [4], indirect=True)
def test_what_was_delivered_before_a_step_had_a_limit_is_nobodys_debt(story: Story):
    (story.pack / "workflow.yaml").write_text(WORKFLOW.replace("    limit: {within_hours: 48}\n", ""))
    story.sync()
    (story.pack / "workflow.yaml").write_text(WORKFLOW)
    story.late = timedelta(minutes=1)
    story.sync()
    assert story.rows(step_clock, step_clock.c.step == "kick_off") == []
    for name, step, said in (
        (org.deal_id(4, 0), "kick_off", "none of its steps waits to be accepted"),
        ("006unknown", "kick_off", "No deal or entry is known as '006unknown'"),
        ("E-009999", None, "No deal or entry is known"),
    ):
        with story.house("kwame_mensah") as house, pytest.raises(UsageError, match=said):
            accept(house, name, step, "x")


@pytest.mark.parametrize("story", [5], indirect=True)
def test_a_rep_who_is_not_told_in_time_is_an_entry_of_the_crms_owner(story: Story):
    told_within = WORKFLOW.replace("role: crm_admin}", "role: crm_admin, limit: {within_hours: 8}}")
    (story.pack / "workflow.yaml").write_text(told_within)
    story.as_person(line.stop, "write_back", "the CRM is being upgraded")
    assert story.sync().outcomes["delivered"] == 2
    own = clock_of(story, 0, "write_back")
    assert own.person == "mei_tanaka"
    story.late = own.due_at - _now() + timedelta(minutes=1)
    assert look(story).did["steps_late"] == 2
    assert (story.entry(0).rules, story.entry(0).person) == (["step_late"], "mei_tanaka")
    story.as_person(line.start, "write_back", "it is back")
    story.sync()
    assert (story.entry(0).state, clock_of(story, 0, "write_back").how) == ("released", "confirmed")
    assert story.wrong() == []


@pytest.mark.parametrize("story", [6], indirect=True)
def test_a_receiver_who_leaves_hands_the_step_on_and_an_outage_makes_no_late_steps(story: Story, hasty: None):
    story.sandbox.faults("asana", {"method": "POST", "path": "*/projects", "do": "error_500", "times": None})
    assert story.sync().outcomes["in_progress"] == 2
    own = clock_of(story, 0, "project")
    story.late = own.due_at - _now() + timedelta(minutes=1)
    assert look(story).did == {}, "the outage is one notice to one owner"
    story.sandbox.faults("asana")
    story.sync()
    assert story.delivered(0, 1)
    before = clock_of(story, 0)
    text = (story.pack / "owners.yaml").read_text()
    assert text.count("email: kwame.mensah@example.com") == 1
    story.edit("owners.yaml", "email: kwame.mensah@example.com", "email: kwame.mensah@example.com, left: 2026-01-01")
    look(story)
    after = clock_of(story, 0)
    assert (before.person, after.person) == ("kwame_mensah", "priya_nair")
    assert after.due_at > before.due_at
    (rerouted, _) = story.events("step_rerouted")
    assert (rerouted.old, rerouted.new["owner"], rerouted.why) == (
        {"owner": "kwame_mensah"},
        "priya_nair",
        "kwame_mensah left on 2026-01-01",
    )
