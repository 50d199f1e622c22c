"""Carries one handoff: its effects in order, each intent -> call -> settle, until delivered, held or waiting."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from connectors.errors import AuthFailed, ConnectorError
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.pack import Starts
from handoff.core.violation import Failure
from handoff.ledger.attempt import attempt
from handoff.ledger.calls import Call, send
from handoff.ledger.context import Delivery
from handoff.ledger.outcome import Confirmed, Held, Later, Settlement, refusal, settle
from handoff.ledger.verification import DraftDiffersError
from handoff.store import effects, handoffs, runs
from handoff.store.effects import Effect
from handoff.store.events import Event, append
from handoff.store.runs import WHOLE_LINE

_AT_STRIPE = frozenset(
    {
        EffectKind.CUSTOMER,
        EffectKind.TAX_ID,
        EffectKind.INVOICE,
        EffectKind.LINES,
        EffectKind.VERIFY,
        EffectKind.FINALIZE,
        EffectKind.SEND,
    }
)
_FINAL = frozenset({EffectKind.FINALIZE, EffectKind.SEND})
_ROOTS = frozenset({EffectKind.PROJECT, EffectKind.TEMPLATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """All effects of the handoff are confirmed."""


@dataclass(slots=True, kw_only=True)
class _Journey:
    """What is confirmed so far of one handoff, and the settlement that is still to be committed."""

    handoff: sa.Row[Any]
    customer_id: str
    rows: list[Effect]
    stops: Mapping[str, Any]
    done: dict[str, str] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    adopted: set[str] = field(default_factory=set)
    """Scopes of what was there already: what hangs on it may be there, too."""
    customer: Effect | None = None
    earlier: set[str] = field(default_factory=set)
    """What an earlier run confirmed: a draft may have been edited since it was verified."""
    open_settlement: Settlement | None = None

    def confirm(self, row: Effect, external_id: str, *, adopted: bool) -> None:
        self.done[row.scope] = external_id
        if adopted:
            self.adopted.add(row.scope)
        if row.kind == EffectKind.SECTION:
            self.sections[row.body["name"]] = external_id

    def parent(self, row: Effect) -> str:
        """The external id of what an effect hangs on."""
        kind = EffectKind(row.kind)
        if kind is EffectKind.INVOICE:
            return self.customer_id
        return "" if kind in _ROOTS else self.done[self._parent_scope(row)]

    def _parent_scope(self, row: Effect) -> str:
        stem = f"bk:{self.handoff.billing_key}"
        return f"{stem}:{EffectKind.INVOICE}:{row.body['invoice']}" if row.kind in _AT_STRIPE else f"{stem}:project"

    def may_be_there(self, row: Effect) -> bool:
        """Whether an earlier ledger, lost or from before a backup, may have created this already (RR12)."""
        kind = EffectKind(row.kind)
        if kind is EffectKind.INVOICE:
            return self.customer is not None and self.customer.outcome == "adopted"
        if kind in _ROOTS:
            ours = self.customer is not None and (self.customer.answer or {}).get("ours")
            return bool(ours or self.adopted)
        return self._parent_scope(row) in self.adopted

    def is_done(self, row: Effect) -> bool:
        return row.scope in self.done


def deliver(d: Delivery, handoff_id: int, customer_id: str) -> Delivered | Later | Held:
    """Bring a handoff as far as it goes now. The customer is confirmed before (see `ledger.customers`)."""
    with d.store.read() as tx:
        row = handoffs.by_id(tx, handoff_id)
        stops = {**d.stops, **runs.stops(tx)}  # a stop counts at once, also in a run that has begun
        rows = effects.of_handoff(tx, handoff_id)
        customer = effects.by_scopes(tx, [row.customer_scope]).get(row.customer_scope)
    journey = _Journey(handoff=row, customer_id=customer_id, rows=rows, stops=stops, customer=customer)
    for effect in journey.rows:
        if effect.state == EffectState.CONFIRMED and effect.external_id:
            journey.confirm(effect, effect.external_id, adopted=effect.outcome == "adopted")
    journey.earlier = {effect.scope for effect in rows if journey.is_done(effect)}
    waits: list[Later] = []
    for _, group in groupby(journey.rows, key=lambda e: e.step):
        match _carry_step(d, journey, list(group)):
            case Held() as held:
                settle(d, journey.open_settlement)
                return held
            case Later() as later:
                waits.append(later)
            case None:
                pass
    if waits:
        settle(d, journey.open_settlement)
        return _soonest(waits)
    _finish(d, journey)
    return Delivered()


def _carry_step(d: Delivery, journey: _Journey, rows: list[Effect]) -> Later | Held | None:
    """The effects of one workflow step; the first that does not get done ends it."""
    for row in rows:
        if journey.is_done(row):
            continue
        if row.state == EffectState.REFUSED:
            return refusal(row.kind, row.error or "")
        if wait := _why_not_now(d, journey, row):
            return wait
        if problem := _edited_since(d, journey, row):
            return problem
        before, journey.open_settlement = journey.open_settlement, None
        match attempt(d, row, _call(d, journey, row), before):
            case Confirmed() as confirmed:
                journey.confirm(row, confirmed.external_id, adopted=confirmed.adopted)
                journey.open_settlement = confirmed.settlement
            case outcome:
                return outcome
    return None


def _why_not_now(d: Delivery, journey: _Journey, row: Effect) -> Later | None:
    if d.halt.is_set():
        return Later(reason="the run was asked to stop")
    if stopped := stopped_by(journey.stops, row.step):
        return Later(reason=stopped)
    step = d.pack.workflow.steps.get(row.step)
    starts = step.starts if step else Starts.DEAL_CLOSED
    if starts is Starts.INVOICE_FINALISED and any(e.kind in _FINAL and not journey.is_done(e) for e in journey.rows):
        return Later(reason="waits until the invoice is finalised")
    kickoff = journey.handoff.kickoff_on
    if starts is Starts.KICKOFF_DATE_REACHED and kickoff and _today(d) < date.fromisoformat(kickoff):
        at = datetime.combine(date.fromisoformat(kickoff), time(), _zone(d))
        return Later(reason=f"waits for the kick-off date {kickoff}", at=at)
    return None


def _edited_since(d: Delivery, journey: _Journey, row: Effect) -> Later | Held | None:
    """Compare once more before finalising what an earlier run verified (law 4); a read, no effect of its own."""
    if row.kind not in _FINAL or row.state != EffectState.PLANNED or d.breaker.down(row.service):
        return None
    verify = next(e for e in journey.rows if e.kind == EffectKind.VERIFY and e.body["invoice"] == row.body["invoice"])
    if verify.scope not in journey.earlier:
        return None
    try:
        send(_call(d, journey, verify))
    except DraftDiffersError as error:
        return Held(failure=Failure.DRAFT_DIFFERS, seen=str(error), allowed="a draft equal to the deal")
    except ConnectorError as error:
        d.breaker.failed(row.service, str(error), at_once=isinstance(error, AuthFailed))
        return Later(reason=str(error))
    return None


def stopped_by(stops: Mapping[str, Any], step: str) -> str | None:
    """Who stopped this step, or the whole line, and why; None when it runs."""
    row = stops.get(WHOLE_LINE) or stops.get(step)
    return f"stopped by {row.actor}: {row.why}" if row else None


def _today(d: Delivery) -> date:
    return d.clock.now().astimezone(_zone(d)).date()


def _zone(d: Delivery) -> ZoneInfo:
    """The zone of the first billing entity; entities share a kick-off calendar."""
    zones = [entity.zone for entity in d.pack.billing.entities.values()]
    return ZoneInfo(zones[0] if zones else "UTC")


def _call(d: Delivery, journey: _Journey, row: Effect) -> Call:
    kind = EffectKind(row.kind)
    body = row.body
    if kind is EffectKind.VERIFY:
        body = {**body, "customer": journey.customer_id, "adopted": journey.may_be_there(row)}
    return d.call(
        row,
        body=body,
        parent=journey.parent(row),
        billing=d.billing(journey.handoff.stripe_account) if kind in _AT_STRIPE else None,
        sections=journey.sections,
        look_first=journey.may_be_there(row),
    )


def _finish(d: Delivery, journey: _Journey) -> None:
    """Delivered, in the transaction that settles the last effect (law 8)."""
    author = d.author()
    with d.store.write() as tx:
        if journey.open_settlement:
            journey.open_settlement.write(tx, d)
        handoffs.move(tx, journey.handoff.id, HandoffState.DELIVERED, author.at, reason=None, next_at=None)
        subject = f"deal:{journey.handoff.deal_id}"
        append(tx, author, [Event(subject=subject, what="delivered", old=HandoffState.PASSED, new="delivered")])


def _soonest(waits: list[Later]) -> Later:
    """Of several waits the one that ends first; all reasons are named."""
    reason = "; ".join(dict.fromkeys(_reasons(waits)))
    dated = [w.at for w in waits if w.at]
    return Later(reason=reason, at=min(dated) if dated else None, settling=any(w.settling for w in waits))


def _reasons(waits: list[Later]) -> Iterator[str]:
    return (w.reason for w in waits)
