"""A store with held deals of the demo company, and houses over it without any port: for tests of decisions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from handoff.core.clock import Clock
from handoff.core.entry import EntryKind
from handoff.core.handoff import HandoffState
from handoff.core.keys import content_hash
from handoff.core.pack import Pack, Waivable
from handoff.core.settings import Settings
from handoff.quarantine import desk
from handoff.road.house import House
from handoff.road.verdict import AtGate, others_of, verdicts
from handoff.store import handoffs, lifting
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import open_store
from handoff.store.tables import event, handoff
from mappings.deal_row import to_row
from tests.unit.mappings.demo_deal import demo, snapshot

TERMS, HORIZON = "payment_terms_within_limit_or_approved", "kickoff_within_horizon"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
_RULES = ("payment_terms_is_canonical", TERMS, "amount_readable", "amount_above_zero", "kickoff_date_readable", HORIZON)


def small_pack() -> Pack:
    """The demo pack with a few rules, of which terms are a question of approval and delivery may waive the horizon."""
    whole = demo()
    rules = {name: whole.owners.rules[name] for name in _RULES}
    rules[TERMS] = rules[TERMS].model_copy(update={"kind": EntryKind.APPROVAL})
    waive = Waivable(roles=("delivery",), days=10)
    rules[HORIZON] = rules[HORIZON].model_copy(update={"waive": waive})
    people = {key: person.model_copy(update={"absent": ()}) for key, person in whole.owners.people.items()}
    owners = whole.owners.model_copy(update={"rules": rules, "people": people})
    return replace(whole, owners=owners, policies=whole.policies.model_copy(update={"rules": _RULES}))


class DeskBench:
    """Held deals, numbered from 0; each is held for its terms and its kick-off."""

    def __init__(self, folder: Path, deals: int = 1, url: str | None = None, **fields: Any) -> None:
        self.folder, self.pack, self.at = folder, small_pack(), NOW
        self.url = url or f"sqlite:///{folder / 'handoff.db'}"
        self.store = open_store(self.url, folder)
        self._houses: dict[str, House] = {}
        far = (NOW.date() + timedelta(days=400)).isoformat()
        told = {"Payment_Terms__c": "Net 90", "Kickoff_Date__c": far, **fields}
        self.pulled([snapshot(Id=f"006{n:015}", **told) for n in range(deals)])
        self.judge()

    def house(self, actor: str) -> House:
        """Somebody's house, over a connection of its own, as another process has."""
        if actor not in self._houses:
            settings = Settings(home=self.folder, pack=self.folder)
            clock = Clock(now=lambda: self.at)
            store = open_store(self.url, self.folder)
            self._houses[actor] = House(settings=settings, pack=self.pack, store=store, actor=actor, clock=clock)
        return self._houses[actor]

    def close(self) -> None:
        for house in self._houses.values():
            house.store.close()
        self.store.close()

    def pulled(self, snapshots: Sequence[dict[str, Any]]) -> None:
        """The CRM tells of these deals."""
        told = [Pulled(deal_id=s["Id"], content_hash=content_hash(s, frozenset()), content=s) for s in snapshots]
        with self.store.write() as tx:
            handoffs.ingest(tx, told, "salesforce", "org", self.at)

    def judge(self) -> None:
        """Hold every pulled deal for what the gate finds."""
        house = self.house("sync")
        with self.store.write() as tx:
            rows = handoffs.with_content(tx, handoff.c.state == HandoffState.PULLED)
            read = [to_row(row.content, self.pack, row.source) for row in rows]
            decided = lifting.of_deals(tx, [row.deal_id for row in rows])
            at_gate = [
                AtGate(row=r, source=h.source, billing_key=h.billing_key, decisions=decided[h.deal_id])
                for h, r in zip(rows, read, strict=True)
            ]
            found = verdicts(house, at_gate, others_of(tx, read))
            held = []
            for h, r, verdict in zip(rows, read, found, strict=True):
                handoffs.move(tx, h.id, HandoffState.HELD, self.at, reason="held")
                held.append(
                    desk.HeldDeal(deal_id=h.deal_id, handoff_id=h.id, values=r.values, violations=verdict.violations)
                )
            desk.hold(tx, self.pack, held, Author(actor="sync", at=self.at, run_id="run"))

    def rows(self, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[Any]:
        with self.store.read() as tx:
            return list(tx.execute(sa.select(table).where(*where)))

    def events(self, what: str) -> list[Any]:
        return self.rows(event, event.c.what == what)
