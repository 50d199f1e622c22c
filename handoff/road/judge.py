"""Judge: every pulled deal is excluded, held or passed; whatever cannot be judged is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.correction import ApprovalState
from handoff.core.deal import DealRow
from handoff.core.handoff import HandoffState
from handoff.core.money import Money, MoneyError
from handoff.core.violation import Failure, Violation
from handoff.ledger import steps
from handoff.quarantine import approvals, desk
from handoff.road.house import House, Progress
from handoff.road.run import Run
from handoff.road.verdict import UNPLANNABLE, AtGate, Verdict, others_of, payload_hash, unplannable, verdicts
from handoff.store import effects, handoffs, lifting, overlays, runs
from handoff.store.events import Event, append
from handoff.store.lifting import Decisions
from handoff.store.overlays import Stored
from handoff.store.tables import handoff
from mappings.deal_row import before_go_live, trigger_misses
from mappings.stored_deal import stored_row

_BATCH = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One deal before the gate's verdict is written down."""

    handoff: sa.Row[Any]
    row: DealRow
    stored: Stored
    decisions: Decisions

    def at_gate(self) -> AtGate:
        """The same, as it is judged."""
        key = self.handoff.billing_key
        return AtGate(row=self.row, source=self.stored.source, billing_key=key, decisions=self.decisions)


def judge(run: Run) -> None:
    """Judge all pulled deals, in batches; one bad deal never stops the others."""
    house = run.house
    with house.store.read() as tx:
        waiting = handoffs.in_state(tx, HandoffState.PULLED)
    for start in range(0, len(waiting), _BATCH):
        ids = [row.id for row in waiting[start : start + _BATCH]]
        while ids:
            ids = _judge_batch(run, ids)
        house.watch(Progress(stage="judge", done=min(start + _BATCH, len(waiting)), total=len(waiting)))


def _judge_batch(run: Run, ids: Sequence[int]) -> list[int]:
    """Judge some deals; returns those on which a person decided meanwhile: they must be judged again."""
    house = run.house
    with house.store.read() as tx:
        found = [part for chunk in handoffs.chunks(ids) for part in _with_content(tx, chunk)]
        decisions = lifting.of_deals(tx, [h.deal_id for h in found])
        deals = [
            Judged(handoff=h, row=stored_row(stored, house.pack), stored=stored, decisions=decisions[h.deal_id])
            for h, stored in zip(found, overlays.all_known(tx, found), strict=True)
        ]
        others = others_of(tx, [d.row for d in deals])
    excluded = [(d, why) for d in deals if (why := _excluded(house, d.row))]
    out = {d.handoff.id for d, _ in excluded}
    candidates = [d for d in deals if d.handoff.id not in out]
    judged = list(zip(candidates, verdicts(house, [d.at_gate() for d in candidates], others), strict=True))
    with house.store.write() as tx:
        runs.enrol(tx, run.id, [d.handoff.deal_id for d in deals])
        moved = _decided_meanwhile(tx, run, deals)
        append(tx, run.author(), [_translated(d) for d in deals if d.row.translations and d.handoff.id not in moved])
        for d, why in excluded:
            if d.handoff.id not in moved:
                _exclude(tx, run, d, why)
        judged = [(d, verdict) for d, verdict in judged if d.handoff.id not in moved]
        for d, verdict in judged:
            _settle_approvals(tx, run, d, verdict)
        _hold(tx, run, [(d, verdict.violations) for d, verdict in judged if not verdict.passes])
        _pass(tx, run, [(d, verdict) for d, verdict in judged if verdict.passes])
    return [number for number, again in moved.items() if again]


def _decided_meanwhile(tx: sa.Connection, run: Run, deals: Sequence[Judged]) -> dict[int, bool]:
    """Handoffs whose entries changed since they were read, and whether they are still at the gate.

    What is written down is the verdict on what people decided, never on what was so a moment before.
    """
    deal_ids = [d.handoff.deal_id for d in deals]
    now, there = lifting.of_deals(tx, deal_ids, lock=True), handoffs.known(tx, deal_ids)
    moved = {}
    for d in deals:
        row = there[d.handoff.deal_id]
        # The state, too: a deal may have left the gate before its batch was read, and its entry stands still since.
        if row.state == HandoffState.PULLED and now[row.deal_id].version == d.decisions.version:
            continue
        moved[d.handoff.id] = row.state == HandoffState.PULLED
        if row.state != HandoffState.PULLED:
            runs.conclude(tx, run.id, [(row.deal_id, "unchanged", f"{row.state}: a person decided meanwhile")])
    return moved


def _settle_approvals(tx: sa.Connection, run: Run, d: Judged, verdict: Verdict) -> None:
    """What was asked for is bound to what would be written now, or counts no more."""
    entry_id = d.decisions.entry_id
    if entry_id is None or verdict.payload is None:
        return
    for row in verdict.carried_over:
        approvals.carry_over(tx, run.author(), entry_id, row, verdict.payload)
    approvals.make_stale(tx, run.author(), entry_id, verdict.stale)


def _translated(d: Judged) -> Event:
    """A synonym is translated, and the translation logged."""
    words = [{"field": t.field, "seen": t.seen, "canonical": t.canonical} for t in d.row.translations]
    return Event(subject=f"deal:{d.handoff.deal_id}", what="translated", new=words)


def _with_content(tx: sa.Connection, ids: Sequence[int]) -> list[sa.Row[Any]]:
    return handoffs.with_content(tx, handoff.c.id.in_(ids))


def _excluded(house: House, row: DealRow) -> str | None:
    if miss := trigger_misses(row, house.pack):
        return miss
    return f"closed before go-live ({house.pack.trigger.go_live})" if before_go_live(row, house.pack) else None


def _exclude(tx: sa.Connection, run: Run, d: Judged, why: str) -> None:
    """Excluded; one of which something was sent is held before it comes here (`drift`), and here again if not."""
    if steps.any_sent(tx, d.handoff.id):
        _hold(tx, run, [(d, (desk.failed(Failure.REVERSAL_NEEDED, why, "the deal as it was invoiced"),))])
        return
    handoffs.move(tx, d.handoff.id, HandoffState.EXCLUDED, run.house.clock.now(), reason=why, **_facts(d.row))
    desk.release(tx, [d.handoff.deal_id], why, run.author())
    append(tx, run.author(), [Event(subject=f"deal:{d.handoff.deal_id}", what="excluded", why=why)])
    runs.conclude(tx, run.id, [(d.handoff.deal_id, "excluded", why)])


def _hold(tx: sa.Connection, run: Run, held: Sequence[tuple[Judged, tuple[Violation, ...]]]) -> None:
    for d, violations in held:
        reason = ", ".join(v.rule for v in violations)
        handoffs.move(tx, d.handoff.id, HandoffState.HELD, run.house.clock.now(), reason=reason, **_facts(d.row))
        run.held_by_rule.update(v.rule for v in violations if v.judged)
        runs.conclude(tx, run.id, [(d.handoff.deal_id, "held", reason)])
    deals = [
        desk.HeldDeal(deal_id=d.handoff.deal_id, handoff_id=d.handoff.id, values=d.row.values, violations=violations)
        for d, violations in held
    ]
    desk.hold(tx, run.house.pack, deals, run.author())


def _pass(tx: sa.Connection, run: Run, deals: Sequence[tuple[Judged, Verdict]]) -> None:
    """Plan the effects of deals that passed; the entries of those that only a rule had held are released."""
    house = run.house
    conflicts = [(d, conflict) for d, verdict in deals if (conflict := _plan(tx, run, d, verdict))]
    _hold(tx, run, conflicts)
    stopped = {d.handoff.id for d, _ in conflicts}
    passed = [(d, verdict) for d, verdict in deals if d.handoff.id not in stopped]
    deal_ids = [d.handoff.deal_id for d, _ in passed]
    runs.conclude(tx, run.id, [(deal_id, "in_progress", "passed the gate") for deal_id in deal_ids])
    desk.release(tx, deal_ids, "passes the gate", run.author(), unless=desk.STAYS_WHEN_PASSED)
    told = [Event(subject=f"deal:{d.handoff.deal_id}", what="passed", new=verdict.under()) for d, verdict in passed]
    append(tx, run.author(), told)
    house.watch(Progress(stage="plan", done=len(passed), total=len(deals)))


def _plan(tx: sa.Connection, run: Run, d: Judged, verdict: Verdict) -> tuple[Violation, ...]:
    """Write the effects down; a deal that cannot be planned is held, never lost."""
    house = run.house
    try:
        wanted = steps.plan(d.row, house.pack, d.handoff.billing_key, house.team)
        earlier = _plan_then(tx, run, d) if d.handoff.planned_snapshot_id else None
    except UNPLANNABLE as error:
        return (unplannable(error),)
    if unapproved := _unapproved(tx, verdict, wanted):
        return unapproved
    if conflict := steps.store(tx, d.handoff.id, wanted, earlier):
        return (desk.failed(Failure.CHANGED_AFTER_DELIVERY, conflict, "the deal as it was invoiced"),)
    invoiced = {}  # once an invoice is final, what it was made of stays what changes are compared with
    if not steps.any_final(effects.of_handoff(tx, d.handoff.id)):
        invoiced = {
            "planned_snapshot_id": d.handoff.snapshot_id,
            "planned_overlay": dict(d.stored.overlay) or None,
            "customer_scope": wanted.customer.scope,
            "stripe_account": wanted.stripe_account,
        }
    handoffs.move(
        tx,
        d.handoff.id,
        HandoffState.PASSED,
        house.clock.now(),
        reason=None,
        next_at=None,
        pack_fingerprint=house.pack.fingerprint,
        **invoiced,
        **_facts(d.row),
    )
    return ()


def _unapproved(tx: sa.Connection, verdict: Verdict, wanted: steps.Plan) -> tuple[Violation, ...]:
    """Violations whose approval, as it now stands, is not for exactly what is being planned."""
    payload = payload_hash(wanted)
    rows = [(a.violation, lifting.approval_of(tx, a.approval.id)) for a in verdict.approved]
    return tuple(v for v, row in rows if (row.state, row.payload_hash) != (ApprovalState.APPROVED, payload))


def _plan_then(tx: sa.Connection, run: Run, d: Judged) -> steps.Plan:
    """What the pack of today makes of the deal as it was when it was planned; the tracker's team does not count."""
    pack = run.house.pack
    return steps.plan(stored_row(overlays.as_planned(tx, d.handoff), pack), pack, d.handoff.billing_key, "")


def _facts(row: DealRow) -> dict[str, Any]:
    """What reports, owners and the rules on duplicates ask of a deal without reading its snapshot."""
    amount, currency = row.get("amount"), row.get("currency")
    try:
        minor = Money.parse(amount or "", currency or "").minor
    except MoneyError:
        minor = None
    return {
        "account_id": _fit(row, "account_id"),
        "account_name": row.get("account_name"),
        "deal_name": row.get("deal_name"),
        "po_number": row.get("po_number"),
        "amount": amount,
        "amount_minor": minor,
        "currency": _fit(row, "currency"),
        "closed_on": _fit(row, "closed_on"),
        "kickoff_on": _fit(row, "kickoff_on"),
    }


def _fit(row: DealRow, name: str) -> str | None:
    """What stands in a field, whatever that is, as far as its column takes it (PostgreSQL refuses longer texts)."""
    text = row.get(name)
    longest: int = handoff.c[name].type.length  # type: ignore[attr-defined]  # these are Strings
    return text[:longest] if text else text
