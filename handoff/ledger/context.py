"""What delivering needs from outside the ledger, and what it counts: ports, clock, breaker, tally."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from connectors.ports import Billing, Body, Tracker
from handoff.core.clock import Clock
from handoff.core.handoff import EffectKind
from handoff.core.pack import Pack
from handoff.ledger.calls import Call
from handoff.store.effects import Effect
from handoff.store.events import Author
from handoff.store.session import Store

BREAKS_AFTER = 5
"""Consecutive failures after which a service counts as down for the rest of the run."""


class Breaker:
    """Per service: one outage is one warning, not one per deal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter()
        self._down: dict[str, str] = {}
        self._last: dict[str, str] = {}
        self._answered: set[str] = set()

    def down(self, service: str) -> str | None:
        """Why a service is not called any more in this run; None while it works."""
        return self._down.get(service)

    def worked(self, service: str) -> None:
        with self._lock:
            self._failures[service] = 0
            self._last.pop(service, None)
            self._answered.add(service)

    def answered(self, service: str) -> None:
        """A call that changes nothing was answered: the service is there, whatever it will say to writes."""
        with self._lock:
            self._answered.add(service)

    def failed(self, service: str, why: str, *, at_once: bool = False) -> None:
        """Count a failure; `at_once` for what no retry heals, such as wrong credentials."""
        with self._lock:
            self._failures[service] += 1
            self._last[service] = why
            if at_once or self._failures[service] >= BREAKS_AFTER:
                self._down.setdefault(service, why)

    @property
    def given_up(self) -> Set[str]:
        """Services that are not called any more in this run."""
        return self._down.keys()

    @property
    def working(self) -> Set[str]:
        """Services that answered in this run and do not fail at its end."""
        return self._answered - self.outages.keys()

    @property
    def outages(self) -> Mapping[str, str]:
        """Service -> why it was given up, or why its last call of the run failed: something is left undone."""
        return {**self._last, **self._down}


class Tally:
    """Effects of one run: kind -> created, adopted, refused."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[str]] = {}

    def add(self, kind: str, outcome: str, count: int = 1) -> None:
        with self._lock:
            self._counts.setdefault(kind, Counter())[outcome] += count

    def of(self, kind: str) -> dict[str, int]:
        """The counts of a kind, with zeros."""
        counts = self._counts.get(kind, Counter())
        return {outcome: counts[outcome] for outcome in ("created", "adopted", "refused")}


class KnownProjects:
    """The projects of each team, listed at most once a run: what an earlier ledger made is long in the list."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, list[Body]] = {}

    def of(self, tracker: Tracker, team: str) -> list[Body]:
        with self._lock:
            if team not in self._of:
                self._of[team] = list(tracker.projects(team))
            return self._of[team]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The arguments that every effect of a run shares."""

    store: Store
    pack: Pack
    billing: Callable[[str], Billing]
    """Stripe account (as the pack names it) -> its connector."""
    tracker: Tracker
    users: Callable[[], Mapping[str, str]]
    """E-mail -> user gid at the tracker."""
    clock: Clock
    actor: str
    run_id: str
    settle_seconds: float
    stops: Mapping[str, Any]
    restored: bool = False
    """The ledger comes from a backup: whatever it does not know to be sent may have been sent."""
    halt: threading.Event = field(default_factory=threading.Event)
    """Set by SIGINT or SIGTERM: the effect in flight is finished, no other is begun."""
    breaker: Breaker = field(default_factory=Breaker)
    tally: Tally = field(default_factory=Tally)
    projects: KnownProjects = field(default_factory=KnownProjects)

    def call(
        self,
        row: Effect,
        *,
        body: Mapping[str, Any],
        parent: str = "",
        billing: Billing | None = None,
        sections: Mapping[str, str] = MappingProxyType({}),
        look_first: bool = False,
    ) -> Call:
        """An effect's row, ready to be sent or looked for. `billing` is stated for what goes to Stripe."""
        return Call(
            kind=EffectKind(row.kind),
            body=body,
            parent=parent,
            sections=sections,
            key=row.idempotency_key or "",
            billing=billing,
            tracker=self.tracker,
            users=self.users,
            clock=self.clock,
            first_sent_at=row.tried_since or row.first_sent_at,
            look_first=(look_first or self.restored) and row.tried_since is None,
            known_projects=lambda team: self.projects.of(self.tracker, team),
        )

    def author(self) -> Author:
        return Author(actor=self.actor, at=self.clock.now(), run_id=self.run_id)
