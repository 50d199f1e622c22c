"""Stripe's answers as our errors, and what of them reaches a person."""

import json
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
import stripe
from urllib3.exceptions import NewConnectionError

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.rates import TokenBucket
from connectors.retries import Retries
from connectors.stripe_billing import API_VERSION, StripeBilling
from handoff.core.errors import UsageError

URL = "https://stripe.test"
KEY = "sk_test_CANARYKEY"
CANARIES = {"name": "Canary Corp", "email": "canary@example.com", "tax": "DE999999999"}


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def billing(waits: list[float] | None = None, **choices: Any) -> StripeBilling:
    sleep = (waits if waits is not None else []).append
    bucket = TokenBucket(1_000, sleep=lambda _: None)
    return StripeBilling(KEY, URL, bucket, retries=Retries(sleep=sleep), **choices)


def failure(kind: str = "invalid_request_error", **told: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "message": "told by Stripe", **told}}


def create(account: StripeBilling) -> dict[str, Any]:
    return account.create_customer(dict(CANARIES), "key-1")


def invoice(identifier: str) -> dict[str, Any]:
    whole = {"status": "draft", "customer": "cus_1", "currency": "eur", "total_excluding_tax": 0}
    return {"id": identifier, "object": "invoice", **whole, "lines": {"data": []}}


def caught(wire: responses.RequestsMock, **answer: Any) -> ConnectorError:
    wire.post(f"{URL}/v1/customers", **answer)
    with pytest.raises(ConnectorError) as raised:
        create(billing())
    return raised.value


@pytest.mark.parametrize(
    ("status", "told", "kind", "sent"),
    [
        (429, failure(code="rate_limit"), Transient, 3),
        (429, failure(code="lock_timeout"), Transient, 3),
        (400, failure(code="rate_limit"), Transient, 3),
        (409, failure(code="idempotency_key_in_use"), UnknownOutcome, 3),
        (400, failure("idempotency_error"), Refused, 1),
        (400, failure(code="parameter_unknown", param="nam"), Refused, 1),
        (402, failure("card_error", code="card_declined"), Refused, 1),
        (404, failure(code="resource_missing"), Refused, 1),
        (401, failure(), AuthFailed, 1),
        (403, failure(), AuthFailed, 1),
        (500, failure("api_error"), UnknownOutcome, 2),
        (503, failure("api_error"), UnknownOutcome, 2),
    ],
)
def test_each_answer_says_what_to_do_and_is_sent_again_only_if_that_can_help(
    wire: responses.RequestsMock, status: int, told: dict[str, Any], kind: type[ConnectorError], sent: int
) -> None:
    error = caught(wire, json=told, status=status)
    assert type(error) is kind
    assert error.status == status
    assert len(wire.calls) == sent
    assert {call.request.headers["Idempotency-Key"] for call in wire.calls} == {"key-1"}


@pytest.mark.parametrize("status", [200, 400, 403, 502])
def test_an_answer_that_is_no_json_leaves_the_outcome_unknown(wire: responses.RequestsMock, status: int) -> None:
    error = caught(wire, body="<html>Canary Corp</html>", status=status)
    assert type(error) is UnknownOutcome
    assert "not Stripe's" in error.message
    assert "Canary" not in str(error)


def test_json_that_is_not_stripes_leaves_the_outcome_unknown(wire: responses.RequestsMock) -> None:
    assert type(caught(wire, json={"fault": "gateway"}, status=502)) is UnknownOutcome


def test_a_replayed_500_is_marked_and_not_sent_again(wire: responses.RequestsMock) -> None:
    error = caught(wire, json=failure("api_error"), status=500, headers={"idempotent-replayed": "true"})
    assert error.replayed
    assert len(wire.calls) == 1


def test_retry_after_is_waited_for_and_slows_everybody_down(wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/v1/customers", json=failure(code="rate_limit"), status=429, headers={"Retry-After": "7"})
    wire.post(f"{URL}/v1/customers", json={"id": "cus_1"})
    waits: list[float] = []
    slowed: list[float] = []
    bucket = TokenBucket(1_000, clock=lambda: 0.0, sleep=slowed.append)
    account = StripeBilling(KEY, URL, bucket, retries=Retries(sleep=waits.append))
    assert create(account) == {"id": "cus_1"}
    assert 7 <= waits[0] <= 7.5
    assert slowed == [pytest.approx(7.0, abs=0.01)]


def test_a_defect_of_ours_says_so(wire: responses.RequestsMock) -> None:
    assert "defect of Handoff" in caught(wire, json=failure("idempotency_error"), status=400).message


def test_code_and_parameter_are_told(wire: responses.RequestsMock) -> None:
    error = caught(wire, json=failure(code="email_invalid", param="email"), status=400)
    assert error.code == "email_invalid"
    assert "code email_invalid, param email" in error.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502])
def test_no_key_and_nothing_we_sent_stands_in_an_error(
    wire: responses.RequestsMock, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told = failure(message=f"Invalid: {CANARIES['name']}, {CANARIES['email']}, {CANARIES['tax']}, other@example.com")
    error = caught(wire, json=told, status=status)
    logged = " ".join(record.getMessage() for record in caplog.records if not record.name.startswith("urllib3"))
    for text in (str(error), repr(error), logged):
        for canary in (KEY, *CANARIES.values(), "other@example.com"):
            assert canary not in text
    assert error.__suppress_context__


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (requests.ConnectTimeout(), UnknownOutcome),  # without urllib3's reason nothing is certain
        (requests.ConnectionError(NewConnectionError(None, "refused")), Transient),  # type: ignore[arg-type]  # no pool needed
        (requests.ConnectionError("Connection aborted.", ConnectionResetError(104, "reset")), UnknownOutcome),
        (requests.ReadTimeout("read"), UnknownOutcome),
        (requests.exceptions.ChunkedEncodingError("cut"), UnknownOutcome),
    ],
)
def test_a_broken_connection_is_transient_only_if_no_byte_can_have_gone(
    wire: responses.RequestsMock, broken: Exception, kind: type[ConnectorError]
) -> None:
    error = caught(wire, body=broken)
    assert type(error) is kind
    assert len(wire.calls) == 3
    assert "stripe.test" in error.message


def test_a_port_where_nobody_listens_is_one_sentence() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
    account = StripeBilling(KEY, f"http://127.0.0.1:{port}", TokenBucket(100), retries=Retries(sleep=lambda _: None))
    with pytest.raises(Transient) as raised:
        account.check()
    assert f"no connection to 127.0.0.1:{port}: it was refused" in str(raised.value)
    assert "HANDOFF_STRIPE_URL" in str(raised.value)


def test_wrong_keys_name_the_variable_of_their_account(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/v1/account", json=failure(message="Invalid API Key provided: sk_test_*KEY"), status=401)
    with pytest.raises(AuthFailed, match=r"HANDOFF_STRIPE_KEY\b"):
        billing().check()
    with pytest.raises(AuthFailed, match="HANDOFF_STRIPE_KEY_EU"):
        billing(account="eu").check()


@pytest.mark.parametrize(
    ("key", "live"), [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False), ("rk_test_1", False)]
)
def test_the_key_tells_whether_money_is_real(key: str, live: bool) -> None:
    assert StripeBilling(key, URL, TokenBucket(1)).livemode is live


@pytest.mark.parametrize("key", ["pk_live_CANARY", "CANARY", ""])
def test_a_key_that_is_no_secret_key_is_refused_and_not_shown(key: str) -> None:
    with pytest.raises(UsageError) as raised:
        StripeBilling(key, URL, TokenBucket(1), account="eu")
    assert "HANDOFF_STRIPE_KEY_EU is no Stripe secret key" in str(raised.value)
    assert "CANARY" not in str(raised.value)


def test_requests_carry_version_time_outs_and_are_counted(wire: responses.RequestsMock) -> None:
    wire.post(f"{URL}/v1/customers", json={"id": "cus_1"})
    account = billing()
    create(account)
    request: Any = wire.calls[0].request
    assert request.headers["Stripe-Version"] == API_VERSION
    assert request.req_kwargs["timeout"] == (5.0, 30.0)
    assert account.calls == 1


def test_the_pinned_version_is_the_one_the_sdk_is_typed_for() -> None:
    assert stripe.api_version == API_VERSION


def test_numbers_are_decimals_and_never_floats(wire: responses.RequestsMock) -> None:
    line = '{"id": "il_1", "amount": 5, "unit_amount_decimal": "12.5", "percentage": 19.6}'
    body = json.dumps(invoice("in_1")).replace("[]", f"[{line}]")
    wire.get(f"{URL}/v1/invoices/in_1", body=body)
    found = billing().invoice("in_1")
    assert found is not None
    (told,) = found["lines"]["data"]
    assert (told["unit_amount_decimal"], told["percentage"]) == (Decimal("12.5"), Decimal("19.6"))


def test_lists_are_read_to_their_end_by_the_last_id(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/v1/invoices", json={"data": [invoice("in_2"), invoice("in_1")], "has_more": True})
    wire.get(f"{URL}/v1/invoices", json={"data": [invoice("in_0")], "has_more": False})
    since = datetime(2026, 11, 24, tzinfo=UTC)
    assert [row["id"] for row in billing().invoices(since)] == ["in_2", "in_1", "in_0"]
    first, second = (call.request.url for call in wire.calls)
    assert first == f"{URL}/v1/invoices?created%5Bgte%5D=1795478400&limit=100"
    assert second == f"{first}&starting_after=in_1"


def test_a_deleted_customer_and_a_missing_one_are_none(wire: responses.RequestsMock) -> None:
    wire.get(f"{URL}/v1/customers/cus_1", json={"id": "cus_1", "object": "customer", "deleted": True})
    wire.get(f"{URL}/v1/customers/cus_2", json=failure(code="resource_missing"), status=404)
    assert billing().customer("cus_1") is None
    assert billing().customer("cus_2") is None


@pytest.mark.parametrize("wrong", ["", "in_1/void", "../account", "in_1?x=y", "ïn_1"])
def test_an_id_that_leads_elsewhere_is_never_sent(wire: responses.RequestsMock, wrong: str) -> None:
    with pytest.raises(Refused, match="no Stripe id"):
        billing().finalize(wrong, "k")
    assert len(wire.calls) == 0
