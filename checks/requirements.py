"""Which fields a deal must have: fields.yaml's `required`, always or under a condition."""

from collections.abc import Iterable

import polars as pl

from checks.context import Context
from checks.rule import Finding
from handoff.core.deal import FIELD_BY_NAME, LINE_FIELD_BY_NAME, Kind, Theme
from handoff.core.pack import Condition

WITH_OWN_RULE = ("po_number", "tax_id", "exemption_certificate")
"""Fields whose absence has a rule, and so an owner, of its own."""


def holds(context: Context, condition: Condition) -> pl.Expr:
    """Whether a deal meets a condition; a flag that cannot be read counts as met, so that it asks for more."""
    parts = []
    for name, values in condition.items():
        accepted = [label for value in values for label in context.group(name, value)]
        met = pl.col(name).is_in(accepted)
        if FIELD_BY_NAME[name].kind is Kind.FLAG:
            met = met | ~pl.col(name).is_in(["true", "false"])
        parts.append(met.fill_null(value=False))
    return pl.all_horizontal(parts)


def required(context: Context, name: str, otherwise: Condition | None = None) -> pl.Expr:
    """Whether a deal must have a field; `otherwise` is the condition when fields.yaml says nothing of it."""
    entry = context.pack.fields.required.get(name)
    if entry == "always":
        return context.always()
    if entry is not None:
        return holds(context, entry.when)
    return holds(context, otherwise) if otherwise else ~context.always()


def fields_of(context: Context, theme: Theme) -> tuple[str, ...]:
    """The fields of a theme that fields.yaml requires, apart from those with a rule of their own."""
    return tuple(n for n in context.pack.fields.required if _theme(n) is theme and n not in WITH_OWN_RULE)


def _theme(name: str) -> Theme:
    if name.startswith("lines."):
        return LINE_FIELD_BY_NAME[name.removeprefix("lines.")].theme
    return FIELD_BY_NAME[name].theme


def _filled(context: Context, name: str) -> pl.Expr:
    if not name.startswith("lines."):
        return pl.col(name).is_not_null()
    filled = context.line(name.removeprefix("lines.")).is_not_null()
    return context.lines(filled).list.all() | pl.col("lines").is_null()


def present(context: Context, theme: Theme) -> pl.Expr:
    """Whether a deal has all it must have of a theme."""
    parts = [_filled(context, n) | ~required(context, n) for n in fields_of(context, theme)]
    return pl.all_horizontal(parts) if parts else context.always()


def missing(theme: Theme, context: Context, failing: pl.DataFrame) -> Iterable[Finding]:
    """For each failing deal: which required fields are empty."""
    names = fields_of(context, theme)
    gaps = failing.select((~_filled(context, n) & required(context, n)).alias(n) for n in names)
    for row in gaps.iter_rows(named=True):
        empty = [name for name in names if row[name]]
        spoken = ", ".join(_spoken(name) for name in empty)
        verb = "is" if len(empty) == 1 else "are"
        yield Finding(field=empty[0], seen=None, message=f"Required, but {verb} empty: {spoken}.")


def _spoken(name: str) -> str:
    if name.startswith("lines."):
        return f"{name.removeprefix('lines.')} of a line".replace("_", " ")
    return name.replace("_", " ")
