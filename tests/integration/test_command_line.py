"""Doctor, the dry run and the screens of a run, by the real command against a sandbox."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from mappings.pack import shipped
from tests.clean_org import write_seed
from tests.integration.conftest import Company, Opener
from tests.running_sandbox import RunningSandbox, running_sandbox

PACK = "crm_sales_opportunities"
LOG_IN = "POST /services/oauth2/token"


@pytest.fixture
def written(open_company: Opener, tmp_path: Path) -> Company:
    """Six clean deals of two accounts, in a sandbox of its own."""
    write_seed(tmp_path / "seed", 6, accounts=2)
    return open_company(tmp_path / "seed", PACK)


@pytest.fixture(scope="module")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """The same six deals, for commands that write nothing outside."""
    seed = tmp_path_factory.mktemp("shared") / "seed"
    write_seed(seed, 6, accounts=2)
    with running_sandbox(seed) as sandbox:
        yield sandbox


@pytest.fixture
def company(shared_sandbox: RunningSandbox, tmp_path: Path) -> Company:
    """A company with a pack, a home and settings of its own over the shared sandbox."""
    (tmp_path / "home").mkdir()
    shutil.copytree(shipped(PACK), tmp_path / "pack")
    sandbox = replace(shared_sandbox, env=dict(shared_sandbox.env))
    return Company(sandbox=sandbox, home=tmp_path / "home", pack=tmp_path / "pack")


def wrong_checks(company: Company) -> dict[str, str]:
    """Check -> what doctor says is wrong, with what to do."""
    found = company.json("doctor", exit_code=1)
    assert found["ok"] is False
    return {line["check"]: f"{line['what']} {line['do']}" for line in found["checks"] if not line["ok"]}


def writing_calls(company: Company) -> list[str]:
    """Calls that were no GET, the log-in apart."""
    calls = [call for service in ("salesforce", "stripe", "asana") for call in company.sandbox.calls(service)]
    return [call for call in calls if not call.startswith(("GET ", LOG_IN))]


def test_a_dry_run_foretells_the_sync_and_writes_nothing_anywhere(written: Company) -> None:
    foreseen = written.json("sync", "--dry-run")
    assert writing_calls(written) == []
    assert (foreseen["pulled"], foreseen["would_deliver"], foreseen["held"]) == (6, 6, 0)
    assert foreseen["creates"] == {"customer": 2, "invoice": 6, "project": 6}
    assert written.json("queue", "list", "--all-states") == {"entries": []}

    done = written.json("sync")
    assert done["delivered"] == 6
    created = {kind: counts["created"] for kind, counts in done["effects"].items() if kind != "writeback"}
    assert created == foreseen["creates"]

    again = written.json("sync", "--dry-run")
    assert (again["would_deliver"], again["unchanged"], again["creates"]) == (0, 6, {"customer": 0})


def test_a_dry_run_holds_what_the_gate_would_hold_and_says_that_the_line_is_stopped(company: Company) -> None:
    company.replace_in_pack("labels.yaml", "    - software\n", "")
    company.run("stop", "--why", "a wrong rate", "--as", "dana_whitfield")
    foreseen = company.json("sync", "--dry-run")
    assert foreseen["held_by_rule"] == {"sector_is_canonical": 6}
    assert foreseen["would_deliver"] == 0
    assert "stopped by dana_whitfield: a wrong rate" in foreseen["warnings"][0]
    assert writing_calls(company) == []


def test_a_deal_whose_customer_may_exist_is_foretold_as_held(written: Company) -> None:
    with requests.Session() as session:
        session.trust_env = False
        key = written.sandbox.env["HANDOFF_STRIPE_KEY"]
        answer = session.post(
            f"{written.sandbox.url('stripe')}/v1/customers",
            data={"email": "billing0@example.com"},
            auth=(key, ""),
            timeout=30,
        )
    assert answer.status_code == 200
    foreseen = written.json("sync", "--dry-run")
    assert foreseen["held_by_rule"] == {"customer_may_exist": 3}
    assert foreseen["creates"]["customer"] == 1


def test_a_human_sees_the_balance_and_a_program_one_document_and_a_deal_is_explained(written: Company) -> None:
    shown = written.run("sync")
    assert "6 deals pulled = 6 delivered + 0 held" in shown.stdout
    assert shown.stderr == ""
    assert written.json("sync")["balanced"] is True
    deal = written.sandbox.state("salesforce")["Opportunity"][0]["Id"]
    explained = written.json("explain", deal)
    links = {effect["kind"]: effect["link"] for effect in explained["effects"] if effect["link"]}
    assert set(links) == {"finalize", "project"}
    assert "Nothing to do" in written.run("explain", deal).stdout


def test_a_sweep_after_a_sync_says_that_nothing_was_overlooked_and_one_alone_finds_every_deal(written: Company) -> None:
    swept = written.json("sweep")
    assert (swept["found"], swept["delivered"], swept["complete"]) == (6, 6, None)
    assert written.json("sync")["complete"]["crm"] >= 0
    assert "The sweep found 0 deals new or changed" in written.run("sweep", "--days", "90").stdout
    assert "--days" in written.run("sweep", "--days", "0", exit_code=2).stderr


def test_doctor_finds_nothing_wrong_with_a_clean_company(company: Company) -> None:
    found = company.json("doctor")
    assert found["ok"] is True
    checks = [line["check"] for line in found["checks"]]
    services = ["salesforce", "fields", "labels", "write_back", "stripe", "asana"]
    ours = [*(f"last {work}" for work in ("sync", "sweep", "escalate", "notices", "report")), "the line", "outages"]
    assert checks == ["pack", "store", *ours, "messages", "outbox", "owners", *services, "channels"]
    assert writing_calls(company) == []
    assert "Everything is in place." in company.run("doctor").stdout


def test_doctor_names_a_field_and_a_write_back_field_that_the_org_does_not_have(company: Company) -> None:
    company.replace_in_pack("fields.yaml", "from: Account.Industry", "from: Account.Sector__c")
    company.replace_in_pack("fields.yaml", "Handoff_Status__c", "Handoff_State__c")
    wrong = wrong_checks(company)
    assert set(wrong) == {"fields", "write_back"}
    assert "Account has no field Sector__c" in wrong["fields"]
    assert "Correct the path in fields.yaml" in wrong["fields"]
    assert "Opportunity has no field Handoff_State__c" in wrong["write_back"]


def test_doctor_names_a_picklist_value_that_no_label_knows(company: Company) -> None:
    company.replace_in_pack("labels.yaml", "    - software\n", "")
    wrong = wrong_checks(company)
    assert set(wrong) == {"labels"}
    assert "'software'" in wrong["labels"]


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("HANDOFF_SALESFORCE_CLIENT_SECRET", "salesforce"),
        ("HANDOFF_STRIPE_KEY", "stripe"),
        ("HANDOFF_ASANA_TOKEN", "asana"),
    ],
)
def test_doctor_names_the_service_whose_credentials_do_not_work(company: Company, name: str, check: str) -> None:
    secret = "sk_test_wrong" if check == "stripe" else "wrong-credential"
    company.sandbox.env[name] = secret
    wrong = wrong_checks(company)
    assert set(wrong) == {check}
    assert "Correct the credentials" in wrong[check]
    assert secret not in str(wrong)


def test_doctor_goes_on_past_a_missing_setting_and_a_missing_pack(company: Company) -> None:
    del company.sandbox.env["HANDOFF_ASANA_TOKEN"]
    company.pack = company.home / "nowhere"
    wrong = wrong_checks(company)
    assert set(wrong) == {"pack", "asana"}
    assert "HANDOFF_ASANA_TOKEN is not set" in wrong["asana"]


def test_a_service_that_cannot_be_reached_is_said_in_one_sentence(company: Company) -> None:
    company.sandbox.env["HANDOFF_SALESFORCE_LOGIN_URL"] = "https://127.0.0.1:9"
    for words in (("sync", "--dry-run"), ("doctor",)):
        told = company.run(*words, exit_code=1)
        assert "Traceback" not in told.stdout + told.stderr
