"""One run: its id, its balance and its summary. Each pulled deal is counted once; silence alarms."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.ledger.context import Delivery
from handoff.quarantine.outages import note as note_outages
from handoff.road.house import House
from handoff.road.ownership_map import refuse_gaps
from handoff.road.received import mark_limits
from handoff.store import events, handoffs, outages, runs
from handoff.store.events import Author

OUTCOMES = ("delivered", "held", "excluded", "unchanged", "in_progress")
_COUNTED_EFFECTS = ("customer", "invoice", "project", "writeback")
_KINDS = {"writeback": ("write_back",), "project": ("project", "template")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Won deals in the window that a run read: by the CRM's own count, and ours."""

    crm: int
    ours: int

    @property
    def missing(self) -> int:
        """How many the CRM has that we did not get. We may have more: deals change between reading and counting."""
        return max(0, self.crm - self.ours)


@dataclass(slots=True, kw_only=True)
class Run:
    """A run under way: what the stages share."""

    house: House
    id: str
    kind: str
    started_at: datetime
    delivery: Delivery
    warnings: list[str] = field(default_factory=list)
    held_by_rule: Counter[str] = field(default_factory=Counter)
    changes: list[Mapping[str, Any]] = field(default_factory=list)
    complete: Complete | None = None
    spared: bool = False
    """Whether something was left unread to spare the CRM's API calls."""
    found: int | None = None
    """Deals that a sweep found new or changed; None when it did not get to its end."""

    def author(self) -> Author:
        """Who acts in this run, now."""
        return self.delivery.author()

    def conclude(self, outcome: str, deals: Iterable[tuple[str, str | None]]) -> None:
        """Say what became of deals (id, reason), in a transaction of its own."""
        rows = [(deal_id, outcome, reason) for deal_id, reason in deals]
        if rows:
            with self.house.store.write() as tx:
                runs.conclude(tx, self.id, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run did, as `sync --json` prints it, and what a person should read besides."""

    run_id: str
    pulled: int
    outcomes: Mapping[str, int]
    balanced: bool
    held_by_rule: Mapping[str, int]
    effects: Mapping[str, Mapping[str, int]]
    calls: Mapping[str, int]
    duration_s: float
    warnings: tuple[str, ...] = ()
    outages: Mapping[str, str] = field(default_factory=dict)
    in_progress: tuple[Mapping[str, Any], ...] = ()
    """Deals that wait: deal_id, reason, age in seconds."""
    changes: tuple[Mapping[str, Any], ...] = ()
    """A re-run's difference: deal_id, before, after."""
    interrupted: bool = False
    complete: Complete | None = None
    """None when the CRM was not asked for its count."""
    found: int | None = None
    """What a sweep found; None for other runs."""
    unswept: bool = False
    """A sweep that did not get to its end."""

    def document(self) -> dict[str, Any]:
        """The JSON contract of `sync --json` and `rerun --json`."""
        return {
            "run_id": self.run_id,
            "pulled": self.pulled,
            **{name: self.outcomes.get(name, 0) for name in OUTCOMES},
            "balanced": self.balanced,
            "held_by_rule": dict(self.held_by_rule),
            "effects": {kind: dict(counts) for kind, counts in self.effects.items()},
            "calls": dict(self.calls),
            "duration_s": round(self.duration_s, 3),
            "warnings": list(self.warnings),
            "outages": dict(self.outages),
            "waiting": [dict(row) for row in self.in_progress],
            "changes": [dict(row) for row in self.changes],
            "complete": {"crm": self.complete.crm, "ours": self.complete.ours} if self.complete else None,
            "found": self.found,
        }

    @property
    def exit_code(self) -> int:
        """0 done; 1 something unprocessed or unbalanced. Held deals are a normal outcome."""
        missing = self.complete is not None and self.complete.missing > 0
        undone = self.outages or self.interrupted or self.unswept or missing
        return 1 if undone or not self.balanced else 0


def begin(house: House, kind: str) -> Run:
    """Open a run and its delivery; a stop of the line is read once, here.

    Raises UsageError before anything is begun when the ownership map has a gap: no entry may be without an owner.
    """
    now = house.clock.now()
    refuse_gaps(house.pack, now)
    run_id = f"{now:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
    with house.store.write() as tx:
        runs.start(tx, id=run_id, kind=kind, actor=house.actor, started_at=now, pack_fingerprint=house.pack.fingerprint)
        stops = runs.stops(tx)
        mark_limits(tx, house.pack, now)
        restored = outages.RESTORED in outages.bound(tx)
        if house.restored and not restored:
            outages.bind(tx, {outages.RESTORED: run_id}, now)
    delivery = Delivery(
        store=house.store,
        pack=house.pack,
        billing=house.billing,
        tracker=house.tracker,
        users=house.users,
        clock=house.clock,
        actor=house.actor,
        run_id=run_id,
        settle_seconds=house.settings.settle_seconds,
        stops=stops,
        restored=restored or house.restored,
        halt=house.halt,
    )
    run = Run(house=house, id=run_id, kind=kind, started_at=now, delivery=delivery)
    for step, row in stops.items():
        what = "The line" if step == runs.WHOLE_LINE else f"Step {step}"
        run.warnings.append(f"{what} is stopped by {row.actor} since {row.at:%Y-%m-%d %H:%M} UTC: {row.why}")
    return run


def finish(run: Run) -> RunSummary:
    """Balance the run, seal its events, close it. Outages become one warning each."""
    house = run.house
    failing = run.delivery.breaker.outages
    with house.store.write() as tx:
        counted = runs.outcomes(tx, run.id)
        waiting = _waiting(tx, run)
        summary = RunSummary(
            run_id=run.id,
            pulled=sum(counted.values()),
            outcomes={name: counted.get(name, 0) for name in OUTCOMES},
            balanced=set(counted) <= set(OUTCOMES),
            held_by_rule=dict(run.held_by_rule.most_common()),
            effects={kind: _effects(run, kind) for kind in _COUNTED_EFFECTS},
            calls=house.calls(),
            duration_s=(house.clock.now() - run.started_at).total_seconds(),
            warnings=tuple(run.warnings),
            outages=failing,
            in_progress=tuple(waiting),
            changes=tuple(run.changes),
            interrupted=house.halt.is_set(),
            complete=run.complete,
            found=run.found,
            unswept=run.kind == "sweep" and run.found is None,
        )
        breaker = run.delivery.breaker
        seen = {"given_up": breaker.given_up, "working": breaker.working}
        note_outages(tx, house.pack, failing, run.author(), **seen)
        if run.delivery.restored and not (failing or run.delivery.stops or house.halt.is_set()):
            outages.release(tx, outages.RESTORED)
        runs.end(tx, run.id, house.clock.now(), summary.document())
        events.seal(tx)
    return summary


def _waiting(tx: sa.Connection, run: Run) -> list[dict[str, Any]]:
    rows = runs.deals_of(tx, run.id, "in_progress")
    known = handoffs.known(tx, [row.deal_id for row in rows])
    now = run.house.clock.now()
    return [
        {
            "deal_id": row.deal_id,
            "reason": row.reason,
            "age_s": round((now - known[row.deal_id].since).total_seconds()),
        }
        for row in rows
    ]


def _effects(run: Run, kind: str) -> dict[str, int]:
    total: Counter[str] = Counter({"created": 0, "adopted": 0, "refused": 0})
    for name in _KINDS.get(kind, (kind,)):
        total.update(run.delivery.tally.of(name))
    return dict(total)
