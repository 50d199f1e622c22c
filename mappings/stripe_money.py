"""Stripe's minor units, which are not always ISO 4217's (docs.stripe.com/currencies; services.md 12)."""

from decimal import Decimal

from handoff.core.money import Money, MoneyError

ZERO_DECIMAL = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"]
)
"""Sent undivided."""
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
"""Sent in thousandths whose last digit is 0."""
WHOLE_IN_HUNDREDTHS = frozenset(["ISK", "UGX"])
"""Sent as if they had two decimals, which must be 00."""


def decimals(currency: str) -> int:
    """How many decimals Stripe counts for an ISO 4217 currency."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def to_stripe(money: Money) -> int:
    """The integer Stripe takes for an amount; MoneyError when Stripe cannot bill it exactly."""
    scaled = money.major.scaleb(decimals(money.currency))
    minor = int(scaled)
    step = 10 if money.currency in THREE_DECIMAL else 100 if money.currency in WHOLE_IN_HUNDREDTHS else 1
    if scaled != Decimal(minor) or minor % step:
        raise MoneyError(f"Stripe cannot bill {money} exactly: its amounts in {money.currency} go in steps of {step}")
    return minor
