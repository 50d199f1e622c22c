"""A sync and a re-run as flows: the ledger's work is done, and Prefect's window shows ids and reasons only."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import State
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    DeploymentFilter,
    DeploymentFilterId,
)
from prefect.client.schemas.objects import Artifact
from prefect.client.schemas.schedules import IntervalSchedule

from flows.rerun_entries import rerun_entries
from flows.sweep_deals import sweep_deals
from flows.sync_deals import sync_deals
from handoff.store.lock import run_lock
from tests.flows.org import PEOPLE, environment, invoices, write_org
from tests.running_sandbox import RunningSandbox, running_sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.usefixtures("prefect_server")]
DEALS = 12


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("org") / "seed"
    return folder, write_org(folder, DEALS)


@pytest.fixture(scope="module")
def sandbox(seed: tuple[Path, str]) -> Iterator[RunningSandbox]:
    with running_sandbox(seed[0]) as running:
        yield running


@pytest.fixture
def home(sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in environment(sandbox, tmp_path / "home").items():
        monkeypatch.setenv(name, value)
    return tmp_path / "home"


def artifacts_of(state: State[Any]) -> dict[str, Artifact]:
    ours = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id]))
    with get_client(sync_client=True) as client:
        return {str(artifact.key): artifact for artifact in client.read_artifacts(artifact_filter=ours)}


def tags_of(state: State[Any]) -> set[str]:
    with get_client(sync_client=True) as client:
        return set(client.read_flow_run(state.state_details.flow_run_id).tags)


def test_a_sync_shows_its_summary_and_its_held_deals_and_nothing_about_people(
    home: Path, sandbox: RunningSandbox, seed: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDOFF_REVIEW_URL", "https://handoff.example.com")
    foretold = sync_deals(dry_run=True, return_state=True)
    assert str(foretold.message).startswith(f"Dry run: {DEALS} deals pulled, {DEALS - 1} would be delivered, 1 held")
    assert artifacts_of(foretold).keys() == {"dry-run"}
    assert invoices(sandbox) == 0

    state = sync_deals(return_state=True)
    assert state.is_completed()
    assert state.message is not None
    assert f"{DEALS - 1} delivered, 1 held" in state.message
    assert invoices(sandbox) == DEALS - 1

    shown = artifacts_of(state)
    assert shown.keys() - {"progress"} == {"run-summary", "held-by-cause", "held-deals"}
    assert tags_of(state) >= {"handoff", "pack:crm_sales_opportunities"}
    assert "](https://handoff.example.com/causes/C-" in str(shown["held-by-cause"].data)
    assert f"{DEALS} deals in" in str(shown["run-summary"].data)
    (held,) = json.loads(str(shown["held-deals"].data))
    assert held.keys() == {"entry", "deal", "rules", "role", "due", "page"}
    assert held["page"] == f"https://handoff.example.com/entries/{held['entry']}"
    assert held["deal"] == seed[1]
    assert held["entry"].startswith("E-")
    assert "amount" in held["rules"]
    everything = " ".join(f"{a.data} {a.description}" for a in shown.values()) + state.message
    assert not [word for word in PEOPLE if word in everything]

    chosen = rerun_entries(entries=[held["entry"]], dry_run=True, return_state=True)
    assert chosen.message == "Dry run: 1 entry would be judged again. Nothing was created or changed."
    assert held["deal"] in str(artifacts_of(chosen)["dry-run"].data)
    unsaid = rerun_entries(return_state=True)
    assert (unsaid.is_failed(), str(unsaid.message)[:17]) == (True, "Say which entries")

    nobody = rerun_entries(owner="nobody_x", return_state=True)
    assert (nobody.is_failed(), str(nobody.message)[:34]) == (True, "Nobody owns an entry as 'nobody_x'")

    again = rerun_entries(everything=True, judge="stored", return_state=True)
    assert again.is_completed()
    assert "0 delivered, 1 held" in str(again.message)

    swept = sweep_deals(return_state=True)
    assert swept.is_completed()
    assert "The sweep found 0 deals new or changed." in str(artifacts_of(swept)["run-summary"].data)


def test_a_sync_beside_another_run_is_skipped_in_peace(home: Path) -> None:
    with run_lock(home):
        state = sync_deals(return_state=True)
    assert (state.name, state.message) == ("Skipped", "Another run holds the lock; nothing was done.")


def test_wrong_settings_fail_the_flow_in_words_that_quote_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_PACK", str(home / "secret-name"))
    state = sync_deals(return_state=True)
    assert state.is_failed()
    assert state.message == "Settings, pack or arguments are wrong; nothing was done. Ask `handoff doctor`."


def test_the_server_plans_the_runs_of_a_schedule() -> None:
    """Prefect's scheduler writes runs with a statement that SQLAlchemy 2.1 refuses, so that no schedule ever fires."""
    every_five_minutes = DeploymentScheduleCreate(schedule=IntervalSchedule(interval=timedelta(minutes=5)), active=True)
    with get_client(sync_client=True) as client:
        deployment = client.create_deployment(
            flow_id=client.create_flow(sync_deals), name="sync-deals", schedules=[every_five_minutes]
        )
        asked = client._client.post(f"/deployments/{deployment}/schedule", json={"min_runs": 2})
        assert asked.status_code == 200
        ours = DeploymentFilter(id=DeploymentFilterId(any_=[deployment]))
        planned = client.read_flow_runs(deployment_filter=ours)
    assert len(planned) >= 2
    assert all(run.auto_scheduled for run in planned)
