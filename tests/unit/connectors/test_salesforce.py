"""Salesforce's answers as our errors, the log-in, pages, and rows of a write-back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import responses
from responses import matchers

from connectors.errors import AuthFailed, ConnectorError, Refused, Transient, UnknownOutcome
from connectors.ports import SourceQuery
from connectors.retries import Retries
from connectors.salesforce import Salesforce, with_check_digits
from connectors.salesforce_writes import MOST_SPLITS

LOGIN = "https://login.test"
BASE = "https://org.test/services/data/v62.0"
TOKEN = f"{LOGIN}/services/oauth2/token"
DEALS = SourceQuery(object="Opportunity", fields=("Name",), won_only={"IsWon": True})
SINCE = datetime(2026, 11, 1, 12, 30, 15, 900_000, tzinfo=UTC)
EXPIRED = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def token(wire: responses.RequestsMock, number: int = 1, **told: Any) -> None:
    answer = {
        "access_token": f"CANARYTOKEN{number}",
        "instance_url": "https://org.test",
        "id": f"{LOGIN}/id/00D000000000001AAA/005000000000001AAA",
    }
    wire.post(TOKEN, json={**answer, **told})


def org(waits: list[float] | None = None) -> Salesforce:
    sleep = (waits if waits is not None else []).append
    return Salesforce(LOGIN, "client", "CANARYSECRET", retries=Retries(sleep=sleep))


def row(number: int, stamp: str = "2026-11-02T00:00:00.000+0000", **more: Any) -> dict[str, Any]:
    kind = {"attributes": {"type": "Opportunity", "url": "/x"}}
    return {**kind, "Id": f"00600000000000{number}AAA", "SystemModstamp": stamp, "IsDeleted": False, **more}


def page(*rows: dict[str, Any], more: str | None = None) -> dict[str, Any]:
    following = {"nextRecordsUrl": more} if more else {}
    return {"totalSize": len(rows), "done": more is None, "records": list(rows), **following}


def ids(source: Salesforce, since: datetime | None = None) -> list[str]:
    return [deal["Id"] for told in source.read(DEALS, since) for deal in told.snapshots]


def caught(wire: responses.RequestsMock, **answer: Any) -> ConnectorError:
    token(wire)
    wire.get(f"{BASE}/query/", **answer)
    with pytest.raises(ConnectorError) as raised:
        ids(org())
    return raised.value


def told(code: str, message: str = "told by Salesforce") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("status", "code", "kind", "sent"),
    [
        (400, "MALFORMED_QUERY", Refused, 1),
        (400, "UNABLE_TO_LOCK_ROW", Transient, 3),
        (400, "QUERY_TIMEOUT", Transient, 3),
        (403, "INSUFFICIENT_ACCESS", AuthFailed, 1),
        (403, "API_DISABLED_FOR_ORG", AuthFailed, 1),
        (404, "NOT_FOUND", Refused, 1),
        (500, "UNKNOWN_EXCEPTION", UnknownOutcome, 2),
        (503, "SERVER_UNAVAILABLE", Transient, 3),
    ],
)
def test_each_answer_says_what_to_do(
    wire: responses.RequestsMock, status: int, code: str, kind: type[ConnectorError], sent: int
) -> None:
    error = caught(wire, json=told(code), status=status)
    assert type(error) is kind
    assert (error.status, error.code) == (status, code)
    assert len(wire.calls) == 1 + sent


def test_a_used_up_daily_limit_is_not_asked_again_before_an_hour(wire: responses.RequestsMock) -> None:
    error = caught(wire, json=told("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), status=403)
    assert type(error) is Transient
    assert error.retry_after == 3600
    assert len(wire.calls) == 2


def test_too_many_calls_at_once_are_asked_again_soon(wire: responses.RequestsMock) -> None:
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    error = caught(wire, json=told("REQUEST_LIMIT_EXCEEDED", message), status=403)
    assert type(error) is Transient
    assert len(wire.calls) == 4


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_that_is_no_json_is_told_without_its_text(wire: responses.RequestsMock, status: int) -> None:
    error = caught(wire, body="<html>CANARY</html>", status=status)
    assert type(error) is UnknownOutcome
    assert "CANARY" not in str(error)


def test_a_field_that_the_org_does_not_have_is_one_sentence(wire: responses.RequestsMock) -> None:
    message = (
        "\nSELECT Id,Nope__c FROM Opportunity WHERE Name = 'CANARY'\n          ^\nERROR at Row:1:Column:11\n"
        "No such column 'Nope__c' on entity 'Opportunity'. If you are attempting to use a custom field, ..."
    )
    error = caught(wire, json=told("INVALID_FIELD", message), status=400)
    assert error.message.startswith("the org has no field Nope__c on Opportunity, or hides it from this login.")
    assert "CANARY" not in str(error)


def test_a_query_is_not_repeated_in_what_is_told(wire: responses.RequestsMock) -> None:
    message = "\nSELECT Id FROM X WHERE Name = 'CANARY'\n  ^\nERROR at Row:1:Column:1\nunexpected token: 'FROM'"
    error = caught(wire, json=told("MALFORMED_QUERY", message), status=400)
    assert error.message == "refused the request (MALFORMED_QUERY): unexpected token: 'FROM'"


def test_an_ended_session_is_renewed_once_within_the_call(wire: responses.RequestsMock) -> None:
    token(wire)
    token(wire, 2)
    match = [matchers.header_matcher({"Authorization": "Bearer CANARYTOKEN2"})]
    wire.get(f"{BASE}/query/", json=page(row(1)), match=match)
    wire.get(f"{BASE}/query/", json=EXPIRED, status=401)
    source = org()
    assert ids(source) == ["006000000000001AAA"]
    assert source.calls == 4


def test_a_session_that_ends_at_once_stops_instead_of_logging_in_for_ever(wire: responses.RequestsMock) -> None:
    error = caught(wire, json=EXPIRED, status=401)
    assert type(error) is AuthFailed
    assert len(wire.calls) == 4


def test_a_401_without_json_renews_the_session_too(wire: responses.RequestsMock) -> None:
    assert type(caught(wire, body="", status=401)) is AuthFailed


@pytest.mark.parametrize("code", ["invalid_client", "invalid_client_id", "invalid_grant"])
def test_wrong_credentials_are_one_sentence_without_them(wire: responses.RequestsMock, code: str) -> None:
    wire.post(TOKEN, json={"error": code, "error_description": "client CANARYSECRET"}, status=400)
    with pytest.raises(AuthFailed) as raised:
        org().check()
    assert str(raised.value).startswith(f"Salesforce: login.test refused the log-in ({code}). Check HANDOFF_SALESFORCE")
    assert "CANARY" not in str(raised.value)
    assert len(wire.calls) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_log_in_is_tried_again(wire: responses.RequestsMock, status: int) -> None:
    wire.post(TOKEN, json={}, status=status)
    with pytest.raises(Transient):
        org().org_id()
    assert len(wire.calls) == 3


@pytest.mark.parametrize("answer", [{"body": "<html>"}, {"json": ["x"]}, {"json": {"access_token": "t"}}])
def test_a_log_in_that_is_not_salesforces_says_which_setting_to_check(
    wire: responses.RequestsMock, answer: dict[str, Any]
) -> None:
    wire.post(TOKEN, **answer)
    with pytest.raises(UnknownOutcome, match="HANDOFF_SALESFORCE_LOGIN_URL"):
        org().org_id()


def test_an_instance_without_tls_is_refused(wire: responses.RequestsMock) -> None:
    token(wire, instance_url="http://org.test")
    with pytest.raises(AuthFailed, match="without TLS"):
        org().org_id()


def test_a_log_in_that_tells_no_org_is_said(wire: responses.RequestsMock) -> None:
    token(wire, id="nonsense")
    with pytest.raises(AuthFailed, match="told no org"):
        org().org_id()


def test_the_org_id_has_eighteen_characters(wire: responses.RequestsMock) -> None:
    token(wire, id=f"{LOGIN}/id/00D7F0000048jGg/005000000000001AAA")
    assert org().org_id() == "00D7F0000048jGgUAI"


def test_check_digits_tell_ids_apart_that_differ_by_case() -> None:
    assert with_check_digits("0011j000016aAaA") != with_check_digits("0011j000016aaaA")
    assert with_check_digits("001000000000001") == "001000000000001AAA"


def test_all_pages_are_told_as_they_come_with_the_stamp_of_their_last_row(wire: responses.RequestsMock) -> None:
    token(wire)
    wire.get(f"{BASE}/queryAll/", json=page(row(1), more="/services/data/v62.0/query/0r8x-2000"))
    last = row(2, "2026-11-03T10:00:00.123+0000", Account={"attributes": {}, "Name": "A"}, Owner=None)
    wire.get("https://org.test/services/data/v62.0/query/0r8x-2000", json=page(last))
    source = org()
    first, second = source.read(DEALS, SINCE)
    assert first.last_id == "006000000000001AAA"
    assert second.stamp == datetime(2026, 11, 3, 10, 0, 0, 123_000, tzinfo=UTC)
    assert second.snapshots[0]["Account"] == {"Name": "A"}
    assert second.snapshots[0]["Owner"] is None
    assert source.calls == 3


def test_lines_in_several_pages_become_one_list_and_no_lines_an_empty_one(wire: responses.RequestsMock) -> None:
    token(wire)
    query = SourceQuery(object="Opportunity", fields=(), lines_relationship="Lines", line_fields=("Quantity",))
    some = page(
        {"attributes": {}, "Id": "00k000000000001AAA", "Quantity": 1.5}, more="/services/data/v62.0/query/0r8y-1"
    )
    wire.get(f"{BASE}/query/", json=page(row(1, Lines=some), row(2, Lines=None)))
    wire.get(
        "https://org.test/services/data/v62.0/query/0r8y-1", json=page({"attributes": {}, "Id": "00k000000000002AAA"})
    )
    first, second = next(org().read(query, None)).snapshots
    assert first["Lines"] == [{"Id": "00k000000000001AAA", "Quantity": Decimal("1.5")}, {"Id": "00k000000000002AAA"}]
    assert second["Lines"] == []


def test_a_forgotten_page_restarts_at_the_last_stamp_and_tells_no_row_twice(wire: responses.RequestsMock) -> None:
    token(wire)
    stamp = "2026-11-02T00:00:00.500+0000"
    more = "/services/data/v62.0/query/0r8x-2"
    wire.get(f"{BASE}/queryAll/", json=page(row(1), row(2, stamp), more=more))
    wire.get(f"https://org.test{more}", json=told("INVALID_QUERY_LOCATOR"), status=400)
    wire.get(f"{BASE}/queryAll/", json=page(row(2, stamp), row(3, stamp)))
    assert ids(org(), SINCE) == ["006000000000001AAA", "006000000000002AAA", "006000000000003AAA"]
    assert "SystemModstamp+%3E%3D+2026-11-02T00%3A00%3A00%2B00%3A00" in str(wire.calls[-1].request.url)


def test_a_page_that_is_forgotten_again_and_again_is_given_up(wire: responses.RequestsMock) -> None:
    token(wire)
    more = "/services/data/v62.0/query/0r8x-2"
    wire.get(f"{BASE}/queryAll/", json=page(row(1), more=more))
    wire.get(f"https://org.test{more}", json=told("INVALID_QUERY_LOCATOR"), status=400)
    with pytest.raises(UnknownOutcome, match="forgot the page"):
        ids(org(), SINCE)


def test_a_merged_account_leads_to_the_deals_of_the_one_that_is_left(wire: responses.RequestsMock) -> None:
    token(wire)
    loser, master = "001000000000001AAA", "001000000000002AAA"
    gone = {"attributes": {}, "Id": loser, "MasterRecordId": master}
    wire.get(f"{BASE}/queryAll/", json=page(gone))
    wire.get(f"{BASE}/queryAll/", json=page({"attributes": {}, "Id": "006000000000001AAA"}))
    query = SourceQuery(object="Opportunity", fields=(), related={"Account": "AccountId", "User": "OwnerId"})
    wire.get(f"{BASE}/queryAll/", json=page())
    assert org().touched(query, SINCE) == {"006000000000001AAA"}
    asked = [str(call.request.url) for call in wire.calls if "queryAll" in str(call.request.url)]
    assert "SELECT+Id%2C+MasterRecordId+FROM+Account" in asked[0]
    assert f"AccountId+IN+%28%27{loser}%27%2C%27{master}%27%29" in asked[1]
    assert "SELECT+Id+FROM+User" in asked[2]


def test_a_page_address_of_another_host_is_not_followed(wire: responses.RequestsMock) -> None:
    token(wire)
    wire.get(f"{BASE}/query/", json=page(row(1), more="@evil.test/x"))
    with pytest.raises(UnknownOutcome, match="not its own"):
        ids(org())


def written(wire: responses.RequestsMock, *answers: list[dict[str, Any]]) -> None:
    token(wire)
    for answer in answers:
        wire.patch(f"{BASE}/composite/sobjects", json=answer)


def good(row_id: str) -> dict[str, Any]:
    return {"id": row_id, "success": True, "errors": []}


def bad(code: str, message: str = "m") -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}


def test_a_row_that_fails_leaves_the_others_written_and_keeps_its_place(wire: responses.RequestsMock) -> None:
    written(wire, [good("0"), bad("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Canary Corp is wrong"), good("2")])
    rows = [{"Id": f"{n}", "Status__c": "Canary Corp"} for n in range(3)]
    first, second, third = org().write_back("Opportunity", rows)
    assert (first.error, third.error) == (None, None)
    assert second.deal_id == "1"
    assert second.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert not second.transient
    assert "Canary" not in str(second)


def test_locked_rows_alone_are_sent_again_and_given_up_as_transient(wire: responses.RequestsMock) -> None:
    locked = bad("UNABLE_TO_LOCK_ROW")
    written(wire, [locked, good("b"), locked], [good("a"), locked], [locked])
    waits: list[float] = []
    results = org(waits).write_back("Opportunity", [{"Id": "a"}, {"Id": "b"}, {"Id": "c"}])
    assert [(r.deal_id, r.error is None, r.transient) for r in results] == [
        ("a", True, False),
        ("b", True, False),
        ("c", False, True),
    ]
    bodies = [json.loads(call.request.body or "") for call in wire.calls if call.request.method == "PATCH"]
    assert [[r["Id"] for r in body["records"]] for body in bodies] == [["a", "b", "c"], ["a", "c"], ["c"]]
    assert bodies[0]["allOrNone"] is False
    assert len(waits) == 2


def test_rows_go_in_collections_of_two_hundred_and_one_refused_does_not_stop_the_next(
    wire: responses.RequestsMock,
) -> None:
    token(wire)
    wire.patch(f"{BASE}/composite/sobjects", json=told("JSON_PARSER_ERROR"), status=400)
    for _ in range(2 * MOST_SPLITS):
        wire.patch(f"{BASE}/composite/sobjects", json=told("JSON_PARSER_ERROR"), status=400)
    wire.patch(f"{BASE}/composite/sobjects", json=[good(str(n)) for n in range(200, 250)])
    results = org().write_back("Opportunity", [{"Id": str(n)} for n in range(250)])
    assert [r.error is None for r in results] == [False] * 200 + [True] * 50
    assert not results[0].transient


def test_a_row_that_cannot_be_read_is_found_and_stops_no_other(wire: responses.RequestsMock) -> None:
    token(wire)

    def answer(request: Any) -> tuple[int, dict[str, str], str]:
        ids = [row["Id"] for row in json.loads(request.body)["records"]]
        refused = "137" in ids or "12" in ids
        return (400 if refused else 200), {}, json.dumps(told("JSON_PARSER_ERROR") if refused else list(map(good, ids)))

    wire.add_callback(responses.PATCH, f"{BASE}/composite/sobjects", callback=answer)
    results = org().write_back("Opportunity", [{"Id": str(n)} for n in range(200)])
    assert [r.deal_id for r in results if r.error] == ["12", "137"]
    assert [r.deal_id for r in results] == [str(n) for n in range(200)]
    assert len(wire.calls) - 1 <= 2 * MOST_SPLITS + 1


def test_a_collection_whose_outcome_is_unknown_is_transient(wire: responses.RequestsMock) -> None:
    token(wire)
    wire.patch(f"{BASE}/composite/sobjects", json=told("UNKNOWN_EXCEPTION"), status=500)
    assert org().write_back("Opportunity", [{"Id": "a"}])[0].transient


def test_an_answer_that_is_too_short_says_so_of_each_row(wire: responses.RequestsMock) -> None:
    written(wire, [good("a")])
    assert [r.transient for r in org().write_back("Opportunity", [{"Id": "a"}, {"Id": "b"}])] == [True, True]


def test_dates_and_amounts_are_written_exactly(wire: responses.RequestsMock) -> None:
    written(wire, [good("a")])
    org().write_back("Opportunity", [{"Id": "a", "At__c": SINCE, "Amount__c": Decimal("1E+2"), "Why__c": None}])
    sent = json.loads(wire.calls[-1].request.body or "")["records"][0]
    assert sent == {
        "attributes": {"type": "Opportunity"},
        "Id": "a",
        "At__c": "2026-11-01T12:30:15.900000+00:00",
        "Amount__c": "100",
        "Why__c": None,
    }


def test_nothing_to_write_makes_no_call() -> None:
    source = org()
    assert source.write_back("Opportunity", []) == []
    assert source.calls == 0


def test_every_call_has_its_time_outs_and_our_certificates_only(wire: responses.RequestsMock) -> None:
    token(wire)
    wire.get(f"{BASE}/query/", json=page(row(1)))
    ids(org())
    for call in wire.calls:
        request: Any = call.request
        assert request.req_kwargs["timeout"] == (5.0, 30.0)
