"""Every deployment of prefect.yaml loads, and says nothing of this machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow
from prefect.utilities.importtools import import_object

from flows.choice import Choice

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


@pytest.mark.parametrize("owner", ["ada@example.com", "Ada Lovelace", ""])
def test_a_rerun_refuses_names_and_addresses_of_people_as_parameters(owner: str) -> None:
    with pytest.raises(Exception, match="owner"):
        load(DEPLOYMENTS["rerun-entries"]).validate_parameters({"owner": owner})


def test_the_form_of_a_rerun_asks_in_an_operators_order_and_offers_live_or_stored() -> None:
    form = load(DEPLOYMENTS["rerun-entries"]).parameters.properties
    in_order = sorted(form, key=lambda name: form[name]["position"])
    first = ["entries", "rule", "owner", "cause", "everything", "judge", "dry_run", "wait_seconds"]
    assert in_order == [*first, "stored"]
    assert (form["judge"]["enum"], form["judge"]["default"]) == (["live", "stored"], "live")
    assert (form["dry_run"]["type"], form["dry_run"]["default"]) == ("boolean", False)
    assert all(form[name]["title"] == name for name in form)


def test_the_form_of_a_sync_offers_a_dry_run() -> None:
    form = load(DEPLOYMENTS["sync-deals"]).parameters.properties
    assert (form["dry_run"]["type"], form["dry_run"]["default"]) == ("boolean", False)


def test_a_rerun_refuses_a_rule_that_there_is_not() -> None:
    with pytest.raises(Exception, match="there is no rule 'amount_is_nice'"):
        load(DEPLOYMENTS["rerun-entries"]).validate_parameters({"rule": "amount_is_nice"})


@pytest.mark.parametrize("rule", ["product_is_canonical", "crm_refused"])
def test_a_rerun_takes_a_rule_and_a_failure(rule: str) -> None:
    assert load(DEPLOYMENTS["rerun-entries"]).validate_parameters({"rule": rule})["rule"] == rule


@pytest.mark.parametrize("wrong", [{"cause": "C-12"}, {"cause": "Ada"}, {"judge": "maybe"}, {"dry_run": "perhaps"}])
def test_a_rerun_refuses_what_its_form_does_not_offer(wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=next(iter(wrong))):
        load(DEPLOYMENTS["rerun-entries"]).validate_parameters(wrong)


@pytest.mark.parametrize(
    ("choice", "asked"),
    [
        (Choice(), "Say which entries"),
        (Choice(entries=("E-000001",), everything=True), "Say it one way only"),
        (Choice(cause="C-0123456789", rule="crm_refused"), "Say it one way only"),
    ],
)
def test_a_form_that_says_nothing_or_two_things_is_told_what_to_say(choice: Choice, asked: str) -> None:
    assert choice.wrong is not None
    assert choice.wrong.startswith(asked)
    assert choice.wrong.endswith("Nothing was done.")


def test_a_rule_of_an_owner_is_one_choice() -> None:
    assert Choice(rule="crm_refused", owner="ada").wrong is None


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
