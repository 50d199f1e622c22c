"""Every DealSource: Salesforce against the sandbox, and a folder of exports. Then what only a CRM can do."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import connectors
from connectors.errors import AuthFailed, ConnectorError, Refused, Transient
from connectors.export_files import ExportFiles
from connectors.ports import Body, DealSource, SourceQuery
from handoff.core.errors import UsageError
from handoff.core.pack import SourceMap
from handoff.core.settings import Settings
from tests.contract.small_org import MANY_LINES, OPEN, WON, account_id, opportunity_id, settings_of
from tests.running_sandbox import RunningSandbox

BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
QUERY = SourceQuery(
    object="Opportunity",
    fields=("Name", "Amount", "IsWon", "CloseDate", "AccountId", "Account.Name"),
    lines_relationship="OpportunityLineItems",
    line_fields=("Quantity", "UnitPrice"),
    lines_object="OpportunityLineItem",
    lines_parent="OpportunityId",
    related={"Account": "AccountId"},
    won_only={"IsWon": True},
)
EXPORT = {
    "file": "deals.csv",
    "joins": {"Account": {"file": "accounts.csv", "on": {"AccountId": "Id"}}},
    "fields": {"deal_id": {"from": "Id"}, "account_name": {"from": "Account.Name"}},
}

Open = Callable[[], DealSource]


@pytest.fixture
def salesforce(settings: Settings) -> DealSource:
    return connectors.open_salesforce(settings)


@pytest.fixture
def export(tmp_path: Path) -> DealSource:
    rows = [f"{opportunity_id(n)},Deal {n},{n + 0.25},{account_id(1 + n % 3)}" for n in range(1, WON + 1) if n != 3]
    rows.insert(2, f"{opportunity_id(3)},Deal 3,3.25,")
    (tmp_path / "deals.csv").write_text("\n".join(["Id,Name,Amount,AccountId", *rows]))
    accounts = [f"{account_id(n)},Account {n}" for n in range(1, 4)]
    (tmp_path / "accounts.csv").write_text("\n".join(["Id,Name", *accounts]))
    return ExportFiles(tmp_path, SourceMap.model_validate(EXPORT))


@pytest.fixture(params=["salesforce", "export"])
def source(request: pytest.FixtureRequest) -> DealSource:
    found: DealSource = request.getfixturevalue(request.param)
    assert found.name == request.param
    return found


def deals(source: DealSource, since: datetime | None = None, query: SourceQuery = QUERY) -> list[Body]:
    return [snapshot for page in source.read(query, since) for snapshot in page.snapshots]


def test_every_won_deal_is_told_once(source: DealSource) -> None:
    told = deals(source)
    assert {deal["Id"] for deal in told} == {opportunity_id(n) for n in range(1, WON + 1)}
    assert len(told) == WON


def test_a_parent_is_a_dict_of_its_own_and_none_where_there_is_none(source: DealSource) -> None:
    found = {deal["Id"]: deal["Account"] for deal in source.by_ids(QUERY, [opportunity_id(1), opportunity_id(3)])}
    assert found[opportunity_id(1)]["Name"] == "Account 2"
    assert found[opportunity_id(3)] is None


def test_pages_come_one_by_one(source: DealSource) -> None:
    pages = source.read(QUERY, None)
    first = next(pages)
    after_the_first = source.calls
    assert 0 < len(first.snapshots) <= 2_000
    list(pages)
    assert source.calls > after_the_first or source.name == "export"


def test_unknown_ids_are_left_out_and_known_ones_found_once(source: DealSource) -> None:
    ids = [opportunity_id(7), "006000000099999AAA", "not an id'", opportunity_id(7)]
    assert [deal["Id"] for deal in source.by_ids(QUERY, ids)] == [opportunity_id(7)]
    assert source.by_ids(QUERY, []) == []


def test_many_ids_are_all_found(source: DealSource) -> None:
    ids = [opportunity_id(n) for n in range(1, 451)]
    assert sorted(deal["Id"] for deal in source.by_ids(QUERY, ids)) == ids


def test_who_we_are_is_one_sentence_and_the_org_has_a_stable_id(source: DealSource) -> None:
    assert source.check().endswith(".")
    assert len(source.org_id()) == 18
    assert source.org_id() == source.org_id()


def test_the_fields_that_are_mapped_are_described(source: DealSource) -> None:
    described = source.describe("Opportunity")
    assert {"Id", "Name", "Amount", "AccountId"} <= set(described)
    assert not described["Id"].updateable


def test_a_source_that_counts_its_won_deals_counts_those_that_it_tells(source: DealSource) -> None:
    told = deals(source)
    counted = source.count_won(QUERY, None, None)
    assert counted in (None, WON)
    if counted is not None:
        assert {source.version_of(deal)[0] for deal in told} == source.won_ids(QUERY, None, None)
        assert all(source.counts(QUERY, deal) for deal in told)


# What only a CRM can do


def test_the_orgs_time_is_its_own_and_how_much_is_used_up_is_told(salesforce: DealSource, box: RunningSandbox) -> None:
    there = datetime.fromisoformat(box.control("salesforce", shift=60)["now"])
    first = salesforce.now()
    assert first
    assert timedelta(0) <= there - first + timedelta(seconds=1) < timedelta(seconds=5)
    assert salesforce.usage() is None, "a log-in tells no usage"
    assert salesforce.by_ids(QUERY, [opportunity_id(1)])
    usage = salesforce.usage()
    assert usage
    assert 0 < usage.used < usage.allowed == 100_000


def test_a_count_is_of_whole_seconds_from_one_moment_to_another(salesforce: DealSource) -> None:
    told = [salesforce.version_of(deal)[1] for deal in deals(salesforce)]
    stamps = sorted(stamp for stamp in told if stamp)
    since, before = stamps[WON // 3], stamps[WON // 2].replace(microsecond=0)
    inside = [stamp for stamp in stamps if since.replace(microsecond=0) <= stamp < before]
    assert 0 < len(inside) < WON
    assert salesforce.count_won(QUERY, since, before) == len(inside)
    assert len(salesforce.won_ids(QUERY, since, before)) == len(inside)
    assert salesforce.count_won(QUERY, None, since) == len(
        [one for one in stamps if one < since.replace(microsecond=0)]
    )


def test_deals_by_id_tell_deleted_ones_when_they_are_asked_for(salesforce: DealSource) -> None:
    gone = opportunity_id(WON + OPEN)
    assert salesforce.by_ids(QUERY, [gone]) == []
    (deal,) = salesforce.by_ids(QUERY, [gone], deleted=True)
    assert deal["IsDeleted"] is True
    assert not salesforce.counts(QUERY, deal)
    assert gone in salesforce.changed(QUERY, BEFORE)


def test_won_deals_since_a_stamp_are_told_without_the_others_and_with_deleted_ones(salesforce: DealSource) -> None:
    told = [deal["Id"] for page in salesforce.read(QUERY, BEFORE, won=True) for deal in page.snapshots]
    assert sorted(told) == [opportunity_id(n) for n in range(1, WON + 1)]


def test_pages_come_in_the_order_of_their_stamps(salesforce: DealSource) -> None:
    pages = list(salesforce.read(QUERY, None))
    stamps = [(deal["SystemModstamp"], deal["Id"]) for page in pages for deal in page.snapshots]
    assert stamps == sorted(stamps)
    assert len(pages) >= 2
    last = pages[-1].snapshots[-1]
    assert pages[-1].last_id == last["Id"]
    assert pages[-1].stamp == datetime.fromisoformat(last["SystemModstamp"])


def test_amounts_are_decimals(salesforce: DealSource) -> None:
    (deal,) = salesforce.by_ids(QUERY, [opportunity_id(2)])
    assert deal["Amount"] == Decimal("2.25")
    assert isinstance(deal["Amount"], Decimal)
    assert deal["OpportunityLineItems"][0]["UnitPrice"] == Decimal("2011.5")


def test_all_lines_of_a_deal_are_one_list_however_many_pages_they_took(salesforce: DealSource) -> None:
    found = {deal["Id"]: deal["OpportunityLineItems"] for deal in deals(salesforce)}
    assert len({line["Id"] for line in found[opportunity_id(1)]}) == MANY_LINES
    assert found[opportunity_id(4)] == []
    assert "attributes" not in str(found[opportunity_id(1)])


def test_a_later_read_tells_deleted_deals_and_those_no_longer_won(salesforce: DealSource) -> None:
    told = {deal["Id"]: deal for deal in deals(salesforce, BEFORE)}
    assert len(told) == WON + OPEN
    assert told[opportunity_id(WON + OPEN)]["IsDeleted"] is True
    assert told[opportunity_id(WON + 1)]["IsWon"] is False


def test_a_read_since_a_stamp_includes_it_and_nothing_older(salesforce: DealSource) -> None:
    stamp = datetime(2026, 10, 1, 10, 0, 0, tzinfo=UTC)
    told = [datetime.fromisoformat(deal["SystemModstamp"]) for deal in deals(salesforce, stamp)]
    assert min(told) == stamp
    assert deals(salesforce, datetime.now(UTC) + timedelta(days=1)) == []


def test_a_thousand_clean_deals_cost_few_calls(salesforce: DealSource) -> None:
    list(salesforce.read(SourceQuery(object="Opportunity", fields=("Name",), won_only={"IsWon": True}), None))
    assert salesforce.calls <= 3


def test_a_change_of_an_account_or_a_line_touches_the_won_deals_that_hang_on_it(
    salesforce: DealSource, box: RunningSandbox
) -> None:
    before = datetime.fromisoformat(box.control("salesforce", shift=60)["now"])
    calls = salesforce.calls
    assert salesforce.touched(QUERY, before) == set()
    assert salesforce.calls - calls <= 3
    salesforce.write_back("OpportunityLineItem", [{"Id": "00k000000002011AAA", "Description": "moved"}])
    assert salesforce.touched(QUERY, before) == {opportunity_id(2)}
    salesforce.write_back("Account", [{"Id": account_id(2), "Description": "moved"}])
    touched = salesforce.touched(QUERY, before)
    assert touched == {opportunity_id(2)} | {opportunity_id(n) for n in range(1, WON + 1) if n % 3 == 1}


def test_rows_are_written_each_for_itself(salesforce: DealSource) -> None:
    rows: list[Body] = [
        {"Id": opportunity_id(WON + n), "NextStep": f"step {n}", **({"StageName": None} if n == 2 else {})}
        for n in range(1, 4)
    ]
    rows.append({"Id": "006000000099999AAA", "NextStep": "nobody"})
    first, second, third, fourth = salesforce.write_back("Opportunity", rows)
    assert (first.error, third.error) == (None, None)
    assert second.code == "REQUIRED_FIELD_MISSING"
    assert fourth.error is not None
    query = SourceQuery(object="Opportunity", fields=("NextStep",))
    found = {deal["Id"]: deal["NextStep"] for deal in salesforce.by_ids(query, [row["Id"] for row in rows])}
    assert found == {
        opportunity_id(WON + 1): "step 1",
        opportunity_id(WON + 2): None,
        opportunity_id(WON + 3): "step 3",
    }


def test_more_rows_than_a_collection_holds_are_all_written(salesforce: DealSource) -> None:
    calls = salesforce.calls
    rows: list[Body] = [{"Id": opportunity_id(n), "Description": "written"} for n in range(1000, 1450)]
    results = salesforce.write_back("Opportunity", rows)
    assert [result.deal_id for result in results] == [row["Id"] for row in rows]
    assert not [result for result in results if result.error]
    assert salesforce.calls - calls == 4  # a log-in and three collections


def test_picklists_are_described_by_their_active_values(salesforce: DealSource) -> None:
    stage = salesforce.describe("Opportunity")["StageName"]
    assert stage.type == "picklist"
    assert "Closed Won" in stage.picklist
    assert stage.updateable


def test_a_field_the_org_does_not_have_is_named(salesforce: DealSource) -> None:
    with pytest.raises(Refused, match=r"the org has no field Nope__c on Opportunity"):
        deals(salesforce, query=SourceQuery(object="Opportunity", fields=("Nope__c",)))


def test_an_object_the_org_does_not_have_is_refused(salesforce: DealSource) -> None:
    with pytest.raises(Refused):
        deals(salesforce, query=SourceQuery(object="Nope__c", fields=("Name",)))
    with pytest.raises(Refused):
        salesforce.describe("Nope__c")


@pytest.mark.parametrize("value", ["x' OR Name != '", "\\' OR IsDeleted = true", "'; SELECT Id FROM User --", "%", "_"])
def test_a_value_is_never_read_as_soql(salesforce: DealSource, value: str) -> None:
    query = SourceQuery(object="Opportunity", fields=("Name",), won_only={"Name": value})
    assert deals(salesforce, query=query) == []


def test_an_expired_session_is_renewed_without_notice(salesforce: DealSource, box: RunningSandbox) -> None:
    assert salesforce.by_ids(QUERY, [opportunity_id(1)])
    box.control("salesforce", shift=3 * 3600)
    log_ins = box.calls("salesforce")["POST /services/oauth2/token"]
    assert salesforce.by_ids(QUERY, [opportunity_id(1)])
    assert box.calls("salesforce")["POST /services/oauth2/token"] == log_ins + 1


def test_threads_that_meet_an_expired_session_together_log_in_once(salesforce: DealSource, box: RunningSandbox) -> None:
    salesforce.org_id()
    box.control("salesforce", shift=3 * 3600)
    log_ins = box.calls("salesforce")["POST /services/oauth2/token"]
    found: list[list[Body]] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(salesforce.by_ids(QUERY, [opportunity_id(n)])))
        for n in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [len(one) for one in found] == [1] * 8
    assert box.calls("salesforce")["POST /services/oauth2/token"] == log_ins + 1


@pytest.mark.parametrize("changed", ["salesforce_client_id", "salesforce_client_secret"])
def test_wrong_credentials_are_one_sentence(box: RunningSandbox, changed: str) -> None:
    wrong = connectors.open_salesforce(settings_of(box, **{changed: "CANARY"}))
    for act in (wrong.check, wrong.org_id, lambda: deals(wrong)):
        with pytest.raises(AuthFailed) as raised:
            act()
        assert "HANDOFF_SALESFORCE_CLIENT_ID and HANDOFF_SALESFORCE_CLIENT_SECRET" in str(raised.value)
        assert "CANARY" not in str(raised.value)


def test_a_certificate_nobody_vouched_for_is_said(box: RunningSandbox) -> None:
    wrong = connectors.open_salesforce(settings_of(box, salesforce_ca_file=None))
    with pytest.raises(Transient, match=r"its certificate is not trusted.*HANDOFF_SALESFORCE_CA_FILE"):
        wrong.check()


def test_a_port_where_nobody_listens_is_said(box: RunningSandbox) -> None:
    wrong = connectors.open_salesforce(settings_of(box, salesforce_login_url="https://127.0.0.1:9"))
    with pytest.raises(Transient, match=r"no connection to 127\.0\.0\.1:9: it was refused"):
        wrong.check()


def test_an_address_that_is_not_salesforces_is_said(box: RunningSandbox) -> None:
    wrong = connectors.open_salesforce(settings_of(box, salesforce_login_url=box.url("stripe")))
    with pytest.raises(ConnectorError):
        wrong.check()


def test_names_that_cannot_be_fields_never_leave(salesforce: DealSource) -> None:
    query: Any = SourceQuery(object="Opportunity", fields=("Name FROM User",))
    with pytest.raises(UsageError):
        deals(salesforce, query=query)
    assert salesforce.calls == 0
