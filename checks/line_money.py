"""Sums over a deal's lines, exact: what they cost by list, and what is paid for them."""

import polars as pl

from checks.context import Context
from checks.readings import PRODUCT

NOTHING = pl.lit("0").cast(PRODUCT)


def list_price(context: Context) -> pl.Expr:
    """List price of one, on a line: by the pack's price list, else as the line states it; null when neither does."""
    policy = context.pack.policies.discount
    prices = policy.list_prices if policy else {}
    by_list = context.line("product").replace_strict(
        pl.Series(list(prices), dtype=pl.String),
        pl.Series([f"{price:f}" for price in prices.values()], dtype=pl.String).cast(PRODUCT),
        default=None,
        return_dtype=PRODUCT,
    )
    return pl.coalesce(by_list, context.line_amount("list_price").cast(PRODUCT))


def quantity(context: Context) -> pl.Expr:
    """How many, on a line; one where the source has no quantities at all; null when empty or unreadable."""
    if not context.maps("lines.quantity"):
        return pl.lit("1").cast(PRODUCT)
    return context.line_amount("quantity").cast(PRODUCT)


def line_total(context: Context) -> pl.Expr:
    """What a line comes to: its total, else quantity times unit price; null when neither can be read."""
    worked_out = quantity(context) * context.line_amount("unit_price").cast(PRODUCT)
    stated = context.line_amount("line_total").cast(PRODUCT)
    return pl.when(context.line("line_total").is_null()).then(worked_out).otherwise(stated)


def lines_state_money(context: Context) -> bool:
    """Whether the source says what a line comes to; otherwise only the deal's amount says it."""
    return context.maps("lines.line_total") or context.maps("lines.unit_price")


def whole(context: Context, of_line: pl.Expr, known: pl.Expr | None = None) -> pl.Expr:
    """The sum over the lines; null as soon as one of them is unknown (a plain sum would leave it out in silence).

    `known` says of a line whether `of_line` is known, where that is cheaper to ask than to work it out twice.
    """
    each_known = context.lines(of_line.is_not_null() if known is None else known).list.all()
    return pl.when(each_known).then(pl.col("lines").list.agg(of_line.sum()))


def list_total(context: Context) -> pl.Expr:
    """What the lines that have a list price cost by list; null when a quantity is unknown."""
    price, count = list_price(context), quantity(context)
    by_list = pl.when(price.is_null()).then(NOTHING).otherwise(price * count)
    return whole(context, by_list, known=price.is_null() | count.is_not_null())


def paid_total(context: Context) -> pl.Expr:
    """What is paid for the lines that have a list price; null when that is unknown."""
    if not lines_state_money(context):
        return context.amount("amount").cast(PRODUCT)
    return whole(context, pl.when(list_price(context).is_null()).then(NOTHING).otherwise(line_total(context)))
