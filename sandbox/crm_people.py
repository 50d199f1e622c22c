"""The people of an export of CRM sales deals: reps, their managers, and one billing contact for each account."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any

from sandbox.crm_export import Export
from sandbox.salesforce.ids import id_of

Row = dict[str, Any]


def addresses(names: Iterable[str], before: str = "") -> dict[str, str]:
    """Name -> its own address at example.com; `before` stands before the name in it."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", ".", name.lower()).strip(".") or "unnamed"
        address = f"{before}{plain}@example.com"
        if address in taken:
            address = f"{before}{plain}.{hashlib.sha256(name.encode()).hexdigest()[:8]}@example.com"
        taken.add(address)
        found[name] = address
    return found


def users(export: Export, stamps: Row) -> list[Row]:
    """Managers, then agents; who is both is one user."""
    managers = {row["manager"]: "" for row in export.sales_teams if row["manager"]}
    agents = {row["sales_agent"]: row["manager"] for row in export.sales_teams if row["sales_agent"]}
    agents |= {row["sales_agent"]: "" for row in export.sales_pipeline if row["sales_agent"] not in agents}
    offices = {row["manager"]: row["regional_office"] for row in export.sales_teams}
    offices |= {row["sales_agent"]: row["regional_office"] for row in export.sales_teams}
    people = {name: manager for name, manager in {**managers, **agents}.items() if name}
    emails = addresses(people)
    return [
        {
            "Id": id_of("User", name),
            "FirstName": name.rpartition(" ")[0] or None,
            "LastName": name.rpartition(" ")[2],
            "Username": emails[name],
            "Email": emails[name],
            "Division": offices.get(name) or None,
            "IsActive": True,
            "ManagerId": id_of("User", manager) if manager else None,
            **stamps,
        }
        for name, manager in people.items()
    ]


def billing_contacts(accounts: list[Row], stamps: Row) -> list[Row]:
    """One billing contact for each account."""
    emails = addresses((account["Name"] for account in accounts), before="billing.")
    return [
        {
            "Id": account["Billing_Contact__c"],
            "AccountId": account["Id"],
            "FirstName": "Billing",
            "LastName": account["Name"],
            "Email": emails[account["Name"]],
            "Title": "Billing contact",
            **stamps,
        }
        for account in accounts
    ]
