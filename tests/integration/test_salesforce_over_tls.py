"""The Salesforce twin through the real simple-salesforce, over TLS."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest

from sandbox.salesforce.ids import id_of
from tests.running_sandbox import RunningSandbox, running_sandbox

DEALS = 4_100
pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """4,100 deals with a line each."""
    folder: Path = tmp_path_factory.mktemp("seed")
    deals = [{"Id": id_of("Opportunity", str(n)), "Name": str(n), "Amount": n * 10_000.25} for n in range(DEALS)]
    lines = [{"OpportunityId": deal["Id"], "Quantity": 1, "UnitPrice": deal["Amount"]} for deal in deals]
    (folder / "Opportunity.json").write_text(json.dumps(deals))
    (folder / "OpportunityLineItem.json").write_text(json.dumps(lines))
    with running_sandbox(folder) as running:
        yield running


@pytest.fixture
def org(sandbox: RunningSandbox) -> Iterator[Any]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = sandbox.env["HANDOFF_SALESFORCE_CA_FILE"]
        form = {
            "grant_type": "client_credentials",
            "client_id": sandbox.env["HANDOFF_SALESFORCE_CLIENT_ID"],
            "client_secret": sandbox.env["HANDOFF_SALESFORCE_CLIENT_SECRET"],
        }
        told = session.post(f"{sandbox.url('salesforce')}/services/oauth2/token", data=form, timeout=10).json()
        yield Salesforce(
            session_id=told["access_token"],
            instance_url=told["instance_url"],
            version="62.0",
            session=session,
            parse_float=Decimal,
        )


def test_every_deal_comes_once_with_its_line_through_all_pages(org: Any) -> None:
    soql = (
        "SELECT Id, Amount, (SELECT UnitPrice FROM OpportunityLineItems) FROM Opportunity ORDER BY SystemModstamp, Id"
    )
    page = org.query(soql)
    rows, sizes = list(page["records"]), [len(page["records"])]
    while not page["done"]:
        page = org.query_more(page["nextRecordsUrl"], identifier_is_url=True)
        rows += page["records"]
        sizes.append(len(page["records"]))
    assert sizes == [1000, 1000, 1000, 1000, 100]
    assert len({row["Id"] for row in rows}) == DEALS == page["totalSize"]
    assert {row["Amount"] for row in rows} == {Decimal(n) * Decimal("10000.25") for n in range(DEALS)}
    assert all(row["OpportunityLineItems"]["records"][0]["UnitPrice"] == row["Amount"] for row in rows)


def test_the_library_reads_the_limit_and_the_errors(org: Any) -> None:
    assert org.limits()["DailyApiRequests"]["Max"] == org.api_usage["api-usage"].total == 100_000
    with pytest.raises(SalesforceMalformedRequest) as refused:
        org.query("SELECT Foo FROM Opportunity")
    content: Any = refused.value.content
    assert content[0]["errorCode"] == "INVALID_FIELD"
    org.headers["Authorization"] = "Bearer ended"
    with pytest.raises(SalesforceExpiredSession):
        org.limits()


def test_the_library_writes_reads_and_deletes(org: Any) -> None:
    made = org.Opportunity.create({"Name": "new", "StageName": "Closed Won", "CloseDate": "2026-01-01"})["id"]
    assert org.Opportunity.update(made, {"NextStep": "call"}) == 204
    assert org.Opportunity.get(made)["NextStep"] == "call"
    row = {"attributes": {"type": "Opportunity"}, "Id": made, "Handoff_Status__c": "held"}
    (answer,) = org.restful("composite/sobjects", method="PATCH", json={"records": [row]})
    assert (answer["id"], answer["success"]) == (made, True)
    assert org.Opportunity.delete(made) == 204
    deleted = org.query(f"SELECT IsDeleted FROM Opportunity WHERE Id = '{made}'", include_deleted=True)
    assert deleted["records"][0]["IsDeleted"] is True
