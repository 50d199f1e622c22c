"""Amounts as Stripe counts them: its minor units are not ISO 4217's (docs.stripe.com/currencies)."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, Decimal

from handoff.core.money import PLAIN_AMOUNT, MoneyError

_UNDIVIDED = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
ZERO_DECIMAL = frozenset(_UNDIVIDED.split())
"""Sent undivided."""
THREE_DECIMAL = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))
"""Sent in thousandths, the last digit 0."""
WHOLE_OF_HUNDREDS = frozenset(("ISK", "UGX"))
"""Have no decimals, but are sent with two, both 0."""
LARGEST = 999_999_999_999
"""Stripe takes amounts of up to twelve digits."""


def step(currency: str) -> int:
    """The smallest amount in minor units of which every amount must be a multiple."""
    return 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_OF_HUNDREDS else 1


def exponent(currency: str) -> int:
    """Decimals of Stripe's minor unit."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def minor_units(amount: Decimal, currency: str) -> int:
    """An amount in Stripe's minor units; raises MoneyError for one that the currency cannot hold exactly."""
    scaled = amount.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value() or int(scaled) % step(currency):
        raise MoneyError(f"{amount:f} has more decimals than can be invoiced in {currency}")
    if abs(scaled) > LARGEST:
        raise MoneyError(f"{amount:f} {currency} is larger than Stripe takes")
    return int(scaled)


def in_words(minor: int, currency: str) -> str:
    """Stripe's minor units as people read them: USD 1,000.00."""
    return f"{currency} {Decimal(minor).scaleb(-exponent(currency)):,.{exponent(currency)}f}"


def exact(text: str | None, what: str) -> Decimal:
    """A deal's text as an exact amount; raises MoneyError for anything but a plain decimal."""
    if text is None or not PLAIN_AMOUNT.fullmatch(text):
        raise MoneyError(f"{what} is {text!r}, which is no plain amount such as 1234.50")
    return Decimal(text)


def shares(total: int, percents: Sequence[Decimal], currency: str) -> list[int]:
    """A total in minor units in parts that add up to it exactly: each rounded down, the remainder in the last.

    Raises MoneyError when the percentages do not add up to 100.
    """
    if sum(percents, Decimal(0)) != 100:
        raise MoneyError("the instalments do not add up to 100 %")
    unit = step(currency)
    parts = [int((total * p / 100 / unit).to_integral_value(ROUND_DOWN)) * unit for p in percents[:-1]]
    return [*parts, total - sum(parts)]
