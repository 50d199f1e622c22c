"""Reject: a person decides that a held deal is not handed off; reopen takes that back, and the next run judges it."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.core.entry import EntryState
from handoff.core.errors import UsageError
from handoff.core.handoff import AT_THE_DESK, EffectState, HandoffState
from handoff.core.violation import Violation
from handoff.quarantine.decision import Desk, authorise, reason, record
from handoff.quarantine.desk import HeldDeal, hold
from handoff.quarantine.telling import tell
from handoff.store import effects, handoffs, questions
from handoff.store.effects import Effect
from handoff.store.events import Event, append

_MAY_BE_OUT = (EffectState.IN_FLIGHT, EffectState.UNKNOWN, EffectState.CONFIRMED)
_LONGEST_REASON = 255
"""Characters of the reason that the rep reads in the CRM."""
_ELSEWHERE = {
    HandoffState.PASSED: "is on its way: it passed the gate. Stop the line first (handoff stop), or let it end",
    HandoffState.DELIVERED: "was delivered. Undo it at Stripe and Asana by hand, and set the deal to lost in the CRM",
    HandoffState.CLAIMED: "was said to be done by hand. Take that back first: handoff queue done-by-hand --withdraw",
}


def reject(desk: Desk, chosen: str, why: str) -> None:
    """Decide that the deal is not handed off. `chosen`: one of policies.yaml's `desk.rejection_reasons`.

    Effects that were planned and not sent are dropped. Raises UsageError when something was sent already, or may have
    been: nobody is to think that it is undone by a rejection.
    """
    authorise(desk, Action.REJECT)
    text = reason(why)
    allowed = desk.pack.policies.desk.rejection_reasons
    if chosen not in allowed:
        raise UsageError(f"{chosen!r} is no reason of policies.yaml. Choose --reason from: {'; '.join(allowed)}.")
    row = handoffs.by_id(desk.tx, desk.row.handoff_id)
    if row.state not in AT_THE_DESK:
        raise UsageError(f"{desk.name} {_ELSEWHERE.get(HandoffState(row.state), f'is {row.state}')}.")
    own = effects.of_handoff(desk.tx, row.id)
    if out := [e for e in own if e.state in _MAY_BE_OUT]:
        raise UsageError(_sent(desk, out))
    drop(desk, own, f"rejected: {chosen}")
    handoffs.move(
        desk.tx,
        row.id,
        HandoffState.REJECTED,
        desk.author.at,
        reason=f"{chosen}: {text}"[:_LONGEST_REASON],
        next_at=None,
        **handoffs.unshown(row),
    )
    questions.close(desk.tx, desk.row.id, desk.author.at)
    record(
        desk,
        Action.REJECT,
        why=text,
        old={"entry": desk.row.state, "handoff": row.state},
        new={"entry": EntryState.REJECTED.value, "handoff": HandoffState.REJECTED.value, "reason": chosen},
        state=EntryState.REJECTED,
        released_at=desk.author.at,
    )
    tell(desk, "entry_rejected", desk.row.person, f"{desk.author.actor} rejected {desk.name} ({chosen}): {text}")


def reopen(desk: Desk, why: str) -> None:
    """Take a rejection back: the entry is open again, in its next episode with a clock anew; the next run judges it."""
    authorise(desk, Action.REOPEN)
    text = reason(why)
    row = handoffs.by_id(desk.tx, desk.row.handoff_id)
    handoffs.move(desk.tx, row.id, HandoffState.PULLED, desk.author.at, reason=None, **handoffs.unshown(row))
    # Through `released`, so that its next episode begins as every other does: owner, clock, notice and event.
    record(
        desk,
        Action.REOPEN,
        why=text,
        old={"entry": desk.row.state, "handoff": row.state, "reason": row.reason},
        new={"entry": EntryState.OPEN.value, "handoff": HandoffState.PULLED.value},
        state=EntryState.RELEASED,
        reassigned_by=None,
        answered_at=None,
    )
    again = HeldDeal(
        deal_id=row.deal_id, handoff_id=row.id, values=desk.values, violations=_violations(desk.violations)
    )
    hold(desk.tx, desk.pack, [again], desk.author)


def drop(desk: Desk, own: Sequence[Effect], why: str) -> None:
    """Take back the plans of which nothing was sent, each with its event."""
    unsent = [e for e in own if e.state not in _MAY_BE_OUT]
    effects.drop_unsent(desk.tx, [e.id for e in unsent])
    # The generation stands in the event: a plan that is made again must not use its key again.
    told = [
        Event(subject=f"effect:{e.scope}", what="dropped", old=e.state, new={"generation": e.generation}, why=why)
        for e in unsent
    ]
    append(desk.tx, desk.author, told)


def _violations(rows: Sequence[sa.Row[Any]]) -> tuple[Violation, ...]:
    return tuple(
        Violation(rule=v.rule, field=v.field, seen=v.seen, allowed=v.allowed, message=v.message, judged=v.judged)
        for v in rows
    )


def _sent(desk: Desk, out: Sequence[Effect]) -> str:
    what = ", ".join(dict.fromkeys(f"{e.kind} {e.external_id or 'without a reply'}" for e in out[:3]))
    return (
        f"{desk.name} cannot be rejected: something of it was sent ({what}). Undo it at the service by hand and set "
        f"the deal to lost in the CRM; or finish it by hand: handoff fallback {desk.name}."
    )
