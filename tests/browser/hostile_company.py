"""A company in whose CRM somebody wrote a hostile text into every field of a deal, a text a deal; really synced."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handoff.core.authority import Action
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.quarantine import assignments, questions
from handoff.road.at_the_desk import at_the_desk
from handoff.store.tables import entry
from tests.integration import story_org as org
from tests.integration.story import Story

_ACCOUNT = (
    "Name",
    "Legal_Name__c",
    "Industry",
    "Customer_Kind__c",
    "Stripe_Customer__c",
    "BillingStreet",
    "BillingCity",
    "BillingState",
    "BillingPostalCode",
    "BillingCountry",
    "Tax_Id__c",
    "Exemption_Certificate__c",
)
_DEAL = (
    "Name",
    "Type",
    "Payment_Terms__c",
    "Billing_Entity__c",
    "PO_Number__c",
    "Discount_Approved_By__c",
    "Terms_Approved_By__c",
    "Instalment_Plan__c",
    "Region__c",
    "Engage_Date__c",
)
FIELDS = len(_ACCOUNT) + len(_DEAL) + 7  # contact, rep, rep's manager (name and e-mail each), line, product


def write_hostile_org(folder: Path, texts: Sequence[str], longest: str) -> None:
    """The org: deal n has text n in every text field, and a rep, a manager and a product of that name.

    The name of the last one's account is `longest`.
    """
    org.write_org(folder, 1, deals=len(texts))
    accounts = [dict.fromkeys(_ACCOUNT, text) for text in texts]
    accounts[-1]["Name"] = longest
    _change(folder, "Account", accounts)
    _change(folder, "Contact", [{"LastName": text, "Email": text} for text in texts])
    _change(folder, "OpportunityLineItem", [{"Product2Id": _id("01t", n), "Description": t} for n, t in _of(texts)])
    own = [{**dict.fromkeys(_DEAL, text), "OwnerId": _id("005", n)} for n, text in _of(texts)]
    _change(folder, "Opportunity", own)
    reps = [{"Id": _id("005", n), "ManagerId": _id("005", n + 1000), **_named(text)} for n, text in _of(texts)]
    managers = [{"Id": _id("005", n + 1000), **_named(text)} for n, text in _of(texts)]
    _add(folder, "User", [*reps, *managers])
    _add(folder, "Product2", [{"Id": _id("01t", n), "Name": text, "Recurring__c": False} for n, text in _of(texts)])


def say_it_everywhere(story: Story, texts: Sequence[str]) -> None:
    """The texts once more as people's words: a remark on every deal, questions on some."""
    (first, *_) = names = [entry_name(row.id) for row in story.rows(entry)]
    with story.house("helena_brandt") as house:
        for name, text in zip(names, texts, strict=True):
            with at_the_desk(house, name, Action.COMMENT) as desk:
                try:
                    assignments.comment(desk, text)
                except UsageError:  # nothing but what cannot be seen
                    continue
        with at_the_desk(house, first, Action.ASK) as desk:
            questions.ask(desk, "priya_nair", texts[0])


def _of(texts: Sequence[str]) -> list[tuple[int, str]]:
    return list(enumerate(texts, start=10))


def _id(prefix: str, number: int) -> str:
    return org.salesforce_id(prefix, number)


def _named(text: str) -> dict[str, Any]:
    return {"Name": text, "Email": text, "IsActive": True}


def _change(folder: Path, name: str, changes: Sequence[dict[str, Any]]) -> None:
    file = folder / f"{name}.json"
    rows = json.loads(file.read_text())
    file.write_text(json.dumps([{**row, **change} for row, change in zip(rows, changes, strict=True)]))


def _add(folder: Path, name: str, more: Sequence[dict[str, Any]]) -> None:
    file = folder / f"{name}.json"
    file.write_text(json.dumps([*json.loads(file.read_text()), *more]))
