"""One attempt at one effect: intent, send, settle; after a crash the same key, or look and adopt (law 3)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from connectors.errors import AuthFailed, ConnectorError, NotSent, Refused, UnknownOutcome
from connectors.fence import fenced
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import fingerprint, idempotency_key
from handoff.core.violation import Failure
from handoff.ledger.calls import Answer, Call, body_sent, look, send
from handoff.ledger.context import Delivery
from handoff.ledger.outcome import HIDDEN, Confirmed, Held, Later, Settlement, ambiguous, refusal, settle
from handoff.ledger.verification import DraftDiffersError
from handoff.store import effects
from handoff.store.effects import Effect
from handoff.store.events import Event, append

KEY_AGE = timedelta(hours=20)
"""Stripe prunes keys after 24 h (services.md 6); past this age we look instead of sending."""
_SEND_WITHIN = timedelta(seconds=30)
"""Self-fence (RR3): an intent older than this is not sent, for we may have been asleep. The prototype took half
a lease; we have a lock and no leases: longer than a wait for the rate (20 s), shorter than the settle time (60 s)."""
_GIVE_UP_AFTER, _GIVE_UP_TRIES = timedelta(hours=24), 10
_KEYED = frozenset({EffectKind.CUSTOMER, EffectKind.TAX_ID, EffectKind.INVOICE, EffectKind.LINES}) | {
    EffectKind.CUSTOMER_UPDATE,
    EffectKind.FINALIZE,
    EffectKind.SEND,
}
_LEFT_OPEN = (EffectState.IN_FLIGHT, EffectState.UNKNOWN)


def attempt(d: Delivery, row: Effect, call: Call, before: Settlement | None) -> Confirmed | Later | Held:
    """Bring an effect to its end, or say why not. `before` is committed first, together with the intent."""
    if down := d.breaker.down(row.service):
        settle(d, before)
        return Later(reason=down)
    if _must_look(d, row, call):
        settle(d, before)
        return _look_first(d, row, call)
    return _send(d, row, call, row.generation, before)


def _must_look(d: Delivery, row: Effect, call: Call) -> bool:
    """Whether an earlier send may have created it, and the same key would not tell."""
    if call.kind in (EffectKind.VERIFY, EffectKind.DETAILS, EffectKind.TAX_ID_REMOVAL):
        return False  # a read, or absolute values: sending again does no harm
    if row.state in _LEFT_OPEN:
        return not _same_key_helps(d, row, call)
    # A template's job that failed may have left half a project: a person completes it or deletes it, both are found.
    return call.look_first or (call.kind is EffectKind.TEMPLATE and row.tried_since is not None)


def _same_key_helps(d: Delivery, row: Effect, call: Call) -> bool:
    if call.kind not in _KEYED or (row.status_code or 0) >= 500:
        return False
    return d.clock.now() < row.sent[0] + KEY_AGE and row.fingerprint == fingerprint(body_sent(call))


def _look_first(d: Delivery, row: Effect, call: Call) -> Confirmed | Later | Held:
    settle_time = timedelta(seconds=d.settle_seconds)
    if call.kind in HIDDEN and row.sent_until and d.clock.now() < row.sent_until + settle_time:
        at = row.sent_until + settle_time
        return Later(reason="waits until the tracker shows what it has", at=at, settling=True)
    try:
        found = look(call)
    except ConnectorError as error:
        values = {"error": str(error), "attempts": row.attempts + 1}
        to = EffectState.UNKNOWN if row.state in _LEFT_OPEN else EffectState.PLANNED
        settle(d, Settlement(row=row, to=to, values=values))
        return _not_now(d, row, error)
    except DraftDiffersError as error:
        return _differs(d, row, error)
    if len(found) > 1:
        return ambiguous(found)
    if found:
        return _confirmed(d, row, found[0], "adopted")
    return _send(d, row, call, row.generation + (1 if row.tried_since else 0), None)


def _send(d: Delivery, row: Effect, call: Call, generation: int, before: Settlement | None) -> Confirmed | Later | Held:
    maybe_sent = row.state in _LEFT_OPEN and generation == row.generation
    fresh = not maybe_sent  # nothing of this generation has reached the service: its key begins to age now
    key = idempotency_key(row.scope, generation)
    try:
        body = body_sent(call)
    except ConnectorError as error:
        settle(d, before)
        return _not_now(d, row, error)
    row = _intend(d, row, call, generation=generation, key=key, body=body, fresh=fresh, before=before)
    try:
        with fenced(row.service, lambda: _may_send(d, row)):
            answer = send(replace(call, key=key))
    except DraftDiffersError as error:
        return _differs(d, row, error)
    except ConnectorError as error:
        return _failed(d, row, replace(call, key=key), error, maybe_sent=maybe_sent)
    d.breaker.worked(row.service)
    return _confirmed(d, row, answer, "created")


def _may_send(d: Delivery, row: Effect) -> bool:
    return row.send_deadline is not None and d.clock.now() <= row.send_deadline


def _intend(
    d: Delivery,
    row: Effect,
    call: Call,
    *,
    generation: int,
    key: str,
    body: Mapping[str, Any],
    fresh: bool,
    before: Settlement | None,
) -> Effect:
    """Law 1: a committed row with key and fingerprint exists before the first byte is sent."""
    now = d.clock.now()
    first = now if fresh else row.sent[0]
    deadline = now + _SEND_WITHIN
    if call.kind in _KEYED:
        deadline = min(deadline, first + KEY_AGE)
    with d.store.write() as tx:
        if before:
            before.write(tx, d)
        append(tx, d.author(), [Event(subject=f"effect:{row.scope}", what="in_flight", new={"generation": generation})])
        return effects.change(
            tx,
            row,
            EffectState.IN_FLIGHT,
            generation=generation,
            idempotency_key=key,
            fingerprint=fingerprint(body),
            tried_since=row.tried_since or now,
            first_sent_at=first,
            last_sent_at=now,
            send_deadline=deadline,
            attempts=row.attempts + 1,
            status_code=None,
        )


def _confirmed(d: Delivery, row: Effect, answer: Answer, outcome: str) -> Confirmed:
    d.tally.add(row.kind, outcome)
    values = {"external_id": answer.external_id, "answer": dict(answer.facts), "outcome": outcome, "error": None}
    return Confirmed(
        external_id=answer.external_id,
        facts=answer.facts,
        adopted=outcome == "adopted",
        settlement=Settlement(row=row, to=EffectState.CONFIRMED, values=values),
    )


def _failed(
    d: Delivery, row: Effect, call: Call, error: ConnectorError, *, maybe_sent: bool
) -> Confirmed | Later | Held:
    """Say what an error means for an effect whose earlier sends may (`maybe_sent`) have reached the service."""
    maybe_sent = maybe_sent or error.maybe_done
    if isinstance(error, Refused):
        return _refused(d, row, call, error, maybe_sent=maybe_sent)
    unknown = maybe_sent or isinstance(error, UnknownOutcome)
    to = EffectState.UNKNOWN if unknown else EffectState.PLANNED
    code = error.status if error.replayed else None  # a cached 500: the same key will not help (R7)
    values: dict[str, Any] = {"error": str(error), "status_code": code}
    if unknown:
        values["last_sent_at"] = (
            d.clock.now()
        )  # tries and waits lie behind the intent; its bytes may have left just now
    settle(d, Settlement(row=row, to=to, values=values))
    return _not_now(d, row, error)


def _refused(d: Delivery, row: Effect, call: Call, error: Refused, *, maybe_sent: bool) -> Confirmed | Later | Held:
    """A refusal is final, unless an earlier send of ours is the very reason for it."""
    if maybe_sent:
        try:
            found = look(call)
        except (ConnectorError, DraftDiffersError) as again:
            settle(d, Settlement(row=row, to=EffectState.UNKNOWN, values={"error": str(again)}))
            return Later(reason=str(again))
        if len(found) > 1:
            settle(d, Settlement(row=row, to=EffectState.UNKNOWN, values={"error": str(error)}))
            return ambiguous(found)
        if found:
            return _confirmed(d, row, found[0], "adopted")
    d.tally.add(row.kind, "refused")
    settle(d, Settlement(row=row, to=EffectState.REFUSED, values={"error": str(error), "status_code": error.status}))
    return refusal(row.kind, error.message)


def _differs(d: Delivery, row: Effect, error: DraftDiffersError) -> Held:
    d.tally.add(row.kind, "refused")
    settle(d, Settlement(row=row, to=EffectState.REFUSED, values={"error": str(error)}))
    return Held(failure=Failure.DRAFT_DIFFERS, seen=str(error), allowed="a draft equal to the deal")


def _not_now(d: Delivery, row: Effect, error: ConnectorError) -> Later | Held:
    if not isinstance(error, NotSent):
        d.breaker.failed(row.service, str(error), at_once=isinstance(error, AuthFailed))
    if row.attempts >= _GIVE_UP_TRIES and d.clock.now() - (row.tried_since or d.clock.now()) > _GIVE_UP_AFTER:
        return Held(failure=Failure.ATTEMPTS_EXHAUSTED, seen=str(error), allowed="an answer within 24 hours")
    settling = isinstance(error, UnknownOutcome) and EffectKind(row.kind) in HIDDEN
    wait = timedelta(seconds=d.settle_seconds) if settling else timedelta(seconds=error.retry_after or 0)
    return Later(reason=str(error), at=d.clock.now() + wait, settling=settling)
