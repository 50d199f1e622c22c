"""Recall: back to the gate with held deals whose cause may be gone although they themselves did not change."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from checks.rules import RULES
from handoff.core.entry import EntryState
from handoff.core.handoff import EffectState, HandoffState
from handoff.core.violation import Failure
from handoff.ledger.steps import tax_id_scope, update_scope
from handoff.quarantine import desk
from handoff.road.run import Run
from handoff.store import entries, handoffs
from handoff.store.tables import effect, entry, handoff

_OF_CUSTOMERS = (Failure.CUSTOMER_MAY_EXIST.value, Failure.BILLING_REFUSED.value)
_OTHER = handoff.alias("other")
_CUSTOMER, _OWN, _ITS = effect.alias("customer"), effect.alias("own"), effect.alias("its")


def recall(run: Run) -> None:
    """Take held deals back to the gate; settle the entries of delivered ones."""
    house = run.house
    with house.store.write() as tx:
        for handoff_id in {*_under_other_pack(tx, house.pack.fingerprint), *_duplicates(tx), *_with_customer(tx)}:
            handoffs.move(tx, handoff_id, HandoffState.PULLED, house.clock.now(), restart_clock=False)
        _settle_delivered(tx, run)


def _held(tx: sa.Connection, *where: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    return entries.listed(tx, entry.c.state == EntryState.OPEN, handoff.c.state == HandoffState.HELD, *where)


def _under_other_pack(tx: sa.Connection, fingerprint: str) -> Iterator[int]:
    """Those whose entries were judged under another pack."""
    return (row.handoff_id for row in _held(tx, entry.c.pack_fingerprint != fingerprint))


def _duplicates(tx: sa.Connection) -> Iterator[int]:
    """Those held for being like another deal of their account, when a deal of that account comes to the gate again.

    Or when one was rejected since they were judged: it is no deal any more that they could be a copy of.
    """
    at_gate = sa.select(handoff.c.account_id).where(
        handoff.c.state == HandoffState.PULLED, handoff.c.account_id.is_not(None)
    )
    rejected = sa.exists().where(
        _OTHER.c.account_id == handoff.c.account_id,
        _OTHER.c.state == HandoffState.REJECTED,
        _OTHER.c.since > entry.c.judged_at,
    )
    across = sa.or_(*(entries.with_rule(rule.name) for rule in RULES.values() if rule.across))
    return (row.handoff_id for row in _held(tx, across, sa.or_(handoff.c.account_id.in_(at_gate), rejected)))


def _with_customer(tx: sa.Connection) -> Iterator[int]:
    """Those held for their account's customer, which another deal of the account has brought about meanwhile."""
    parts = [handoff.c.customer_scope + scope("") for scope in (tax_id_scope, update_scope)]
    refused = EffectState.REFUSED
    waiting = sa.select(handoff.c.id).where(
        sa.exists().where(_CUSTOMER.c.scope == handoff.c.customer_scope, _CUSTOMER.c.state == EffectState.CONFIRMED),
        ~sa.exists().where(_OWN.c.handoff_id == handoff.c.id, _OWN.c.state == refused),
        ~sa.exists().where(_ITS.c.scope.in_(parts), _ITS.c.state == refused),
    )
    of_customers = sa.or_(*(entries.with_rule(rule) for rule in _OF_CUSTOMERS))
    return (row.handoff_id for row in _held(tx, of_customers, handoff.c.id.in_(waiting)))


def _settle_delivered(tx: sa.Connection, run: Run) -> None:
    """Release delivered deals whose entry a crash left open; what stays is for the write-back, or for `drift`."""
    found = entries.listed(tx, entry.c.state == EntryState.OPEN, handoff.c.state == HandoffState.DELIVERED)
    violations = entries.violations_of(tx, [row.id for row in found])
    for row in found:
        if not {v.rule for v in violations[row.id]} & desk.STAYS_WHEN_DELIVERED:
            desk.release(tx, [row.deal_id], "delivered", run.author())
