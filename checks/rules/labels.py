"""Labels: each must be a canonical label of its set (synonyms were translated before the gate)."""

from collections.abc import Callable, Iterable
from functools import partial

import polars as pl
from rapidfuzz import fuzz, utils

from checks.context import Context
from checks.rule import Empty, Finding, Register, rule
from checks.wording import clip, quoted
from handoff.core.deal import Theme

LISTED = 12  # more labels than this nobody reads in a sentence


def _allowed(field: str, context: Context) -> str:
    labels = context.labels(field)
    more = f" and {len(labels) - LISTED} more" if len(labels) > LISTED else ""
    return f"one of: {', '.join(labels[:LISTED])}{more}"


def nearest(seen: str, labels: tuple[str, ...]) -> str | None:
    """The canonical label that looks most like a text; None when there are no labels."""
    return max(labels, key=_likeness(seen, labels), default=None)


def by_nearness(seen: str, labels: tuple[str, ...]) -> list[str]:
    """All canonical labels, those that look most like a text first."""
    return sorted(labels, key=_likeness(seen, labels), reverse=True)


def _likeness(seen: str, labels: tuple[str, ...]) -> Callable[[str], tuple[float, float]]:
    text = utils.default_process(clip(seen))
    plain = {label: utils.default_process(label) for label in labels}
    # A part counts as near ("Korea" is in "Korea, Republic of"); among equals the label with the least beside it wins.
    return lambda label: (fuzz.WRatio(text, plain[label]), fuzz.ratio(text, plain[label]))


def _unknown(field: str, context: Context, failing: pl.DataFrame) -> Iterable[Finding]:
    """Name the nearest canonical label; a text is compared once however many deals carry it."""
    labels, spoken = context.labels(field), field.rpartition(".")[2].replace("_", " ")
    messages: dict[tuple[str, ...], str] = {}
    for seen in _seen(field, labels, failing):
        if seen not in messages:
            known = [(text, nearest(text, labels)) for text in seen]
            hints = "; ".join(
                f"{quoted(text)} is not a known {spoken}" + (f" (nearest: {quoted(near)})" if near else "")
                for text, near in known
            )
            messages[seen] = f"{hints[0].upper()}{hints[1:]}."
        yield Finding(field=field, seen=seen[0], message=messages[seen])


def _seen(field: str, labels: tuple[str, ...], failing: pl.DataFrame) -> Iterable[tuple[str, ...]]:
    if not field.startswith("lines."):
        return ((text,) for text in failing[field])
    name = field.removeprefix("lines.")
    label = pl.element().struct.field(name)
    wrong = failing.select(pl.col("lines").list.eval(label.filter(~label.is_in(labels)).unique(maintain_order=True)))
    return (tuple(texts) for texts in wrong["lines"])


def _label(theme: Theme, field: str) -> Register:
    spoken = field.rpartition(".")[2].replace("_", " ")
    return rule(
        theme=theme,
        field=field,
        empty=Empty.PASSES,
        why_empty=f"{theme} details that must be filled have a rule of their own",
        allowed=partial(_allowed, field),
        trouble=f"the {spoken} is unknown",
        per_line=field.startswith("lines."),
        explain=partial(_unknown, field),
    )


@_label(Theme.IDENTITY, "stage")
def stage_is_canonical(context: Context) -> pl.Expr:
    """The stage is one that the company knows."""
    return context.text("stage").is_in(context.labels("stage"))


@_label(Theme.IDENTITY, "deal_type")
def deal_type_is_canonical(context: Context) -> pl.Expr:
    """The deal type is one that the company knows."""
    return context.text("deal_type").is_in(context.labels("deal_type"))


@_label(Theme.IDENTITY, "region")
def region_is_canonical(context: Context) -> pl.Expr:
    """The sales region is one that the company knows."""
    return context.text("region").is_in(context.labels("region"))


@_label(Theme.ACCOUNT, "sector")
def sector_is_canonical(context: Context) -> pl.Expr:
    """The sector of the account is one that the company knows."""
    return context.text("sector").is_in(context.labels("sector"))


@_label(Theme.ACCOUNT, "customer_kind")
def customer_kind_is_canonical(context: Context) -> pl.Expr:
    """The kind of customer (business, consumer, public body) is one that the company knows."""
    return context.text("customer_kind").is_in(context.labels("customer_kind"))


@_label(Theme.ACCOUNT, "billing_country")
def country_is_canonical(context: Context) -> pl.Expr:
    """The billing country is one that the company knows, by its official name."""
    return context.text("billing_country").is_in(context.labels("billing_country"))


@_label(Theme.TERMS, "payment_terms")
def payment_terms_is_canonical(context: Context) -> pl.Expr:
    """The payment terms are terms that the company knows."""
    return context.text("payment_terms").is_in(context.labels("payment_terms"))


@_label(Theme.TERMS, "billing_entity")
def billing_entity_is_canonical(context: Context) -> pl.Expr:
    """The billing entity is one of our companies."""
    return context.text("billing_entity").is_in(context.labels("billing_entity"))


@_label(Theme.TERMS, "instalment_plan")
def instalment_plan_is_canonical(context: Context) -> pl.Expr:
    """The instalment plan is one that the company knows."""
    return context.text("instalment_plan").is_in(context.labels("instalment_plan"))


@_label(Theme.LINES, "lines.product")
def product_is_canonical(context: Context) -> pl.Expr:
    """Every product sold is in the catalogue."""
    return context.line("product").is_in(context.labels("lines.product"))
