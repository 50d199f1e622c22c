"""Which customer a deal would get, asked of the store and of Stripe's lists; nothing is created or adopted."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from handoff.core.handoff import EffectState
from handoff.core.violation import Failure, Violation
from handoff.ledger.customers import KnownCustomers
from handoff.ledger.steps import Plan
from handoff.quarantine.desk import failed
from handoff.road.house import House
from handoff.store import effects, runs


class ForeseenCustomers:
    """Answers as `ledger.customers` would decide, each scope once."""

    def __init__(self, tx: sa.Connection, house: House) -> None:
        self._tx = tx
        self._house = house
        self._adopted = runs.adopted(tx)
        self._known: dict[str, KnownCustomers] = {}
        self._found: dict[str, tuple[str, str] | Violation] = {}

    def of(self, plan: Plan) -> tuple[str, str] | Violation:
        """The customer (its id, or `new`) and how it comes (known, adopted, new); or why the deal would be held."""
        scope = plan.customer.scope
        if scope not in self._found:
            self._found[scope] = self._look(plan)
        return self._found[scope]

    def _look(self, plan: Plan) -> tuple[str, str] | Violation:
        body = plan.customer.body
        row = effects.by_scopes(self._tx, [plan.customer.scope]).get(plan.customer.scope)
        if row is not None and row.state == EffectState.CONFIRMED:
            return str(row.external_id), "known"
        billing = self._house.billing(plan.stripe_account)
        named = self._adopted.get((body["account_id"], plan.stripe_account)) or body["known"]
        if named:
            if billing.customer(named) is None:
                seen = f"{named} is not a customer of this Stripe account"
                return failed(Failure.BILLING_REFUSED, seen, "a customer id that exists at Stripe")
            return str(named), "adopted"
        known = self._known.setdefault(plan.stripe_account, KnownCustomers(billing))
        alike = known.like(body["customer"], body["tax_id"])
        if ours := [c for c in alike if _metadata(c).get("handoff_scope") == plan.customer.scope]:
            return str(ours[0]["id"]), "adopted"
        if doubtful := [c for c in alike if _metadata(c).get("handoff_account") != body["account_id"]]:
            seen = ", ".join(str(c["id"]) for c in doubtful)
            return failed(Failure.CUSTOMER_MAY_EXIST, seen, "the account's customer, named by a person")
        known.add("new", {**body["customer"]}, body["tax_id"])
        return "new", "new"


def _metadata(customer: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = customer.get("metadata") or {}
    return found
