"""Faults as they befall calls to the three stand-ins, in process."""

import asyncio
import contextlib
import time
from typing import Any

import orjson
import pytest

from sandbox import server
from sandbox.credentials import ASANA_TEAM
from sandbox.faults import Plan, parse
from sandbox.salesforce.ids import id_of
from sandbox.striking import HUGE, ConnectionCut
from sandbox.world import World
from tests.asgi_client import Answer
from tests.unit.sandbox.salesforce_calls import log_in
from tests.unit.sandbox.three_twins import STRIPE, Org


@pytest.fixture
def org() -> Org:
    return Org()


def test_a_call_that_is_cut_before_does_nothing_and_one_cut_after_is_done(org: Org) -> None:
    for do, made in (("drop_before", 0), ("drop_after", 1)):
        org.order("stripe", {"do": do})
        with pytest.raises(ConnectionCut):
            org.make_customer(do)
        assert org.customers() == made
    replayed = org.make_customer("drop_after")
    assert replayed.headers["idempotent-replayed"] == "true"
    assert org.customers() == 1


def test_a_cached_500_is_kept_under_its_key_and_replayed_and_nothing_is_made(org: Org) -> None:
    org.order("stripe", {"do": "cached_500"})
    first, second = org.make_customer(), org.make_customer()
    assert (first.status, second.status) == (500, 500)
    assert first.content == second.content
    assert first.json()["error"]["type"] == "api_error"
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert org.customers() == 0
    assert org.make_customer("other").status == 200


def test_a_500_before_the_work_is_not_kept(org: Org) -> None:
    org.order("stripe", {"do": "error_500"})
    failed = org.make_customer()
    assert (failed.status, failed.headers["stripe-should-retry"]) == (500, "false")
    made = org.make_customer()
    assert made.status == 200
    assert "idempotent-replayed" not in made.headers


def test_each_service_fails_in_its_own_words(org: Org) -> None:
    for service in ("asana", "salesforce"):
        org.order(service, {"do": "error_500"})
    assert org.asana("GET", "/users/me").json()["errors"][0]["phrase"]
    assert org.salesforce("GET", "/sobjects").json()[0]["errorCode"] == "UNKNOWN_EXCEPTION"


def test_a_lock_time_out_and_a_rate_limit_are_429_and_not_kept(org: Org) -> None:
    org.order("stripe", {"do": "lock_timeout"}, {"do": "rate_limited", "seconds": 7})
    locked, limited = org.make_customer(), org.make_customer()
    assert (locked.status, locked.json()["error"]["code"]) == (429, "lock_timeout")
    assert locked.json()["error"]["type"] == "invalid_request_error"
    assert (limited.status, limited.headers["retry-after"]) == (429, "7")
    assert org.make_customer().status == 200
    org.order("asana", {"do": "rate_limited", "seconds": 7})
    assert org.asana("GET", "/users/me").headers["retry-after"] == "7"


@pytest.mark.parametrize("do", ["truncated", "not_json", "html", "other_shape", "huge", "wrong_type"])
def test_a_spoiled_reply_hides_work_that_was_done(org: Org, do: str) -> None:
    org.order("stripe", {"do": do})
    spoiled, replayed = org.make_customer(), org.make_customer()
    assert spoiled.status == 200
    assert int(spoiled.headers["content-length"]) == len(spoiled.content)
    assert (spoiled.content, spoiled.headers["content-type"]) != (replayed.content, replayed.headers["content-type"])
    assert replayed.headers["idempotent-replayed"] == "true"
    assert org.customers() == 1


def test_what_a_spoiled_reply_holds(org: Org) -> None:
    def spoiled(**fault: Any) -> Answer:
        org.order("stripe", fault)
        return org.make_customer(str(fault))

    whole = org.make_customer("whole")
    with pytest.raises(ValueError):
        spoiled(do="truncated").json()
    with pytest.raises(ValueError):
        spoiled(do="not_json").json()
    html = spoiled(do="html", status=502)
    assert (html.status, html.headers["content-type"], html.content[:9]) == (
        502,
        "text/html; charset=utf-8",
        b"<!DOCTYPE",
    )
    assert spoiled(do="other_shape").json() == {"unexpected": True}
    assert spoiled(do="other_shape", body=None).json() is None
    assert spoiled(do="other_shape", body=[1]).json() == [1]
    huge = spoiled(do="huge")
    assert len(huge.content) == HUGE
    assert huge.json().keys() == whole.json().keys()
    assert spoiled(do="wrong_type").headers["content-type"].startswith("text/plain")


def test_a_reply_can_end_in_its_middle() -> None:
    sent: list[Any] = []
    frame = server.frames(World())["stripe"]
    frame.world.plans["stripe"] = Plan(parse([{"do": "reset_mid_reply"}], "stripe"))

    async def ask() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(name.encode(), value.encode()) for name, value in STRIPE.items()]
        path = {"path": "/v1/account", "raw_path": b"/v1/account", "query_string": b"", "headers": headers}
        await frame({"type": "http", "method": "GET", **path}, receive, send)

    with pytest.raises(ConnectionCut):
        asyncio.run(ask())
    start, half = sent
    length = int(dict(start["headers"])[b"content-length"])
    assert len(half["body"]) == length // 2
    assert half["more_body"]


def test_a_reply_that_drips_is_whole_and_a_delay_is_waited(org: Org) -> None:
    org.order("stripe", {"do": "slow_drip", "seconds": 0.05}, {"do": "delay", "seconds": 0.05})
    for _ in range(2):
        begun = time.monotonic()
        assert orjson.loads(org.make_customer().content)["object"] == "customer"
        assert time.monotonic() - begun >= 0.05


def test_a_delay_comes_before_whatever_else_strikes(org: Org) -> None:
    for do in ("error_500", "drop_after", "html"):
        org.order("stripe", {"do": "delay", "seconds": 0.03}, {"do": do})
        begun = time.monotonic()
        with contextlib.suppress(ConnectionCut):
            org.make_customer(do)
        assert time.monotonic() - begun >= 0.03


def test_an_expired_token_is_ended_for_good_and_a_new_log_in_helps(org: Org) -> None:
    org.order("salesforce", {"do": "expired_token", "skip": 1})
    answers = [org.salesforce("GET", "/sobjects") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 401, 401]
    assert answers[1].json()[0]["errorCode"] == "INVALID_SESSION_ID"
    org.token = log_in(org.frames["salesforce"].app).json()["access_token"]
    assert org.salesforce("GET", "/sobjects").status == 200


def test_a_daily_limit_is_403(org: Org) -> None:
    org.order("salesforce", {"do": "daily_limit"})
    refused = org.salesforce("GET", "/sobjects")
    assert (refused.status, refused.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert org.salesforce("GET", "/sobjects").status == 200


@pytest.mark.parametrize(
    ("do", "code"), [("row_locked", "UNABLE_TO_LOCK_ROW"), ("row_failed", "FIELD_CUSTOM_VALIDATION_EXCEPTION")]
)
def test_some_rows_of_a_collection_fail_inside_its_200_and_the_others_are_written(org: Org, do: str, code: str) -> None:
    org.order("salesforce", {"do": do, "rows": 2})
    ids = [id_of("Opportunity", name) for name in ("won", "lost", "open", "bare")]
    rows = [{"attributes": {"type": "Opportunity"}, "Id": one, "NextStep": "x"} for one in ids]
    answer = org.salesforce("PATCH", "/composite/sobjects", {"allOrNone": False, "records": rows})
    assert answer.status == 200
    assert [row["success"] for row in answer.json()] == [False, False, True, True]
    assert {row["errors"][0]["statusCode"] for row in answer.json()[:2]} == {code}
    written = {row["Id"] for row in org.state("salesforce")["Opportunity"] if row.get("NextStep") == "x"}
    assert written == set(ids[2:])


def test_a_lagging_list_hides_what_is_younger_by_the_sandbox_clock(org: Org) -> None:
    org.make_customer("old", "Old")
    org.control(shift=120)
    org.make_customer("new", "New")
    org.order("stripe", {"do": "list_lag", "seconds": 60, "times": None})
    assert [one["name"] for one in org.list_customers()] == ["Old"]
    org.control(shift=61)
    assert [one["name"] for one in org.list_customers()] == ["New", "Old"]


def test_a_lagging_list_of_projects_hides_the_young_ones_too(org: Org) -> None:
    gid = org.make_project("P")["gid"]
    org.order("asana", {"do": "list_lag", "seconds": 60, "times": None})
    path = f"/teams/{ASANA_TEAM}/projects?limit=100"
    assert gid not in {one["gid"] for one in org.asana("GET", path).json()["data"]}
    assert org.asana("GET", f"/projects/{gid}").status == 200
    org.control("asana", shift=61)
    assert gid in {one["gid"] for one in org.asana("GET", path).json()["data"]}


def test_a_template_job_fails_and_leaves_its_project_empty(org: Org) -> None:
    template = org.asana("GET", f"/teams/{ASANA_TEAM}/project_templates").json()["data"][0]["gid"]
    asked = org.asana("GET", f"/project_templates/{template}").json()["data"]["requested_dates"]
    dates = [{"gid": one["gid"], "value": "2026-12-01"} for one in asked]
    org.order("asana", {"do": "job_fails"})
    path = f"/project_templates/{template}/instantiateProject"
    job = org.asana("POST", path, {"name": "P", "team": ASANA_TEAM, "requested_dates": dates}).json()["data"]
    for _ in range(2):
        job = org.asana("GET", f"/jobs/{job['gid']}").json()["data"]
    assert job["status"] == "failed"
    assert org.asana("GET", f"/projects/{job['new_project']['gid']}/tasks").json()["data"] == []


def test_state_tells_each_fault_and_how_often_it_struck(org: Org) -> None:
    org.order("stripe", {"do": "error_500", "times": 2, "path": "/v1/customers"}, {"do": "html", "skip": 9})
    for _ in range(3):
        org.make_customer()
    first, second = org.state("stripe")["faults"]
    assert (first["do"], first["times"], first["struck"]) == ("error_500", 2, 2)
    assert (second["do"], second["skip"], second["struck"]) == ("html", 9, 0)
    assert org.state("asana")["faults"] == []
    org.order("stripe")
    assert org.state("stripe")["faults"] == []


@pytest.mark.parametrize(
    "orders",
    [
        {"faults": [{"do": "row_locked"}]},
        {"faults": {"do": "delay"}},
        {"faults": [{"do": "delay"}], "seed": "x"},
        {"seed": 7},
        {"faults": [{"do": "delay"}], "set": "soon"},
    ],
)
def test_a_wrong_plan_is_refused_and_nothing_of_the_order_is_followed(org: Org, orders: dict[str, Any]) -> None:
    org.order("stripe", {"do": "html"})
    answer = org.control(delay_ms=5, **orders)
    assert answer.status == 400
    assert [fault["do"] for fault in org.state("stripe")["faults"]] == ["html"]
    assert org.world.delay_ms == 0


def test_a_fault_is_not_met_by_a_call_that_the_rate_limit_refused(org: Org) -> None:
    org.world.vendor_limits, org.world.stripe_rate = True, 1
    org.order("stripe", {"do": "html", "times": None})
    assert [org.make_customer().status for _ in range(3)] == [200, 429, 429]
    assert org.state("stripe")["faults"][0]["struck"] == 1
