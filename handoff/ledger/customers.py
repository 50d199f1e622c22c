"""The customer of an account: adopted, found to be doubtful, or created; one per account and currency policy."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from connectors.errors import AuthFailed, ConnectorError
from connectors.ports import Billing, Body
from handoff.core.handoff import EffectKind, EffectState
from handoff.core.violation import Failure
from handoff.ledger.attempt import attempt
from handoff.ledger.calls import Call
from handoff.ledger.context import Delivery
from handoff.ledger.outcome import Confirmed, Held, Later, Settlement, refusal, settle
from handoff.ledger.steps import tax_id_scope
from handoff.store import effects
from handoff.store.effects import Effect


class KnownCustomers:
    """Every customer at one Stripe account, by e-mail and by tax id; read once a run, when first needed."""

    def __init__(self, billing: Billing) -> None:
        self._billing = billing
        self._lock = threading.Lock()
        self._by_mark: dict[str, list[Body]] | None = None
        self._in_turn: dict[str, threading.Lock] = defaultdict(threading.Lock)

    @contextmanager
    def alone(self, customer: Body, tax_id: Body | None) -> Iterator[None]:
        """While this is held, no other account with the same e-mail or tax id is looked up or created."""
        with ExitStack() as stack:
            for mark in sorted(set(_marks(customer, [tax_id] if tax_id else []))):
                with self._lock:
                    turn = self._in_turn[mark]
                stack.enter_context(turn)
            yield

    def like(self, customer: Body, tax_id: Body | None) -> list[Body]:
        """Customers with our scope, the same e-mail or tax id, whoever made them."""
        with self._lock:
            if self._by_mark is None:
                self._by_mark = defaultdict(list)
                for known in self._billing.customers():
                    self._file(known)
            marks = _marks(customer, [tax_id] if tax_id else [])
            found = {c["id"]: c for mark in marks for c in self._by_mark.get(mark, [])}
        return list(found.values())

    def add(self, customer_id: str, customer: Body, tax_id: Body | None) -> None:
        """What we created ourselves counts for the next account."""
        with self._lock:
            if self._by_mark is not None:
                known = {**customer, "id": customer_id, "tax_ids": {"data": [tax_id] if tax_id else []}}
                self._file(known)

    def _file(self, customer: Body) -> None:
        tax_ids = (customer.get("tax_ids") or {}).get("data") or []
        for mark in _marks(customer, tax_ids):
            if self._by_mark is not None:
                self._by_mark[mark].append(customer)


def _marks(customer: Body, tax_ids: list[Body]) -> list[str]:
    """What tells a customer: the scope that we wrote on it, its e-mail, its tax ids."""
    scope, email = _metadata(customer).get("handoff_scope"), customer.get("email")
    marks = [f"scope:{scope}"] if scope else []
    marks += [f"mail:{str(email).strip().lower()}"] if email else []
    return [*marks, *(f"tax:{_plain(str(t['value']))}" for t in tax_ids)]


def _plain(tax_id: str) -> str:
    return "".join(c for c in tax_id.upper() if c.isalnum())


class Customers:
    """Ensures customers for the handoffs of one run; several threads may ask for different scopes at once."""

    def __init__(self, d: Delivery, adopted: Mapping[tuple[str, str], str]) -> None:
        self._d = d
        self._adopted = adopted
        self._lock = threading.Lock()
        self._known: dict[str, KnownCustomers] = {}

    def ensure(self, scope: str, account: str) -> str | Later | Held:
        """The confirmed customer id of a scope at a Stripe account, or why there is none yet."""
        d = self._d
        with d.store.read() as tx:
            found = effects.by_scopes(tx, [scope, tax_id_scope(scope)])
        row, tax_id = found[scope], found.get(tax_id_scope(scope))
        if row.state == EffectState.REFUSED:
            return refusal(row.kind, row.error or "")
        if row.state == EffectState.CONFIRMED:
            if tax_id is None or not is_ours(row):
                return str(row.external_id)
            return self._tax_id(tax_id, row, account)
        known = self._known_at(account, d.billing(account))
        with known.alone(row.body["customer"], row.body["tax_id"]):
            outcome = self._obtain(row, account, known)
        if isinstance(outcome, Confirmed):
            return (
                self._tax_id(tax_id, replace(row, external_id=outcome.external_id), account)
                if tax_id
                else outcome.external_id
            )
        return outcome

    def _obtain(self, row: Effect, account: str, known: KnownCustomers) -> Confirmed | str | Later | Held:
        """The customer we create; or the id of the one that is there already."""
        d = self._d
        billing = d.billing(account)
        if down := d.breaker.down(row.service):
            return Later(reason=down)
        try:
            if row.state == EffectState.PLANNED and (found := self._existing(row, account, billing)):
                return found
        except ConnectorError as error:
            d.breaker.failed(row.service, str(error), at_once=isinstance(error, AuthFailed))
            return Later(reason=str(error))
        outcome = attempt(d, row, d.call(row, body=row.body["customer"], billing=billing), None)
        if isinstance(outcome, Confirmed):
            settle(d, outcome.settlement)
            known.add(outcome.external_id, row.body["customer"], row.body["tax_id"])
        return outcome

    def _existing(self, row: Effect, account: str, billing: Billing) -> str | Held | None:
        """A customer that people named, one that carries our mark, or the doubt that one may exist."""
        named = self._adopted.get((row.body["account_id"], account)) or row.body["known"]
        if named:
            if billing.customer(named) is None:
                seen = f"{named} is not a customer of this Stripe account"
                return Held(failure=Failure.BILLING_REFUSED, seen=seen, allowed="a customer id that exists at Stripe")
            return self._adopt(row, named, ours=False)
        alike = self._known_at(account, billing).like(row.body["customer"], row.body["tax_id"])
        ours = [c for c in alike if _metadata(c).get("handoff_scope") == row.scope]
        if len(ours) == 1:
            return self._adopt(row, str(ours[0]["id"]), ours=True)
        doubtful = [c for c in alike if not self._same_account(c, row)]
        if doubtful or ours:
            seen = ", ".join(f"{c['id']} ({c.get('name') or 'no name'})" for c in doubtful or ours)
            allowed = "name the account's customer in the CRM, or: handoff adopt customers FILE.csv"
            return Held(failure=Failure.CUSTOMER_MAY_EXIST, seen=seen, allowed=allowed)
        return None

    def _same_account(self, customer: Body, row: Effect) -> bool:
        """Our own customer for the same account in another currency is no doubt."""
        return bool(_metadata(customer).get("handoff_account") == row.body["account_id"])

    def _adopt(self, row: Effect, customer_id: str, *, ours: bool) -> str:
        """`ours`: an earlier ledger made it, so it may have made what hangs on it, too."""
        d = self._d
        values = {"external_id": customer_id, "outcome": "adopted", "answer": {"ours": ours}}
        settle(d, Settlement(row=row, to=EffectState.CONFIRMED, values=values))
        d.tally.add(EffectKind.CUSTOMER, "adopted")
        return customer_id

    def _tax_id(self, row: Effect, customer: Effect, account: str) -> str | Later | Held:
        d, customer_id = self._d, str(customer.external_id)
        if row.state == EffectState.CONFIRMED or not row.body:
            return customer_id
        if row.state == EffectState.REFUSED:
            return refusal(row.kind, row.error or "")
        match attempt(d, row, of_customer(d, row, customer, account), None):
            case Confirmed() as confirmed:
                settle(d, confirmed.settlement)
                return customer_id
            case outcome:
                return outcome

    def _known_at(self, account: str, billing: Billing) -> KnownCustomers:
        with self._lock:
            return self._known.setdefault(account, KnownCustomers(billing))


def is_ours(row: Effect) -> bool:
    """Whether we created this customer, though its reply was lost or our ledger: people's own is never touched."""
    # Ledgers of before say nothing of an adoption; there what we never sent was people's.
    stated = (row.answer or {}).get("ours", row.idempotency_key is not None)
    return row.outcome == "created" or bool(stated)


def made_before(row: Effect) -> bool:
    """Whether an earlier ledger made this customer of ours: what Stripe has of it is not known, nor its tax ids."""
    return (row.answer or {}).get("ours") is True


def of_customer(d: Delivery, row: Effect, customer: Effect, account: str) -> Call:
    """An effect that hangs on a customer, ready to be sent."""
    billing, parent = d.billing(account), str(customer.external_id)
    return d.call(row, body=row.body, parent=parent, billing=billing, look_first=made_before(customer))


def _metadata(customer: Body) -> Mapping[str, Any]:
    found: Mapping[str, Any] = customer.get("metadata") or {}
    return found
