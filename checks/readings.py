"""Text read as amounts and days, inside expressions: unreadable text becomes null, never an error and never a guess."""

from decimal import Decimal

import polars as pl

from handoff.core.money import PLAIN_AMOUNT

AMOUNT = pl.Decimal(38, 6)
"""What PLAIN_AMOUNT can hold: fifteen digits and six decimals."""
PRODUCT = pl.Decimal(38, 16)
"""Two six-decimal amounts and a four-decimal percentage multiplied: exact. Larger ones raise, they never wrap."""

PLAIN = f"^(?:{PLAIN_AMOUNT.pattern})$"
ISO_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"  # to_date alone also takes +2026-1-2, which later rooms cannot read
HUNDRED = Decimal(100)


def is_plain(text: pl.Expr) -> pl.Expr:
    """Whether text is a plain decimal such as 1234.50 (ASCII digits; no exponent, NaN or thousands)."""
    return text.str.contains(PLAIN)


def amount_of(text: pl.Expr) -> pl.Expr:
    """Text as an exact decimal; null when it is not a plain decimal."""
    return pl.when(is_plain(text)).then(text).cast(AMOUNT)


def day_of(text: pl.Expr) -> pl.Expr:
    """Text as a date; null when it is not an ISO day of the calendar."""
    return pl.when(text.str.contains(ISO_DAY)).then(text).str.to_date("%Y-%m-%d", strict=False)
