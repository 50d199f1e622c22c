"""Verify: the ledger's invariants, and with `remote` whether the services agree; each finding names its row."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.ledger.by_hand import BY_HAND, ROOTS
from handoff.road import agree
from handoff.road.finding import Finding
from handoff.road.house import House
from handoff.store import entries, events, runs
from handoff.store.desk_tables import notice
from handoff.store.tables import effect, entry, event, handoff, run_deal, snapshot

_FINAL = (EffectKind.FINALIZE, EffectKind.SEND)
_OLDEST = timedelta(days=35)
_MOST_ATTEMPTS = 400


def verify(house: House, *, remote: bool = False) -> list[Finding]:
    """Check I3–I7 and I9–I11; with `remote` also I1, I2 and I12 against the services. Empty: all hold."""
    with house.store.read() as tx:
        found = [finding for check in _LOCAL for finding in check(tx, house)]
    return [*found, *agree.findings(house)] if remote else found


def _confirmed_has_id(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I3: a confirmed effect has an external id, unique per kind."""
    own_ids = (EffectKind.CUSTOMER, EffectKind.TAX_ID, EffectKind.INVOICE, EffectKind.PROJECT, EffectKind.TEMPLATE)
    seen: dict[tuple[str, str, str], str] = {}
    for row in tx.execute(sa.select(effect).where(effect.c.state == EffectState.CONFIRMED)):
        if not row.external_id:
            yield Finding(invariant="I3", subject=row.scope, what="confirmed without an external id")
        elif row.outcome == BY_HAND and row.kind not in (*ROOTS, EffectKind.INVOICE):
            continue  # what had no reply was settled with what the person made
        elif row.kind in (*own_ids, EffectKind.TASK) and row.outcome != "adopted":
            key = (row.kind, row.service, row.external_id)
            if key in seen:
                yield Finding(invariant="I3", subject=row.scope, what=f"{row.external_id} also belongs to {seen[key]}")
            seen[key] = row.scope


def _sent_after_intent(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I4: nothing was sent without a committed intent with its key and fingerprint."""
    ours = sa.func.coalesce(effect.c.outcome, "").not_in(["adopted", BY_HAND])
    for row in tx.execute(sa.select(effect).where(effect.c.state != EffectState.PLANNED, ours)):
        keyed = row.kind == EffectKind.WRITE_BACK or row.idempotency_key
        if not (row.first_sent_at and row.fingerprint and keyed):
            yield Finding(invariant="I4", subject=row.scope, what=f"{row.state} without a recorded intent")


def _finalised_as_verified(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I5: what was finalised was verified, and its total excluding tax is the sum of its lines."""
    rows = tx.execute(sa.select(effect).where(effect.c.handoff_id.is_not(None))).all()
    by_scope = {row.scope: row for row in rows}
    for row in rows:
        if row.kind not in _FINAL or row.state != EffectState.CONFIRMED or row.outcome == BY_HAND:
            continue
        stem, n = row.scope.rsplit(":", 2)[0], row.body["invoice"]
        check = by_scope.get(f"{stem}:{EffectKind.VERIFY}:{n}")
        if check is None or check.state != EffectState.CONFIRMED:
            yield Finding(invariant="I5", subject=row.scope, what="finalised without a verification")
            continue
        expected = check.body["expected"]
        totals = {
            "Stripe's total": (row.answer or {}).get("total_excluding_tax"),
            "the verified total": (check.answer or {}).get("total_excluding_tax"),
            "the sum of the lines": sum(expected["lines"]),
            "the deal's total": expected["total_excluding_tax"],
        }
        if len(set(totals.values())) != 1:
            words = ", ".join(f"{what} {total}" for what, total in totals.items())
            yield Finding(invariant="I5", subject=row.scope, what=words)


def _every_deal_has_a_place(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I6: every pulled deal is delivered, excluded, rejected, in progress, or held by an open entry with an owner."""
    open_entries = {row.deal_id: row for row in entries.open_entries(tx)}
    rejected = set(tx.execute(sa.select(entry.c.deal_id).where(entry.c.state == EntryState.REJECTED)).scalars())
    for row in tx.execute(sa.select(handoff)):
        subject = f"deal:{row.deal_id}"
        held = open_entries.get(row.deal_id)
        if row.state in (HandoffState.HELD, HandoffState.CLAIMED) and held is None:
            yield Finding(invariant="I6", subject=subject, what=f"{row.state} without an open entry")
        if (row.state == HandoffState.REJECTED) != (row.deal_id in rejected):
            what = f"the handoff is {row.state}, its entry {'rejected' if row.deal_id in rejected else 'not'}"
            yield Finding(invariant="I6", subject=subject, what=what)
        if row.state == HandoffState.EXCLUDED and not row.reason:
            yield Finding(invariant="I6", subject=subject, what="excluded without a reason")
        if row.state == HandoffState.DELIVERED and (open_kinds := _undone(tx, row.id)):
            yield Finding(
                invariant="I6", subject=subject, what=f"delivered, but not confirmed: {', '.join(open_kinds)}"
            )
    last = runs.latest(tx)
    if last and last[0].ended_at:
        silent = sa.select(run_deal.c.deal_id).where(run_deal.c.run_id == last[0].id, run_deal.c.outcome.is_(None))
        for deal_id in tx.execute(silent).scalars():
            yield Finding(invariant="I6", subject=f"deal:{deal_id}", what=f"run {last[0].id} says nothing about it")


def _undone(tx: sa.Connection, handoff_id: int) -> list[str]:
    not_done = sa.select(effect.c.kind).where(
        effect.c.handoff_id == handoff_id, effect.c.state != EffectState.CONFIRMED
    )
    return list(tx.execute(not_done).scalars())


def _nothing_grows_old(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I7: attempts and age of everything unfinished are bounded (a dated wait apart)."""
    now = house.clock.now()
    unfinished = sa.select(effect).where(effect.c.state.in_([EffectState.IN_FLIGHT, EffectState.UNKNOWN]))
    for row in tx.execute(unfinished):
        if now - row.first_sent_at > _OLDEST or row.attempts > _MOST_ATTEMPTS:
            what = f"{row.state} since {row.first_sent_at:%Y-%m-%d}, {row.attempts} attempts"
            yield Finding(invariant="I7", subject=row.scope, what=what)
    for row in tx.execute(sa.select(handoff).where(handoff.c.state.in_([HandoffState.PULLED, HandoffState.PASSED]))):
        if now - row.since > _OLDEST and not (row.next_at and row.next_at > now):
            yield Finding(invariant="I7", subject=f"deal:{row.deal_id}", what=f"{row.state} since {row.since:%Y-%m-%d}")


def _chain_holds(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I9: the chain of events is whole, and every state has the event that led to it."""
    for seq in events.broken_links(tx):
        yield Finding(invariant="I9", subject=f"event:{seq}", what="does not follow from the one before it")
    confirmed = sa.select(effect.c.scope).where(
        effect.c.state == EffectState.CONFIRMED, effect.c.kind != EffectKind.WRITE_BACK
    )
    told = set(tx.execute(sa.select(event.c.subject).where(event.c.what == "confirmed")).scalars())
    for scope in tx.execute(confirmed).scalars():
        if f"effect:{scope}" not in told:
            yield Finding(invariant="I9", subject=scope, what="confirmed without an event")


def _watermark_behind(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I10: the watermark never passes a deal that nobody judged, once a run has ended."""
    last = runs.latest(tx)
    if not last or last[0].ended_at is None:
        return
    pulled = sa.select(handoff.c.deal_id).join(snapshot, snapshot.c.id == handoff.c.snapshot_id)
    judged_once = handoff.c.deal_id.in_(sa.select(entry.c.deal_id))  # a person sent it back to the gate
    never = (handoff.c.state == HandoffState.PULLED, snapshot.c.seen_at < last[0].started_at, ~judged_once)
    waiting = pulled.where(*never)
    for deal_id in tx.execute(waiting).scalars():
        yield Finding(invariant="I10", subject=f"deal:{deal_id}", what="pulled before the last run, never judged")


def _every_entry_has_an_owner(tx: sa.Connection, house: House) -> Iterator[Finding]:
    """I11: an open entry has one owner and a due time, and its owner has a notice of this episode."""
    told = set(tx.execute(sa.select(notice.c.entry_id).where(notice.c.entry_id.is_not(None))).scalars())
    for row in entries.open_entries(tx):
        if not row.person:
            yield Finding(invariant="I11", subject=f"entry:{entry_name(row.id)}", what="has no owner")
        if row.id not in told:
            yield Finding(invariant="I11", subject=f"entry:{entry_name(row.id)}", what="its owner has no notice of it")


_LOCAL: tuple[Callable[[sa.Connection, House], Iterator[Finding]], ...] = (
    _confirmed_has_id,
    _sent_after_intent,
    _finalised_as_verified,
    _every_deal_has_a_place,
    _nothing_grows_old,
    _chain_holds,
    _watermark_behind,
    _every_entry_has_an_owner,
)
