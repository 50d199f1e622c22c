"""Money: the amount can be read exactly, is sane, and fits its currency."""

import polars as pl
from babel.numbers import list_currencies

from checks.context import Context
from checks.readings import is_plain
from checks.rule import Empty, rule
from handoff.core.deal import Theme
from handoff.core.money import exponent, is_currency

# Stripe wants the last digit of three-decimal currencies to be 0 (ledger.md 4.2), so two decimals are the most.
MOST_DECIMALS = 2
KNOWN = tuple(sorted(code for code in list_currencies() if is_currency(code)))
WHOLE = tuple(code for code in KNOWN if exponent(code) == 0)
ELSEWHERE = "an amount or currency that must be filled is asked for by money_details_present"


@rule(
    theme=Theme.MONEY,
    field="amount",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed="a plain decimal amount such as 1234.50",
    says="The amount {quoted} cannot be read as an amount.",
    trouble="the amount cannot be read",
)
def amount_readable(context: Context) -> pl.Expr:
    """The amount is a plain decimal number that can be read exactly."""
    return is_plain(context.text("amount"))


@rule(
    theme=Theme.MONEY,
    field="amount",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed="an amount above zero",
    says="The amount is {seen}; a deal is worth more than zero.",
    subject="whether the amount is above zero",
    needs=("amount_readable",),
)
def amount_above_zero(context: Context) -> pl.Expr:
    """The amount is above zero."""
    return context.amount("amount") > 0


def _maximum(context: Context) -> str:
    limits = context.pack.policies.amount.maximum
    return "at most " + ", ".join(f"{limit:,f} {code}" for code, limit in limits.items()) if limits else "any amount"


@rule(
    theme=Theme.MONEY,
    field="amount",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed=_maximum,
    says="The amount of {seen} {currency} is above the largest that this company expects ({allowed}).",
    subject="whether the amount is within the limit",
    needs=("amount_readable",),
)
def amount_within_limit(context: Context) -> pl.Expr:
    """The amount is not above the largest that the company expects in this currency."""
    amount, currency = context.amount("amount"), context.text("currency")
    limits = context.pack.policies.amount.maximum
    above = [(currency == code).fill_null(value=False) & (amount > limit) for code, limit in limits.items()]
    return amount.is_not_null() & ~pl.any_horizontal([~context.always(), *above])


@rule(
    theme=Theme.MONEY,
    field="amount",
    empty=Empty.DEPENDS,
    why_empty=f"an empty amount or currency passes; {ELSEWHERE}",
    allowed="no more decimals than the currency has, and at most two",
    says="The amount {seen} has more decimals than can be invoiced in {currency}.",
    subject="whether the amount fits its currency",
    needs=("amount_readable", "currency_known"),
)
def amount_fits_currency(context: Context) -> pl.Expr:
    """The amount has no more decimals than its currency allows."""
    amount, currency = context.amount("amount"), context.text("currency")
    whole = amount == amount.cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, 6))
    cents = amount == amount.cast(pl.Decimal(38, MOST_DECIMALS)).cast(pl.Decimal(38, 6))
    empty = context.text("amount").is_null() | currency.is_null()
    return empty | (currency.is_in(KNOWN) & cents & (whole | ~currency.is_in(WHOLE)))


@rule(
    theme=Theme.MONEY,
    field="currency",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed="an ISO 4217 currency code such as USD",
    says="{quoted} is not the code of a currency.",
    trouble="the currency is unknown",
)
def currency_known(context: Context) -> pl.Expr:
    """The currency is a code of ISO 4217."""
    return context.text("currency").is_in(KNOWN)


@rule(
    theme=Theme.MONEY,
    field="currency",
    empty=Empty.PASSES,
    why_empty=ELSEWHERE,
    allowed=lambda c: f"one of: {', '.join(c.pack.policies.currencies)}",
    says="This company does not sell in {quoted}.",
    subject="whether the company sells in this currency",
    needs=("currency_known",),
)
def currency_allowed(context: Context) -> pl.Expr:
    """The currency is one in which the company sells."""
    allowed = context.pack.policies.currencies
    return context.text("currency").is_in(allowed) if allowed else context.always()
