"""Which rule fails on which deal: pandera judges, and what it cannot judge is marked, never passed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

from checks.context import Context
from checks.rule import Rule
from checks.schema import schema

ATTEMPTS = 1_000
"""How often a crashing rule is tried again on a part of the batch; what is left then counts as crashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """Per rule, one boolean per deal. A deal is held by a rule when any of the three is true."""

    rows: int
    failed: Mapping[str, pl.Series]
    unjudged: Mapping[str, pl.Series]
    crashed: Mapping[str, pl.Series]

    def table(self) -> pl.DataFrame:
        """Every (row, rule) that holds a deal."""
        parts = [
            pl.DataFrame({"row": mask.arg_true()}).with_columns(rule=pl.lit(name, dtype=pl.Categorical))
            for masks in (self.failed, self.unjudged, self.crashed)
            for name, mask in masks.items()
        ]
        return pl.concat(parts) if parts else pl.DataFrame(schema={"row": pl.UInt32, "rule": pl.Categorical})


class _Judged:
    """Collects what pandera asked, so that a check it left out is noticed, and what went wrong."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.done: set[str] = set()

    def check(self, name: str, expression: pl.Expr) -> Callable[[pl.LazyFrame], pl.LazyFrame]:
        def judge(deals: pl.LazyFrame) -> pl.LazyFrame:
            verdict = evaluate(deals, expression, self.rows)
            self.done.add(name)
            return verdict.to_frame().lazy()

        return judge


class RuleCrashedError(Exception):
    """A rule gave no verdict per deal; never carries values of the deal."""


def evaluate(deals: pl.LazyFrame, expression: pl.Expr, rows: int) -> pl.Series:
    """The verdicts of one expression; raise RuleCrashedError unless there is exactly one boolean per deal."""
    try:
        verdict = deals.select(expression.alias("verdict")).collect()["verdict"]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of polars is no Exception, and pandera would let it through
        raise RuleCrashedError(type(error).__name__) from None
    if verdict.dtype != pl.Boolean or len(verdict) != rows:
        raise RuleCrashedError(f"{len(verdict)} verdicts of type {verdict.dtype} for {rows} deals")
    return verdict


def judge_all(deals: pl.DataFrame, rules: Sequence[Rule], context: Context) -> Masks:
    """Judge every rule on every deal."""
    rows = deals.height
    expressions: dict[str, pl.Expr] = {}
    crashed = {}
    for rule in rules:
        try:
            expressions[rule.name] = rule.expression(context)
        except Exception:
            crashed[rule.name] = _all(rows)
    try:
        prepared = deals.with_columns(**context.readings)
    except (pl.exceptions.PolarsError, TypeError):
        return _settle(rows, rules, {}, {rule.name: _all(rows) for rule in rules})
    judgeable = [rule for rule in rules if rule.name in expressions]
    failed, unanswered = _validate(prepared, judgeable, expressions, context)
    for rule in judgeable:
        if rule.name in unanswered:
            failed[rule.name], crashed[rule.name] = _bisect(prepared, rule, expressions[rule.name])
    return _settle(rows, rules, failed, crashed)


def _validate(
    prepared: pl.DataFrame, rules: Sequence[Rule], expressions: Mapping[str, pl.Expr], context: Context
) -> tuple[dict[str, pl.Series], set[str]]:
    """Pandera's verdict: the failing deals per rule, and the rules that got none."""
    judged = _Judged(prepared.height)
    checks = {name: judged.check(name, expression) for name, expression in expressions.items()}
    names = {rule.name for rule in rules}
    failed: dict[str, pl.Series] = {}
    # An environment variable can switch pandera off, or to schemas only: then nothing would be judged, and all pass.
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        try:
            schema(rules, checks, context.readings).validate(prepared, lazy=True)
        except SchemaErrors as errors:
            for error in errors.schema_errors:
                name, output = getattr(error.check, "name", None), error.check_output
                if name not in names:
                    return {}, names  # a missing, extra or mistyped column has no row: it holds them all
                if name in judged.done and output is not None and output.height == prepared.height:
                    failed[name] = ~output.to_series()
                else:
                    judged.done.discard(name)
    return failed, names - judged.done


def _bisect(prepared: pl.DataFrame, rule: Rule, expression: pl.Expr) -> tuple[pl.Series, pl.Series]:
    """Find the deals on which a rule crashes, so that they alone are held for it; all, if it compares deals."""
    rows = prepared.height
    if rule.across:
        return ~_all(rows), _all(rows)
    failed, crashed = [False] * rows, [False] * rows
    parts, attempts = [(0, rows)], 0
    while parts:
        start, length = parts.pop()
        attempts += 1
        try:
            verdict = evaluate(prepared.slice(start, length).lazy(), expression, length)
            failed[start : start + length] = (~verdict).to_list()
        except RuleCrashedError:
            if length == 1 or attempts >= ATTEMPTS:
                crashed[start : start + length] = [True] * length
            else:
                half = length // 2
                parts += [(start, half), (start + half, length - half)]
    return pl.Series(failed, dtype=pl.Boolean), pl.Series(crashed, dtype=pl.Boolean)


def _settle(rows: int, rules: Sequence[Rule], failed: dict[str, pl.Series], crashed: dict[str, pl.Series]) -> Masks:
    """Take from the failed what could not be judged: something that it needs failed, or was not judged itself."""
    by_name = {rule.name: rule for rule in rules}
    unjudged: dict[str, pl.Series] = {}
    for name in TopologicalSorter({r.name: [n for n in r.needs if n in by_name] for r in rules}).static_order():
        missing = None
        for need in by_name[name].needs:
            for masks in (failed, unjudged, crashed):
                if need in masks:
                    missing = masks[need] if missing is None else missing | masks[need]
        if missing is not None and missing.any():
            if name in crashed:
                missing = missing & ~crashed[name]
            unjudged[name] = missing
            if name in failed:
                failed[name] = failed[name] & ~missing
    return Masks(rows=rows, failed=failed, unjudged=unjudged, crashed=crashed)


def _all(rows: int) -> pl.Series:
    return pl.repeat(value=True, n=rows, eager=True, dtype=pl.Boolean)
