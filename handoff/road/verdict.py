"""The verdict on a deal: what the gate finds, less what people waived or approved, and what their corrections await."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from checks import gate
from checks.facts import Facts, OtherDeal
from handoff.core.deal import DealRow
from handoff.core.keys import fingerprint
from handoff.core.violation import Failure, Violation
from handoff.ledger import steps
from handoff.quarantine import approvals, corrections, waivers
from handoff.quarantine.approvals import Standing
from handoff.quarantine.desk import failed
from handoff.road.house import House
from handoff.store import handoffs
from handoff.store.lifting import Decisions

UNPLANNABLE = (ValueError, KeyError, ArithmeticError)
"""What a deal raises that cannot be turned into an invoice and a project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtGate:
    """A deal as it comes to the gate: under its corrections, with what else people decided on it."""

    row: DealRow
    source: str
    billing_key: str
    decisions: Decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A violation that does not hold, because somebody approved just what would be written."""

    approval: sa.Row[Any]
    violation: Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`violations` hold the deal; the rest says which did not, and what became of what was asked for.

    `payload`: the hash of what would be written, where an approval needed it.
    """

    violations: tuple[Violation, ...]
    waived: tuple[sa.Row[Any], ...] = ()
    approved: tuple[Approved, ...] = ()
    carried_over: tuple[sa.Row[Any], ...] = ()
    stale: tuple[sa.Row[Any], ...] = ()
    payload: str | None = None

    @property
    def passes(self) -> bool:
        return not self.violations

    def under(self) -> dict[str, Any] | None:
        """Under whose decisions it passed, for the audit; None when nobody needed to decide."""
        waived = [{"rule": w.rule, "waived_by": w.actor, "until": w.until.isoformat()} for w in self.waived]
        approved = [
            {"rule": a.approval.rule, "approved_by": a.approval.decided_by, "payload": self.payload}
            for a in self.approved
        ]
        return {"waivers": waived, "approvals": approved} if waived or approved else None


def payload_hash(plan: steps.Plan) -> str:
    """The hash of exactly what would be written for a deal: every body, the customer's too, and where it goes."""
    own = [[e.scope, e.kind, e.service, e.body] for e in plan.effects]
    return fingerprint([plan.stripe_account, plan.customer.scope, plan.customer.body, own])


def payload_of(house: House, row: DealRow, billing_key: str) -> str:
    """The hash of what would be written for a deal; raises one of UNPLANNABLE when that cannot be said."""
    return payload_hash(steps.plan(row, house.pack, billing_key, house.team))


def unplannable(error: Exception) -> Violation:
    """A deal that passes every rule and still cannot become an invoice and a project."""
    seen = f"{type(error).__name__}: {error}"
    return failed(Failure.RULE_ERROR, seen, "a deal that can be turned into an invoice and a project")


def others_of(tx: sa.Connection, deals: Sequence[DealRow]) -> list[dict[str, Any]]:
    """Earlier deals of the same accounts, for the rules on duplicates."""
    accounts = sorted({row.get("account_id") or "" for row in deals})
    return handoffs.alike(tx, accounts, frozenset(row.deal_id for row in deals))


def verdicts(house: House, deals: Sequence[AtGate], others: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """Judge deals, in their order. `others`: see `others_of`."""
    now = house.clock.now()
    facts = Facts(now=now, others=[OtherDeal(**other) for other in others])
    by_source: dict[str, list[int]] = {}
    for n, deal in enumerate(deals):
        by_source.setdefault(deal.source, []).append(n)
    found: list[Verdict] = [Verdict(violations=())] * len(deals)
    for source, numbers in by_source.items():
        result = house.judge(gate.frame([deals[n].row for n in numbers]), house.pack, source, facts)
        for n, violations in zip(numbers, result.violations, strict=True):
            found[n] = _lifted(house, deals[n], violations, now)
    return found


def _lifted(house: House, deal: AtGate, found: Sequence[Violation], now: datetime) -> Verdict:
    """What still holds the deal after the decisions on it."""
    decided = deal.decisions
    holding = list(corrections.unsettled(decided.corrections, deal.row))
    waived = [waiver for v in found if (waiver := waivers.lifts(v, decided.waivers, now))]
    rest = [v for v in found if not waivers.lifts(v, decided.waivers, now)]
    if not (rest and decided.approvals):
        return Verdict(violations=(*rest, *holding), waived=tuple(waived))
    try:
        payload = payload_of(house, deal.row, deal.billing_key)
    except UNPLANNABLE:  # whatever was approved, nobody can say any more what would be written
        return Verdict(violations=(*rest, *holding), waived=tuple(waived))
    asked = {v.rule: row for v in rest if v.judged and (row := approvals.for_rule(v.rule, decided.approvals))}
    worth = {rule: approvals.standing(a, payload, approvals.concerns(rule, deal.row)) for rule, a in asked.items()}
    approved = [
        Approved(approval=asked[v.rule], violation=v)
        for v in rest
        if v.judged and v.rule in asked and asked[v.rule].state == "approved" and worth[v.rule] is not Standing.STALE
    ]
    rules = {a.violation.rule for a in approved}
    return Verdict(
        violations=(*(v for v in rest if not v.judged or v.rule not in rules), *holding),
        waived=tuple(waived),
        approved=tuple(approved),
        carried_over=tuple(a for rule, a in asked.items() if worth[rule] is Standing.CARRIED_OVER),
        stale=tuple(a for rule, a in asked.items() if worth[rule] is Standing.STALE),
        payload=payload,
    )
