"""Every Tracker: Asana against the sandbox, and the fake that the ledger's tests use. Then Asana alone."""

import threading
from datetime import UTC, datetime
from itertools import count

import pytest

import connectors
from connectors.errors import AuthFailed, Refused, Transient
from connectors.ports import Body, Tracker
from handoff.core.settings import Settings
from tests.contract.small_org import settings_of
from tests.fakes import FakeTracker, Ticking
from tests.running_sandbox import RunningSandbox

TEMPLATE = "1200000000000301"
_NUMBERS = count(1)


@pytest.fixture
def asana(settings: Settings) -> Tracker:
    return connectors.open_tracker(settings)


@pytest.fixture
def fake() -> Tracker:
    return FakeTracker(Ticking(datetime.now(UTC)))


@pytest.fixture(params=["asana", "fake"])
def tracker(request: pytest.FixtureRequest) -> Tracker:
    found: Tracker = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def team(settings: Settings) -> str:
    return settings.asana_team or ""


@pytest.fixture
def name() -> str:
    return f"Acme onboarding [HO-{next(_NUMBERS):012}]"


def make(tracker: Tracker, team: str, name: str) -> Body:
    return tracker.create_project({"name": name, "notes": "the whole key", "team": team})


def test_a_project_is_found_by_its_gid_and_among_those_of_its_team(tracker: Tracker, team: str, name: str) -> None:
    made = make(tracker, team, name)
    found = tracker.project(made["gid"])
    assert found is not None
    assert (found["name"], found["notes"]) == (name, "the whole key")
    assert found["permalink_url"] == made["permalink_url"]
    assert [p["gid"] for p in tracker.projects(team) if name in p["name"]] == [made["gid"]]
    assert tracker.project("999999999999") is None


def test_nothing_is_unique_so_a_second_create_makes_a_second_project(tracker: Tracker, team: str, name: str) -> None:
    make(tracker, team, name)
    make(tracker, team, name)
    assert len([p for p in tracker.projects(team) if p["name"] == name]) == 2


def test_a_project_is_changed_in_place(tracker: Tracker, team: str, name: str) -> None:
    made = make(tracker, team, name)
    tracker.update_project(made["gid"], {"notes": "other"})
    found = tracker.project(made["gid"])
    assert found is not None
    assert (found["name"], found["notes"]) == (name, "other")


def test_sections_are_those_of_their_project(tracker: Tracker, team: str, name: str) -> None:
    made = make(tracker, team, name)
    section = tracker.create_section(made["gid"], "Kick-off")
    assert section["gid"] in [s["gid"] for s in tracker.sections(made["gid"]) if s["name"] == "Kick-off"]


def test_a_task_is_found_by_the_id_we_gave_it(tracker: Tracker, team: str, name: str) -> None:
    made = make(tracker, team, name)
    key = f"handoff:{name}"
    task = tracker.create_task({"name": "Call", "projects": [made["gid"]], "external": {"gid": key}})
    found = tracker.task_by_external(key)
    assert found is not None
    assert found["gid"] == task["gid"]
    assert tracker.task_by_external("handoff:unknown") is None


def test_the_tasks_of_a_project_are_told_in_its_order_and_whether_they_are_done(
    tracker: Tracker, team: str, name: str
) -> None:
    project, other = make(tracker, team, name)["gid"], make(tracker, team, name)["gid"]
    for n in (1, 2, 3):
        body = {"name": f"Task {n}", "projects": [project], "external": {"gid": f"handoff:{name}:{n}"}}
        tracker.create_task(body)
    assert [(task["name"], task["completed"]) for task in tracker.tasks(project)] == [
        ("Task 1", False),
        ("Task 2", False),
        ("Task 3", False),
    ]
    assert tracker.tasks(other) == []


def test_who_we_are_is_told(tracker: Tracker) -> None:
    assert tracker.check()


# Asana alone


def test_a_task_that_a_person_completes_is_told_as_done(
    asana: Tracker, team: str, name: str, box: RunningSandbox
) -> None:
    project = make(asana, team, name)["gid"]
    task = asana.create_task({"name": "Kick-off", "projects": [project]})
    headers = {"Authorization": f"Bearer {box.env['HANDOFF_ASANA_TOKEN']}"}
    url = f"{box.env['HANDOFF_ASANA_URL']}/tasks/{task['gid']}"
    answer = box.session.put(url, json={"data": {"completed": True}}, headers=headers, timeout=30)
    assert answer.status_code == 200
    assert [(t["gid"], t["completed"]) for t in asana.tasks(project)] == [(task["gid"], True)]


def test_the_tasks_of_an_unknown_project_are_a_refusal(asana: Tracker) -> None:
    with pytest.raises(Refused) as raised:
        asana.tasks("999999999999")
    assert raised.value.status == 404


def test_more_tasks_than_a_page_holds_are_all_told(asana: Tracker, team: str, name: str) -> None:
    project = make(asana, team, name)["gid"]
    made = [asana.create_task({"name": f"Task {n}", "projects": [project]})["gid"] for n in range(101)]
    assert [task["gid"] for task in asana.tasks(project)] == made


def test_a_template_becomes_a_project_by_a_job(asana: Tracker, team: str, name: str) -> None:
    template = asana.template(TEMPLATE)
    assert template is not None
    dates = [{"gid": date["gid"], "value": "2026-12-01"} for date in template["requested_dates"]]
    job = asana.instantiate_template(TEMPLATE, {"name": name, "team": team, "requested_dates": dates})
    for _ in range(20):
        if job["status"] == "succeeded":
            break
        job = asana.job(job["gid"])
    assert job["new_project"]["name"] == name
    assert job["new_project"]["permalink_url"].startswith("https://")
    assert [date["name"] for date in template["requested_dates"]] == ["Kick-off", "Go-live"]


def test_an_unknown_template_is_none(asana: Tracker) -> None:
    assert asana.template("999999999999") is None


def test_all_projects_of_a_team_are_told_page_after_page(asana: Tracker, team: str, name: str) -> None:
    made = {make(asana, team, f"{name} {n}")["gid"] for n in range(120)}
    calls = asana.calls
    found = [p["gid"] for p in asana.projects(team)]
    assert made <= set(found)
    assert len(found) == len(set(found))
    assert asana.calls - calls == -(-len(found) // 100)


def test_a_task_stands_in_its_section(asana: Tracker, team: str, name: str) -> None:
    project = make(asana, team, name)["gid"]
    section = asana.create_section(project, "Kick-off")["gid"]
    place = {"memberships": [{"project": project, "section": section}]}
    task = asana.create_task({"name": "Call", "due_on": "2026-12-01", "assignee": None, **place})
    assert [m["section"]["gid"] for m in task["memberships"]] == [section]
    assert task["due_on"] == "2026-12-01"


def test_users_are_known_by_address(asana: Tracker) -> None:
    users = asana.users()
    assert users["priya.nair@example.com"] == "1200000000000102"
    assert all(address == address.lower() for address in users)


def test_a_name_keeps_its_non_breaking_spaces(asana: Tracker, team: str, name: str) -> None:
    spaced = f"{name}\u00a0– Société\u2028"
    found = asana.project(make(asana, team, spaced)["gid"])
    assert found is not None
    assert found["name"] == spaced


def test_nothing_we_write_stands_in_a_url_of_the_service(
    asana: Tracker, team: str, name: str, box: RunningSandbox
) -> None:
    project = make(asana, team, f"CANARY {name}")["gid"]
    asana.create_section(project, "CANARY section")
    asana.create_task({"name": "CANARY task", "projects": [project]})
    assert not [call for call in box.calls("asana") if "CANARY" in call or "?" in call]


def test_a_refusal_says_what_asana_said_without_our_values(asana: Tracker, team: str) -> None:
    with pytest.raises(Refused) as raised:
        asana.create_project({"name": "CANARY project", "team": team, "due_on": "CANARY day"})
    assert raised.value.status == 400
    assert "due_on" in str(raised.value)
    assert "CANARY" not in str(raised.value)


def test_many_threads_share_one_connector(asana: Tracker, team: str, name: str) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda t=t: made.extend(make(asana, team, f"{name} {t}-{n}")["gid"] for n in range(5)))
        for t in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(set(made)) == 80
    assert asana.calls == 80


def test_a_wrong_token_is_one_sentence(box: RunningSandbox) -> None:
    wrong = connectors.open_tracker(settings_of(box, asana_token="2/1/1:CANARY"))
    with pytest.raises(AuthFailed) as raised:
        wrong.check()
    assert "HANDOFF_ASANA_TOKEN" in str(raised.value)
    assert "CANARY" not in str(raised.value)
    assert wrong.calls == 1


def test_a_wrong_workspace_is_one_sentence(box: RunningSandbox) -> None:
    wrong = connectors.open_tracker(settings_of(box, asana_workspace="1299999999999999"))
    with pytest.raises(AuthFailed, match="HANDOFF_ASANA_WORKSPACE"):
        wrong.check()


def test_a_port_where_nobody_listens_is_one_sentence(box: RunningSandbox) -> None:
    wrong = connectors.open_tracker(settings_of(box, asana_url="http://127.0.0.1:9/api/1.0"))
    with pytest.raises(Transient, match=r"no connection to 127\.0\.0\.1:9.*HANDOFF_ASANA_URL"):
        wrong.check()
