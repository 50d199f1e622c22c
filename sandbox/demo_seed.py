"""Writes the demo's seed folder, the same one every time: `python -m sandbox.demo_seed OUT_DIR`."""

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.demo_company import ACCOUNTS, EU, UK, US
from sandbox.demo_deals import KNOWN_CUSTOMERS, deals_not_ours, deals_of_accounts, waiting_deals
from sandbox.demo_faults import FAULTY_ACCOUNTS, KNOWN_EMAIL, faulty_accounts, faulty_deals, fixes
from sandbox.demo_org import Org
from sandbox.seed import ANSWERS, Row

FOLDER = Path(__file__).parent / "demo"
"""The demo's folder as it is committed."""
SEED = 2026
PICKLISTS: dict[str, dict[str, tuple[str, ...]]] = {
    "Opportunity": {
        "Type": ("New Business", "Expansion", "Services", "Renewal"),
        "Payment_Terms__c": ("Net 14", "Net 30", "Net 45", "Net 60", "Net 90"),
        "Billing_Entity__c": (US, EU, UK),
        "Instalment_Plan__c": ("At once", "Half and half", "Thirds", "Quarterly"),
        "Region__c": ("Americas", "EMEA", "APAC"),
    },
    "Account": {
        "Customer_Kind__c": ("Business", "Consumer", "Public body"),
        "Industry": tuple(sorted({line.split("|")[1] for line in ACCOUNTS.splitlines() if "|" in line})),
    },
}
STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation")


def build() -> tuple[dict[str, list[Row]], dict[str, Any]]:
    """The seed's files by stem, and what is known of its deals."""
    org = Org(random.Random(SEED))  # noqa: S311 - the same companies every time, not secrets
    deals_of_accounts(org, (name for name in org.homes if name not in FAULTY_ACCOUNTS))
    waiting_deals(org)
    faulty_accounts(org)
    faulty_deals(org)
    deals_not_ours(org)
    answers = {
        "deals": {deal: answer for deal, answer in org.answers.items() if answer != "not_ours"},
        "not_ours": [deal for deal, answer in org.answers.items() if answer == "not_ours"],
        **fixes(org),
    }
    files = {**org.tables, "_schema": [_schema()], "stripe.customers": _customers(org), "asana.users": _users()}
    return files, answers


def write(folder: Path) -> None:
    """Write the folder's files, one row a line so that a change shows. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    files, answers = build()
    for stem, rows in files.items():
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (folder / f"{stem}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    (folder / ANSWERS).write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _schema() -> Row:
    """What the org's administrator has set up: picklists with the values that people should choose from."""
    stages: list[Any] = [{"value": stage, "closed": False, "won": False} for stage in STAGES]
    stages += [{"value": f"Closed {end}", "closed": True, "won": end == "Won"} for end in ("Won", "Lost")]
    schema = {
        name: {"fields": {field: {"type": "picklist", "picklistValues": list(values)} for field, values in own.items()}}
        for name, own in PICKLISTS.items()
    }
    schema["Opportunity"]["fields"]["StageName"] = {"picklistValues": stages}
    return schema


def _customers(org: Org) -> list[Row]:
    """Customers at Stripe from before: those that accounts name, one that may be an account's, and others."""
    rows = []
    for name, customer, account in KNOWN_CUSTOMERS:
        crm = org.row("Account", name)
        address = {"line1": crm["BillingStreet"], "city": crm["BillingCity"], "postal_code": crm["BillingPostalCode"]}
        address |= {"state": crm["BillingState"], "country": org.homes[name].code}
        row = {"account": account, "id": customer, "name": name, "email": org.row("Contact", name)["Email"]}
        rows.append(row | {"address": {part: value for part, value in address.items() if value}})
    rows.append({"id": "cus_AkatsukiHoken1", "name": "Akatsuki Insurance", "email": KNOWN_EMAIL})
    rows.append({"id": "cus_OldHarbour0001", "name": "Old Harbour Bakery", "email": "orders@example.net"})
    rows.append({"account": "eu", "id": "cus_Steinbruch0001", "name": "Steinbruch KG", "email": "kontor@example.org"})
    return rows


def _users() -> list[Row]:
    names = ("Helena Brandt", "Maya Lindgren", "Stefan Vogt", "Rin Takeda")
    return [{"name": name, "email": f"{name.lower().replace(' ', '.')}@example.com"} for name in names]


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; answers its exit code."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo_seed", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="the folder to write, made when it is not there")
    folder = parser.parse_args(arguments).out
    write(folder)
    print(f"The demo's seed is written to {folder}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
