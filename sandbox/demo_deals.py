"""The demo's deals that are in order: delivered at once, waiting for their kick-off, or not ours to carry."""

from collections.abc import Iterator
from itertools import count, cycle
from typing import Any

from sandbox.demo_company import EXPANSION, NEW, PRODUCTS, RECORD_TYPES, SERVICES, UK, US
from sandbox.demo_org import Line, Org, day

DEALS_AN_ACCOUNT = (3, 3, 2, 4, 3, 2, 3)
NAMES = {
    NEW: ("Platform launch", "First roll-out", "Pilot to production", "Headquarters go-live"),
    EXPANSION: ("Second site", "More seats", "Gateway extension", "Night-shift extension", "Two more branches"),
    SERVICES: ("Training for the service team", "Data clean-up", "Process review", "Archive migration"),
}
BASKETS = {
    NEW: (
        ("Onboarding Package", "Perpetual Licence"),
        ("Onboarding Package", "Perpetual Licence", "Training Workshop"),
        ("Onboarding Package", "Edge Gateway", "Implementation Day"),
        ("Onboarding", "Perpetual License"),
    ),
    EXPANSION: (("Perpetual Licence",), ("Edge Gateway", "Implementation Day"), ("Perpetual Licence", "Edge Gateway")),
    SERVICES: (("Training Workshop",), ("Data Migration", "Implementation Day"), ("Implementation Day",)),
}
MANAGERS = {"Americas": "Maya Lindgren", "EMEA": "Stefan Vogt", "APAC": "Rin Takeda"}
REGIONS = {"EMEA": "Europe", "APAC": "Asia Pacific"}
ENTITIES = {US: "Handoff Incorporated", UK: "Handoff Limited"}
"""Canonical label -> a synonym of it."""

KNOWN_CUSTOMERS = (
    ("Thistledown Textiles Ltd", "cus_ThistledownTex1", "uk"),
    ("Cobalt Harbor Shipping", "cus_CobaltHarbor01", "default"),
)
"""Accounts that name their customer at Stripe, and the Stripe account it is at."""
ACCOUNT_VARIETY = (
    *((account, "Stripe_Customer__c", customer) for account, customer, _ in KNOWN_CUSTOMERS),
    ("Northbend School District", "Tax_Exempt__c", True),
    ("Northbend School District", "Exemption_Certificate__c", "OR-2291-447"),
    ("Northbend School District", "Customer_Kind__c", "Public body"),
    ("Dunmore Civic Council", "Customer_Kind__c", "Government"),
    ("Lindenhof Klinikverbund gGmbH", "Customer_Kind__c", "Company"),
    ("Falkenried Maschinenbau GmbH", "BillingCountry", "Deutschland"),
    ("Waterkant Handel B.V.", "BillingCountry", "The Netherlands"),
    ("Penhallow Marine Ltd", "BillingCountry", "UK"),
    ("Vantage Point Optics", "BillingCountry", "USA"),
    ("Prairie Lantern Utilities", "Industry", "Utilities"),
    ("Ashgrove Capital Partners", "Industry", "Banking"),
    ("Kestrel & Vine Insurance plc", "Legal_Name__c", "Kestrel and Vine Insurance Holdings plc"),
    ("Fernhill Biologics", "Legal_Name__c", "Fernhill Biologics, Inc."),
)
"""Account, field, value: what is true of these customers and of few others."""
WAITING = (
    "Halvorsen Freight Systems", "Meridian Grid Energy", "Sonnwald Energie GmbH", "Edelgrund Versicherung AG",
    "Gorsebank Energy Ltd", "Mizutani Iryo K.K.",
)  # fmt: skip
EARLIER = (
    "Copperline Diagnostics", "Tallgrass Foods", "Rabenstein Logistik AG", "Vallombreuse Santé SA",
    "Amberley Schools Trust", "Marlowe Street Media Ltd", "Hoshikawa Bussan K.K.", "Yukimura Shuppan K.K.",
)  # fmt: skip


def basket(org: Org, deal_type: str) -> list[Line]:
    """Products of a type of deal, and how many of each."""
    return [(name, org.chance.choice(PRODUCTS[name].quantities)) for name in org.chance.choice(BASKETS[deal_type])]


def clean_deals(org: Org, accounts: Iterator[str]) -> None:
    """Two to four deals an account, over all that the demo pack knows to do."""
    numbers, sizes = count(), cycle(DEALS_AN_ACCOUNT)
    for account in accounts:
        for position in range(next(sizes)):
            n = next(numbers)
            deal_type = NEW if position == 0 else (EXPANSION, SERVICES, EXPANSION)[(n + position) % 3]
            names = NAMES[deal_type]
            org.deal(
                account,
                names[(n + position) % len(names)],
                deal_type,
                basket(org, deal_type),
                **variety(org, account, n, deal_type),
            )


def variety(org: Org, account: str, n: int, deal_type: str) -> dict[str, Any]:
    """What sets the n-th deal apart: purchase orders, discounts, terms, instalments, synonyms, services over time."""
    closed = -6 - (n * 7) % 80
    fields: dict[str, Any] = {"closed": closed, "kickoff": closed + 8 + (n * 5) % 30}
    if deal_type == SERVICES:  # its project waits for the kick-off, which for these is past
        fields["kickoff"] = closed + 3
    if n % 4 in {1, 3}:
        fields |= {"PO_Required__c": n % 4 == 1, "PO_Number__c": f"PO-{410_000 + n * 37}"}
    if n % 7 == 6:
        fields |= {"Service_From__c": day(closed + 14), "Service_Until__c": day(closed + 379)}
    if n % 9 == 3:
        fields["Instalment_Plan__c"] = ("Half and half", "Thirds", "Quarterly", "At once", "50/50")[n // 9 % 5]
    manager = MANAGERS[org.homes[account].region]
    if n % 6 == 2:
        fields["discount"] = ("10", "12.5", "5")[n // 6 % 3]
    elif n % 6 == 5:
        fields["discount"] = "20"  # exactly the limit
    elif n % 12 == 10:
        fields |= {"discount": "30", "Discount_Approved_By__c": manager}
    if n % 10 == 7:
        fields |= {"Payment_Terms__c": "Net 90", "Terms_Approved_By__c": "Tomás Ortega"}
    elif n % 10 == 4:
        fields["Payment_Terms__c"] = ("30 days", "NET30", "60 days", "Net 60")[n // 10 % 4]
    return fields | synonyms(org, account, n, deal_type)


def synonyms(org: Org, account: str, n: int, deal_type: str) -> dict[str, Any]:
    """Other words for the same, now and then: the pack translates them."""
    home = org.homes[account]
    spoken = {NEW: "New Customer", EXPANSION: ("Upsell", "Existing Customer - Upgrade")[n % 2]}
    spoken[SERVICES] = "Professional Services"
    fields: dict[str, Any] = {}
    if n % 11 == 3:
        fields["Type"] = spoken[deal_type]
    if n % 13 == 5 and home.region in REGIONS:
        fields["Region__c"] = REGIONS[home.region]
    if n % 17 == 9 and home.entity in ENTITIES:
        fields["Billing_Entity__c"] = ENTITIES[home.entity]
    return fields


def deals_of_accounts(org: Org, accounts: Iterator[str]) -> None:
    """Accounts that are special, then all others."""
    for name, field, value in ACCOUNT_VARIETY:
        org.row("Account", name)[field] = value
    clean_deals(org, accounts)
    # One account in two currencies of one Stripe account, and one at two of our companies.
    org.deal("Asahina Seimitsu K.K.", "Oregon plant", EXPANSION, [("Edge Gateway", "40")], CurrencyIsoCode="USD")
    org.deal(
        "Carrowmore Foods Ltd", "Belfast depot", EXPANSION, [("Edge Gateway", "10")],
        CurrencyIsoCode="GBP", Billing_Entity__c=UK,
    )  # fmt: skip


def waiting_deals(org: Org) -> None:
    """Services whose kick-off is still to come: invoiced, but the project waits."""
    for n, account in enumerate(WAITING):
        lines = [("Implementation Day", "5"), ("Training Workshop", "1")]
        org.deal(account, "Process workshop", SERVICES, lines, "in_progress", closed=-9 - n, kickoff=20 + 9 * n)


def deals_not_ours(org: Org) -> None:
    """Won before we began, won under another record type, and not won at all."""
    for n, account in enumerate(EARLIER):
        fields: dict[str, Any] = {"CloseDate": f"2020-{n + 2:02d}-11", "Kickoff_Date__c": f"2020-{n + 3:02d}-01"}
        fields["Engage_Date__c"] = "2020-01-07"
        org.deal(account, "First contract", NEW, basket(org, NEW), "excluded", **fields)
    internal = org.ids["RecordType", RECORD_TYPES[1]]
    for account in ("Larkspur Analytics", "Glendara Cloud Ltd"):
        org.deal(account, "Own use", EXPANSION, basket(org, EXPANSION), "excluded", RecordTypeId=internal)
    for n, account in enumerate(org.homes):
        if n % 5 in {1, 3}:
            stage = ("Prospecting", "Qualification", "Proposal", "Negotiation", "Closed Lost")[n % 7 % 5]
            closed = stage == "Closed Lost"
            fields = {"StageName": stage, "IsWon": False, "IsClosed": closed}
            days = -30 if closed else 25 + n
            org.deal(account, "Next year's plan", EXPANSION, basket(org, EXPANSION), "not_ours", closed=days, **fields)
