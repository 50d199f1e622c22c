"""policies.yaml: the rules a pack uses, and their limits."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from handoff.core.pack.part import PackPart


class Discount(PackPart):
    """Discounts above `limit_percent` of the list price need an approval; exactly the limit is within policy."""

    limit_percent: Decimal
    list_prices: dict[str, Decimal] = {}
    """Canonical product -> list price of one, in the deal's currency; wins over a price on the line."""


class AmountLimits(PackPart):
    """Sanity limits of a deal's amount, in major units, per currency."""

    maximum: dict[str, Decimal] = {}


class PaymentTermLimits(PackPart):
    """Terms longer than this many days need an approval."""

    limit_days: int = Field(ge=0)


class LineLimits(PackPart):
    """How far the sum of the lines may be from the amount (major units), and how many lines an invoice takes."""

    tolerance: Decimal = Decimal(0)
    maximum: int = 250


class DateLimits(PackPart):
    """Sanity limits of dates."""

    earliest_close: date | None = None
    kickoff_within_days: int | None = None
    invoice_cut_off: date | None = None
    """Deals closed on or before this day belong to a closed accounting period."""


class Correctable(PackPart):
    """A deal field that may be corrected here. `money`: a second person of role `second` must confirm.

    `propose`: the corrected value is also written to the CRM field that the deal field comes from.
    """

    money: bool = False
    second: str | None = None
    propose: bool = False


class DeskPolicy(PackPart):
    """What people may decide on held deals, and within which bounds. Hours are business hours, but for pauses."""

    corrections: dict[str, Correctable] = {}
    pause_reasons: tuple[str, ...] = ("waiting for the customer", "waiting for legal", "waiting for another team")
    longest_pause_hours: int = Field(default=120, gt=0)
    """Elapsed hours for which an entry's clock may be paused, all pauses of an episode together."""
    rejection_reasons: tuple[str, ...] = ("not a real deal", "handed off elsewhere", "customer withdrew", "duplicate")
    approve_within_hours: int = Field(default=16, gt=0)
    answer_within_hours: int = Field(default=8, gt=0)


class Policies(PackPart):
    """policies.yaml as a whole."""

    owner_role: str
    rules: tuple[str, ...]
    off: dict[str, str] = {}
    """Rule -> why this company does not use it."""
    deal_id: str = r"[a-zA-Z0-9]{18}"
    currencies: tuple[str, ...] = ()
    own_domains: tuple[str, ...] = ()
    placeholders: tuple[str, ...] = ("test", "tbd", "n/a", "unknown", "xxx")
    recurring_products: tuple[str, ...] = ()
    amount: AmountLimits = AmountLimits()
    discount: Discount | None = None
    payment_terms: PaymentTermLimits | None = None
    lines: LineLimits = LineLimits()
    dates: DateLimits = DateLimits()
    desk: DeskPolicy = DeskPolicy()
