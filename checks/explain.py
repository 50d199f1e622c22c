"""Violations in words, for the failing deals alone."""

from collections.abc import Iterable, Mapping
from string import Formatter

import polars as pl

from checks.context import Context
from checks.masks import Masks
from checks.rule import Finding, Rule
from checks.wording import clip, listed, quoted, sentence
from handoff.core.violation import Failure, Violation

Told = list[tuple[int, Violation]]


def violations(
    deals: pl.DataFrame, rules: Iterable[Rule], masks: Masks, context: Context
) -> list[tuple[Violation, ...]]:
    """One tuple per deal, in the rules' order; empty when the deal passed."""
    by_name = {rule.name: rule for rule in rules}
    found: list[list[Violation]] = [[] for _ in range(masks.rows)]
    for rule in by_name.values():
        for row, violation in _failed(deals, rule, masks, context):
            found[row].append(violation)
        for row, violation in _unjudged(deals, rule, by_name, masks, context):
            found[row].append(violation)
    for row, violation in _crashed(by_name, masks):
        found[row].append(violation)
    return [tuple(each) for each in found]


def _rows(mask: pl.Series | None) -> list[int]:
    return mask.arg_true().to_list() if mask is not None else []


def _allowed(rule: Rule, context: Context) -> str:
    try:
        return rule.allowed_text(context)
    except Exception:  # the words of a rule that crashed must not stop the others
        return ""


def _failed(deals: pl.DataFrame, rule: Rule, masks: Masks, context: Context) -> Told:
    rows = _rows(masks.failed.get(rule.name))
    if not rows:
        return []
    allowed = _allowed(rule, context)
    try:
        findings = list(_findings(deals, rows, rule, context, allowed))
    except Exception:  # a deal is held with the rule's plain sentence rather than stop the others
        findings = []
    if len(findings) != len(rows):
        findings = [Finding(field=rule.field, seen=None, message=f"Not so for this deal: {rule.sentence}")] * len(rows)
    # Thousands of deals fail alike: one violation each would keep the garbage collector busy for longer than the rules.
    alike: dict[Finding, Violation] = {}
    for found in findings:
        if found not in alike:
            alike[found] = _violation(rule, found, allowed)
    return [(row, alike[found]) for row, found in zip(rows, findings, strict=True)]


def _findings(deals: pl.DataFrame, rows: list[int], rule: Rule, context: Context, allowed: str) -> Iterable[Finding]:
    if rule.explain:
        return rule.explain(context, deals[rows].with_columns(**context.readings))
    if rule.per_line:
        return _by_line(deals.select("lines")[rows], rule, context, allowed)
    return _by_template(deals, rows, rule, allowed)


def _violation(rule: Rule, found: Finding, allowed: str) -> Violation:
    seen = None if found.seen is None else clip(found.seen)
    return Violation(rule=rule.name, field=found.field, seen=seen, allowed=allowed, message=found.message)


def _fields(template: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _by_template(deals: pl.DataFrame, rows: list[int], rule: Rule, allowed: str) -> Iterable[Finding]:
    columns = {n for n in (*_fields(rule.says), *_fields(rule.says_empty), rule.column) if n in deals.columns}
    if columns <= {"lines"}:  # says nothing of a value
        return [Finding(field=rule.field, seen=None, message=_say(rule, None, "", allowed, {}))] * len(rows)
    return _with_values(deals.select(sorted(columns - {"lines"}))[rows], rule, allowed)


def _with_values(failing: pl.DataFrame, rule: Rule, allowed: str) -> Iterable[Finding]:
    alike: dict[tuple[str | None, ...], Finding] = {}
    for values in failing.iter_rows():
        found = alike.get(values)
        if found is None:
            row = dict(zip(failing.columns, values, strict=True))
            seen = row.get(rule.column)
            message = _say(rule, seen, quoted(seen), allowed, row)
            found = alike[values] = Finding(field=rule.field, seen=seen, message=message)
        yield found


def _say(rule: Rule, seen: str | None, shown: str, allowed: str, row: Mapping[str, str | None]) -> str:
    values = {name: "(empty)" if value is None else clip(value) for name, value in row.items()}
    template = rule.says_empty if seen is None and rule.column != "lines" else rule.says
    return sentence(template.format(**{**values, "seen": clip(seen or ""), "quoted": shown, "allowed": allowed}))


def _by_line(failing: pl.DataFrame, rule: Rule, context: Context, allowed: str) -> Iterable[Finding]:
    """The first failing line's value is what was seen; the message names all distinct ones."""
    value = context.line(rule.field.partition(".")[2])
    wrong = failing.select(wrong=context.lines(value.filter(~rule.on_line(context))))
    for values in wrong["wrong"].to_list():
        seen = values[0] if values else None
        template = rule.says_empty if set(values) == {None} else rule.says
        message = template.format(seen=clip(seen or ""), quoted=listed(values), allowed=allowed)
        yield Finding(field=rule.field, seen=seen, message=sentence(message))


def _unjudged(deals: pl.DataFrame, rule: Rule, rules: Mapping[str, Rule], masks: Masks, context: Context) -> Told:
    rows = _rows(masks.unjudged.get(rule.name))
    if not rows:
        return []
    allowed = _allowed(rule, context)
    spoken = "." not in rule.field and rule.column != "lines"
    seen = deals[rule.column][rows].to_list() if spoken else [None] * len(rows)
    held = {need: _held(need, masks) for need in rule.needs if need in rules}
    alike: dict[tuple[str | None, str], Violation] = {}
    told = []
    for row, value in zip(rows, seen, strict=True):
        trouble = next(rules[need].trouble for need in held if row in held[need])
        if (value, trouble) not in alike:
            alike[value, trouble] = _open(rule, value, allowed, trouble)
        told.append((row, alike[value, trouble]))
    return told


def _open(rule: Rule, seen: str | None, allowed: str, trouble: str) -> Violation:
    return Violation(
        rule=rule.name,
        field=rule.field,
        seen=None if seen is None else clip(seen),
        allowed=allowed,
        message=f"{sentence(rule.subject)} could not be judged: {trouble}.",
        judged=False,
    )


def _held(name: str, masks: Masks) -> set[int]:
    return {row for each in (masks.failed, masks.unjudged, masks.crashed) for row in _rows(each.get(name))}


def _crashed(rules: Mapping[str, Rule], masks: Masks) -> Told:
    """One violation per deal, however many rules crashed on it."""
    by_row: dict[int, list[str]] = {}
    for name, mask in masks.crashed.items():
        for row in _rows(mask):
            by_row.setdefault(row, []).append(name)
    return [(row, _rule_error([rules[name] for name in names])) for row, names in by_row.items()]


def _rule_error(crashed: list[Rule]) -> Violation:
    names = ", ".join(rule.name for rule in crashed)
    return Violation(
        rule=Failure.RULE_ERROR,
        field=crashed[0].field,
        seen=None,
        allowed="a deal that every rule can read",
        message=f"{Failure.RULE_ERROR.sentence} It is held until somebody has looked at: {names}.",
    )
