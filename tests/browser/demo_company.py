"""The demo company over a week and a day, played at fixed moments: deals held, decided, delivered; some left over."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.core.clock import Clock
from handoff.core.entry import EntryState, entry_name
from handoff.core.settings import Settings
from handoff.core.violation import Failure
from handoff.quarantine import assignments, pauses, questions, rejections
from handoff.review.site import Site
from handoff.road import deciding, reruns
from handoff.road.accepting import accept
from handoff.road.at_the_desk import at_the_desk
from handoff.road.escalate import escalate
from handoff.road.house import House, open_house
from handoff.road.sync import sync
from handoff.store import entries
from handoff.store.tables import entry, event
from sandbox.demo_seed import FOLDER
from sandbox.seed import RELATIVE_DAY
from tests.browser.served import serving
from tests.running_sandbox import RunningSandbox, running_sandbox

MONDAY = datetime(2026, 11, 16, 8, 30, tzinfo=UTC)
NOW = datetime(2026, 11, 24, 9, 10, tzinfo=UTC)
"""A Tuesday, when Berlin works."""


_JUDGED_AGAIN = 7
_LEFT_LATE = 2
"""Steps of people that stay late; the others are accepted."""


@dataclass
class Hand:
    """The clock of everybody here."""

    now: datetime = MONDAY

    def clock(self) -> Clock:
        return Clock(now=lambda: self.now)


@dataclass(frozen=True, kw_only=True)
class DemoCompany:
    """A home with the demo's deals, its sandbox and its hand on the clock."""

    home: Path
    sandbox: RunningSandbox
    hand: Hand

    def settings(self, **others: Any) -> Settings:
        stated = {name.removeprefix("HANDOFF_").lower(): value for name, value in self.sandbox.env.items()}
        own = {"home": self.home, "pack": Path("demo"), "threads": 4, "settle_seconds": 0, "store_url": None}
        return Settings(**{**stated, **own, **others})

    @contextmanager
    def house(self, actor: str = "sync") -> Iterator[House]:
        """The house as somebody uses it at this moment."""
        house = open_house(self.settings(), actor, clock=self.hand.clock())
        try:
            yield house
        finally:
            house.store.close()

    @contextmanager
    def page(self) -> Iterator[Site]:
        """The review page as it stands at this moment."""
        with serving(lambda address: self.settings(review_url=address), self.hand.clock()) as site:
            yield site

    def run(self, at: datetime) -> None:
        """A sync at a moment, and what is overdue by then."""
        self.hand.now = at
        self.sandbox.control(set=at.isoformat())
        with self.house() as house:
            assert sync(house).balanced
        for name in self.held_by(Failure.STEP_LATE)[_LEFT_LATE:]:
            for step in self.late_steps(name):
                with self.house(self.owner_of(name)) as house:
                    accept(house, name, step, "called, and handed over")
        with self.house() as house:
            escalate(house)

    def held_by(self, rule: str) -> list[str]:
        """The open entries that a rule holds, those first that nothing else holds."""
        with self.house() as house, house.store.read() as tx:
            query = sa.select(entry.c.id).where(entry.c.state == EntryState.OPEN).order_by(entry.c.id)
            numbers = list(tx.scalars(query))
            found = {n: {v.rule for v in held} for n, held in entries.violations_of(tx, numbers).items()}
        return [entry_name(n) for n in sorted(numbers, key=lambda n: len(found[n])) if rule in found[n]]

    def first(self, rule: str) -> str:
        """The first entry that a rule holds."""
        return self.held_by(rule)[0]

    def rerun(self) -> str:
        """The name of the latest re-run that somebody asked for."""
        with self.house() as house, house.store.read() as tx:
            query = sa.select(event.c.subject).where(event.c.subject.startswith("rerun:")).order_by(event.c.seq.desc())
            return str(tx.scalar(query.limit(1))).removeprefix("rerun:")

    def late_steps(self, name: str) -> list[str]:
        """The steps for which an entry is held."""
        number = int(name.removeprefix("E-"))
        with self.house() as house, house.store.read() as tx:
            held = entries.violations_of(tx, [number])[number]
        return [str(v.field) for v in held if v.rule == Failure.STEP_LATE]

    def owner_of(self, name: str) -> str:
        """Whose an entry is."""
        with self.house() as house, house.store.read() as tx:
            return str(tx.scalar(sa.select(entry.c.person).where(entry.c.id == int(name.removeprefix("E-")))))

    def decide(self, act: Callable[..., Any], name: str, *words: Any) -> None:
        """Its owner's decision, of the gate's kind: `act(house, the entry as it is, ...)`."""
        with self.house(self.owner_of(name)) as house:
            act(house, deciding.look(house, name), *words)

    def at_desk(self, action: Action, act: Callable[..., Any], name: str, *words: Any) -> None:
        """Its owner's decision, of the desk's kind: `act(desk, ...)`."""
        with self.house(self.owner_of(name)) as house, at_the_desk(house, name, action) as desk:
            act(desk, *words)


@contextmanager
def demo_company(folder: Path, *, told: bool = True) -> Iterator[DemoCompany]:
    """The company on its Tuesday. `told` False: as it is after its first sync, without what people then did."""
    seed, home = folder / "seed", folder / "home"
    shutil.copytree(FOLDER, seed)
    home.mkdir()
    for file in seed.glob("*.json"):
        file.write_text(RELATIVE_DAY.sub(_of_that_monday, file.read_text()))
    with running_sandbox(seed) as sandbox, pytest.MonkeyPatch.context() as environment:
        for name in (name for name in sandbox.env if name.startswith("HANDOFF_STRIPE_KEY_")):
            environment.setenv(name, sandbox.env[name])  # the keys of further accounts are read from there alone
        company = DemoCompany(home=home, sandbox=sandbox, hand=Hand())
        company.run(MONDAY)
        if told:
            _the_week(company)
        yield company


def _of_that_monday(found: Any) -> str:
    return (MONDAY.date() + timedelta(days=int(found[1] or 0))).isoformat()


def _the_week(company: DemoCompany) -> None:
    _monday(company)
    company.run(MONDAY + timedelta(hours=6))
    _tuesday(company)
    for day in (2, 4):
        company.run(MONDAY + timedelta(days=day))
    company.run(NOW - timedelta(minutes=25))
    _the_second_tuesday(company)
    company.run(NOW - timedelta(minutes=5))
    company.hand.now = NOW


def _monday(company: DemoCompany) -> None:
    company.hand.now = MONDAY + timedelta(hours=3)
    correct = deciding.correct
    for name in company.held_by("po_number_when_required"):
        company.decide(correct, name, {"po_number": "PO-88213"}, "from their mail of this morning")
    company.decide(correct, company.first("po_number_well_formed"), {"po_number": "4500187342"}, "as on the order")
    name = company.first("tax_id_well_formed")
    company.at_desk(Action.ASK, questions.ask, name, "mei_tanaka", "Which field does the new form fill?")


def _tuesday(company: DemoCompany) -> None:
    company.hand.now = MONDAY + timedelta(days=1, hours=2)
    name = company.first("close_date_not_in_future")
    company.at_desk(Action.REJECT, rejections.reject, name, "not a real deal", "a test of the new form")
    name = company.first("exemption_certificate_when_exempt")
    why = "their tax office answers next week"
    company.at_desk(Action.PAUSE, pauses.pause, name, "waiting for the customer", 48, why)


def _the_second_tuesday(company: DemoCompany) -> None:
    company.hand.now = NOW - timedelta(minutes=15)
    why = "The contract is signed by both; legal has seen it."
    for rule in ("amount_within_limit", "payment_terms_within_limit_or_approved", "discount_within_limit_or_approved"):
        company.decide(deciding.request_approval, company.first(rule), rule, why)
    name = company.first("kickoff_within_horizon")
    company.at_desk(Action.COMMENT, assignments.comment, name, "They asked for May, in writing.")
    name = company.first("lines_sum_to_amount")
    company.decide(deciding.correct, name, {"amount": "15000"}, "as on the lines, and as they signed")
    with company.house("priya_nair") as house:
        with house.store.read() as tx:
            mine = list(tx.execute(_of(house.actor).limit(_JUDGED_AGAIN)))
        reruns.request(house, [(row.id, row.row_version) for row in mine], "The CRM is put right, they say.")


def _of(person: str) -> sa.Select[Any]:
    """The open entries of somebody."""
    own = sa.select(entry.c.id, entry.c.row_version).where(entry.c.person == person, entry.c.state == EntryState.OPEN)
    return own.order_by(entry.c.id)
