"""A reply that is lost after the work was done, for each call that creates; a second run at once, or days later.

Sandbox, connectors, ledger and road are the real ones; the clock of all of them is set forward between the two runs.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from handoff.store.tables import effect
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.running_sandbox import running_sandbox

pytestmark = pytest.mark.usefixtures("hasty")

AGES = {"at once": 0, "19 h": 19, "21 h": 21, "25 h": 25, "8 days": 8 * 24}
PROJECT = """# Decision of: a test.
owner_role: delivery
name: "{account_name}: {deal_name}"
kinds:
  onboarding:
    deal_types: [New Business]
    template:
      gid: "1200000000000301"
      dates:
        Kick-off: {gid: "1", days_from_kickoff: 0}
        Go-live: {gid: "2", days_from_kickoff: 45}
  expansion:
    deal_types: [Expansion]
    sections: [Prepare]
    tasks:
      - {title: Agree on the dates, section: Prepare, days_from_kickoff: 0, role: delivery}
  services: {}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creating:
    """A call that creates or changes something: where it goes, how often it is tried at once, on which deals."""

    service: str
    method: str
    path: str
    tries: int = 3
    look: str | None = None
    """Where the same run would look for it at once: fails, too, so that the doubt outlives the run."""
    deal: dict[str, Any] = field(default_factory=dict)


TEMPLATE = {"Type": "New Business"}
CALLS = {
    "customer": Creating(service="stripe", method="POST", path="/v1/customers"),
    "tax id": Creating(service="stripe", method="POST", path="/v1/customers/*/tax_ids"),
    "draft": Creating(service="stripe", method="POST", path="/v1/invoices"),
    "lines": Creating(service="stripe", method="POST", path="*/add_lines"),
    "finalize": Creating(service="stripe", method="POST", path="*/finalize"),
    "send": Creating(service="stripe", method="POST", path="*/send", deal={"Billing_Entity__c": "Handoff Inc"}),
    "project": Creating(service="asana", method="POST", path="*/projects", tries=1, look="*/teams/*/projects"),
    "section": Creating(service="asana", method="POST", path="*/sections", tries=1, look="*/sections"),
    "task": Creating(service="asana", method="POST", path="*/tasks", tries=1, look="*/tasks/external*"),
    "template": Creating(
        service="asana",
        method="POST",
        path="*/instantiateProject",
        tries=1,
        look="*/teams/*/projects",
        deal=TEMPLATE,
    ),
    "details": Creating(service="asana", method="PUT", path="*/projects/*", deal=TEMPLATE),
    "write-back": Creating(service="salesforce", method="PATCH", path="*/composite/sobjects"),
}
CASES = [(call, age) for call in CALLS for age in AGES]


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """An org with one deal a story, each of an account with a tax id."""
    seed = tmp_path_factory.mktemp("lost") / "seed"
    org.write_org(seed, len(CASES))
    deals = seed / "Opportunity.json"
    first = {org.deal_id(story, 0): CALLS[CASES[story][0]].deal for story in range(len(CASES))}
    deals.write_text(json.dumps([{**r, **first[r["Id"]]} for r in json.loads(deals.read_text()) if r["Id"] in first]))
    lines = seed / "OpportunityLineItem.json"
    lines.write_text(json.dumps([r for r in json.loads(lines.read_text()) if r["OpportunityId"] in first]))
    accounts = seed / "Account.json"
    numbered = [{**r, "Tax_Id__c": f"91-{1000000 + n}"} for n, r in enumerate(json.loads(accounts.read_text()))]
    accounts.write_text(json.dumps(numbered))
    with running_sandbox(seed) as sandbox:
        crm = Crm(sandbox)
        yield crm
        crm.session.close()


gone_by = timedelta()
"""How far the sandbox's clock has been set forward by the stories so far."""


@pytest.mark.parametrize(("call", "age"), CASES, ids=[f"{call}, {age}" for call, age in CASES])
def test_a_lost_reply_is_replayed_or_adopted_and_never_doubled(crm: Crm, tmp_path: Path, call: str, age: str):
    global gone_by  # noqa: PLW0603 - the stories share one sandbox, and so its clock
    at, hours = CALLS[call], AGES[age]
    story = Story.begin(CASES.index((call, age)), crm, tmp_path)
    (story.pack / "project.yaml").write_text(PROJECT)
    story.late = gone_by
    lost = {"method": at.method, "path": at.path, "do": "drop_after", "times": at.tries}
    blind = [{"method": "GET", "path": at.look, "do": "error_500", "times": None}] if at.look else []
    crm.sandbox.faults(at.service, lost, *blind)
    first = story.sync(threads=1)
    assert crm.sandbox.struck(at.service)[0] == at.tries, "the fault met the call"
    assert first.exit_code == 1
    crm.sandbox.faults(at.service)

    crm.sandbox.control(shift=hours * 3600)
    gone_by += timedelta(hours=hours)
    story.late = gone_by
    before = crm.sandbox.calls("stripe")
    second = story.sync(threads=1)
    assert (second.exit_code, second.outages) == (0, {})
    assert story.handoff(0).state == "delivered"
    assert_once(story, at)
    assert story.wrong() == []
    assert not [path for path in crm.sandbox.calls("stripe") if "search" in path], "Search lags: it is never asked"
    third = story.sync(threads=1)
    assert all(not any(counts.values()) for counts in third.effects.values())
    made = {path for path, n in crm.sandbox.calls("stripe").items() if n > before.get(path, 0) and "POST" in path}
    if at.service == "stripe" and hours >= 21:
        assert not made & {f"POST {at.path}"}, "past the age of a key it is looked for, not sent again"


def assert_once(story: Story, at: Creating) -> None:
    """One customer with one tax id, one final invoice, one project with one section and task (or the template's)."""
    stripe = story.sandbox.state("stripe")["accounts"]["default"]
    account = org.account_id(story.number, 0)
    (customer,) = [c for c in stripe["customers"] if c["metadata"].get("handoff_account") == account]
    assert len([t for t in stripe["tax_ids"] if t["customer"] == customer["id"]]) == 1
    (invoice,) = story.invoices(0)
    assert (invoice["status"], invoice["total_excluding_tax"]) == ("open", 100_000)
    mails = [mail for mail in story.sandbox.state("stripe")["sent_mails"] if mail["invoice"] == invoice["id"]]
    assert len(mails) == (1 if "send" in at.path else 0)
    (project,) = story.projects(0)
    asana = story.sandbox.state("asana")
    sections = [s["name"] for s in asana["sections"] if s["project"]["gid"] == project["gid"]]
    tasks = [t for t in asana["tasks"] if project["gid"] in {p["gid"] for p in t["projects"]}]
    assert len(sections) == len(set(sections))
    assert len({t["name"] for t in tasks}) == len(tasks)
    if at.deal != TEMPLATE:
        assert ("Prepare" in sections, len(tasks)) == (True, 1)
    assert story.shown(0)["Handoff_Status__c"] == "Delivered"
    assert {e.state for e in story.rows(effect)} == {"confirmed"}
