"""Judge: every pulled deal is excluded, held or passed; whatever cannot be judged is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from checks import gate
from checks.facts import Facts, OtherDeal
from handoff.core.deal import DealRow
from handoff.core.handoff import HandoffState
from handoff.core.money import Money, MoneyError
from handoff.core.violation import Failure, Violation
from handoff.ledger import steps
from handoff.quarantine import desk
from handoff.road.house import House, Progress
from handoff.road.run import Run
from handoff.store import effects, handoffs, runs
from handoff.store.events import Event, append
from handoff.store.tables import handoff
from mappings.deal_row import before_go_live, to_row, trigger_misses

_BATCH = 2000
_DECIDED = "a person decided on it while it was judged; the next run goes by that"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One deal before the gate's verdict is written down."""

    handoff: sa.Row[Any]
    row: DealRow


def judge(run: Run) -> None:
    """Judge all pulled deals, in batches; one bad deal never stops the others."""
    house = run.house
    with house.store.read() as tx:
        waiting = handoffs.in_state(tx, HandoffState.PULLED)
    for start in range(0, len(waiting), _BATCH):
        ids = [row.id for row in waiting[start : start + _BATCH]]
        _judge_batch(run, ids)
        house.watch(Progress(stage="judge", done=start + len(ids), total=len(waiting)))


def _judge_batch(run: Run, ids: Sequence[int]) -> None:
    house = run.house
    with house.store.read() as tx:
        found = [part for chunk in handoffs.chunks(ids) for part in _with_content(tx, chunk)]
        deals = [Judged(handoff=h, row=to_row(h.content, house.pack, h.source)) for h in found]
        accounts = sorted({d.row.get("account_id") or "" for d in deals})
        alike = handoffs.alike(tx, accounts, frozenset(d.handoff.deal_id for d in deals))
    excluded = [(d, why) for d in deals if (why := _excluded(house, d.row))]
    out = {d.handoff.id for d, _ in excluded}
    candidates = [d for d in deals if d.handoff.id not in out]
    verdicts = _verdicts(house, candidates, alike)
    with house.store.write() as tx:
        runs.enrol(tx, run.id, [d.handoff.deal_id for d in deals])
        decided = handoffs.moved_on(tx, [d.handoff for d in deals])
        runs.conclude(tx, run.id, [(deal_id, "unchanged", _DECIDED) for deal_id in decided.values()])
        deals = [d for d in deals if d.handoff.id not in decided]
        excluded = [(d, why) for d, why in excluded if d.handoff.id not in decided]
        verdicts = [v for d, v in zip(candidates, verdicts, strict=True) if d.handoff.id not in decided]
        candidates = [d for d in candidates if d.handoff.id not in decided]
        append(tx, run.author(), [_translated(d) for d in deals if d.row.translations])
        for d, why in excluded:
            _exclude(tx, run, d, why)
        _hold(tx, run, [(d, v) for d, v in zip(candidates, verdicts, strict=True) if v])
        _pass(tx, run, [d for d, v in zip(candidates, verdicts, strict=True) if not v])


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


def _verdicts(house: House, deals: Sequence[Judged], alike: Sequence[dict[str, Any]]) -> list[tuple[Violation, ...]]:
    if not deals:
        return []
    facts = Facts(now=house.clock.now(), others=[OtherDeal(**other) for other in alike])
    by_source: dict[str, list[int]] = {}
    for n, d in enumerate(deals):
        by_source.setdefault(d.handoff.source, []).append(n)
    verdicts: list[tuple[Violation, ...]] = [()] * len(deals)
    for source, numbers in by_source.items():
        result = gate.judge(gate.frame([deals[n].row for n in numbers]), house.pack, source, facts)
        for n, violations in zip(numbers, result.violations, strict=True):
            verdicts[n] = violations
    return verdicts


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


def _pass(tx: sa.Connection, run: Run, deals: Sequence[Judged]) -> None:
    """Plan the effects of deals that passed; the entries of those that only a rule had held are released."""
    house = run.house
    conflicts = [(d, conflict) for d in deals if (conflict := _plan(tx, run, d))]
    _hold(tx, run, conflicts)
    stopped = {d.handoff.id for d, _ in conflicts}
    passed = [d for d in deals if d.handoff.id not in stopped]
    runs.conclude(tx, run.id, [(d.handoff.deal_id, "in_progress", "passed the gate") for d in passed])
    deal_ids = [d.handoff.deal_id for d in passed]
    desk.release(tx, deal_ids, "passes the gate", run.author(), unless=desk.STAYS_WHEN_PASSED)
    append(tx, run.author(), [Event(subject=f"deal:{deal_id}", what="passed") for deal_id in deal_ids])
    house.watch(Progress(stage="plan", done=len(passed), total=len(deals)))


def _plan(tx: sa.Connection, run: Run, d: Judged) -> tuple[Violation, ...]:
    """Write the effects down; a deal that cannot be planned is held, never lost."""
    house = run.house
    try:
        wanted = steps.plan(d.row, house.pack, d.handoff.billing_key, house.team)
        earlier = _plan_then(tx, run, d) if d.handoff.planned_snapshot_id else None
    except (ValueError, KeyError, ArithmeticError) as error:
        seen = f"{type(error).__name__}: {error}"
        return (desk.failed(Failure.RULE_ERROR, seen, "a deal that can be turned into an invoice and a project"),)
    if conflict := steps.store(tx, d.handoff.id, wanted, earlier):
        return (desk.failed(Failure.CHANGED_AFTER_DELIVERY, conflict, "the deal as it was invoiced"),)
    invoiced = {}  # once an invoice is final, what it was made of stays what changes are compared with
    if not steps.any_final(effects.of_handoff(tx, d.handoff.id)):
        invoiced = {
            "planned_snapshot_id": d.handoff.snapshot_id,
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


def _plan_then(tx: sa.Connection, run: Run, d: Judged) -> steps.Plan:
    """What the pack of today makes of the deal as it was when it was planned; the tracker's team does not count."""
    then = handoffs.content_of(tx, d.handoff.planned_snapshot_id)
    pack = run.house.pack
    return steps.plan(to_row(then.content, pack, then.source), pack, d.handoff.billing_key, "")


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
