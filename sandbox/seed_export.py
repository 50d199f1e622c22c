"""`python -m sandbox.seed_export EXPORT_DIR OUT_DIR`: sObject files for the sandbox from an export of CRM sales deals.

The export is the five CSV files of `crm_sales_opportunities`; ids are made from its names, so that they never change.
"""

import sys
from pathlib import Path
from typing import Any

import orjson

from sandbox.crm_export import Cells, Export, ExportError, read_export, stamp
from sandbox.crm_people import billing_contacts, users
from sandbox.salesforce.ids import id_of

Row = dict[str, Any]

WON, LOST = "Won", "Lost"
STAGES = ("Prospecting", "Engaging", WON, LOST)
"""In the order of the sales pipeline, as the export's data dictionary gives it."""
CURRENCY_UNIT = 1_000_000
"""The export gives yearly revenue in millions of US dollars."""
_BILLING_CONTACT = {
    "type": "reference",
    "label": "Billing Contact",
    "referenceTo": "Contact",
    "relationshipName": "Billing_Contact__r",
}
_STAGES = [{"value": stage, "closed": stage in {WON, LOST}, "won": stage == WON} for stage in STAGES]
SCHEMA: list[Row] = [
    {
        "object": "Opportunity",
        "fields": {
            "Export_Id__c": {"type": "string", "label": "Export Id", "externalId": True, "unique": True},
            "Engage_Date__c": {"type": "date", "label": "Engage Date"},
            "Billing_Contact__c": _BILLING_CONTACT,
            "StageName": {"picklistValues": _STAGES},
        },
    },
    {
        "object": "Account",
        "fields": {
            "Year_Established__c": {"type": "int", "label": "Year Established"},
            "Billing_Contact__c": _BILLING_CONTACT,
        },
    },
]
"""What `_schema.json` says of the fields that a file of rows cannot show."""


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 when written, 2 for wrong usage or an export that cannot be used."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 2 or given[0].startswith("-"):
        sys.stderr.write("Usage: python -m sandbox.seed_export EXPORT_DIR OUT_DIR\n")
        return 0 if given == ["--help"] else 2
    try:
        seed = seed_rows(read_export(Path(given[0])))
        write_seed(seed, Path(given[1]))
    except ExportError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in seed.items() if not name.startswith("_"))
    print(f"{given[1]}: {counts}")
    return 0


def seed_rows(export: Export) -> dict[str, list[Row]]:
    """sObject -> rows, ready for the sandbox; `_schema` states their custom fields."""
    first = export.first_stamp()
    stamps = _stamps(first)
    accounts = _accounts(export, stamps)
    return {
        "_schema": SCHEMA,
        "User": users(export, stamps),
        "Account": accounts,
        "Contact": billing_contacts(accounts, stamps),
        "Product2": _products(export, stamps),
        "PricebookEntry": _prices(export, stamps),
        "Opportunity": [_deal(row, first) for row in export.sales_pipeline],
        "OpportunityLineItem": _lines(export, first),
    }


def write_seed(seed: dict[str, list[Row]], folder: Path) -> None:
    """One JSON file for each sObject. Raises ExportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in seed.items():
            (folder / f"{name}.json").write_bytes(orjson.dumps(rows))
    except OSError as error:
        raise ExportError(f"{folder} cannot be written ({error.strerror}); name another folder.") from None


def _stamps(moment: str) -> Row:
    return {"CreatedDate": moment, "LastModifiedDate": moment, "SystemModstamp": moment}


def _accounts(export: Export, stamps: Row) -> list[Row]:
    known = {row["account"] for row in export.accounts}
    rows: list[Row] = [
        {
            "Id": id_of("Account", row["account"]),
            "Name": row["account"],
            "Industry": row["sector"] or None,
            "BillingCountry": row["office_location"] or None,
            "AnnualRevenue": float(row["revenue"]) * CURRENCY_UNIT if row["revenue"] else None,
            "NumberOfEmployees": int(float(row["employees"])) if row["employees"] else None,
            "Year_Established__c": int(float(row["year_established"])) if row["year_established"] else None,
            "ParentId": id_of("Account", row["subsidiary_of"]) if row["subsidiary_of"] in known else None,
            "Billing_Contact__c": id_of("Contact", row["account"]),
            **stamps,
        }
        for row in export.accounts
    ]
    only_in_deals = dict.fromkeys(row["account"] for row in export.sales_pipeline if row["account"])
    rows += [
        {"Id": id_of("Account", name), "Name": name, "Billing_Contact__c": id_of("Contact", name), **stamps}
        for name in only_in_deals
        if name not in known
    ]
    return rows


def _products(export: Export, stamps: Row) -> list[Row]:
    """Those of the price list, and labels that only deals use."""
    series = {row["product"]: row["series"] for row in export.products}
    labels = dict.fromkeys([*series, *(row["product"] for row in export.sales_pipeline if row["product"])])
    return [
        {
            "Id": id_of("Product2", name),
            "Name": name,
            "Family": series.get(name) or None,
            "IsActive": True,
            **stamps,
        }
        for name in labels
    ]


def _prices(export: Export, stamps: Row) -> list[Row]:
    return [
        {
            "Id": id_of("PricebookEntry", row["product"]),
            "Product2Id": id_of("Product2", row["product"]),
            "Name": row["product"],
            "UnitPrice": float(row["sales_price"]),
            "IsActive": True,
            **stamps,
        }
        for row in export.products
        if row["sales_price"]
    ]


def _moment(row: Cells, first_stamp: str) -> str:
    """When a deal was last touched: when it closed, else when it was engaged."""
    day = row["close_date"] or row["engage_date"]
    return stamp(day) if day else first_stamp


def _deal(row: Cells, first_stamp: str) -> Row:
    moment = _moment(row, first_stamp)
    account = row["account"]
    return {
        "Id": id_of("Opportunity", row["opportunity_id"]),
        "Name": " ".join(part for part in (account, row["product"], row["opportunity_id"]) if part),
        "Export_Id__c": row["opportunity_id"],
        "AccountId": id_of("Account", account) if account else None,
        "Billing_Contact__c": id_of("Contact", account) if account else None,
        "OwnerId": id_of("User", row["sales_agent"]) if row["sales_agent"] else None,
        "StageName": row["deal_stage"] or None,
        "IsWon": row["deal_stage"] == WON,
        "IsClosed": row["deal_stage"] in {WON, LOST},
        "Amount": float(row["close_value"]) if row["close_value"] else None,
        "CloseDate": row["close_date"] or None,
        "Engage_Date__c": row["engage_date"] or None,
        "CreatedDate": stamp(row["engage_date"]) if row["engage_date"] else moment,
        "LastModifiedDate": moment,
        "SystemModstamp": moment,
    }


def _lines(export: Export, first_stamp: str) -> list[Row]:
    """One for each deal that has a value."""
    prices = {row["product"]: float(row["sales_price"]) for row in export.products if row["sales_price"]}
    lines = []
    for row in export.sales_pipeline:
        if not row["close_value"]:
            continue
        product, value = row["product"], float(row["close_value"])
        lines.append(
            {
                "Id": id_of("OpportunityLineItem", row["opportunity_id"]),
                "OpportunityId": id_of("Opportunity", row["opportunity_id"]),
                "Product2Id": id_of("Product2", product) if product else None,
                "PricebookEntryId": id_of("PricebookEntry", product) if product in prices else None,
                "Name": product or None,
                "Quantity": 1.0,
                "UnitPrice": value,
                "TotalPrice": value,
                "ListPrice": prices.get(product),
                **_stamps(_moment(row, first_stamp)),
            }
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
