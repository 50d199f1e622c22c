"""Dry run: what a sync would do, worked out in memory; the store is only read, no service is asked to write."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from connectors.ports import Body
from handoff.core.deal import DealRow
from handoff.core.entry import EntryState
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.keys import billing_key, content_hash
from handoff.core.violation import Failure, Violation
from handoff.ledger import steps
from handoff.quarantine import corrections
from handoff.quarantine.desk import failed
from handoff.report.foreseen import Foreseen, ForeseenDeal
from handoff.road import drift
from handoff.road.foresee import ForeseenCustomers
from handoff.road.house import House
from handoff.road.proposal import propose
from handoff.road.pull import read_from
from handoff.road.verdict import UNPLANNABLE, AtGate, others_of, verdicts
from handoff.store import effects, handoffs, lifting, overlays, runs
from handoff.store.lifting import Decisions
from handoff.store.tables import entry, handoff
from mappings.deal_row import before_go_live, to_row, trigger_misses

_COUNTED = {
    EffectKind.INVOICE: "invoice",
    EffectKind.PROJECT: "project",
    EffectKind.TEMPLATE: "project",
    EffectKind.SECTION: "section",
    EffectKind.TASK: "task",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A deal that a sync would judge or carry on, and its handoff, if it has one."""

    row: DealRow
    source: str
    handoff: sa.Row[Any] | None
    decisions: Decisions


def dry_run(house: House) -> Foreseen:
    """Pull and judge as a sync would. Raises UsageError for missing settings, ConnectorError for a failing service."""
    house.open_ports()
    found = Foreseen()
    with house.store.read() as tx:
        for step, row in runs.stops(tx).items():
            what = "The line" if step == runs.WHOLE_LINE else f"Step {step}"
            found.warnings.append(f"{what} is stopped by {row.actor}: {row.why}. A sync would send nothing there.")
        candidates = _candidates(tx, house, found)
        customers = ForeseenCustomers(tx, house)
        for candidate in _passed(tx, house, candidates, found):
            _foresee(tx, house, candidate, customers, found)
    found.calls = house.calls()
    return found


def _candidates(tx: sa.Connection, house: House, found: Foreseen) -> list[_Candidate]:
    """Deals that are new or changed, and those in the store that a sync takes up again by itself."""
    candidates: dict[str, _Candidate] = {}
    source = house.source.name
    rows = {row.deal_id: (row, s) for s in _pulled(tx, house) for row in [to_row(s, house.pack, source)]}
    known = handoffs.known(tx, list(rows))
    decided = lifting.of_deals(tx, list(known))
    for deal_id, (row, snapshot) in rows.items():
        before = known.get(deal_id)
        if before is None and house.pack.trigger.won and row.get("won") != "true":
            continue
        if before is not None and before.content_hash == content_hash(snapshot, frozenset()):
            found.unchanged.add(deal_id)
        elif before is not None and before.state in (HandoffState.REJECTED, HandoffState.CLAIMED):
            found.unchanged.add(deal_id)  # a person decided: what changes is noted, and nothing is sent
        else:
            candidates[deal_id] = _candidate(house, before, decided.get(deal_id, Decisions()), row, snapshot)
    waiting = _waiting(tx, house)
    decided = lifting.of_deals(tx, [stored.deal_id for stored in waiting])
    for stored in waiting:
        if stored.deal_id not in candidates:
            crm = to_row(stored.content, house.pack, stored.source)
            own = decided[stored.deal_id]
            candidates[stored.deal_id] = _candidate(house, stored, own, crm, stored.content)
    found.unchanged -= candidates.keys()
    return list(candidates.values())


def _candidate(house: House, row: sa.Row[Any] | None, decisions: Decisions, crm: DealRow, content: Body) -> _Candidate:
    """A deal as a sync would judge it: its corrections held against what the CRM says, and laid."""
    source = house.source.name
    settled = corrections.foreseen(decisions.corrections, crm)
    laid = to_row(content, house.pack, source, overlays.laid(settled)) if settled else crm
    return _Candidate(row=laid, source=source, handoff=row, decisions=replace(decisions, corrections=settled))


def _pulled(tx: sa.Connection, house: House) -> list[Body]:
    """What the next pull would read."""
    since, related_since = read_from(tx, house)
    pulled = [snapshot for page in house.source.read(house.query, since) for snapshot in page.snapshots]
    if related_since:
        pulled += house.source.by_ids(house.query, sorted(house.source.touched(house.query, related_since)))
    return pulled


def _waiting(tx: sa.Connection, house: House) -> list[sa.Row[Any]]:
    """Deals pulled but not judged, passed but not delivered, or held under another pack."""
    other_pack = (entry.c.state == EntryState.OPEN, entry.c.pack_fingerprint != house.pack.fingerprint)
    entered = handoff.c.id.in_(sa.select(entry.c.handoff_id).where(*other_pack))
    recalled = sa.and_(handoff.c.state == HandoffState.HELD, entered)
    waiting = handoff.c.state.in_([HandoffState.PULLED, HandoffState.PASSED])
    return handoffs.with_content(tx, sa.or_(waiting, recalled))


def _passed(tx: sa.Connection, house: House, candidates: Sequence[_Candidate], found: Foreseen) -> list[_Candidate]:
    """The candidates that the gate lets through; the others are noted."""
    judged: list[_Candidate] = []
    for c in candidates:
        if c.handoff is not None and _out_already(tx, c.handoff) and _compare(tx, house, c, c.handoff, found):
            continue
        if why := _out(house, c.row):
            found.excluded[c.row.deal_id] = why
        else:
            judged.append(c)
    at_gate = [AtGate(row=c.row, source=c.source, billing_key=_key(house, c), decisions=c.decisions) for c in judged]
    passed = []
    for c, verdict in zip(judged, verdicts(house, at_gate, others_of(tx, [c.row for c in judged])), strict=True):
        if verdict.passes:
            passed.append(c)
        else:
            found.held[c.row.deal_id] = verdict.violations
    return passed


def _key(house: House, c: _Candidate) -> str:
    return c.handoff.billing_key if c.handoff is not None else billing_key(house.source.org_id(), c.row.deal_id)


def _out(house: House, row: DealRow) -> str | None:
    if miss := trigger_misses(row, house.pack):
        return miss
    return f"closed before go-live ({house.pack.trigger.go_live})" if before_go_live(row, house.pack) else None


def _out_already(tx: sa.Connection, row: sa.Row[Any]) -> bool:
    return row.planned_snapshot_id is not None and steps.any_sent(tx, row.id)


def _compare(tx: sa.Connection, house: House, c: _Candidate, row: sa.Row[Any], found: Foreseen) -> bool:
    """Compare a deal with what is out of it, as the ledger knows it; whether that decides what becomes of it."""
    case = drift.case_of(tx, house.pack, row, c.row)
    proposal = propose(case.changes, case.sent)
    if proposal is not None and (proposal.blocks or row.state == HandoffState.DELIVERED):
        found.held[c.row.deal_id] = (proposal.violation,)
    elif row.state == HandoffState.DELIVERED:
        found.unchanged.add(c.row.deal_id)
    else:
        return False
    return True


def _foresee(tx: sa.Connection, house: House, c: _Candidate, customers: ForeseenCustomers, found: Foreseen) -> None:
    try:
        wanted = steps.plan(c.row, house.pack, _key(house, c), house.team)
    except UNPLANNABLE as error:
        what = failed(Failure.RULE_ERROR, f"{type(error).__name__}: {error}", "a deal that can become an invoice")
        found.held[c.row.deal_id] = (what,)
        return
    customer = customers.of(wanted)
    if isinstance(customer, Violation):
        found.held[c.row.deal_id] = (customer,)
        return
    found.customers[wanted.customer.scope] = customer[1]
    done = effects.by_scopes(tx, [e.scope for e in wanted.effects])
    to_do = [e for e in wanted.effects if e.scope not in done or done[e.scope].state != EffectState.CONFIRMED]
    creates = Counter(_COUNTED[kind] for e in to_do if (kind := EffectKind(e.kind)) in _COUNTED)
    found.deals.append(
        ForeseenDeal(
            deal_id=c.row.deal_id,
            deal_name=c.row.get("deal_name"),
            account_name=c.row.get("account_name"),
            customer=customer[0],
            creates=dict(creates),
            amount=c.row.get("amount"),
            currency=c.row.get("currency"),
        )
    )
