"""One org in which each story has deals, accounts and a stage of its own, so that all stories share one sandbox."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.salesforce.ids import to_18

DEALS = 4
"""Deals of a story, each with an account and a billing contact of its own."""
_CLOSED = (datetime.now(UTC) - timedelta(days=5)).date().isoformat()
KICKOFF = (datetime.now(UTC) + timedelta(days=20)).date()


def salesforce_id(prefix: str, number: int) -> str:
    return to_18(f"{prefix}000{number:09}")


GONE_REP = salesforce_id("005", 3)
"""A user who does not work with us any more."""


def deal_id(story: int, n: int) -> str:
    return salesforce_id("006", story * 100 + n)


def account_id(story: int, n: int) -> str:
    return salesforce_id("001", story * 100 + n)


def contact_id(story: int, n: int) -> str:
    return salesforce_id("003", story * 100 + n)


def line_id(story: int, n: int) -> str:
    return salesforce_id("00k", story * 100 + n)


def stage(story: int) -> str:
    """The stage in which a story's deals are won."""
    return f"Won {story}"


def write_org(folder: Path, stories: int, *, deals: int = DEALS, **statements: Any) -> None:
    """The seed, with so many deals a story; `statements` go to `_schema.json`."""
    folder.mkdir(parents=True)
    where = [(story, n) for story in range(stories) for n in range(deals)]
    rows: dict[str, Any] = {
        "User": [
            {"Id": salesforce_id("005", 1), "Name": "Rin Takeda", "Email": "rin.takeda@example.com", "IsActive": True},
            {"Id": salesforce_id("005", 2), "Name": "Ada Rep", "Email": "ada@example.com", "IsActive": True},
            {"Id": GONE_REP, "Name": "Gone Rep", "Email": "gone@example.com", "IsActive": False},
        ],
        "Product2": [{"Id": salesforce_id("01t", 1), "Name": "Training Workshop", "Recurring__c": False}],
        "RecordType": [
            {
                "Id": salesforce_id("012", 1),
                "Name": "Deal",
                "DeveloperName": "Customer_Deal",
                "SobjectType": "Opportunity",
            }
        ],
        "Account": [_account(*at) for at in where],
        "Contact": [_contact(*at) for at in where],
        "Opportunity": [opportunity(*at) for at in where],
        "OpportunityLineItem": [_line(*at) for at in where],
    }
    rows["User"][1]["ManagerId"] = salesforce_id("005", 1)
    stages: list[Any] = [{"value": "Negotiation", "closed": False, "won": False}]
    stages += [{"value": "Closed Lost", "closed": True, "won": False}]
    stages += [{"value": stage(n), "closed": True, "won": True} for n in range(stories)]
    fields = {"StageName": {"picklistValues": stages}, "Kickoff_Date__c": {"type": "date"}}
    own = statements.pop("Opportunity", {})
    rows["_schema"] = {**statements, "Opportunity": {"fields": {**fields, **own}}}
    for name, found in rows.items():
        (folder / f"{name}.json").write_text(json.dumps(found))


def _account(story: int, n: int) -> dict[str, Any]:
    return {
        "Id": account_id(story, n),
        "Name": f"Company {story}-{n}",
        "Industry": "Technology",
        "BillingStreet": "1 Main St",
        "BillingCity": "Seattle",
        "BillingState": "WA",
        "BillingPostalCode": "98134",
        "BillingCountry": "United States",
        "Stripe_Customer__c": None,
        "Legal_Name__c": None,
        "Customer_Kind__c": "Business",
        "Tax_Id__c": None,
        "Tax_Exempt__c": False,
        "Exemption_Certificate__c": None,
    }


def _contact(story: int, n: int) -> dict[str, Any]:
    email = f"billing{story}.{n}@example.org"
    return {
        "Id": contact_id(story, n),
        "AccountId": account_id(story, n),
        "LastName": f"Payer {story}-{n}",
        "Email": email,
    }


def opportunity(story: int, n: int) -> dict[str, Any]:
    empty = ("PO_Number__c", "Service_From__c", "Service_Until__c", "Discount_Percent__c", "Discount_Approved_By__c")
    return {
        "Id": deal_id(story, n),
        "Name": f"Deal {story}-{n}",
        "StageName": stage(story),
        "RecordTypeId": salesforce_id("012", 1),
        "Type": "Expansion",
        "Amount": 1000 + n,
        "CurrencyIsoCode": "USD",
        "CloseDate": _CLOSED,
        "OwnerId": salesforce_id("005", 2),
        "AccountId": account_id(story, n),
        "Billing_Contact__c": contact_id(story, n),
        "Payment_Terms__c": "Net 30",
        "Billing_Entity__c": "Handoff GmbH",
        "PO_Required__c": False,
        "Kickoff_Date__c": KICKOFF.isoformat(),
        "Engage_Date__c": "2026-01-01",
        "Terms_Approved_By__c": None,
        "Instalment_Plan__c": None,
        "Region__c": "Americas",
        **dict.fromkeys(empty),
    }


def _line(story: int, n: int) -> dict[str, Any]:
    price = 1000 + n
    return {
        "Id": line_id(story, n),
        "OpportunityId": deal_id(story, n),
        "Product2Id": salesforce_id("01t", 1),
        "Description": "Workshop",
        "Quantity": 1,
        "UnitPrice": price,
        "ListPrice": price,
        "TotalPrice": price,
    }
