"""One deal's handoff on the whole road, in memory: services and a store that outlive the processes that use them."""

import copy
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from checks import gate
from checks.facts import Facts
from handoff.core.handoff import EffectKind
from handoff.core.pack import Pack
from handoff.core.settings import Settings
from handoff.road.house import House
from handoff.road.run import RunSummary
from handoff.road.sync import sync as one_sync
from handoff.road.verify import verify
from handoff.store.desk_tables import notice
from handoff.store.session import open_store
from handoff.store.tables import adoption, effect, entry, handoff, violation
from tests.fakes import FakeBilling, FakeSource, FakeTracker, Ticking
from tests.proof.boundaries import Life, MortalPort, MortalStore
from tests.unit.mappings.demo_deal import demo, snapshot

Road = Callable[[House], RunSummary]

CALL_S = 1
"""Seconds that every call takes, by the clock of all."""
LAG_S = 55
"""How long the tracker's list hides a new project; it has settled after the 60 s of the settings."""
RESTART_S = 5
_TIMES = {"created", "at", "SystemModstamp"}
_SHOWN_TIMES = {"Handoff_Last_Run__c", "Handoff_Due__c"}
_DUE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d [\w/+-]+(?: \([\d :-]+UTC\))?")
_OF_ITS_HISTORY = {EffectKind.VERIFY, EffectKind.WRITE_BACK}
"""Their fingerprints tell more than what is sent: whether a draft was adopted, and until when an owner answers."""
_BY_THE_WAY = {
    *("id", "snapshot_id", "planned_snapshot_id", "compared_snapshot_id", "handoff_id", "entry_id"),
    *("since", "created_at", "updated_at", "tried_since", "first_sent_at", "last_sent_at", "send_deadline", "seen_at"),
    *(
        "opened_at",
        "due_at",
        "first_due_at",
        "answered_at",
        "clock",
        "message_id",
        "judged_at",
        "released_at",
        "next_at",
    ),
    *("attempts", "generation", "idempotency_key", "outcome", "row_version", "error", "status_code", "written_hash"),
}
"""What a ledger knows of how it came about; the rest must be the same whatever happened on the way."""


def deal(**changes: Any) -> dict[str, Any]:
    """The deal, as the CRM has it."""
    return snapshot(Instalment_Plan__c="Half and half", **changes)


@dataclass
class Services:
    """The three services, with one clock: what they were told, they keep."""

    ticking: Ticking
    source: FakeSource
    tracker: FakeTracker
    stripe: dict[str, FakeBilling]

    @classmethod
    def begin(cls) -> "Services":
        """A CRM with one won deal: a tax id, two instalments, a project with sections and tasks."""
        ticking = Ticking(datetime(2026, 11, 10, 9, tzinfo=UTC))
        source = FakeSource(ticking, [deal()])
        source.fields = tuple(demo().fields.sources["salesforce"].write_back.values())
        accounts = {entity.stripe_account for entity in demo().billing.entities.values()}
        return cls(
            ticking=ticking,
            source=source,
            tracker=FakeTracker(ticking, LAG_S),
            stripe={name: FakeBilling(ticking) for name in sorted(accounts)},
        )

    def kept(self) -> "Services":
        """A copy with the same clock, and the same errors still to come (errors cannot be copied)."""
        fakes: list[Any] = [self.source, self.tracker, *self.stripe.values()]
        errors = [e for fake in fakes for to_come in (fake.before, fake.after) for es in to_come.values() for e in es]
        copied: Services = copy.deepcopy(self, {id(same): same for same in (self.ticking, *errors)})
        return copied

    def told(self) -> dict[str, Any]:
        """Every object of the services, without its times."""
        stripe = {
            name: [account.customer_rows, account.tax_id_rows, account.invoice_rows, account.mails]
            for name, account in self.stripe.items()
        }
        asana = [self.tracker.project_rows, self.tracker.section_rows, self.tracker.task_rows]
        told = {d: {k: v for k, v in row.items() if k not in _SHOWN_TIMES} for d, row in self.source.shown.items()}
        shown = {d: {k: _DUE.sub("~", v) if v else v for k, v in row.items()} for d, row in told.items()}
        every: dict[str, Any] = _timeless({"stripe": stripe, "asana": asana, "shown": shown})
        return every


@dataclass(frozen=True)
class Kept:
    """All that outlives a process: the committed store, the services, the time."""

    store: sqlite3.Connection
    services: Services
    at: datetime


class Company:
    """One company, whose processes come and go. The store's engine is shared by all of them: it keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.services = Services.begin()
        self.folder = folder
        file = folder / "handoff.db"
        open_store(f"sqlite:///{file}", folder).close()
        self.store = MortalStore(f"sqlite:///{file}")
        self._raw = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._judge = Remembered()
        self._settings = Settings(_env_file=None, home=folder, threads=1, settle_seconds=60, asana_team="t")

    def close(self) -> None:
        self.store.close()
        self._raw.close()

    def keep(self) -> Kept:
        """What would be left if all processes died now: what is committed, and what the services have."""
        store = sqlite3.connect(":memory:", check_same_thread=False)
        self._raw.backup(store)
        return Kept(store=store, services=self.services.kept(), at=self.services.ticking.at)

    def put_back(self, kept: Kept) -> None:
        """Everything as it was kept."""
        kept.store.backup(self._raw)
        self.services = kept.services.kept()
        self.services.ticking.at = kept.at

    def put_ledger_back(self, kept: Kept) -> None:
        """The ledger as it was kept; the services know better."""
        kept.store.backup(self._raw)

    def wait(self, seconds: float) -> None:
        self.services.ticking.forward(seconds)

    def content(self) -> list[str]:
        """The committed store as SQL, row by row."""
        return list(self._raw.iterdump())

    def sync(self, life: Life | None = None, home: Path | None = None) -> RunSummary:
        """A new process that syncs. Raises Died when its life says so. `home`: its lock lies in another place."""
        return self.walk(one_sync, life, home)

    def walk(self, road: Road, life: Life | None = None, home: Path | None = None) -> RunSummary:
        """A new process that takes a road."""
        house = self._house(life or Life())
        if home:
            house.settings = house.settings.model_copy(update={"home": home})
        return road(house)

    def sync_to_the_end(self, tries: int = 3, road: Road = one_sync) -> int:
        """New processes that sync until there is nothing left to do; returns how many it took."""
        for n in range(1, tries + 1):
            summary = self.walk(road)
            if summary.exit_code == 0 and not summary.outcomes["in_progress"]:
                return n
        raise AssertionError(f"there is still something to do after {tries} syncs: {summary.document()}")

    def wrong(self) -> list[str]:
        """What `verify --remote` finds."""
        house = self._house(Life())
        return [f"{f.invariant} {f.subject} {f.what}" for f in verify(house, remote=True)]

    def told(self) -> dict[str, Any]:
        """All that must be the same in the end, whatever happened on the way."""
        return {**self.services.told(), "ledger": self.ledger()}

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of the ledger, as far as they tell what is, not how it came about."""
        tables = {"handoff": handoff, "effect": effect, "entry": entry, "violation": violation, "notice": notice}
        tables["adoption"] = adoption
        with self.store.read() as tx:
            return {name: plain(tx, table) for name, table in tables.items()}

    def _house(self, life: Life) -> House:
        services = self.services
        self.store.life = life
        clock = services.ticking.clock
        house = House(settings=self._settings, pack=demo(), store=self.store, actor="sync", clock=clock)
        house.judge = self._judge
        timed = {name: _Taking(port, services.ticking) for name, port in services.stripe.items()}
        house._billing.update({name: MortalPort(port, "stripe", life) for name, port in timed.items()})  # type: ignore[arg-type]  # they act as ports
        house.__dict__["source"] = MortalPort(_Taking(services.source, services.ticking), "salesforce", life)
        house.__dict__["tracker"] = MortalPort(_Taking(services.tracker, services.ticking), "asana", life)
        return house


class Remembered:
    """The gate, which judges the same deals once: thousands of crashed runs bring it the same one."""

    def __init__(self) -> None:
        self._said: dict[str, gate.GateResult] = {}

    def __call__(self, deals: pl.DataFrame, pack: Pack, source: str, facts: Facts) -> gate.GateResult:
        # No rule looks at more than the day, in one of the world's zones: none begins within a quarter of an hour.
        quarter = facts.now.replace(minute=facts.now.minute // 15 * 15, second=0, microsecond=0)
        key = repr((deals.rows(), deals.schema, pack.fingerprint, source, quarter, facts.others))
        if key not in self._said:
            self._said[key] = gate.judge(deals, pack, source, facts)
        return self._said[key]


class _Taking:
    """A port of which every call takes a while."""

    def __init__(self, port: Any, ticking: Ticking) -> None:
        self._port, self._ticking = port, ticking

    def __getattr__(self, name: str) -> Any:
        if name in self._port.__class__.__dict__ and not isinstance(self._port.__class__.__dict__[name], property):
            self._ticking.forward(CALL_S)
        return getattr(self._port, name)


def plain(tx: sa.Connection, table: sa.Table, *where: sa.ColumnElement[bool]) -> list[dict[str, Any]]:
    """Rows of the ledger, as far as they tell what is, not how it came about."""
    rows = [dict(row) for row in tx.execute(sa.select(table).where(*where)).mappings()]
    found = [{name: value for name, value in row.items() if name not in _BY_THE_WAY} for row in rows]
    for row in found:
        if row.get("kind") in _OF_ITS_HISTORY:
            del row["fingerprint"]
    return sorted(found, key=lambda row: str(row.get("scope") or row))


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timeless(inner) for name, inner in value.items() if name not in _TIMES}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value
