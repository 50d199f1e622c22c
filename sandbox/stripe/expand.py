"""`expand[]`: replaces an id by its object, or adds a property that is answered only on demand."""

from collections.abc import Callable
from typing import Any

from sandbox.stripe.account import Account, Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.lists import DEFAULT_LIMIT, listed

DEEPEST = 4
"""Levels of expansion that Stripe allows (docs.stripe.com/expand)."""


def _tax_ids(account: Account, customer: Json) -> Json:
    held = list(reversed(account.tax_ids.get(customer["id"], {}).values()))
    url = f"/v1/customers/{customer['id']}/tax_ids"
    return listed(url, held[:DEFAULT_LIMIT], has_more=len(held) > DEFAULT_LIMIT)


def _none_of(path: str) -> Callable[[Account, Json], Json]:
    return lambda _account, customer: listed(f"/v1/customers/{customer['id']}/{path}", [], has_more=False)


def _customer(account: Account, holder: Json) -> Json:
    return held_or_deleted(account, holder["customer"])


EXPANDERS: dict[tuple[str, str], Callable[[Account, Json], Any]] = {
    ("customer", "tax_ids"): _tax_ids,
    ("customer", "subscriptions"): _none_of("subscriptions"),
    ("customer", "sources"): _none_of("sources"),
    ("invoice", "customer"): _customer,
    ("invoice", "lines"): lambda _, invoice: invoice["lines"],
    ("tax_id", "customer"): _customer,
}


def held_or_deleted(account: Account, identifier: str) -> Json:
    """The customer, or the stub that Stripe answers for a deleted one."""
    if identifier in account.deleted_customers:
        return {"id": identifier, "object": "customer", "deleted": True}
    return account.customers[identifier]


def expand(account: Account, answered: Json, paths: list[str]) -> Json:
    """The answer with every path expanded. Raises StripeError for one that cannot be."""
    for index, path in enumerate(paths):
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise invalid(
                f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}", f"expand[{index}]"
            )
        answered = _expand(account, answered, parts, path, f"expand[{index}]")
    return answered


def _expand(account: Account, answered: Json, parts: list[str], path: str, param: str) -> Json:
    name, deeper = parts[0], parts[1:]
    kind = str(answered.get("object"))
    if kind == "list":
        if name != "data" or not deeper:
            raise invalid(
                f"This property cannot be expanded ({path}). You may want to try expanding 'data.{path}' instead.",
                param,
            )
        return {**answered, "data": [_expand(account, one, deeper, path, param) for one in answered["data"]]}
    expander = EXPANDERS.get((kind, name))
    if expander is None:
        raise invalid(f"This property cannot be expanded ({path}).", param)
    value = answered[name] if isinstance(answered.get(name), dict) else expander(account, answered)
    return {**answered, name: _expand(account, value, deeper, path, param) if deeper else value}
