"""A service that is down for six hours: one notice to one owner, one question a run, and then all is delivered.

The vendors' rate limits are on: a call over them would be refused, tried again, and so counted.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handoff.store.tables import outage
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.running_sandbox import RunningSandbox, running_sandbox
from tests.unit.mappings.demo_deal import on_call

pytestmark = pytest.mark.usefixtures("hasty")

STORIES, DEALS = 25, 100
"""All deals of all stories belong to the one company of this module."""
EVERY = timedelta(minutes=5)
RUNS = 72
SERVICES = {"stripe": "stripe:default", "asana": "asana", "salesforce": "salesforce"}
"""As the sandbox calls them, and as outages do."""
TRIES = 3
"""How often a connector tries one call at once."""


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    org.write_org(tmp_path / "seed", STORIES)
    with running_sandbox(tmp_path / "seed", limits="vendor", stripe_rate=100, asana_rate=1500) as sandbox:
        crm = Crm(sandbox)
        story = Story.begin(0, crm, tmp_path)
        won = ", ".join(org.stage(n) for n in range(STORIES))
        story.edit("trigger.yaml", f"stages: [{org.stage(0)}]", f"stages: [{won}]")
        story.edit("labels.yaml", f"{org.stage(0)}, Closed Lost]", f"{won}, Closed Lost]")
        fields = story.pack / "fields.yaml"
        fields.write_text(fields.read_text().replace(f"true: [{org.stage(0)}]", f"true: [{won}]"))
        yield story
        crm.session.close()


def asked(sandbox: RunningSandbox, service: str) -> int:
    return sum(sandbox.calls(service).values())


@pytest.mark.slow
@pytest.mark.parametrize(("service", "name"), SERVICES.items())
def test_what_waits_is_delivered_at_the_return_and_one_owner_has_heard_once(story: Story, service: str, name: str):
    sandbox = story.sandbox
    sandbox.faults(service, {"do": "drop_before", "times": None})
    for n in range(RUNS):
        told = story.sync(threads=16)
        assert list(told.outages) == [name]
        assert told.outcomes["held"] == told.outcomes["delivered"] == 0
        if n == 0:
            first = asked(sandbox, service)
        story.late += EVERY
        sandbox.control(shift=EVERY.total_seconds())
    questions = asked(sandbox, service) - first
    assert questions <= (RUNS - 1) * TRIES * 2, "a run asks a service that is down once, and its connector tries thrice"

    sandbox.faults(service)
    before = asked(sandbox, "stripe") + asked(sandbox, "asana")
    told = story.sync(threads=16)
    assert (told.outcomes["delivered"], told.exit_code) == (DEALS, 0)
    drained = asked(sandbox, "stripe") + asked(sandbox, "asana") - before
    assert {n.kind: n.person for n in story.notices()} == {"service_down": on_call()}
    assert len(story.notices()) == 1
    (row,) = story.rows(outage)
    assert row.ended_at - row.began_at >= timedelta(hours=6)
    assert story.wrong(remote=True) == []
    print(
        f"\n{service} down for 6 h: {RUNS} runs, {questions / (RUNS - 1):.1f} calls a run to it, 1 notice; "
        f"then {DEALS} deals in {told.duration_s:.1f} s and {drained} calls to Stripe and Asana"
    )
