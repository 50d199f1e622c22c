"""Duplicates across deals: in the batch, and among the deals of earlier runs."""

from collections import defaultdict

import polars as pl

from checks.context import Context
from checks.facts import OtherDeal
from checks.rule import Empty, rule
from handoff.core.deal import Theme

SEPARATOR = "\x1f"  # cannot stand in a field of a CRM
COPY = ("account_id", "deal_name", "amount", "currency", "closed_on")


@rule(
    theme=Theme.IDENTITY,
    field="deal_id",
    empty=Empty.PASSES,
    why_empty="a deal without an id is held by deal_id_well_formed",
    allowed="each deal once",
    says="The deal {quoted} stands more than once in this batch; which copy is right, a person must say.",
    across=True,
)
def deal_listed_once(context: Context) -> pl.Expr:
    """The deal stands once among the deals that were read; otherwise every copy is held."""
    return context.text("deal_id").is_unique()


def _bare(value: str) -> str:
    return " ".join(value.lower().split())


def _key(context: Context, names: tuple[str, ...]) -> pl.Expr:
    """The fields as one text, whatever case and spaces; null when one of them is empty."""
    parts = [context.text(n).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars() for n in names]
    return pl.concat_str(parts, separator=SEPARATOR)


def _key_of(deal: OtherDeal, names: tuple[str, ...]) -> str | None:
    values = [getattr(deal, name) for name in names]
    return None if None in values else SEPARATOR.join(_bare(value) for value in values)


def _used_by_one_deal(context: Context, names: tuple[str, ...]) -> pl.Expr:
    """Whether no other deal, in the batch or of earlier runs, has the same values in all these fields."""
    key, deal_id = _key(context, names), context.text("deal_id").fill_null("")
    alone = pl.len().over(key) == pl.len().over(key, deal_id)
    earlier: dict[str, set[str]] = defaultdict(set)
    for deal in context.facts.others:
        found = _key_of(deal, names)
        if found is not None:
            earlier[found].add(deal.deal_id)
    several = [k for k, deals in earlier.items() if len(deals) > 1]
    single = {k: next(iter(deals)) for k, deals in earlier.items() if len(deals) == 1}
    own = [f"{k}{SEPARATOR}{one}" for k, one in single.items()]
    taken = key.is_in(several) | (key.is_in(list(single)) & ~(key + SEPARATOR + deal_id).is_in(own))
    return key.is_null() | (alone & ~taken)


@rule(
    theme=Theme.TERMS,
    field="po_number",
    empty=Empty.PASSES,
    why_empty="a number that must be filled is asked for by po_number_when_required; without an account it passes",
    allowed="a purchase-order number that no other deal of the account carries",
    says="The purchase-order number {quoted} already stands on another deal of this account.",
    across=True,
)
def po_number_not_used_twice(context: Context) -> pl.Expr:
    """No other deal of the account carries the same purchase-order number."""
    return _used_by_one_deal(context, ("account_id", "po_number"))


@rule(
    theme=Theme.IDENTITY,
    field="deal_name",
    empty=Empty.DEPENDS,
    why_empty="a deal with its account, name, amount, currency or close date empty passes",
    allowed="a deal that is not the copy of another",
    says="Another deal of this account has the same name, amount and close date: {quoted} looks like a copy of it.",
    across=True,
)
def not_a_copy_of_another_deal(context: Context) -> pl.Expr:
    """No other deal of the account has the same name, amount, currency and close date."""
    return _used_by_one_deal(context, COPY)
