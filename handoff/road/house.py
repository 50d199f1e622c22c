"""Everything a run needs, in one place: store, ports, pack, clock, actor. A flow and a CLI verb build the same."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from checks import gate
from connectors import open_billing, open_salesforce, open_tracker
from connectors.ports import Billing, DealSource, SourceQuery, Tracker
from handoff.core.clock import Clock
from handoff.core.pack import Pack
from handoff.core.settings import Settings
from handoff.road.packs import find_pack, pack_folder
from handoff.store import label_decisions
from handoff.store.session import Store, open_store
from mappings.deal_row import source_query

Batch = Sequence[int]
"""Handoff ids that are delivered together: one Prefect task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a long stage is, for whoever is watching."""

    stage: str
    done: int
    total: int | None


def _in_turn(work: Callable[[Batch], None], batches: Sequence[Batch]) -> None:
    for batch in batches:
        work(batch)


@dataclass
class House:
    """The arguments of every road. `fan_out` runs the batches (a flow makes each a task); `watch` hears progress."""

    settings: Settings
    pack: Pack
    store: Store
    actor: str
    clock: Clock = field(default_factory=Clock)
    restored: bool = False
    """The ledger comes from a backup: until a whole run has ended, all that it would send is looked for first."""
    halt: threading.Event = field(default_factory=threading.Event)
    judge: Callable[..., gate.GateResult] = gate.judge
    """The gate. It is pure, so that whoever judges the same deals again and again may keep what it said."""
    fan_out: Callable[[Callable[[Batch], None], Sequence[Batch]], None] = _in_turn
    watch: Callable[[Progress], None] = lambda _: None
    _billing: dict[str, Billing] = field(default_factory=dict)
    _users: Mapping[str, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def source(self) -> DealSource:
        return open_salesforce(self.settings)

    @cached_property
    def tracker(self) -> Tracker:
        return open_tracker(self.settings)

    @cached_property
    def query(self) -> SourceQuery:
        return SourceQuery(**source_query(self.pack, self.source.name))

    def users(self) -> Mapping[str, str]:
        """E-mail (lower case) -> user gid at the tracker; asked once, when the first project needs it."""
        with self._lock:
            if self._users is None:
                self._users = self.tracker.users()
            return self._users

    @property
    def team(self) -> str:
        """The tracker's team for projects whose pack names none."""
        return self.settings.asana_team or ""

    @property
    def teams(self) -> set[str]:
        """The tracker's teams in which our projects are."""
        return {team for team in (self.pack.project.team, self.team) if team}

    def billing(self, account: str) -> Billing:
        """The connector of one Stripe account, as the pack names it."""
        with self._lock:
            if account not in self._billing:
                self._billing[account] = open_billing(self.settings, account)
            return self._billing[account]

    def opened_billing(self) -> Mapping[str, Billing]:
        """The connectors that have been opened, by Stripe account."""
        return dict(self._billing)

    def open_ports(self) -> None:
        """Open every port the pack needs, so that a missing setting is said before anything is done."""
        _ = self.source, self.tracker
        for entity in self.pack.billing.entities.values():
            self.billing(entity.stripe_account)

    def calls(self) -> dict[str, int]:
        """HTTP requests sent so far, per service."""
        counts = {"salesforce": self.source.calls} if "source" in self.__dict__ else {}
        if "tracker" in self.__dict__:
            counts["asana"] = self.tracker.calls
        if self._billing:
            counts["stripe"] = sum(billing.calls for billing in self._billing.values())
        return counts


def open_house(settings: Settings, actor: str, *, decided: bool = True, **choices: Any) -> House:
    """Open the store, load the pack with the label decisions in it; `decided` False: as its files alone say it.

    Raises UsageError, PackError or StoreError, each one clear sentence.
    """
    pack_folder(settings.pack)
    store = open_store(settings.store, settings.home)
    try:
        pack = decided_pack(settings, store) if decided else find_pack(settings.pack)
    except BaseException:
        store.close()
        raise
    return House(settings=settings, pack=pack, store=store, actor=actor, **choices)


def decided_pack(settings: Settings, store: Store) -> Pack:
    """The pack of a store: its files and the label decisions in use, of which a clash is a PackError."""
    with store.read() as tx:
        return find_pack(settings.pack, label_decisions.in_use(tx))
