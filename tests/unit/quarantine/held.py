"""A deal that is held for its purchase-order number, with people in every relation to its entry."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from checks.rules import names
from handoff.core.entry import EntryState
from handoff.core.handoff import HandoffState
from handoff.core.pack import Pack, Person
from handoff.core.violation import Violation
from handoff.quarantine.decision import Desk, take_up
from handoff.quarantine.desk import HeldDeal, hold
from handoff.store import entries, handoffs
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import Store
from mappings.pack import load, shipped

DEAL = "006000000000001AAA"
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
"""A Monday."""
VALUES = {"rep_manager": "Rin Takeda", "rep_manager_email": "rin.takeda@example.com", "region": "Americas"}
RULE = "po_number_when_required"
FOUND = Violation(rule=RULE, field="po_number", seen=None, allowed="a number", message="There is no number.")
PEOPLE = {
    "owner": "mei_tanaka",  # it was given to her
    "accountable": "rin_takeda",
    "backup": "priya_nair",
    "tie_breaker": "helena_brandt",
    "reviewer": "tomas_ortega",
    "asked": "stefan_vogt",
    "known": "kwame_mensah",
    "left": "lea_adler",
    "stranger": "zoe",
}
"""Relation to the entry -> who is that, and nothing else."""


@cache
def pack() -> Pack:
    """The demo's, round the clock, with reviewers of the rule, two people of one name, and one who has left."""
    found = load(shipped("demo"), names())
    owners = found.owners
    rule = owners.rules[RULE].model_copy(update={"reviewers": ("finance",)})
    more = {
        "lea_adler": Person(name="Lea Adler", email="lea.adler@example.com", left=NOW.date()),
        "mei_two": Person(name="Mei Tanaka", email="mei.two@example.com"),
        "leaves_soon": Person(name="Leaves Soon", email="soon@example.com", left=NOW.date() + timedelta(days=1)),
    }
    own = {"rules": {**owners.rules, RULE: rule}, "people": {**owners.people, **more}}
    own |= {"calendars": {}, "calendar": None}  # round the clock: hours are hours
    return replace(found, owners=owners.model_copy(update=own))


def put(store: Store) -> None:
    """Hold the deal; its entry belongs to the owner of PEOPLE."""
    with store.write() as tx:
        pulled = Pulled(deal_id=DEAL, content_hash="0", content={"Id": DEAL, "Name": "Widgets"})
        handoffs.ingest(tx, [pulled], "salesforce", "00D", NOW)
        handoffs.move(tx, 1, HandoffState.HELD, NOW, reason=RULE)
        deal = HeldDeal(deal_id=DEAL, handoff_id=1, values=VALUES, violations=(FOUND,))
        hold(tx, pack(), [deal], Author(actor="sync", at=NOW, run_id="r"))
        entries.change(tx, entries.by_id(tx, 1), person=PEOPLE["owner"], owner_name="Mei Tanaka")


def desk(tx: sa.Connection, actor: str, *, at: datetime = NOW, **choices: Any) -> Desk:
    """The entry on the desk of a person, who looks at it as it is now."""
    author = Author(actor=actor, at=at)
    return take_up(tx, pack(), entries.by_id(tx, 1), VALUES, author, states=tuple(EntryState), **choices)


@contextmanager
def trial(store: Store) -> Iterator[sa.Connection]:
    """What is decided here is forgotten at its end."""
    with store.read() as tx:
        yield tx
