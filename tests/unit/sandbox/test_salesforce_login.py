"""Log-in, sessions, the daily limit, and what the twin does not offer."""

import pytest

from tests.asgi_client import call
from tests.unit.sandbox.salesforce_calls import ROOT, client, log_in


def test_the_right_credentials_get_a_token_and_the_instance() -> None:
    answer = log_in(client().app)
    told = answer.json()
    assert answer.status == 200
    assert set(told) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
    assert told["instance_url"] == "https://org.example"
    assert told["access_token"].startswith("00D")
    assert told["id"].startswith("https://org.example/id/00D")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "other"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_secret": None}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "ä"}, "unsupported_grant_type"),
    ],
)
def test_wrong_credentials_get_the_reason_as_oauth_gives_it(changes: dict[str, str | None], error: str) -> None:
    answer = log_in(client().app, **changes)
    assert (answer.status, answer.json()["error"]) == (400, error)
    assert answer.json()["error_description"]


def test_a_body_that_is_no_form_gets_no_token() -> None:
    answer = call(client().app, "POST", "/services/oauth2/token", b"\xff\xfe")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_a_token_cannot_be_asked_for_by_get() -> None:
    assert call(client().app, "GET", "/services/oauth2/token").status == 400


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense"])
def test_without_a_live_session_nothing_is_answered(header: str | None) -> None:
    headers = {} if header is None else {"authorization": header}
    answer = call(client().app, "GET", f"{ROOT}/sobjects", headers=headers)
    assert answer.status == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_another_kind_of_credential_is_refused_as_such() -> None:
    answer = call(client().app, "GET", f"{ROOT}/sobjects", headers={"authorization": "Basic eA=="})
    assert (answer.status, answer.json()[0]["errorCode"]) == (401, "INVALID_AUTH_HEADER")


def test_a_session_ends_with_its_lifetime_and_a_new_one_goes_on() -> None:
    org = client(token_lifetime_s=60)
    org.world.clock.shift(58)
    assert org.ask("GET", "/limits").status == 200
    org.world.clock.shift(3)
    assert org.ask("GET", "/limits").json()[0]["errorCode"] == "INVALID_SESSION_ID"
    org.token = log_in(org.app).json()["access_token"]
    assert org.ask("GET", "/limits").status == 200


def test_every_answer_tells_how_many_requests_are_used() -> None:
    org = client()
    used = [org.ask("GET", path).headers["sforce-limit-info"] for path in ("/limits", "/nonsense", "/query?q=x")]
    assert used == ["api-usage=1/100000", "api-usage=2/100000", "api-usage=3/100000"]
    assert org.ask("GET", "/limits").json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_996}


def test_the_daily_limit_refuses_while_limits_are_on_and_frees_after_a_day() -> None:
    org = client(seed={"_schema": [{"daily_api_requests": 2}]}, vendor_limits=True, token_lifetime_s=200_000)
    assert [org.ask("GET", "/limits").status for _ in range(3)] == [200, 200, 403]
    refused = org.ask("GET", "/limits").json()
    assert refused == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    org.world.clock.shift(24 * 3600 + 60)
    assert org.ask("GET", "/limits").status == 200


def test_the_daily_limit_only_counts_while_limits_are_off() -> None:
    org = client(seed={"_schema": [{"daily_api_requests": 1}]})
    assert [org.ask("GET", "/limits").status for _ in range(3)] == [200, 200, 200]


def test_the_versions_are_listed_without_a_session() -> None:
    versions = call(client().app, "GET", "/services/data").json()
    assert {"label": "v62", "url": "/services/data/v62.0", "version": "62.0"} in versions


@pytest.mark.parametrize("version", ["v50.0", "v66.0"])
def test_every_version_listed_is_served(version: str) -> None:
    answer = client().ask("GET", "/sobjects/Account/describe", root=f"/services/data/{version}")
    assert answer.json()["urls"]["sobject"] == f"/services/data/{version}/sobjects/Account"


@pytest.mark.parametrize(
    "path",
    [
        "/services/data/v49.0/limits",
        "/services/data/v62/limits",
        "/services/data/62.0/limits",
        f"{ROOT}/composite",
        f"{ROOT}/jobs/query",
        f"{ROOT}/sobjects/Lead",
        f"{ROOT}/sobjects/Opportunity/describe/layouts/x",
        "/services/apexrest/x",
        "/",
    ],
)
def test_what_is_not_offered_is_not_found(path: str) -> None:
    answer = client().ask("GET", path, root="")
    assert (answer.status, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/query?q=x", "GET"),
        ("PUT", "/sobjects/Account/001000000000000AAA", "DELETE,GET,PATCH"),
        ("GET", "/composite/sobjects", "PATCH"),
        ("DELETE", "/sobjects/Account", "GET,POST"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused_with_those_it_has(method: str, path: str, allowed: str) -> None:
    answer = client().ask(method, path)
    assert answer.status == 405
    assert answer.json()[0] == {
        "message": f"HTTP Method '{method}' not allowed. Allowed are {allowed}",
        "errorCode": "METHOD_NOT_ALLOWED",
    }


def test_a_query_parameter_that_the_path_does_not_take_is_refused() -> None:
    answer = client().ask("GET", "/query?q=SELECT+Id+FROM+Account&limit=5")
    assert (answer.status, answer.json()[0]["message"]) == (400, "Unknown query parameter: limit")


def test_an_address_longer_than_salesforce_reads_is_refused_outside_json() -> None:
    answer = client().ask("GET", f"/query?q={'x' * 16_384}")
    assert answer.status == 414
    assert b"URI Too Long" in answer.content
