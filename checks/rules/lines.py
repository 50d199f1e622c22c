"""Lines: what was sold can be put on an invoice, and adds up to the amount."""

from collections.abc import Iterable

import polars as pl

from checks.context import Context
from checks.line_money import line_total, lines_state_money, whole
from checks.readings import PLAIN, PRODUCT, is_plain
from checks.rule import Empty, Finding, rule
from checks.wording import quoted
from handoff.core.deal import Theme

NO_LINES = "a deal without lines passes: lines_present says so"
PRICES = ("unit_price", "list_price", "line_total")


@rule(
    theme=Theme.LINES,
    field="lines",
    empty=Empty.FAILS,
    why_empty="there is nothing to invoice",
    allowed="at least one line",
    says="The deal has no lines, so there is nothing to invoice.",
    says_empty="The deal has no lines, so there is nothing to invoice.",
)
def lines_present(context: Context) -> pl.Expr:
    """The deal has at least one line."""
    return pl.col("lines").list.len() > 0


@rule(
    theme=Theme.LINES,
    field="lines",
    empty=Empty.PASSES,
    why_empty=NO_LINES,
    allowed=lambda c: f"at most {c.pack.policies.lines.maximum} lines",
    says="The deal has more lines than an invoice takes ({allowed}).",
)
def lines_within_limit(context: Context) -> pl.Expr:
    """The deal has no more lines than an invoice takes."""
    return pl.col("lines").list.len() <= context.pack.policies.lines.maximum


@rule(
    theme=Theme.LINES,
    field="lines.quantity",
    empty=Empty.FAILS,
    why_empty=f"a line says how many; {NO_LINES}",
    allowed="a number above zero on every line",
    says="A line has a quantity of {quoted}; it must be a number above zero.",
    says_empty="A line has no quantity.",
    per_line=True,
)
def line_quantities_positive(context: Context) -> pl.Expr:
    """Every line has a quantity above zero."""
    return context.line_amount("quantity") > 0


def _unreadable(context: Context, failing: pl.DataFrame) -> Iterable[Finding]:
    unread = {
        name: pl.col("lines").list.eval(context.line(name).filter(~is_plain(context.line(name)))) for name in PRICES
    }
    for row in failing.select(**unread).iter_rows(named=True):
        bad = [(name, text) for name in PRICES for text in row[name] or ()]
        if bad:
            name, text = bad[0]
            message = f"The {name.replace('_', ' ')} {quoted(text)} on a line cannot be read as an amount."
            yield Finding(field=f"lines.{name}", seen=text, message=message)
        else:
            message = "A line has neither a total nor a price and quantity that can be multiplied."
            yield Finding(field="lines.line_total", seen=None, message=message)


@rule(
    theme=Theme.LINES,
    field="lines.line_total",
    empty=Empty.DEPENDS,
    why_empty=f"unit price and quantity may stand in for it; {NO_LINES}",
    allowed="plain decimal amounts such as 1234.50, and a total (or a price and a quantity) on every line",
    subject="the prices on the lines",
    trouble="a price on a line cannot be read",
    per_line=True,
    explain=_unreadable,
)
def line_prices_readable(context: Context) -> pl.Expr:
    """Every price on every line can be read exactly, and every line has a total or a price and a quantity."""
    readable = [context.line(name).is_null() | context.line(name).str.contains(PLAIN) for name in PRICES]
    stated = context.line("line_total").is_not_null()
    multiplied = context.line("unit_price").is_not_null() & (
        context.line_amount("quantity").is_not_null() | (not context.maps("lines.quantity"))
    )
    return pl.all_horizontal(*readable, stated | multiplied | (not lines_state_money(context)))


def _sum(context: Context) -> pl.Expr:
    return whole(context, line_total(context))


def _difference(context: Context, failing: pl.DataFrame) -> Iterable[Finding]:
    for row in failing.select("amount", sum=_sum(context)).iter_rows(named=True):
        if row["sum"] is None:
            message = "The lines cannot be added up: one has no price and quantity that can be read."
            yield Finding(field="amount", seen=row["amount"], message=message)
        else:
            message = f"The lines add up to {row['sum'].normalize():f}, but the deal's amount is {row['amount']}."
            yield Finding(field="amount", seen=row["amount"], message=message)


@rule(
    theme=Theme.LINES,
    field="amount",
    empty=Empty.PASSES,
    why_empty=f"an amount that must be filled is asked for by money_details_present; {NO_LINES}",
    allowed=lambda c: f"an amount equal to the sum of the lines (tolerance {c.pack.policies.lines.tolerance:f})",
    subject="whether the lines add up to the amount",
    needs=("amount_readable", "line_prices_readable"),
    explain=_difference,
)
def lines_sum_to_amount(context: Context) -> pl.Expr:
    """The lines add up to the deal's amount."""
    if not lines_state_money(context):
        return context.always()
    apart = (_sum(context) - context.amount("amount").cast(PRODUCT)).abs()
    no_lines = pl.col("lines").list.len().fill_null(0) == 0
    return no_lines | (apart <= context.pack.policies.lines.tolerance)


@rule(
    theme=Theme.LINES,
    field="lines.product",
    empty=Empty.DEPENDS,
    why_empty=f"the line's own mark decides; {NO_LINES}",
    allowed="products that are billed once",
    says="{quoted} is billed again each period. Handoff does not build subscriptions yet, so bill this deal by hand.",
    says_empty="A line is billed again each period. Handoff does not build subscriptions yet, so bill it by hand.",
    per_line=True,
)
def needs_subscription(context: Context) -> pl.Expr:
    """No product of the deal is billed again each period: that would need a subscription."""
    listed = context.line("product").is_in(context.pack.policies.recurring_products).fill_null(value=False)
    marked = context.line("recurring").is_not_null() & (context.line("recurring") != "false")
    return ~listed & ~marked
