"""Asana's answers as our errors, and requests whose URLs hold nothing of ours."""

import json
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, ReadTimeoutError, SSLError

from connectors.asana_client import AsanaClient
from connectors.asana_tracker import AsanaTracker
from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.rates import TokenBucket
from connectors.retries import Retries

URL = "https://asana.test/api/1.0"
CANARY = "Canary Corp"


class Wire:
    """Stands in for the SDK's urllib3 pool: answers in turn (the last for ever), and keeps what was sent."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []

    def request(self, method: str, url: str, **named: Any) -> urllib3.HTTPResponse:
        fields = named.get("fields") or []
        self.sent.append({"method": method, "url": url, **named, "query": dict(fields)})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = answer
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return urllib3.HTTPResponse(text, headers, status)


def ok(data: Any = None, **more: Any) -> tuple[int, Any, dict[str, str]]:
    """An object that can be a project, a job, a section or a task."""
    any_of_them = {"gid": "5", "name": "n", "status": "in_progress"}
    return 200, {"data": data if data is not None else any_of_them, **more}, {}


def no(status: int, message: str = "told by Asana", **headers: str) -> tuple[int, Any, dict[str, str]]:
    return status, {"errors": [{"message": message, "help": "h"}]}, {k.replace("_", "-"): v for k, v in headers.items()}


def tracker(wire: Wire, waits: list[float] | None = None, bucket: TokenBucket | None = None) -> AsanaTracker:
    bucket = bucket or TokenBucket(1_000, sleep=lambda _: None)
    retries = Retries(sleep=(waits if waits is not None else []).append)
    return AsanaTracker("CANARYTOKEN", URL, bucket, workspace="9", retries=retries, pool=wire)


def read(asana: AsanaTracker) -> Any:
    return asana.job("5")


def create(asana: AsanaTracker) -> Any:
    return asana.create_project({"name": CANARY, "notes": "secret notes", "team": "7"})


def caught(wire: Wire, act: Callable[[AsanaTracker], Any] = create) -> ConnectorError:
    with pytest.raises(ConnectorError) as raised:
        act(tracker(wire))
    return raised.value


@pytest.mark.parametrize(
    ("status", "kind", "creates", "reads"),
    [
        (400, Refused, 1, 1),
        (402, Refused, 1, 1),
        (404, Refused, 1, 1),
        (401, AuthFailed, 1, 1),
        (403, AuthFailed, 1, 1),
        (429, Transient, 3, 3),
        (500, UnknownOutcome, 1, 2),
        (503, UnknownOutcome, 1, 2),
    ],
)
def test_each_answer_says_what_to_do_and_no_post_is_repeated_that_may_have_been_done(
    status: int, kind: type[ConnectorError], creates: int, reads: int
) -> None:
    wire = Wire(no(status))
    error = caught(wire)
    assert type(error) is kind
    assert error.status == status
    assert len(wire.sent) == creates
    wire = Wire(no(status))
    caught(wire, read)
    assert len(wire.sent) == reads


@pytest.mark.parametrize(
    ("broken", "kind", "creates"),
    [
        (NewConnectionError(None, "refused"), Transient, 3),  # type: ignore[arg-type]  # no pool needed
        (SSLError(ssl.SSLCertVerificationError("self-signed")), Transient, 3),
        (SSLError(ssl.SSLEOFError("EOF")), UnknownOutcome, 1),
        (ProtocolError("Connection aborted.", ConnectionResetError(104, "reset")), UnknownOutcome, 1),
        (ReadTimeoutError(None, "/x", "read"), UnknownOutcome, 1),  # type: ignore[arg-type]  # no pool needed
    ],
)
def test_a_broken_connection_is_repeated_only_if_no_byte_can_have_gone(
    broken: HTTPError, kind: type[ConnectorError], creates: int
) -> None:
    wire = Wire(broken)
    assert type(caught(wire)) is kind
    assert len(wire.sent) == creates


@pytest.mark.parametrize("status", [200, 302, 404, 502])
def test_an_answer_that_is_not_asanas_leaves_the_outcome_unknown(status: int) -> None:
    error = caught(Wire((status, b"<html>Canary Corp</html>", {})))
    assert type(error) is UnknownOutcome
    assert "HANDOFF_ASANA_URL" in error.message
    assert CANARY not in str(error)


def test_json_without_data_leaves_the_outcome_unknown() -> None:
    assert type(caught(Wire((200, ["x"], {})))) is UnknownOutcome


def test_retry_after_is_waited_for_and_slows_everybody_down() -> None:
    waits: list[float] = []
    slowed: list[float] = []
    bucket = TokenBucket(1_000, clock=lambda: 0.0, sleep=slowed.append)
    create(tracker(Wire(no(429, Retry_After="7"), ok()), waits, bucket))
    assert 7 <= waits[0] <= 7.5
    assert slowed == [pytest.approx(7.0, abs=0.01)]


def test_a_very_long_wait_is_left_to_the_caller() -> None:
    error = caught(Wire(no(429, Retry_After="60")))
    assert error.retry_after == 60


def test_no_token_and_nothing_we_sent_stands_in_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for status in (400, 401, 403, 404, 429, 500):
        error = caught(Wire(no(status, f"name: {CANARY} is taken; notes: secret notes; ask x@example.com")))
        for canary in ("CANARYTOKEN", CANARY, "secret notes", "x@example.com"):
            assert canary not in str(error)
            assert canary not in repr(error)
            assert canary not in caplog.text
        assert error.__suppress_context__


EVERY_WRITE: list[Callable[[AsanaTracker], Any]] = [
    create,
    lambda asana: asana.instantiate_template("5", {"name": CANARY, "team": "7"}),
    lambda asana: asana.update_project("5", {"notes": CANARY}),
    lambda asana: asana.create_section("5", CANARY),
    lambda asana: asana.create_task({"name": CANARY, "projects": ["5"]}),
]


@pytest.mark.parametrize("write", EVERY_WRITE)
def test_what_is_written_stands_in_the_body_and_never_in_the_url(write: Callable[[AsanaTracker], Any]) -> None:
    wire = Wire(ok())
    write(tracker(wire))
    (sent,) = wire.sent
    assert "Canary" not in sent["url"]
    assert "body" not in sent["url"]
    assert CANARY in json.dumps(json.loads(sent["body"])["data"])


def test_every_call_has_its_time_outs_and_is_counted_and_metered() -> None:
    wire = Wire(ok())
    asana = tracker(wire)
    for act in (*EVERY_WRITE, read):
        act(asana)
    assert {(sent["timeout"].connect_timeout, sent["timeout"].read_timeout) for sent in wire.sent} == {(5.0, 30.0)}
    assert asana.calls == len(wire.sent) == 6


def test_lists_are_read_to_their_end_by_the_offsets_of_the_answers() -> None:
    wire = Wire(
        ok([{"gid": "1", "name": "a"}], next_page={"offset": "tok", "path": "p", "uri": "u"}),
        ok([{"gid": "2", "name": "b"}]),
    )
    assert [project["gid"] for project in tracker(wire).projects("7")] == ["1", "2"]
    first, second = wire.sent
    assert first["query"]["limit"] == 100
    assert "offset" not in first["query"]
    assert second["query"]["offset"] == "tok"
    assert second["query"]["opt_fields"] == "resource_type,name,notes,created_at,archived,permalink_url"


def test_users_are_known_by_their_address_in_lower_case_and_those_without_one_left_out() -> None:
    wire = Wire(ok([{"gid": "1", "email": "Ann@Example.com"}, {"gid": "2"}, {"gid": "3", "email": None}]))
    assert tracker(wire).users() == {"ann@example.com": "1"}


def test_what_is_missing_is_none() -> None:
    asana = tracker(Wire(no(404)))
    assert asana.project("1") is None
    assert asana.template("1") is None
    assert asana.task_by_external("x") is None


def test_an_answer_is_told_character_by_character() -> None:
    wire = Wire(ok({"gid": "5", "name": "Acme\u00a0Corp", "status": "failed"}))
    assert read(tracker(wire))["name"] == "Acme\u00a0Corp"


def test_a_token_for_another_workspace_is_said() -> None:
    wire = Wire(ok({"gid": "1", "workspaces": [{"gid": "8"}]}))
    with pytest.raises(AuthFailed, match="HANDOFF_ASANA_WORKSPACE"):
        tracker(wire).check()


def test_a_port_where_nobody_listens_is_one_sentence() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    retries = Retries(sleep=lambda _: None)
    asana = AsanaTracker("t", f"http://127.0.0.1:{port}", TokenBucket(100), workspace="9", retries=retries)
    with pytest.raises(Transient) as raised:
        asana.check()
    assert f"no connection to 127.0.0.1:{port}: it was refused" in str(raised.value)
    assert "HANDOFF_ASANA_URL" in str(raised.value)


def test_the_client_retries_nothing_by_itself_and_keeps_a_connection_per_thread() -> None:
    configuration = AsanaClient("t", URL, before=lambda: None, threads=16).configuration
    assert configuration.retry_strategy is False
    assert configuration.connection_pool_maxsize == 16


def test_the_sdk_writes_nothing_to_stderr_by_itself() -> None:
    AsanaClient("t", URL, before=lambda: None, threads=1)
    for name in ("asana", "urllib3"):
        assert not [h for h in logging.getLogger(name).handlers if isinstance(h, logging.StreamHandler)]
