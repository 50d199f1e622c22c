"""A clean org for the pack crm_sales_opportunities, of any size, for tests and benchmarks."""

import json
from pathlib import Path

_PRODUCTS = {"GTX Basic": 550, "MG Special": 55, "MG Advanced": 3393, "GTX Plus Pro": 5482}


def write_seed(folder: Path, deals: int, accounts: int) -> None:
    """A clean org for the pack crm_sales_opportunities: `deals` won opportunities spread over `accounts`."""
    folder.mkdir(parents=True)
    rows: dict[str, list[dict[str, object]]] = {
        "User": [
            {"Id": _id("005", 1), "Name": "Dustin Brinkmann", "Email": "dustin@example.com", "IsActive": True},
            {
                "Id": _id("005", 2),
                "Name": "Anna Snelling",
                "Email": "anna@example.com",
                "IsActive": True,
                "ManagerId": _id("005", 1),
            },
        ],
        "Account": [
            {"Id": _id("001", n), "Name": f"Account {n}", "Industry": "software", "BillingCountry": "United States"}
            for n in range(accounts)
        ],
        "Contact": [
            {
                "Id": _id("003", n),
                "LastName": f"Billing {n}",
                "Email": f"billing{n}@example.com",
                "AccountId": _id("001", n),
            }
            for n in range(accounts)
        ],
        "Product2": [{"Id": _id("01t", n), "Name": name} for n, name in enumerate(_PRODUCTS)],
        "Opportunity": [],
        "OpportunityLineItem": [],
    }
    products = list(_PRODUCTS.items())
    for n in range(deals):
        number = n % len(products)
        price = products[number][1]
        rows["Opportunity"].append(
            {
                "Id": _id("006", n),
                "Name": f"Deal {n}",
                "StageName": "Won",
                "IsWon": True,
                "IsClosed": True,
                "Amount": price,
                "CloseDate": "2017-03-01",
                "Engage_Date__c": "2016-11-01",
                "AccountId": _id("001", n % accounts),
                "Billing_Contact__c": _id("003", n % accounts),
                "OwnerId": _id("005", 2),
                "Export_Id__c": f"X{n:07}",
            }
        )
        rows["OpportunityLineItem"].append(
            {
                "Id": _id("00k", n),
                "OpportunityId": _id("006", n),
                "Product2Id": _id("01t", number),
                "Quantity": 1,
                "UnitPrice": price,
                "ListPrice": price,
                "TotalPrice": price,
            }
        )
    for name, found in rows.items():
        (folder / f"{name}.json").write_text(json.dumps(found))


def _id(prefix: str, number: int) -> str:
    """An 18-character Salesforce id with its check digits (services.md 54)."""
    id15 = f"{prefix}000{number:09}"
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    groups = (id15[n : n + 5] for n in range(0, 15, 5))
    return id15 + "".join(alphabet[sum(c.isupper() << n for n, c in enumerate(group))] for group in groups)
