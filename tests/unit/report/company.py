"""A small company in a store, for the figures: each deal's life in a line, at moments that a test states."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from checks.rules import names
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.pack import Pack
from handoff.core.violation import Violation
from handoff.quarantine import desk
from handoff.store import effects, entries, handoffs
from handoff.store.desk_tables import approval, overlay, waiver
from handoff.store.effects import PlannedEffect
from handoff.store.events import Author, Event, append
from handoff.store.handoffs import Pulled
from handoff.store.session import Store
from handoff.store.tables import handoff
from mappings.pack import load, shipped
from tests.unit.report.held import make_violation


@cache
def pack() -> Pack:
    """The pack of the real export: one billing entity, in New York; entries of the rep's manager."""
    return load(shipped("crm_sales_opportunities"), names())


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of November 2026, UTC; New York is five hours behind."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour, minutes=minute)


@dataclass
class Company:
    """The store, and the numbers of its deals."""

    store: Store
    numbers: dict[str, int] = field(default_factory=dict)

    def deal(self, name: str, *, closed: str | None = "2026-11-02", minor: int | None = 100_00, **facts: Any) -> str:
        """A deal as it was pulled; its rep is Ada unless `rep` says otherwise."""
        rep = facts.pop("rep", "Ada")
        facts = {"currency": "USD", "stripe_account": "default", "closed_on": closed, "amount_minor": minor, **facts}
        content = {"Id": name, "Owner": {"Name": rep}}
        with self.store.write() as tx:
            handoffs.ingest(tx, [Pulled(deal_id=name, content_hash=name, content=content)], "salesforce", "00D", at(1))
            row = handoffs.by_deal(tx, name)
            assert row is not None
            tx.execute(sa.update(handoff).where(handoff.c.id == row.id).values(**facts))
        self.numbers[name] = row.id
        return name

    def passed(self, name: str, when: datetime) -> None:
        with self.store.write() as tx:
            handoffs.move(tx, self.numbers[name], HandoffState.PASSED, when)
            desk.release(tx, [name], "passes the gate", author(when))
            append(tx, author(when), [Event(subject=f"deal:{name}", what="passed")])

    def held(self, name: str, when: datetime, *found: Violation, manager: str = "Cara Losch") -> None:
        violations = found or (make_violation(),)
        deal = desk.HeldDeal(
            deal_id=name, handoff_id=self.numbers[name], values={"rep_manager": manager}, violations=violations
        )
        with self.store.write() as tx:
            tx.execute(sa.update(handoff).where(handoff.c.deal_id == name).values(state=HandoffState.HELD))
            desk.hold(tx, pack(), [deal], author(when))

    def entry(self, name: str, **values: Any) -> None:
        """What a clock or a decision wrote on an entry."""
        with self.store.write() as tx:
            entries.change(tx, entries.of_deals(tx, [name])[name], **values)

    def event(self, name: str, what: str, when: datetime, **told: Any) -> None:
        """An event of an entry."""
        with self.store.write() as tx:
            number = entries.of_deals(tx, [name])[name].id
            append(tx, author(when), [Event(subject=f"entry:E-{number:06d}", what=what, **told)])

    def told(self, subject: str, what: str, when: datetime) -> None:
        """An event of anything."""
        with self.store.write() as tx:
            append(tx, author(when), [Event(subject=subject, what=what)])

    def confirmed(self, name: str, kind: EffectKind, when: datetime | None, n: int = 1) -> None:
        """An invoice or project of a deal, confirmed at a moment, or only planned."""
        scope = f"bk:{name}:{kind}:{n}"
        planned = PlannedEffect(
            scope=scope, kind=kind, step="x", service="s", body={}, handoff_id=self.numbers[name], seq=n
        )
        with self.store.write() as tx:
            if not effects.by_scopes(tx, [scope]):
                effects.plan(tx, [planned])
            if when is not None:
                effects.change(tx, effects.by_scopes(tx, [scope])[scope], EffectState.CONFIRMED, external_id=scope)
                append(tx, author(when), [Event(subject=f"effect:{scope}", what="in_flight")])
                append(tx, author(when), [Event(subject=f"effect:{scope}", what="confirmed")])

    def rows(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        with self.store.write() as tx:
            for row in rows:
                tx.execute(sa.insert(table).values(**row))

    def waived(self, name: str, rule: str, when: datetime) -> None:
        row = {"deal_id": name, "rule": rule, "state": "active", "actor": "dana", "at": when, "why": "agreed"}
        self.rows(waiver, {**row, "until": when + timedelta(days=30)})

    def corrected(self, name: str, column: str, when: datetime) -> None:
        row = {"deal_id": name, "field": column, "value": "x", "state": "active", "actor": "ada", "at": when}
        self.rows(overlay, {**row, "why": "typed wrong"})

    def asked(self, name: str, when: datetime, *, decided: datetime | None = None, **values: Any) -> None:
        row: dict[str, Any] = {
            "deal_id": name,
            "rule": "discount_within_limit_or_approved",
            "role": "head_of_sales",
            "state": "approved" if decided else "requested",
            "requested_by": "cara_losch",
            "requested_at": when,
            "why": "a big customer",
            "deadline": when + timedelta(hours=16),
            "person": "dana_whitfield",
            "payload_hash": "0",
            "concerns": {},
            "decided_at": decided,
        }
        self.rows(approval, {**row, **values})


def author(when: datetime) -> Author:
    return Author(actor="sync", at=when, run_id="run")
