"""Carry: deliver every deal that passed, in batches and threads; hold what a service refused."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import HandoffState
from handoff.core.violation import Failure
from handoff.ledger.customer_updates import CustomerUpdates
from handoff.ledger.customers import Customers
from handoff.ledger.deliver import Delivered, deliver, stopped_by
from handoff.ledger.outcome import Held, Later
from handoff.ledger.steps import customer_of
from handoff.quarantine import desk
from handoff.road.house import Progress
from handoff.road.run import Run
from handoff.store import entries, handoffs, overlays, runs
from handoff.store.overlays import Stored
from handoff.store.tables import handoff
from mappings.stored_deal import stored_row

_BATCH = 500
"""Handoffs a batch: large enough that the threads seldom wait for its slowest deal (measured: 82 % -> 85 % of the
rate limit against batches of 200), small enough that outcomes are written down every half minute."""
_SETTLE_MARGIN = timedelta(seconds=1)
_UNFORESEEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What delivering one handoff came to."""

    handoff: sa.Row[Any]
    result: Delivered | Later | Held


def carry(run: Run) -> None:
    """Deliver all deals that passed; then once more those that only waited for the tracker to settle."""
    settling = _carry_all(run)
    if settling and not run.house.halt.is_set():
        run.house.watch(Progress(stage="settle", done=0, total=None))
        _wait_until(run, max(settling))
        _carry_all(run)


def _carry_all(run: Run) -> list[datetime]:
    """One pass over all deals that passed; returns until when the tracker must be waited for."""
    house = run.house
    with house.store.write() as tx:
        waiting = handoffs.in_state(tx, HandoffState.PASSED)
        runs.enrol(tx, run.id, [row.deal_id for row in waiting])
        adopted = runs.adopted(tx)
    customers, updates = Customers(run.delivery, adopted), CustomerUpdates(run.delivery)
    settling: list[datetime] = []
    done = 0

    def carry_batch(ids: Sequence[int]) -> None:
        nonlocal done
        settling.extend(_carry_batch(run, customers, updates, ids))
        done += len(ids)
        house.watch(Progress(stage="deliver", done=done, total=len(waiting)))

    ids = [row.id for row in waiting]
    house.fan_out(carry_batch, [ids[n : n + _BATCH] for n in range(0, len(ids), _BATCH)])
    return settling


def _carry_batch(run: Run, customers: Customers, updates: CustomerUpdates, ids: Sequence[int]) -> list[datetime]:
    """Customers first, one per scope; then the handoffs, each by one thread."""
    house = run.house
    with house.store.read() as tx:
        rows = [row for row in _rows(tx, ids) if row.state == HandoffState.PASSED]
        stops = {**run.delivery.stops, **runs.stops(tx)}
        passed = list(handoffs.to_invoice(tx, [row.id for row in rows]).values())
        content = {row.id: stored for row, stored in zip(passed, overlays.all_known(tx, passed), strict=True)}
    scopes = {row.customer_scope: row.stripe_account for row in rows}
    with ThreadPoolExecutor(max_workers=house.settings.threads, thread_name_prefix="deliver") as pool:
        found = pool.map(lambda s: _customer(run, customers, stops, *s), scopes.items())
        obtained = dict(zip(scopes, found, strict=True))
        outcomes = list(pool.map(lambda row: _deliver(run, row, obtained, updates, content.get(row.id)), rows))
    _write_down(run, outcomes)
    return [
        o.result.at for o in outcomes if isinstance(o.result, Later) and o.result.settling and o.result.at is not None
    ]


def _rows(tx: sa.Connection, ids: Sequence[int]) -> Iterable[sa.Row[Any]]:
    return tx.execute(sa.select(handoff).where(handoff.c.id.in_(ids)).order_by(handoff.c.id)).all()


def _customer(run: Run, customers: Customers, stops: Mapping[str, Any], scope: str, account: str) -> str | Later | Held:
    if run.house.halt.is_set():
        return Later(reason="the run was asked to stop")
    if stopped := stopped_by(stops, "customer"):
        return Later(reason=stopped)
    try:
        return customers.ensure(scope, account)
    except _UNFORESEEN as error:
        return _unforeseen(error)


def _deliver(
    run: Run,
    row: sa.Row[Any],
    obtained: Mapping[str, str | Later | Held],
    updates: CustomerUpdates,
    content: Stored | None,
) -> _Outcome:
    """`content`: the deal as it passed, while not all its invoices are final."""
    customer = obtained[row.customer_scope]
    if not isinstance(customer, str):
        return _Outcome(handoff=row, result=customer)
    try:
        if content is None:
            return _Outcome(handoff=row, result=deliver(run.delivery, row.id, customer))
        said = customer_of(stored_row(content, run.house.pack), run.house.pack)
        wanted = replace(said, scope=row.customer_scope)
        with updates.turn(wanted):
            problem = updates.bring(wanted, row.stripe_account)
            return _Outcome(handoff=row, result=problem or deliver(run.delivery, row.id, customer))
    except _UNFORESEEN as error:
        return _Outcome(handoff=row, result=_unforeseen(error))


def _unforeseen(error: Exception) -> Held:
    """What we did not think of, say an answer without an id, holds one deal and never stops the other 999."""
    return Held(failure=Failure.RULE_ERROR, seen=type(error).__name__, allowed="a deal and answers that can be read")


def _write_down(run: Run, outcomes: Sequence[_Outcome]) -> None:
    """One transaction a batch: entries for what was refused, releases, and each deal's outcome in this run."""
    house, now = run.house, run.house.clock.now()
    concluded: list[tuple[str, str, str | None]] = []
    held: list[desk.HeldDeal] = []
    moving: list[str] = []
    with house.store.write() as tx:
        entries.lock(tx, [o.handoff.deal_id for o in outcomes])
        for o in outcomes:
            deal_id = o.handoff.deal_id
            match o.result:
                case Delivered():
                    concluded.append((deal_id, "delivered", None))
                    moving.append(deal_id)
                case Later(reason=reason, at=at):
                    handoffs.note(tx, o.handoff.id, reason=reason, next_at=at)
                    concluded.append((deal_id, "in_progress", reason))
                case Held(failure=failure, seen=seen, allowed=allowed):
                    handoffs.move(tx, o.handoff.id, HandoffState.HELD, now, reason=failure.value)
                    found = desk.failed(failure, seen, allowed)
                    held.append(_held_deal(tx, run, o.handoff, found))
                    run.held_by_rule[failure.value] += 1
                    concluded.append((deal_id, "held", failure.value))
        desk.hold(tx, house.pack, held, run.author())
        desk.release(tx, moving, "delivered", run.author(), unless=desk.STAYS_WHEN_DELIVERED)
        runs.conclude(tx, run.id, concluded)


def _held_deal(tx: sa.Connection, run: Run, row: sa.Row[Any], found: Any) -> desk.HeldDeal:
    values = stored_row(overlays.as_known(tx, row), run.house.pack).values
    return desk.HeldDeal(deal_id=row.deal_id, handoff_id=row.id, values=values, violations=(found,))


def _wait_until(run: Run, at: datetime) -> None:
    """Wait in short turns, so that a signal ends it."""
    clock = run.house.clock
    while clock.now() < at + _SETTLE_MARGIN and not run.house.halt.is_set():
        clock.sleep(0.5)
