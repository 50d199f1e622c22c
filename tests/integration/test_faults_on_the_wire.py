"""Faults over real sockets, with TLS and without: what a client sees, and what became of its call."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.running_sandbox import RunningSandbox, SandboxFailed, running_sandbox

pytestmark = pytest.mark.sandbox

PLAN = """
seed: 7
faults:
- {service: stripe, method: POST, path: /v1/customers, do: drop_after}
- {service: asana, do: html, times: null}
"""


@pytest.fixture(scope="module")
def box() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def http(box: RunningSandbox) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = box.env["HANDOFF_SALESFORCE_CA_FILE"]
        yield session


def customer(box: RunningSandbox, http: requests.Session, key: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {box.env['HANDOFF_STRIPE_KEY']}", "Idempotency-Key": key}
    return http.post(box.url("stripe") + "/v1/customers", data={"name": "Acme"}, headers=headers, timeout=10)


def customers(box: RunningSandbox) -> int:
    return len(box.state("stripe")["accounts"].get("default", {"customers": []})["customers"])


@pytest.mark.parametrize("service", ["salesforce", "stripe"])
@pytest.mark.parametrize("do", ["drop_before", "drop_after", "reset_mid_reply"])
def test_a_connection_is_closed_without_a_whole_reply(
    box: RunningSandbox, http: requests.Session, service: str, do: str
) -> None:
    box.faults(service, {"do": do, "path": "/services/data"} if service == "salesforce" else {"do": do})
    url = box.url(service) + ("/services/data" if service == "salesforce" else "/v1/nothing")
    cut = "IncompleteRead" if do == "reset_mid_reply" else "Remote end closed|Connection reset|EOF occurred"
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError), match=cut):
        http.get(url, timeout=10)
    assert box.struck(service) == [1]
    assert http.get(url, timeout=10).status_code == (200 if service == "salesforce" else 404)


@pytest.mark.parametrize(("do", "made"), [("drop_before", 0), ("drop_after", 1), ("reset_mid_reply", 1)])
def test_what_was_cut_before_was_not_done_and_what_was_cut_after_is_replayed(
    box: RunningSandbox, http: requests.Session, do: str, made: int
) -> None:
    before = customers(box)
    box.faults("stripe", {"do": do})
    with pytest.raises(requests.RequestException):
        customer(box, http, do)
    assert customers(box) == before + made
    again = customer(box, http, do)
    assert ("idempotent-replayed" in again.headers) is bool(made)
    assert customers(box) == before + 1


def test_a_plan_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(PLAN)
    with running_sandbox(faults=file) as box, requests.Session() as http:
        http.trust_env = False
        with pytest.raises(requests.ConnectionError):
            customer(box, http, "k")
        assert customer(box, http, "k").headers["idempotent-replayed"] == "true"
        assert "text/html" in http.get(box.url("asana"), timeout=10).headers["content-type"]
        assert (box.struck("stripe"), box.struck("asana"), box.struck("salesforce")) == ([1], [1], [])


def test_a_plan_that_cannot_be_followed_ends_it_with_two(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("faults: [{service: stripe, do: explode}]")
    said = r"ended with 2: .*plan\.yaml: fault 1: explode is not one of"
    with pytest.raises(SandboxFailed, match=said), running_sandbox(faults=file):
        pass
