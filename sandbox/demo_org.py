"""The demo's org while it is made: rows by sObject, ids that never change, and the known answer of each deal."""

import random
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from stdnum import get_cc_module

from sandbox.demo_company import (
    ACCOUNTS,
    FIRST_NAMES,
    HOMES,
    LAST_NAMES,
    PRICE_FACTORS,
    PRODUCTS,
    RECORD_TYPES,
    REPS,
    SELLERS,
    Home,
)
from sandbox.salesforce.ids import PREFIXES, stable_id
from sandbox.seed import Row

Line = tuple[str, str]
"""Product and quantity."""
Answer = str | dict[str, list[str]]
"""`delivered`, `in_progress`, `excluded`, `not_ours` (not won), or {"held": [the rules that hold it]}."""
VAT_FORMS = {
    "DE": "DE#########", "FR": "FR###########", "NL": "NL#########B##", "IE": "IE#######A", "ES": "ESB########",
    "IT": "IT###########", "SE": "SE##########01", "AT": "ATU########", "BE": "BE0#########", "PL": "PL##########",
    "GB": "GB#########", "US": "##-#######", "JP": "#############",
}  # fmt: skip
"""Country code -> how its tax ids look: # is a digit, A a capital."""

TABLES = ("User", "RecordType", "Product2", "Account", "Contact", "Opportunity", "OpportunityLineItem")


def number(exact: Decimal) -> int | float:
    """A number as JSON writes it; the amounts here have two decimals at most, which a float carries exactly enough."""
    return int(exact) if exact == int(exact) else float(exact)


def plain(name: str) -> str:
    """A name as it may stand in an e-mail address: the first two words, without accents."""
    folded = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ł", "l")).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", folded.lower())[:2])


def day(offset: int) -> str:
    """A day as the seed writes it, counted from the day on which the sandbox starts."""
    return "{today}" if offset == 0 else f"{{today{offset:+d}}}"


def held(*rules: str) -> Answer:
    """The answer for a deal that does not meet these rules."""
    return {"held": sorted(rules)}


class Org:
    """Grows by `account` and `deal`; everything follows from the order of the calls and the seeded `random`."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.tables: dict[str, list[Row]] = {name: [] for name in TABLES}
        self.answers: dict[str, Answer] = {}
        self.ids: dict[tuple[str, str], str] = {}
        """sObject and name -> id; names of accounts, users, products and deals are unique here."""
        self.homes: dict[str, Home] = {}
        self._taken: set[str] = set()
        for line in REPS.strip().splitlines():
            self._user(line.split("|"))
        for name in RECORD_TYPES:
            row = {"Name": name.replace("_", " "), "DeveloperName": name, "SobjectType": "Opportunity"}
            self.add("RecordType", name, row | {"IsActive": True})
        for name, product in PRODUCTS.items():
            self.add("Product2", name, {"Name": name, "IsActive": True, "Recurring__c": product.recurring})
        home = HOMES["United States"]
        for line in ACCOUNTS.strip().splitlines():
            home = HOMES.get(line, home)
            if "|" in line:
                self._account(home, line.split("|"))

    def add(self, table: str, name: str, fields: Mapping[str, Any]) -> str:
        """A row with an id that follows from its name."""
        row_id = self.ids[table, name] = stable_id(PREFIXES[table], "demo", name)
        self.tables[table].append({"Id": row_id, **fields})
        return row_id

    def row(self, table: str, name: str) -> Row:
        """The row of that name, to be changed."""
        wanted = self.ids[table, name]
        return next(row for row in self.tables[table] if row["Id"] == wanted)

    def deal(
        self,
        account: str,
        name: str,
        deal_type: str,
        lines: Sequence[Line],
        answer: Answer = "delivered",
        *,
        closed: int = -20,
        kickoff: int | None = None,
        discount: str = "0",
        **fields: Any,
    ) -> str:
        """A deal with its lines, clean unless `fields` say otherwise; `closed`, `kickoff`: days from today."""
        home = self.homes[account]
        deal_id = stable_id(PREFIXES["Opportunity"], "demo", account, name, str(len(self.answers)))
        currency = fields.get("CurrencyIsoCode", home.currency)
        total = sum((self._line(deal_id, *line, currency, Decimal(discount)) for line in lines), Decimal(0))
        opportunity: Row = {
            "Id": deal_id,
            "Name": name,
            "StageName": "Closed Won",
            "IsWon": True,
            "IsClosed": True,
            "RecordTypeId": self.ids["RecordType", RECORD_TYPES[0]],
            "Type": deal_type,
            "Amount": number(total),
            "CurrencyIsoCode": currency,
            "CloseDate": day(closed),
            "OwnerId": self.ids["User", self.chance.choice(SELLERS[home.region])],
            "AccountId": self.ids["Account", account],
            "Payment_Terms__c": self.chance.choice(("Net 30", "Net 30", "Net 14", "Net 45")),
            "Billing_Entity__c": home.entity,
            "PO_Required__c": False,
            "PO_Number__c": None,
            "Kickoff_Date__c": day(closed + 14 if kickoff is None else kickoff),
            "Engage_Date__c": day(closed - self.chance.randint(30, 120)),
            "Service_From__c": None,
            "Service_Until__c": None,
            "Discount_Percent__c": number(Decimal(discount)) if Decimal(discount) else None,
            "Discount_Approved_By__c": None,
            "Terms_Approved_By__c": None,
            "Instalment_Plan__c": None,
            "Billing_Contact__c": self.ids["Contact", account],
            "Region__c": home.region,
        }
        unknown = fields.keys() - opportunity.keys()
        if unknown:
            raise KeyError(f"an Opportunity has no {sorted(unknown)}")
        self.tables["Opportunity"].append(opportunity | fields)
        self.answers[deal_id] = answer
        return deal_id

    def _line(self, deal_id: str, product: str, quantity: str, currency: str, discount: Decimal) -> Decimal:
        price = Decimal(PRODUCTS[product].price) * PRICE_FACTORS[currency]
        unit = price * (100 - discount) / 100
        total = unit * Decimal(quantity)
        self.add(
            "OpportunityLineItem",
            f"{deal_id} {len(self.tables['OpportunityLineItem'])}",
            {
                "OpportunityId": deal_id,
                "Product2Id": self.ids["Product2", product],
                "Description": PRODUCTS[product].text,
                "Quantity": number(Decimal(quantity)),
                "UnitPrice": number(unit),
                "ListPrice": number(price),
                "TotalPrice": number(total),
            },
        )
        return total

    def contact(self, account: str, key: str | None = None, **fields: Any) -> str:
        """A contact of an account; the first, under the account's own name, receives its invoices."""
        country = self.homes[account].country
        first = self.chance.choice((FIRST_NAMES.get(country) or FIRST_NAMES[""]).split())
        last = self.chance.choice((LAST_NAMES.get(country) or LAST_NAMES[""]).split())
        domain = self.chance.choice(("example.org", "example.net"))
        row = {"AccountId": self.ids["Account", account], "FirstName": first, "LastName": last}
        row |= {"Name": f"{first} {last}", "Email": f"{plain(first)}.{plain(last)}.{plain(account)}@{domain}"}
        return self.add("Contact", key or account, row | fields)

    def tax_id(self, code: str, *, valid: bool = True) -> str:
        """A tax id of a country that nobody else here has, with the right check digit, or a wrong one."""
        rule = get_cc_module(code, "vat") or get_cc_module(code, "tin")
        if rule is None:
            raise LookupError(f"python-stdnum has no rule for tax ids of {code}")
        for _ in range(100_000):
            drawn = re.sub("[#A]", self._character, VAT_FORMS[code])
            if drawn not in self._taken and bool(rule.is_valid(drawn)) is valid:
                self._taken.add(drawn)
                return drawn
        raise RuntimeError(f"found no tax id of {code}")

    def _user(self, told: list[str]) -> None:
        name, title, manager, active = told
        first, _, last = name.partition(" ")
        email = f"{plain(first)}.{plain(last)}@example.com"
        row: dict[str, Any] = {
            "FirstName": first,
            "LastName": last,
            "Name": name,
            "Username": email,
            "Email": email,
            "Title": title,
        }
        row |= {"IsActive": active == "yes", "ManagerId": self.ids["User", manager] if manager else None}
        self.add("User", name, row)

    def _account(self, home: Home, told: list[str]) -> None:
        name, industry, street, city, state, code = told
        self.homes[name] = home
        needs_tax_id = home.region == "EMEA" or home.country == "Japan"
        row: Row = {"Name": name, "Industry": industry, "BillingStreet": street, "BillingCity": city}
        row |= {"BillingState": state or None, "BillingPostalCode": code, "BillingCountry": home.country}
        row |= {"Stripe_Customer__c": None, "Legal_Name__c": None, "Customer_Kind__c": "Business"}
        row |= {"Tax_Id__c": self.tax_id(home.code) if needs_tax_id or industry == "Finance" else None}
        row |= {"Tax_Exempt__c": False, "Exemption_Certificate__c": None}
        self.add("Account", name, row)
        self.contact(name)

    def _character(self, place: re.Match[str]) -> str:
        return self.chance.choice(string.digits if place[0] == "#" else string.ascii_uppercase)
