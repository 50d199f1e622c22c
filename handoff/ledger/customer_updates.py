"""Our own customers brought up to date: a deal is invoiced under what it says of its customer, not what once was so."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeGuard

import sqlalchemy as sa

from handoff.core.handoff import EffectKind, EffectState
from handoff.core.keys import fingerprint
from handoff.ledger.attempt import attempt
from handoff.ledger.context import Delivery
from handoff.ledger.customers import is_ours, made_before, of_customer
from handoff.ledger.outcome import Confirmed, Held, Later, refusal, settle
from handoff.ledger.steps import tax_id_scope, update_scope
from handoff.store import effects
from handoff.store.effects import Effect, PlannedEffect
from handoff.store.events import Event, append
from mappings.stripe_billing import customer_update

_IN_DOUBT = (EffectState.IN_FLIGHT, EffectState.UNKNOWN)


class CustomerUpdates:
    """The updates of one run. A customer has one effect for them, repeated under new generations: values are absolute.

    A changed tax id is added first, and then the old one removed, so that no invoice goes out without any.
    """

    def __init__(self, d: Delivery) -> None:
        self._d = d
        self._refused: set[str] = set()
        self._one_at_a_time: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._turns = threading.Condition()
        self._under_way: dict[str, tuple[str, int]] = {}

    @contextmanager
    def turn(self, wanted: PlannedEffect) -> Iterator[None]:
        """While this is held, no deal that says something else of this customer is invoiced under it."""
        scope, said = wanted.scope, fingerprint([wanted.body["customer"], wanted.body["tax_id"]])
        with self._turns:
            self._turns.wait_for(lambda: self._under_way.get(scope, (said, 0))[0] == said)
            self._under_way[scope] = (said, self._under_way.get(scope, (said, 0))[1] + 1)
        try:
            yield
        finally:
            with self._turns:
                others = self._under_way.pop(scope)[1] - 1
                if others:
                    self._under_way[scope] = (said, others)
                self._turns.notify_all()

    def bring(self, wanted: PlannedEffect, account: str) -> Later | Held | None:
        """Have Stripe's customer say what a deal says; None when it does, or when it is not ours to change."""
        with self._turns:
            alone = self._one_at_a_time[wanted.scope]
        with alone:
            customer, update = self._rows(wanted.scope, update_scope(wanted.scope))
            if customer is None or not is_ours(customer):
                return None
            problem = self._details(wanted, customer, update, account)
            return problem or self._tax_id(wanted, customer, account)

    def _rows(self, *scopes: str) -> list[Effect | None]:
        with self._d.store.read() as tx:
            found = effects.by_scopes(tx, scopes)
        return [found.get(scope) for scope in scopes]

    def _details(
        self, wanted: PlannedEffect, customer: Effect, update: Effect | None, account: str
    ) -> Later | Held | None:
        """Name, e-mail, address and tax exemption."""
        body = customer_update(wanted.body["customer"])
        first = None if made_before(customer) else customer_update(customer.body["customer"])
        if (update.body if update else first) != body:
            row = self._plan_update(wanted, update, body)
        elif update is None or update.state == EffectState.CONFIRMED:
            return None
        elif update.state != EffectState.REFUSED:
            row = update
        elif update.scope in self._refused:
            return refusal(update.kind, update.error or "")
        else:
            row = self._plan_update(wanted, update, body)
        return self._send(row, customer, account)

    def _plan_update(self, wanted: PlannedEffect, update: Effect | None, body: dict[str, Any]) -> Effect:
        with self._d.store.write() as tx:
            if update and update.state in _IN_DOUBT:  # a look will find the old values, and then send these
                return effects.change(tx, update, EffectState(update.state), body=body)
            scope = update_scope(wanted.scope)
            planned = replace(wanted, scope=scope, kind=EffectKind.CUSTOMER_UPDATE, body=body)
            return self._plan(tx, planned, update)

    def _tax_id(self, wanted: PlannedEffect, customer: Effect, account: str) -> Later | Held | None:
        """The one tax id; a customer's first is planned with its deal, and sent with the customer."""
        scope, body = tax_id_scope(wanted.scope), wanted.body["tax_id"] or {}
        added, removal = self._rows(scope, _removal_scope(wanted.scope))
        if added is None:
            return self._send(removal, customer, account) if _pending(removal) else None
        if added.state == EffectState.CONFIRMED and added.body != body:
            if _pending(removal) and (problem := self._send(removal, customer, account)):
                return problem
            added, removal = self._replace_tax_id(wanted, added, body)
        if added.body and _pending(added) and (problem := self._send(added, customer, account)):
            return problem
        return self._send(removal, customer, account) if _pending(removal) else None

    def _replace_tax_id(self, wanted: PlannedEffect, old: Effect, body: dict[str, Any]) -> tuple[Effect, Effect]:
        """Plan the new one and the removal of the old one together, so that a crash forgets neither."""
        scope = _removal_scope(wanted.scope)
        with self._d.store.write() as tx:
            before = effects.by_scopes(tx, [scope]).get(scope)
            gone = {"tax_id": old.external_id}
            removal = replace(wanted, scope=scope, kind=EffectKind.TAX_ID_REMOVAL, body=gone)
            tax_id = replace(wanted, scope=old.scope, kind=EffectKind.TAX_ID, body=body)
            return self._plan(tx, tax_id, old), self._plan(tx, removal, before)

    def _plan(self, tx: sa.Connection, planned: PlannedEffect, before: Effect | None) -> Effect:
        """The effect as it is now wanted: a new row, or the one that is there under a new generation."""
        if before is None:
            effects.plan(tx, [planned])
            return effects.by_scopes(tx, [planned.scope])[planned.scope]
        anew = effects.plan_anew(tx, before, planned.body)
        why = "the deal that is invoiced says otherwise of its customer"
        subject, new = f"effect:{planned.scope}", {"generation": anew.generation}
        event = Event(subject=subject, what="planned_anew", old=before.state, new=new, why=why)
        append(tx, self._d.author(), [event])
        return anew

    def _send(self, row: Effect, customer: Effect, account: str) -> Later | Held | None:
        d = self._d
        if d.halt.is_set():
            return Later(reason="the run was asked to stop")
        match attempt(d, row, of_customer(d, row, customer, account), None):
            case Confirmed() as confirmed:
                settle(d, confirmed.settlement)
                return None
            case Held() as held:
                self._refused.add(row.scope)
                return held
            case later:
                return later


def _pending(row: Effect | None) -> TypeGuard[Effect]:
    return row is not None and row.state != EffectState.CONFIRMED


def _removal_scope(customer_scope: str) -> str:
    return f"{customer_scope}:tax_id_removal"
