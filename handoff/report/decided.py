"""Decisions in figures: waivers by rule, how long approvals wait, corrections by field and rep, escalations."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.pack import Pack
from handoff.core.period import Period
from handoff.report.journeys import Duration
from handoff.store import figures
from mappings.deal_row import to_row

ESCALATED = "escalated"
"""The event by which an overdue entry goes to the next level of its chain."""
WAITING = "requested"
"""The state of an approval that is still to be given or declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A rule: waivers given in the period, for how many deals, and how many deals it ever held."""

    rule: str
    waivers: int
    deals: int
    held: int

    @property
    def share(self) -> float | None:
        """Deals waived of the deals ever held, of one."""
        return min(1.0, self.deals / self.held) if self.held else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Approvals decided in the period and how long they took (elapsed time); those that wait now, and how long."""

    decided: Duration
    by_decision: dict[str, int]
    by_rule: dict[str, Duration]
    waiting: int
    past_deadline: int
    longest_wait_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """Corrections made in the period, by field and by the deal's rep; most first."""

    by_field: dict[str, int]
    by_rep: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """How often entries escalated in the period, and how many entries that were."""

    times: int
    entries: int


def waived(tx: sa.Connection, period: Period) -> Sequence[Waived]:
    """The rules that were waived, the most waived first."""
    deals: dict[str, list[str]] = defaultdict(list)
    for row in figures.waivers(tx):
        if period.holds(row.at):
            deals[row.rule].append(row.deal_id)
    held = figures.ever_held(tx, list(deals))
    found = [
        Waived(rule=rule, waivers=len(own), deals=len(set(own)), held=held.get(rule, 0)) for rule, own in deals.items()
    ]
    return sorted(found, key=lambda w: (-w.waivers, w.rule))


def asked(tx: sa.Connection, period: Period, now: datetime) -> Asked:
    """The approvals."""
    waits: dict[str, list[int]] = defaultdict(list)
    decisions: Counter[str] = Counter()
    waiting: list[int] = []
    late = 0
    for row in figures.approvals(tx):
        if row.state == WAITING:
            waiting.append(_seconds(row.requested_at, now))
            late += row.deadline < now
        elif row.decided_at is not None and period.holds(row.decided_at):
            waits[row.rule].append(_seconds(row.requested_at, row.decided_at))
            decisions[row.state] += 1
    return Asked(
        decided=Duration.of([seconds for own in waits.values() for seconds in own]),
        by_decision=dict(decisions.most_common()),
        by_rule={rule: Duration.of(own) for rule, own in sorted(waits.items())},
        waiting=len(waiting),
        past_deadline=late,
        longest_wait_s=max(waiting, default=None),
    )


def corrected(tx: sa.Connection, pack: Pack, period: Period) -> Corrected:
    """The corrections; the rep is whom the CRM named when the deal was read last."""
    fields: Counter[str] = Counter()
    deals: Counter[str] = Counter()
    for row in figures.corrections(tx):
        if period.holds(row.at):
            fields[row.field] += 1
            deals[row.deal_id] += 1
    reps: Counter[str] = Counter()
    for row in figures.snapshots_of(tx, list(deals)):
        deal = to_row(row.content, pack, row.source)
        reps[deal.get("rep_name") or deal.get("rep_id") or "(nobody)"] += deals[row.deal_id]
    return Corrected(by_field=dict(fields.most_common()), by_rep=dict(reps.most_common()))


def escalated(tx: sa.Connection, period: Period) -> Escalated:
    """The escalations."""
    entries = [row.id for row in figures.of_entries(tx, ESCALATED) if period.holds(row.at)]
    return Escalated(times=len(entries), entries=len(set(entries)))


def _seconds(start: datetime, end: datetime) -> int:
    return max(0, int((end - start).total_seconds()))


def documents(waivers: Sequence[Waived], approvals: Asked, corrections: Corrected) -> dict[str, Any]:
    """The three for programs."""
    return {
        "waivers": [
            {"rule": w.rule, "waivers": w.waivers, "deals": w.deals, "held": w.held, "share": w.share} for w in waivers
        ],
        "approvals": {
            "decided": approvals.decided.document(),
            "by_decision": approvals.by_decision,
            "by_rule": {rule: duration.document() for rule, duration in approvals.by_rule.items()},
            "waiting": approvals.waiting,
            "past_deadline": approvals.past_deadline,
            "longest_wait_s": approvals.longest_wait_s,
        },
        "corrections": {"by_field": corrections.by_field, "by_rep": corrections.by_rep},
    }
