"""Which rule fails on which deal: pandera judges, and what it cannot judge is marked, never passed."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

from checks.context import Context
from checks.rule import Rule
from checks.schema import Check, schema

log = logging.getLogger(__name__)

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


class RuleCrashedError(Exception):
    """A rule raised; never carries values of the deal."""


class MisshapenVerdictError(Exception):
    """A rule gave something other than one boolean per deal, so nobody can say which deal a verdict is about."""


def evaluate(deals: pl.LazyFrame, expression: pl.Expr, rows: int) -> pl.Series:
    """The verdicts of one expression, null counting as false; raise one of the two errors above when there are none."""
    try:
        verdict = deals.select(expression.alias("verdict")).collect()["verdict"]
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of polars is no Exception, and pandera would let it through
        raise RuleCrashedError(type(error).__name__) from None
    if verdict.dtype != pl.Boolean or len(verdict) != rows:
        raise MisshapenVerdictError(f"{len(verdict)} verdicts of type {verdict.dtype} for {rows} deals")
    return verdict.fill_null(value=False)


class _Asked:
    """What pandera asked of each rule, so that a check it left out is noticed."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.answered: set[str] = set()
        self.misshapen: set[str] = set()

    def check(self, name: str, expression: pl.Expr) -> Check:
        def judge(deals: pl.LazyFrame) -> pl.LazyFrame:
            try:
                verdict = evaluate(deals, expression, self.rows)
            except MisshapenVerdictError:
                self.misshapen.add(name)
                raise
            self.answered.add(name)
            return verdict.to_frame().lazy()

        return judge


def judge_all(deals: pl.DataFrame, rules: Sequence[Rule], context: Context) -> Masks:
    """Judge every rule on every deal."""
    rows = deals.height
    expressions: dict[str, pl.Expr] = {}
    crashed = {}
    for rule in rules:
        try:
            expressions[rule.name] = rule.expression(context)
        except Exception as error:
            log.error("rule %s cannot be applied (%s): all deals are held", rule.name, type(error).__name__)  # noqa: TRY400 - the same
            crashed[rule.name] = _all(rows)
    asked, failed = _Asked(rows), None
    judgeable = [rule for rule in rules if rule.name in expressions]
    try:
        prepared = deals.with_columns(**context.readings)
        failed = _validate(prepared, judgeable, expressions, context, asked)
    except Exception as error:
        log.error("the frame of %d deals could not be judged (%s): all are held", rows, type(error).__name__)  # noqa: TRY400 - a traceback may carry values
        failed = None
    if failed is None:
        return _settle(rows, rules, {}, {rule.name: _all(rows) for rule in rules})
    for rule in judgeable:
        if rule.name in asked.misshapen:
            crashed[rule.name] = _all(rows)
        elif rule.name not in asked.answered:
            failed[rule.name], crashed[rule.name] = _bisect(prepared, rule, expressions[rule.name])
            log.error("rule %s crashed: %d of %d deals are held for it", rule.name, crashed[rule.name].sum(), rows)
    return _settle(rows, rules, failed, crashed)


def _validate(
    prepared: pl.DataFrame,
    rules: Sequence[Rule],
    expressions: Mapping[str, pl.Expr],
    context: Context,
    asked: _Asked,
) -> dict[str, pl.Series] | None:
    """Pandera's verdict: the failing deals per rule; None when the frame itself is wrong, which is no deal's fault."""
    checks = {name: asked.check(name, expression) for name, expression in expressions.items()}
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
                    return None
                if name in asked.answered and output is not None and output.height == prepared.height:
                    failed[name] = ~output.to_series()
                else:
                    asked.answered.discard(name)
    return failed


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
        except MisshapenVerdictError:
            return ~_all(rows), _all(rows)
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
