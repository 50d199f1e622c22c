"""A store whose deals are held by a small company, and its clocks read at any moment. No service is there."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from handoff.core.clock import Clock
from handoff.core.handoff import HandoffState
from handoff.core.pack import Owners, Pack
from handoff.core.settings import Settings
from handoff.core.violation import Failure, Violation
from handoff.quarantine import desk
from handoff.quarantine.decision import Desk, take_up
from handoff.road.escalate import EscalateSummary, escalate
from handoff.road.house import House
from handoff.store import entries, handoffs
from handoff.store.desk_tables import notice
from handoff.store.events import Author
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store
from handoff.store.tables import event
from tests.unit.mappings.demo_deal import SNAPSHOT, demo

RULE = "amount_within_limit"
OFFICE = {"zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-17:00"]}}
MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
"""Nine o'clock in Berlin, where everybody works until five."""


def make_owners(*, away: tuple[str, ...] = (), people: Mapping[str, Any] | None = None, **others: Any) -> Owners:
    """Ann answers within eight hours, then Bob and Cid within four each, in the end Tia. All work in Berlin."""
    absent = [{"from": "2026-01-01", "until": "2026-12-31", "why": "sabbatical"}]
    everybody = {
        who: {"name": who.title(), "email": f"{who}@example.com", "absent": absent if who in away else []}
        for who in ("ann", "bob", "cid", "tia", "eve")
    }
    return Owners.model_validate(
        {
            "tie_breaker": "tia",
            "calendars": {"office": OFFICE},
            "calendar": "office",
            "people": {**everybody, **(people or {})},
            "roles": {
                "first": {"title": "First", "person": "ann", "backup": "second"},
                "second": {"title": "Second", "person": "bob", "backup": "third"},
                "third": {"title": "Third", "person": "cid"},
                "delivery": {"title": "Delivery", "person": "bob", "backup": "third"},
            },
            "rules": {RULE: {"role": "first", "respond_within_hours": 8, "escalate_within_hours": 4}},
            "failures": {failure.value: {"role": "first", "respond_within_hours": 8} for failure in Failure},
            **others,
        }
    )


@cache
def small_pack() -> Pack:
    """The demo's pack with these owners."""
    return replace(demo(), owners=make_owners(), fingerprint="small")


def violation(rule: str = RULE, **values: Any) -> Violation:
    """Why a deal is held."""
    said = {"field": "amount", "seen": "9000000", "allowed": "at most 500000", "message": "The amount is too high."}
    return Violation(rule=rule, **{**said, **values})


@cache
def _migrated() -> bytes:
    """An empty SQLite store of today's schema."""
    with tempfile.TemporaryDirectory() as folder:
        open_store(f"sqlite:///{folder}/handoff.db", Path(folder)).close()
        return (Path(folder) / "handoff.db").read_bytes()


@dataclass
class Watched:
    """Deals are called d1, d2, …; their entries E-000001, E-000002, …"""

    store: Store
    home: Path
    pack: Pack

    @classmethod
    def at(cls, folder: Path, url: str | None = None, pack: Pack | None = None) -> "Watched":
        """A fresh store: SQLite in a folder, migrated once for all tests, or another database."""
        if url is None:
            (folder / "handoff.db").write_bytes(_migrated())
        store = open_store(url or f"sqlite:///{folder / 'handoff.db'}", folder)
        return cls(store=store, home=folder, pack=pack or small_pack())

    def hold(self, *numbers: int, at: datetime = MONDAY, by: tuple[Violation, ...] = (violation(),)) -> None:
        """Hold deals, as the gate does."""
        author = Author(actor="sync", at=at)
        for n in numbers:
            with self.store.write() as tx:
                row = handoffs.by_deal(tx, f"d{n}")
                if row is None:
                    content = {**SNAPSHOT, "Id": f"d{n}"}
                    pulled = Pulled(deal_id=f"d{n}", content_hash="h", content=content)
                    handoffs.ingest(tx, [pulled], "salesforce", "org", at)
                    row = handoffs.by_deal(tx, f"d{n}")
                    assert row is not None
                facts = {"amount_minor": 900_000_000, "currency": "USD", "account_name": "Acme"}
                handoffs.move(tx, row.id, HandoffState.HELD, at, reason=RULE, **facts)
                held = desk.HeldDeal(deal_id=f"d{n}", handoff_id=row.id, values={}, violations=by)
                desk.hold(tx, self.pack, [held], author)

    def house(self, at: datetime) -> House:
        settings = Settings(home=self.home, pack=str(self.home))
        return House(settings=settings, pack=self.pack, store=self.store, actor="flow", clock=Clock(now=lambda: at))

    def sweep(self, at: datetime) -> EscalateSummary:
        """Read all clocks at a moment."""
        return escalate(self.house(at))

    def entry(self, n: int = 1) -> sa.Row[Any]:
        with self.store.read() as tx:
            return entries.of_deals(tx, [f"d{n}"])[f"d{n}"]

    def change(self, n: int = 1, **values: Any) -> None:
        """Change an entry behind everybody's back."""
        with self.store.write() as tx:
            entries.change(tx, entries.of_deals(tx, [f"d{n}"])[f"d{n}"], **values)

    def desk(self, tx: sa.Connection, actor: str, at: datetime, n: int = 1) -> Desk:
        seen = entries.of_deals(tx, [f"d{n}"])[f"d{n}"]
        return take_up(tx, self.pack, seen, {}, Author(actor=actor, at=at))

    def notices(self, kind: str | None = None) -> list[sa.Row[Any]]:
        with self.store.read() as tx:
            rows = tx.execute(sa.select(notice).order_by(notice.c.id)).all()
        return [row for row in rows if kind in (None, row.kind)]

    def events(self, *what: str) -> list[sa.Row[Any]]:
        with self.store.read() as tx:
            return list(tx.execute(sa.select(event).where(event.c.what.in_(what)).order_by(event.c.seq)))
