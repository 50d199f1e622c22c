"""Life after delivery, cell by cell: what becomes of a deal that changes in the CRM, by how far it was handed off."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import Transient
from handoff.road import line
from handoff.road.sync import sync
from tests.integration import story_org as org
from tests.integration.story import Crm, Story
from tests.integration.test_crash_stories import Dying
from tests.running_sandbox import running_sandbox

PHASES = ("before draft", "drafted", "finalised or sent", "paid")
UNDONE = ("excluded", "reversal_needed", "reversal_needed", "reversal_needed")
OWED = ("follows", "changed_after_delivery", "changed_after_delivery", "changed_after_delivery")
ADDRESSED = ("follows", "follows", "changed_after_delivery", "noted")
CELLS: Mapping[str, tuple[str, ...]] = {
    "reopened": UNDONE,
    "lost": UNDONE,
    "deleted": UNDONE,
    "undeleted": ("follows", "released", "released", "released"),
    "merged account": ("follows", "changed_after_delivery", "changed_after_delivery", "noted"),
    "rep gone": ("held by the gate", "held by the gate", "noted", "noted"),
    "amount": OWED,
    "currency": OWED,
    "close date": ("follows", "follows", "noted", "noted"),
    "billing name": ADDRESSED,
    "billing address": ADDRESSED,
    "billing contact": ADDRESSED,
}
CHANGES = tuple(CELLS)
WINNER = len(CHANGES)
"""The deal of the account into which another is merged."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "life-after-delivery.md"
CLOSED_BEFORE = (datetime.now(UTC) - timedelta(days=6)).date().isoformat()


def change(story: Story, what: str) -> None:
    """What somebody does in the CRM with the deal of this row."""
    n = CHANGES.index(what)
    master, loser = (org.account_id(story.number, number) for number in (WINNER, n))
    merge = {"object": "Account", "master": master, "losers": [loser]}
    acts: dict[str, Callable[[], Any]] = {
        "reopened": lambda: story.deal(n, StageName="Negotiation"),
        "lost": lambda: story.deal(n, StageName="Closed Lost"),
        "deleted": lambda: story.deal(n),
        "undeleted": lambda: story.sandbox.control("salesforce", undelete=[org.deal_id(story.number, n)]),
        "merged account": lambda: story.sandbox.control("salesforce", merge=merge),
        "rep gone": lambda: story.deal(n, OwnerId=org.GONE_REP),
        "amount": lambda: (story.line(n, UnitPrice=2000), story.deal(n, Amount=2000)),
        "currency": lambda: story.deal(n, CurrencyIsoCode="EUR"),
        "close date": lambda: story.deal(n, CloseDate=CLOSED_BEFORE),
        "billing name": lambda: story.account(n, Legal_Name__c="Renamed SE"),
        "billing address": lambda: story.account(n, BillingStreet="2 Side St\nFloor 3"),
        "billing contact": lambda: story.contact(n, LastName="Newcomer", Email=f"new{story.number}.{n}@example.org"),
    }
    acts[what]()


@dataclass
class Lived:
    """A company whose deals were brought into one phase, and then each changed in its own way."""

    story: Story
    before: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """The invoices of each deal before the changes."""

    @classmethod
    def through(cls, phase: str, crm: Crm, folder: Path) -> "Lived":
        story = Story.begin(PHASES.index(phase), crm, folder)
        story.edit("billing.yaml", "Handoff GmbH: {stripe_account: default, currencies: [USD]", EUROS_TOO)
        every = range(WINNER + 1)
        stop = None if phase == "before draft" else "invoice"
        if phase == "before draft":
            story.as_person(line.stop, stop, "month end")
            story.sync()
        elif phase == "drafted":
            sync_to_drafts(story)
            story.as_person(line.stop, stop, "month end")
        else:
            story.sync()
            if phase == "paid":
                for n in every:
                    story.pay(n)
        lived = cls(story, {n: story.invoices(n) for n in every})
        story.deal(CHANGES.index("undeleted"))
        story.sync()
        for what in CHANGES:
            change(story, what)
        if phase in ("before draft", "drafted"):
            story.as_person(line.start, stop, "books closed")
        story.sync()
        return lived


EUROS_TOO = "Handoff GmbH: {stripe_account: default, currencies: [USD, EUR]"


def sync_to_drafts(story: Story) -> None:
    """A sync whose every draft Stripe is too busy to finalise."""

    def busy(*_: Any) -> Any:
        raise Transient("asks us to wait", service="Stripe", status=429)

    with story.house() as house:
        billing = house.billing("default")
        house._billing["default"] = Dying(billing, "finalize", busy)  # type: ignore[assignment]  # it acts as one
        sync(house)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    seed = tmp_path_factory.mktemp("life") / "seed"
    org.write_org(seed, len(PHASES), deals=WINNER + 1)
    with running_sandbox(seed) as sandbox:
        crm = Crm(sandbox)
        yield crm
        crm.session.close()


@pytest.fixture(scope="module")
def live(crm: Crm, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Lived]:
    """Each phase once: the twelve changes of a phase happen to twelve deals of one company."""
    lived: dict[str, Lived] = {}

    def through(phase: str) -> Lived:
        if phase not in lived:
            lived[phase] = Lived.through(phase, crm, tmp_path_factory.mktemp("phase"))
        return lived[phase]

    return through


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("what", CHANGES)
def test_every_cell_has_its_one_outcome(live: Callable[[str], Lived], what: str, phase: str) -> None:
    lived = live(phase)
    outcome = CELLS[what][PHASES.index(phase)]
    OUTCOMES[outcome](lived, CHANGES.index(what), what, phase)
    statuses = {i["status"] for i in lived.story.invoices(CHANGES.index(what))}
    assert statuses <= {"draft", "open", "paid"}, "nothing is voided by itself"


def excluded(lived: Lived, n: int, what: str, phase: str) -> None:
    assert lived.story.handoff(n).state == "excluded"
    assert lived.story.invoices(n) == lived.story.projects(n) == []
    assert lived.story.entry(n) is None


def follows(lived: Lived, n: int, what: str, phase: str) -> None:
    """Delivered as the CRM has it now; a draft that was there is the one that goes out."""
    story = lived.story
    assert story.delivered(n), story.entry(n)
    assert story.handoff(n).state == "delivered"
    (invoice,) = story.invoices(n)
    assert [i["id"] for i in lived.before[n]] in ([], [invoice["id"]])
    for name, value in said(story, what).items():
        assert invoice[name] == value


def said(story: Story, what: str) -> dict[str, Any]:
    """What an invoice says after a change that it follows."""
    n = CHANGES.index(what)
    address = {"line1": "2 Side St", "line2": "Floor 3", "city": "Seattle", "state": "WA", "postal_code": "98134"}
    mail = f"billing{story.number}.{n}@example.org"
    told: dict[str, dict[str, Any]] = {
        "amount": {"total": 200_000},
        "currency": {"currency": "eur", "total": 100_000 + 100 * n},
        "billing name": {"customer_name": "Renamed SE"},
        "billing address": {"customer_address": {**address, "country": "US"}},
        "billing contact": {"customer_email": f"new{story.number}.{n}@example.org"},
    }
    if what == "merged account":
        told[what] = {"customer": story.invoices(WINNER)[0]["customer"], "customer_email": mail}
    return told.get(what, {"customer_email": mail, "customer_name": f"Company {story.number}-{n}"})


def held_by_the_gate(lived: Lived, n: int, what: str, phase: str) -> None:
    story = lived.story
    assert (story.handoff(n).state, story.entry(n).rules) == ("held", ["rep_is_active"])
    assert story.invoices(n) == lived.before[n]


def reversal_needed(lived: Lived, n: int, what: str, phase: str) -> None:
    found = held_for("reversal_needed", lived, n, phase)
    assert found.seen[0].startswith("deleted" if what == "deleted" else "not won")


def changed_after_delivery(lived: Lived, n: int, what: str, phase: str) -> None:
    found = held_for("changed_after_delivery", lived, n, phase)
    seen, allowed = found.seen[0], found.allowed[0]
    number = lived.before[n][0]["number"]
    old, account = f"USD 1,00{n}.00", org.account_id(lived.story.number, n)
    story = lived.story.number
    told = {
        "amount": (f"total {old} -> USD 2,000.00", f"Invoice a further USD {1000 - n}.00 by hand"),
        "currency": (f"total {old} -> EUR 1,00{n}.00", f"invoice EUR 1,00{n}.00 again by hand"),
        "merged account": (f"account {account} -> {org.account_id(story, WINNER)}", f"Void invoice {number}"),
        "billing name": (f"billing name Company {story}-{n} -> Renamed SE", f"Void invoice {number}"),
        "billing address": ("-> 2 Side St, Floor 3, Seattle", f"Void invoice {number}"),
        "billing contact": (f"-> new{story}.{n}@example.org", f"Void invoice {number}"),
    }[what]
    assert told[0] in seen
    if phase != "drafted":
        assert told[1] in allowed


PROPOSED = {
    "drafted": "elete the draft {id} at Stripe",
    "finalised or sent": "oid invoice {number}",
    "paid": "redit invoice {number} in whole, with a refund",
}


def held_for(rule: str, lived: Lived, n: int, phase: str) -> Any:
    """What was sent stands as it was, and a person is told of it, and what we propose."""
    story = lived.story
    entry, (invoice,) = story.entry(n), story.invoices(n)
    assert (entry.state, entry.rules, entry.person) == ("open", [rule], "tomas_ortega")
    assert story.handoff(n).state == ("held" if phase == "drafted" else "delivered")
    assert invoice == lived.before[n][0]
    name = invoice["id"] if phase == "drafted" else invoice["number"]
    kind, now = ("draft", "at Stripe") if phase == "drafted" else ("invoice", invoice["status"])
    assert f"{kind} {name} over USD {invoice['total'] / 100:,.2f} is {now}" in entry.seen[0]
    if rule == "reversal_needed" or phase == "drafted":
        assert PROPOSED[phase].format(**invoice) in entry.allowed[0]
    if rule == "reversal_needed" and phase != "drafted":
        assert "lose the project http" in entry.allowed[0]
    assert "put the deal back" in entry.allowed[0]
    return entry


def noted(lived: Lived, n: int, what: str, phase: str) -> None:
    """An event with the names of the fields, and nothing else."""
    story = lived.story
    assert (story.handoff(n).state, story.entry(n)) == ("delivered", None)
    assert story.invoices(n) == lived.before[n]
    (event,) = [e for e in story.events("noted") if e.subject == f"deal:{org.deal_id(story.number, n)}"]
    changed = {
        "merged account": "account_id",
        "rep gone": "rep_id",
        "close date": "closed_on",
        "billing name": "legal_name",
        "billing address": "billing_street",
        "billing contact": "billing_email",
    }[what]
    assert changed in event.new["fields"]
    assert "@" not in str(event.new), "names of fields, no personal data"
    assert story.shown(n)["Handoff_Status__c"] == "Delivered"


def released(lived: Lived, n: int, what: str, phase: str) -> None:
    """It was held while it was gone, and is again what it was."""
    story = lived.story
    assert (story.entry(n).state, story.entry(n).rules) == ("released", ["reversal_needed"])
    assert story.handoff(n).state == "delivered"
    (before,), (after,) = lived.before[n], story.invoices(n)
    assert before["id"] == after["id"]
    if phase == "drafted":
        assert story.delivered(n)
    else:
        assert before == after


OUTCOMES: Mapping[str, Callable[[Lived, int, str, str], None]] = {
    "excluded": excluded,
    "follows": follows,
    "held by the gate": held_by_the_gate,
    "reversal_needed": reversal_needed,
    "changed_after_delivery": changed_after_delivery,
    "noted": noted,
    "released": released,
}


@pytest.mark.parametrize("phase", PHASES)
def test_the_next_run_changes_nothing_of_it_and_the_ledger_is_whole(live: Callable[[str], Lived], phase: str) -> None:
    story = live(phase).story
    before = [(e.id, e.state, e.episode, e.row_version) for e in entries_of(story)]
    sent = story.posts()
    again = story.sync()
    assert [(e.id, e.state, e.episode, e.row_version) for e in entries_of(story)] == before
    assert again.held_by_rule == {}
    assert story.posts() == sent
    others = "I2"  # the customers of the other phases' companies are in the same account
    assert [found for found in story.wrong(remote=True) if not found.startswith(others)] == []


def entries_of(story: Story) -> list[Any]:
    return [e for n in range(WINNER + 1) if (e := story.entry(n))]


def test_nothing_was_voided_or_deleted_by_us(live: Callable[[str], Lived], crm: Crm) -> None:
    for phase in PHASES:
        live(phase)
    calls = crm.sandbox.calls("stripe")
    assert [call for call in calls if "/void" in call or (call.startswith("DELETE") and "invoices" in call)] == []


def test_the_documents_table_is_this_one() -> None:
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in DOCUMENT.read_text().splitlines()
        if row[:1] == "|"
    ]
    header, _, *body = next(rows[n:] for n, row in enumerate(rows) if row[1:] == list(PHASES))
    told = {row[0]: tuple(re.findall(r"\*\*(.+?)\*\*", cell)[0] for cell in row[1:]) for row in body[: len(CHANGES)]}
    assert told == {what: tuple(outcomes) for what, outcomes in CELLS.items()}
    assert len(told) * (len(header) - 1) == 48
