"""The packs we ship, loaded once, and a deal of the demo company for tests of the mappings."""

import copy
from datetime import UTC, datetime
from functools import cache
from typing import Any

from checks.rules import names
from handoff.core.deal import DealRow
from handoff.core.ownership import resolve
from handoff.core.pack import Pack
from mappings.deal_row import to_row
from mappings.pack import load, shipped

SNAPSHOT: dict[str, Any] = {
    "attributes": {"type": "Opportunity"},
    "Id": "006000000000001AAA",
    "Name": "Second site",
    "StageName": "Closed Won",
    "IsWon": True,
    "IsDeleted": False,
    "RecordType": {"DeveloperName": "Customer_Deal"},
    "Type": "Expansion",
    "OwnerId": "005000000000001AAA",
    "Owner": {
        "Name": "Lena Hartwig",
        "Email": "lena.hartwig@example.com",
        "IsActive": True,
        "Manager": {"Name": "Stefan Vogt", "Email": "stefan.vogt@example.com"},
    },
    "Region__c": "EMEA",
    "AccountId": "001000000000001AAA",
    "Account": {
        "Name": "Kupferkamm Software GmbH",
        "Legal_Name__c": None,
        "Industry": "Technology",
        "Customer_Kind__c": "Business",
        "Stripe_Customer__c": None,
        "BillingStreet": "Torstr. 120\nHinterhaus",
        "BillingCity": "Berlin",
        "BillingState": None,
        "BillingPostalCode": "10119",
        "BillingCountry": "Deutschland",
        "Tax_Id__c": "DE136695976",
        "Tax_Exempt__c": False,
        "Exemption_Certificate__c": None,
    },
    "Billing_Contact__c": "003000000000001AAA",
    "Billing_Contact__r": {"Name": "Nora Falk", "Email": "nora.falk@example.org"},
    "Amount": 10_000,
    "CurrencyIsoCode": "EUR",
    "Payment_Terms__c": "30 days",
    "Billing_Entity__c": "Handoff GmbH",
    "PO_Required__c": True,
    "PO_Number__c": "PO-4711",
    "Instalment_Plan__c": None,
    "Engage_Date__c": "2026-08-01",
    "CloseDate": "2026-11-01",
    "Kickoff_Date__c": "2026-11-15",
    "OpportunityLineItems": [
        {
            "Id": "00k000000000001AAA",
            "Product2": {"Name": "Perpetual License", "Recurring__c": False},
            "Description": "Licence for one seat",
            "Quantity": 25,
            "UnitPrice": 300,
            "ListPrice": 300,
            "TotalPrice": 7_500,
        },
        {
            "Id": "00k000000000002AAA",
            "Product2": {"Name": "Implementation Day", "Recurring__c": False},
            "Description": None,
            "Quantity": 2,
            "UnitPrice": 1_250,
            "ListPrice": 1_250,
            "TotalPrice": 2_500,
        },
    ],
}


@cache
def demo() -> Pack:
    return load(shipped("demo"), names())


def on_call() -> str:
    """Who answers for a service that is down: on weekends, whoever is on the rota."""
    return resolve(demo().owners, demo().owners.failures["service_down"].role, {}, datetime.now(UTC)).person_id


@cache
def crm() -> Pack:
    return load(shipped("crm_sales_opportunities"), names())


def snapshot(**changes: Any) -> dict[str, Any]:
    """The deal as Salesforce tells it, apart from the given fields; `Account__x` style nesting is not needed."""
    return {**copy.deepcopy(SNAPSHOT), **changes}


def row(**values: str | None) -> DealRow:
    """The deal as the gate sees it, apart from the given deal fields."""
    read = to_row(SNAPSHOT, demo(), "salesforce")
    return DealRow(values={**read.values, **values}, lines=read.lines)


def with_lines(*lines: dict[str, str | None], **values: str | None) -> DealRow:
    """The deal with other lines."""
    return DealRow(values={**row().values, **values}, lines=lines)
