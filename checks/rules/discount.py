"""Discounts: within the limit, or approved by somebody who is not the rep."""

from collections.abc import Iterable
from decimal import ROUND_UP, Decimal

import polars as pl

from checks.context import Context
from checks.line_money import list_price, list_total, paid_total
from checks.readings import HUNDRED, PRODUCT
from checks.rule import Empty, Finding, rule
from handoff.core.deal import Theme
from handoff.core.pack.policies import Discount


def _policy(context: Context) -> Discount:
    policy = context.pack.policies.discount
    if policy is None:
        raise ValueError("policies.yaml states no discount limit, yet the rule about it is in use")
    if (policy.limit_percent * 10_000) % 1:
        raise ValueError("a discount limit has at most four decimals")
    return policy


def _explain(context: Context, failing: pl.DataFrame) -> Iterable[Finding]:
    """Say how large the discount is: from the lines when their list prices are known, else as the CRM states it."""
    limit = _policy(context).limit_percent
    lists, paid = list_total(context), paid_total(context)
    totals = failing.select(list=lists, paid=paid, stated=pl.col("discount_percent"))
    for row in totals.iter_rows(named=True):
        full: Decimal | None = row["list"]
        if full and row["paid"] is not None and row["paid"] * 100 < full * (HUNDRED - limit):
            # Rounded up, so that a discount just above the limit never reads as the limit itself.
            percent = ((1 - row["paid"] / full) * 100).quantize(Decimal("0.01"), rounding=ROUND_UP)
            seen = f"{percent:f}".rstrip("0").rstrip(".")
            says = f"The discount on the list price is {seen} % and nobody has approved it: "
            sums = f"{row['paid'].normalize():,f} instead of {full.normalize():,f}."
            yield Finding(field="discount_percent", seen=seen, message=f"{says}{sums}")
        elif row["stated"] is not None:
            message = f"The discount is {row['stated']} % and nobody has approved it."
            yield Finding(field="discount_percent", seen=row["stated"], message=message)
        else:
            message = "The discount cannot be worked out: a price or quantity on a line is missing or unreadable."
            yield Finding(field="discount_percent", seen=None, message=message)


@rule(
    theme=Theme.MONEY,
    field="discount_percent",
    empty=Empty.DEPENDS,
    why_empty="without a list price and without a stated discount there is none",
    allowed=lambda c: f"at most {_policy(c).limit_percent:f} % of the list price, or an approval",
    subject="the discount",
    needs=("product_is_canonical",),
    explain=_explain,
)
def discount_within_limit_or_approved(context: Context) -> pl.Expr:
    """A discount above the limit has been approved; exactly the limit is within policy."""
    limit = _policy(context).limit_percent
    share, hundred = (pl.lit(part).cast(PRODUCT) for part in (HUNDRED - limit, HUNDRED))
    by_lines = pl.col("lines").is_null() | (paid_total(context) * hundred >= list_total(context) * share)
    all_priced = context.lines(list_price(context).is_not_null()).list.all() & (pl.col("lines").list.len() > 0)
    stated = context.text("discount_percent").is_null() | (context.amount("discount_percent") <= limit)
    within = by_lines & (all_priced.fill_null(value=False) | stated)
    return context.text("discount_approved_by").is_not_null() | within


@rule(
    theme=Theme.MONEY,
    field="discount_approved_by",
    empty=Empty.PASSES,
    why_empty="an approval that is missing is asked for by discount_within_limit_or_approved",
    allowed="somebody other than the deal's rep",
    says="The discount was approved by {quoted}, who is the deal's own rep.",
)
def discount_approver_is_not_the_rep(context: Context) -> pl.Expr:
    """Nobody approves the discount of an own deal."""
    return is_not_the_rep(context, "discount_approved_by")


def is_not_the_rep(context: Context, field: str) -> pl.Expr:
    """Whether an approver is somebody other than the rep, by id, name and e-mail."""

    def bare(name: str) -> pl.Expr:
        return context.text(name).str.strip_chars().str.to_lowercase()

    return ~pl.any_horizontal(
        (bare(field) == bare(rep)).fill_null(value=False) for rep in ("rep_id", "rep_name", "rep_email")
    )
