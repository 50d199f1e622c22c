"""Every deployment of prefect.yaml loads, and says nothing of this machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.importtools import import_object

FILE = Path(__file__).parents[2] / "prefect.yaml"
WRITTEN: dict[str, Any] = yaml.safe_load(FILE.read_text())
DEPLOYMENTS = {d["name"]: d for d in WRITTEN["deployments"]}


def load(deployment: dict[str, Any]) -> Flow[..., Any]:
    found = import_object(deployment["entrypoint"])
    assert isinstance(found, Flow)
    return found


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_entrypoint_is_a_flow_of_that_name_in_a_module_of_that_name(name: str) -> None:
    flow = load(DEPLOYMENTS[name])
    assert flow.name == name
    assert DEPLOYMENTS[name]["entrypoint"] == f"flows.{name.replace('-', '_')}.{name.replace('-', '_')}"


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployments_parameters_are_the_flows(name: str) -> None:
    written = DEPLOYMENTS[name]["parameters"]
    assert written.items() <= load(DEPLOYMENTS[name]).validate_parameters(written).items()


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_parameter_has_a_type_and_a_description(name: str) -> None:
    for parameter, schema in load(DEPLOYMENTS[name]).parameters.properties.items():
        assert schema.get("description"), parameter
        assert schema.keys() & {"type", "anyOf"}, parameter


def test_a_parameter_that_the_flow_does_not_have_is_refused() -> None:
    with pytest.raises(Exception, match="who"):
        load(DEPLOYMENTS["sync-deals"]).validate_parameters({"who": "ada"})


@pytest.mark.parametrize("owner", ["ada@example.com", "Ada Lovelace"])
def test_a_rerun_refuses_names_and_addresses_of_people_as_parameters(owner: str) -> None:
    with pytest.raises(Exception, match="owner"):
        load(DEPLOYMENTS["rerun-entries"]).validate_parameters({"owner": owner})


def test_the_sync_runs_every_five_minutes_and_never_twice_at_once() -> None:
    sync = DEPLOYMENTS["sync-deals"]
    assert [schedule["interval"] for schedule in sync["schedules"]] == [300]
    assert sync["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert {deployment["work_pool"]["name"] for deployment in DEPLOYMENTS.values()} == {"handoff"}


def test_the_clocks_are_read_every_five_minutes() -> None:
    clocks = DEPLOYMENTS["escalate-overdue"]
    assert [schedule["interval"] for schedule in clocks["schedules"]] == [300]


def test_the_sweep_runs_once_a_night_and_waits_for_a_sync() -> None:
    sweep = DEPLOYMENTS["sweep-deals"]
    assert [schedule["cron"] for schedule in sweep["schedules"]] == ["40 2 * * *"]
    assert sweep["parameters"] == {"days": 35, "wait_seconds": 600}
    assert sweep["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}


def test_the_report_is_published_on_working_mornings() -> None:
    report = DEPLOYMENTS["publish-report"]
    assert [schedule["cron"] for schedule in report["schedules"]] == ["30 5 * * 1-5"]
    assert report["parameters"] == {}, "into HANDOFF_HOME, unless somebody names a folder"


@pytest.mark.parametrize("folder", ["reports", "../reports", "C:reports", "", "~/reports"])
def test_a_folder_for_the_report_must_outlast_the_run(folder: str) -> None:
    """A worker starts each run in a folder of its own."""
    with pytest.raises(Exception, match="folder"):
        load(DEPLOYMENTS["publish-report"]).validate_parameters({"folder": folder})
    for good in (str(Path("/srv") / "reports"), "C:\\reports", None):
        assert load(DEPLOYMENTS["publish-report"]).validate_parameters({"folder": good}) == {"folder": good}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_prefect_retries_nothing_and_keeps_no_result(name: str) -> None:
    flow = load(DEPLOYMENTS[name])
    assert (flow.retries, flow.persist_result) == (0, False)


def test_the_file_names_no_path_of_a_machine_and_nothing_is_pulled() -> None:
    assert WRITTEN["pull"] == []
    assert not re.search(r"(?<![\w./])/(?!\*)\w", FILE.read_text())
