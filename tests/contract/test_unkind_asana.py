"""Asana at its worst (services.md 58-69), as the connector meets it."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

import connectors
from connectors.errors import ConnectorError, Refused, Transient, UnknownOutcome
from connectors.ports import Body, Tracker
from handoff.core.settings import Settings
from tests.running_sandbox import RunningSandbox

TEMPLATE = "1200000000000301"
_NUMBERS = count(1)
Order = Callable[..., None]


@pytest.fixture
def asana(settings: Settings) -> Tracker:
    return connectors.open_tracker(settings)


@pytest.fixture
def team(settings: Settings) -> str:
    return settings.asana_team or ""


@pytest.fixture
def name() -> str:
    return f"Unkind [HO-u{next(_NUMBERS):011}]"


def make(asana: Tracker, team: str, name: str) -> Body:
    return asana.create_project({"name": name, "team": team})


def called_so(asana: Tracker, team: str, name: str) -> list[Body]:
    return [project for project in asana.projects(team) if project["name"] == name]


def instantiate(asana: Tracker, team: str, name: str) -> Body:
    template = asana.template(TEMPLATE)
    assert template is not None
    dates = [{"gid": date["gid"], "value": "2026-12-01"} for date in template["requested_dates"]]
    return asana.instantiate_template(TEMPLATE, {"name": name, "team": team, "requested_dates": dates})


@pytest.mark.parametrize(
    ("fault", "made"),
    [
        ({"do": "drop_before"}, 0),
        ({"do": "error_500"}, 0),
        ({"do": "drop_after"}, 1),
        ({"do": "reset_mid_reply"}, 1),
        ({"do": "truncated"}, 1),
    ],
)
def test_a_project_that_may_be_there_is_looked_for_and_never_made_twice(
    asana: Tracker, box: RunningSandbox, order: Order, team: str, name: str, fault: Body, made: int
) -> None:
    order("asana", {**fault, "method": "POST"})
    with pytest.raises(UnknownOutcome):
        make(asana, team, name)
    assert box.struck("asana") == [1]
    assert len(called_so(asana, team, name)) == made


def test_a_look_may_come_too_early(asana: Tracker, box: RunningSandbox, order: Order, team: str, name: str) -> None:
    gid = make(asana, team, name)["gid"]
    order("asana", {"do": "list_lag", "seconds": 60, "times": None})
    assert called_so(asana, team, name) == []
    assert asana.project(gid)
    box.control("asana", shift=61)
    assert [project["gid"] for project in called_so(asana, team, name)] == [gid]


def test_a_rate_limit_is_waited_for_and_the_project_made_once(
    asana: Tracker, order: Order, team: str, name: str
) -> None:
    order("asana", {"do": "rate_limited", "seconds": 1})
    make(asana, team, name)
    assert len(called_so(asana, team, name)) == 1


def test_a_long_wait_is_told_and_nothing_is_sent_before(
    settings: Settings, box: RunningSandbox, order: Order, team: str, name: str
) -> None:
    asana = connectors.open_tracker(settings)
    order("asana", {"do": "rate_limited", "seconds": 300, "times": None})
    with pytest.raises(Transient) as raised:
        make(asana, team, name)
    assert raised.value.retry_after == 300
    with pytest.raises(Transient, match="nothing was sent"):
        make(asana, team, name)
    assert box.struck("asana") == [1]


def test_a_failure_of_asanas_own_is_asked_again_by_a_read(asana: Tracker, box: RunningSandbox, order: Order) -> None:
    order("asana", {"do": "error_500"})
    assert asana.users()
    order("asana", {"do": "error_500", "times": None})
    with pytest.raises(UnknownOutcome, match="status 500"):
        asana.users()
    assert box.struck("asana") == [2]


def test_a_job_that_fails_says_so_and_what_it_began_is_there(
    asana: Tracker, order: Order, team: str, name: str
) -> None:
    order("asana", {"do": "job_fails"})
    job = instantiate(asana, team, name)
    for _ in range(3):
        job = asana.job(job["gid"])
    assert job["status"] == "failed"
    assert len(called_so(asana, team, name)) == 1


def test_a_job_whose_answer_was_lost_is_not_started_again(
    asana: Tracker, box: RunningSandbox, order: Order, team: str, name: str
) -> None:
    order("asana", {"do": "drop_after", "path": "*/instantiateProject", "times": None})
    with pytest.raises(UnknownOutcome):
        instantiate(asana, team, name)
    assert box.struck("asana") == [1]
    assert len(called_so(asana, team, name)) == 1


def test_a_template_wants_its_dates_and_a_team(asana: Tracker, team: str, name: str) -> None:
    with pytest.raises(Refused, match="requested_dates"):
        asana.instantiate_template(TEMPLATE, {"name": name, "team": team})
    with pytest.raises(Refused, match="team"):
        asana.create_project({"name": name, "workspace": "1200000000000001"})


@pytest.mark.parametrize("dates", [{"start_on": "2026-12-01"}, {"due_on": "2026-12-01", "due_at": "2026-12-01T09:00Z"}])
def test_a_start_needs_an_end_and_an_end_is_told_once(
    asana: Tracker, team: str, name: str, dates: dict[str, Any]
) -> None:
    project = make(asana, team, name)["gid"]
    with pytest.raises(Refused) as raised:
        asana.create_task({"name": "Call", "projects": [project], **dates})
    assert raised.value.status == 400


def test_only_what_is_asked_for_is_told(asana: Tracker, team: str, name: str) -> None:
    made = make(asana, team, name)
    found = asana.project(made["gid"])
    assert found is not None
    assert found.keys() == {
        "gid",
        "resource_type",
        "name",
        "notes",
        "created_at",
        "archived",
        "permalink_url",
    }


def test_a_page_that_fails_in_the_middle_of_a_list_loses_nothing(
    asana: Tracker, order: Order, team: str, name: str
) -> None:
    made = {make(asana, team, f"{name} {n}")["gid"] for n in range(110)}
    order("asana", {"do": "reset_mid_reply", "method": "GET", "skip": 1, "times": 2})
    assert made <= {project["gid"] for project in asana.projects(team)}


def test_an_external_id_is_a_tasks_and_not_a_projects(asana: Tracker, team: str, name: str) -> None:
    with pytest.raises(ConnectorError, match="external"):
        asana.create_project({"name": name, "team": team, "external": {"gid": name}})
