"""Stories of projects that exist twice: ours are archived by the sweep, people's copies are theirs."""

from typing import Any

import requests

from handoff.road.sweep import sweep
from tests.integration.conftest import Begin
from tests.integration.story import Story


def copy_of(story: Story, n: int) -> dict[str, Any]:
    """What a second send of deal n's project would have made, just now."""
    (project,) = story.projects(n)
    env = story.sandbox.env
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {env['HANDOFF_ASANA_TOKEN']}"
        data = {"name": project["name"], "team": env["HANDOFF_ASANA_TEAM"]}
        answer = session.post(f"{env['HANDOFF_ASANA_URL']}/projects", json={"data": data}, timeout=30)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def archived(story: Story, n: int) -> dict[str, bool]:
    return {project["gid"]: project["archived"] for project in story.projects(n)}


def test_a_project_made_twice_is_found_and_archived_and_the_ledgers_stays(begin: Begin):
    story = begin(0)
    story.sync()
    (kept,) = story.projects(0)
    twice = copy_of(story, 0)
    assert [w for w in story.wrong(remote=True) if f"project {twice['gid']} besides {kept['gid']}" in w]
    story.as_person(sweep)
    assert archived(story, 0) == {kept["gid"]: False, twice["gid"]: True}
    notes = {project["gid"]: project["notes"] for project in story.projects(0)}
    assert kept["permalink_url"] in notes[twice["gid"]]
    assert [event.new["archived"] for event in story.events("project_archived")] == [twice["gid"]]
    story.as_person(sweep)
    assert len(story.events("project_archived")) == 1
    assert story.wrong(remote=True) == []


def test_a_copy_that_people_make_of_a_project_is_theirs(begin: Begin):
    story = begin(1)
    story.sync()
    story.sandbox.control(shift=3600)
    theirs = copy_of(story, 1)
    story.as_person(sweep)
    assert archived(story, 1)[theirs["gid"]] is False
