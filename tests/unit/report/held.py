"""Held deals for the reports' tests: only what matters to a test is stated there."""

from datetime import UTC, datetime
from typing import Any

from handoff.core.money import Money
from handoff.core.violation import Violation
from handoff.report.causes import HeldDeal

DUE = datetime(2026, 11, 25, 9, tzinfo=UTC)


def make_violation(rule: str = "product_is_canonical", seen: str | None = "GTXPro", **values: Any) -> Violation:
    """A violation of a rule."""
    said = {"field": "lines.product", "allowed": "one of: GTX Pro", "message": f'"{seen}" is not a known product.'}
    return Violation(rule=rule, seen=seen, **{**said, **values})


def make_held(*violations: Violation, minor: int | None = 100_00, currency: str = "USD", **values: Any) -> HeldDeal:
    """A held deal of 100 dollars that Ada owns."""
    amount = None if minor is None else Money(minor=minor, currency=currency)
    said = {"deal_id": "006A", "deal_name": "Widgets", "account_name": "Acme", "owner": "Ada", "role": "ops"}
    return HeldDeal(amount=amount, violations=violations or (make_violation(),), **{**said, **values})
