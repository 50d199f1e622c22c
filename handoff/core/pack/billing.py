"""billing.yaml: how a deal becomes an invoice."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from handoff.core.pack.part import PackPart


class TaxRates(PackPart):
    """Stripe tax-rate ids (`txr_…`) put on every invoice of an entity."""

    rates: tuple[str, ...] = Field(min_length=1)
    """The ids of the rates at Stripe, such as `txr_...`."""


class BillingEntity(PackPart):
    """One of our companies that invoices, with its own Stripe account."""

    stripe_account: str = "default"
    """Names the setting HANDOFF_STRIPE_KEY_<NAME>; `default` is HANDOFF_STRIPE_KEY."""
    currencies: tuple[str, ...] = Field(min_length=1)
    """The currencies in which it invoices."""
    zone: str = "UTC"
    """The time zone in which its days are counted, such as Europe/Berlin."""
    send: Literal["by_stripe", "by_finance"] = "by_finance"
    """`by_stripe`: Stripe sends the invoice; `by_finance`: we only finalise it, and your finance sends it."""
    tax: Literal["none", "stripe_automatic"] | TaxRates = "none"
    """No tax, Stripe's automatic tax, or rates of your own."""


class Part(PackPart):
    """One instalment: its share of the amount and how many days after the first it falls due."""

    percent: Decimal = Field(gt=0, le=100)
    """Its share of the amount."""
    due_after_days: int = Field(default=0, ge=0)
    """How many days after the first part it falls due."""


class BillingPlan(PackPart):
    """billing.yaml as a whole. `memo` may use any deal field in braces: {deal_name}."""

    owner_role: str
    """The role that decides on this file."""
    entities: dict[str, BillingEntity]
    """Canonical billing-entity label -> entity."""
    default_entity: str | None = None
    """Used for deals whose pack maps no billing entity."""
    days_until_due: dict[str, Annotated[int, Field(ge=0)]]
    """Canonical payment term -> days."""
    default_terms: str | None = None
    """The payment terms of a deal that names none."""
    memo: str = "{deal_name}"
    """The memo on the invoice; deal fields in braces."""
    po_number_label: str = "PO number"
    """What the purchase-order number is called on the invoice."""
    instalments: dict[str, tuple[Part, ...]] = {}
    """Canonical instalment plan -> parts, shares adding up to 100; the remainder goes to the last part."""
    customer_per: Literal["account", "account_and_currency"] = "account_and_currency"
    """Whether an account is one customer at Stripe, or one for each currency."""
