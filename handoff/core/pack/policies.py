"""policies.yaml: the rules a pack uses, and their limits."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from handoff.core.pack.part import PackPart


class Discount(PackPart):
    """Discounts above `limit_percent` of the list price need an approval; exactly the limit is within policy."""

    limit_percent: Decimal
    """The largest discount that needs no approval, in percent of the list price."""
    list_prices: dict[str, Decimal] = {}
    """Canonical product -> list price of one, in the deal's currency; wins over a price on the line."""


class AmountLimits(PackPart):
    """Sanity limits of a deal's amount, in major units, per currency."""

    maximum: dict[str, Decimal] = {}
    """Currency -> the largest amount that is expected of a deal."""


class PaymentTermLimits(PackPart):
    """Terms longer than this many days need an approval."""

    limit_days: int = Field(ge=0)
    """The most days of payment terms that need no approval."""


class LineLimits(PackPart):
    """How far the sum of the lines may be from the amount (major units), and how many lines an invoice takes."""

    tolerance: Decimal = Decimal(0)
    """How far the sum of the lines may be from the amount."""
    maximum: int = 250
    """How many lines a deal may have at most."""


class DateLimits(PackPart):
    """Sanity limits of dates."""

    earliest_close: date | None = None
    """The first day on which a deal can have closed."""
    kickoff_within_days: int | None = None
    """How many days after the close the kick-off may be at most."""
    invoice_cut_off: date | None = None
    """Deals closed on or before this day belong to a closed accounting period."""


class Correctable(PackPart):
    """A deal field that may be corrected here. `money`: a second person of role `second` must confirm.

    `propose`: the corrected value is also written to the CRM field that the deal field comes from.
    """

    money: bool = False
    """Whether it is money, so that a second person must confirm what was corrected."""
    second: str | None = None
    """The role whose person confirms corrected money."""
    propose: bool = False
    """Whether the corrected value is also written to the CRM."""


class DeskPolicy(PackPart):
    """What people may decide on held deals, and within which bounds. Hours are business hours, but for pauses."""

    corrections: dict[str, Correctable] = {}
    """Deal field -> how it may be corrected here; all others are corrected in the CRM."""
    pause_reasons: tuple[str, ...] = ("waiting for the customer", "waiting for legal", "waiting for another team")
    """The reasons for which the clock of an entry may be paused."""
    longest_pause_hours: int = Field(default=120, gt=0)
    """Elapsed hours for which an entry's clock may be paused, all pauses of an episode together."""
    rejection_reasons: tuple[str, ...] = ("not a real deal", "handed off elsewhere", "customer withdrew", "duplicate")
    """The reasons for which a deal may be rejected."""
    approve_within_hours: int = Field(default=16, gt=0)
    """What each person asked for an approval has to decide; then the next one is asked."""
    answer_within_hours: int = Field(default=8, gt=0)
    """What somebody asked a question has to answer, unless the question says otherwise."""


class Policies(PackPart):
    """policies.yaml as a whole."""

    owner_role: str
    """The role that decides on this file."""
    rules: tuple[str, ...]
    """The rules in use, most important first: a deal that breaks several is owned by the owner of the first."""
    off: dict[str, str] = {}
    """Rule -> why this company does not use it."""
    deal_id: str = r"[a-zA-Z0-9]{18}"
    """What a deal's id looks like, as a regular expression."""
    currencies: tuple[str, ...] = ()
    """The currencies in which this company sells; empty: all."""
    own_domains: tuple[str, ...] = ()
    """Our own e-mail domains, such as company.com, to which no invoice may go."""
    placeholders: tuple[str, ...] = ("test", "tbd", "n/a", "unknown", "xxx")
    """Words that are no name and no number, though they stand where one should."""
    recurring_products: tuple[str, ...] = ()
    """Products that are billed again each period, so that their deals are billed by hand."""
    amount: AmountLimits = AmountLimits()
    """Limits of the amount."""
    discount: Discount | None = None
    """From which discount on an approval is needed; must be given when a rule about it is in use."""
    payment_terms: PaymentTermLimits | None = None
    """From which terms on an approval is needed; must be given when a rule about it is in use."""
    lines: LineLimits = LineLimits()
    """Limits of the lines."""
    dates: DateLimits = DateLimits()
    """Limits of the dates."""
    desk: DeskPolicy = DeskPolicy()
    """What people may decide on held deals."""
