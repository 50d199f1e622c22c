"""The gate fails closed: whatever goes wrong, the deals concerned are held and the others are not."""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from pandera.config import config_context

from checks.context import Context
from checks.explain import violations
from checks.facts import Facts
from checks.gate import frame, judge, masks, rules_of
from checks.masks import judge_all
from checks.rule import Empty, Finding, Rule
from checks.rules import RULES
from handoff.core.violation import Failure, Violation
from tests.unit.checks.packs import NOW, VALUES, make_line, make_pack, make_row, run

FACTS = Facts(now=NOW)


def judged(deals: pl.DataFrame, *rules: Rule) -> list[tuple[Violation, ...]]:
    context = Context(pack=make_pack(), source="crm", facts=FACTS)
    return violations(deals, rules, judge_all(deals, rules, context), context)


def broken(function: Callable[[Context], pl.Expr], **changes: Any) -> Rule:
    return replace(RULES["amount_readable"], judge=function, explain=None, **changes)


def bursts(text: str) -> bool:
    if text == "boom":
        raise RuntimeError(f"secret {text}")
    return True


def bursting(context: Context) -> pl.Expr:
    return context.text("amount").map_elements(bursts, return_dtype=pl.Boolean)


def test_deal_in_order_passes_all_rules() -> None:
    result = run([make_row()], make_pack())
    assert result.violations == [()]
    assert result.passed == [True]
    assert set(result.fingerprints) == set(RULES)


def test_all_violations_of_a_deal_come_at_once() -> None:
    row = make_row(deal_id=None, account_name="test", billing_email="x", currency="US$", kickoff_on="soon")
    rules = {violation.rule for violation in run([row], make_pack()).violations[0] if violation.judged}
    assert rules == {
        "deal_id_well_formed",
        "account_name_is_real",
        "billing_email_well_formed",
        "currency_known",
        "kickoff_date_readable",
    }


def test_rule_that_needs_a_failed_one_says_why_it_was_not_judged() -> None:
    row = make_row(lines=[make_line(product="GTXPro", line_total="1")], amount="1")
    found = {violation.rule: violation for violation in run([row], make_pack()).violations[0]}
    assert set(found) == {"product_is_canonical", "discount_within_limit_or_approved"}
    assert not found["discount_within_limit_or_approved"].judged
    assert found["discount_within_limit_or_approved"].message == (
        "The discount could not be judged: the product is unknown."
    )


def test_need_that_is_off_counts_as_passed() -> None:
    row = make_row(lines=[make_line(product="GTXPro", list_price="1000", line_total="1")], amount="1")
    found = run([row], make_pack(("discount_within_limit_or_approved",))).violations[0]
    assert [(violation.rule, violation.judged) for violation in found] == [("discount_within_limit_or_approved", True)]


def test_what_needs_an_unjudged_rule_is_not_judged_either() -> None:
    first = replace(RULES["amount_readable"], name="first")
    second = replace(RULES["amount_above_zero"], name="second", needs=("first",), trouble="the second is open")
    third = replace(RULES["amount_above_zero"], name="third", needs=("second",), subject="the third")
    found = judged(frame([make_row(amount="x")]), third, second, first)[0]
    assert {violation.rule: violation.judged for violation in found} == {"third": False, "second": False, "first": True}
    assert found[0].message == "The third could not be judged: the second is open."


def test_rule_not_in_the_pack_is_not_run() -> None:
    assert run([make_row(amount="x")], make_pack(("currency_known",))).passed == [True]


def test_one_bad_deal_never_stops_the_other_999() -> None:
    rows = [make_row(amount="boom" if place == 421 else "1000") for place in range(1_000)]
    found = judged(frame(rows), broken(bursting, name="bursting"), RULES["currency_known"])
    held = [place for place, each in enumerate(found) if each]
    assert held == [421]
    assert found[421][0].rule == Failure.RULE_ERROR
    assert "bursting" in found[421][0].message
    assert "secret" not in found[421][0].message


def test_rule_that_crashes_still_holds_the_deals_that_fail_it() -> None:
    def judge(context: Context) -> pl.Expr:
        return context.text("amount").map_elements(lambda text: bursts(text) and text != "bad", return_dtype=pl.Boolean)

    rows = [make_row(amount=amount) for amount in ("1", "boom", "bad", "2")]
    found = judged(frame(rows), broken(judge, name="bursting", says="Bad."))
    assert [[violation.rule for violation in each] for each in found] == [[], ["rule_error"], ["bursting"], []]


def test_rule_that_always_crashes_holds_every_deal_in_bounded_time() -> None:
    calls = []

    def always(text: str) -> bool:
        calls.append(text)
        raise ValueError(text)

    def judge(context: Context) -> pl.Expr:
        return context.text("amount").map_elements(always, return_dtype=pl.Boolean)

    found = judged(frame([make_row()] * 3_000), broken(judge, name="always"))
    assert all(each[0].rule == Failure.RULE_ERROR for each in found)
    assert len(calls) < 5_000


def test_rule_that_cannot_be_written_holds_every_deal() -> None:
    def judge(context: Context) -> pl.Expr:
        raise KeyError("pack lacks something")

    found = judged(frame([make_row()] * 2), broken(judge, name="unwritten"), RULES["currency_known"])
    assert [[violation.rule for violation in each] for each in found] == [["rule_error"], ["rule_error"]]


@pytest.mark.parametrize(
    "expression",
    [
        pl.lit(value=True),
        pl.col("amount").filter(pl.col("amount") == "1").is_not_null(),
        pl.col("amount").str.len_bytes(),
        pl.col("no such column").is_null(),
    ],
    ids=["one verdict for all", "too few verdicts", "no booleans", "missing column"],
)
def test_verdicts_that_are_not_one_boolean_per_deal_hold_all(expression: pl.Expr) -> None:
    rows = [make_row(amount=str(amount)) for amount in range(3)]
    odd = broken(lambda context: expression, name="odd", empty=Empty.DEPENDS)
    found = judged(frame(rows), odd)
    assert [[violation.rule for violation in each] for each in found] == [["rule_error"]] * 3


def test_crash_of_a_rule_across_deals_holds_all_of_them() -> None:
    rule = broken(bursting, name="bursting", across=True)
    found = judged(frame([make_row(amount="boom"), make_row()]), rule)
    assert all(each[0].rule == Failure.RULE_ERROR for each in found)


def test_what_needs_a_crashed_rule_is_not_judged() -> None:
    needy = replace(RULES["amount_above_zero"], needs=("bursting",))
    found = judged(frame([make_row(amount="boom")]), broken(bursting, name="bursting"), needy)[0]
    assert {violation.rule: violation.judged for violation in found} == {"amount_above_zero": False, "rule_error": True}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda deals: deals.drop("sector"),
        lambda deals: deals.with_columns(surprise=pl.lit("x")),
        lambda deals: deals.with_columns(amount=pl.lit(5)),
        lambda deals: deals.with_columns(lines=pl.lit("x")),
        lambda deals: deals.drop("amount"),
    ],
    ids=["missing column", "unknown column", "number for text", "text for lines", "missing column that is read"],
)
def test_frame_of_another_shape_holds_every_deal(spoil: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    deals = spoil(frame([make_row(), make_row(deal_id="006000000000002AAA")]))
    result = judge(deals, make_pack(("sector_is_canonical", "amount_above_zero", "lines_present")), "crm", FACTS)
    assert result.passed == [False, False]
    assert {violation.rule for each in result.violations for violation in each} == {Failure.RULE_ERROR}


def test_pandera_switched_off_by_its_own_setting_still_judges() -> None:
    deals = frame([make_row(amount="x")])
    with config_context(validation_enabled=False):
        assert judge(deals, make_pack(("amount_readable",)), "crm", FACTS).passed == [False]
    with config_context(validation_depth="SCHEMA_ONLY"):
        assert judge(deals, make_pack(("amount_readable",)), "crm", FACTS).passed == [False]


@pytest.mark.parametrize("setting", ["PANDERA_VALIDATION_ENABLED=False", "PANDERA_VALIDATION_DEPTH=SCHEMA_ONLY"])
def test_environment_cannot_switch_the_gate_off(setting: str) -> None:
    name, _, value = setting.partition("=")
    code = (
        "from tests.unit.checks.packs import *\n"
        "assert run([make_row(amount='x')], make_pack(('amount_readable',))).passed == [False]"
    )
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, name: value}, check=False).returncode == 0


def test_words_that_cannot_be_found_leave_the_deal_held() -> None:
    def explain(context: Context, failing: pl.DataFrame) -> list[Finding]:
        raise RuntimeError("no words")

    def allowed(context: Context) -> str:
        raise RuntimeError("no words")

    wordless = replace(RULES["amount_readable"], explain=explain, allowed=allowed)
    found = judged(frame([make_row(amount="x")]), wordless)[0]
    assert found[0].rule == "amount_readable"
    assert found[0].message == f"Not so for this deal: {wordless.sentence}"


def test_violations_are_ordered_and_the_same_each_time() -> None:
    rows = [make_row([], **dict.fromkeys(VALUES))]
    assert run(rows, make_pack()) == run(rows, make_pack(tuple(RULES)[::-1]))
    themes = [RULES[violation.rule].theme for violation in run(rows, make_pack()).violations[0]]
    assert themes == sorted(themes, key=list(type(themes[0])).index)


def test_masks_and_violations_name_the_same_deals_and_rules() -> None:
    values = itertools.product(("1", "x", None), ("USD", "?"), ("x", None))
    rows = [make_row(amount=amount, currency=currency, closed_on=day) for amount, currency, day in values]
    deals, pack = frame(rows), make_pack()
    table = {(row["row"], str(row["rule"])) for row in masks(deals, pack, "crm", FACTS).table().iter_rows(named=True)}
    told = {(n, v.rule) for n, each in enumerate(judge(deals, pack, "crm", FACTS).violations) for v in each}
    assert table == told


def test_rule_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        rules_of(make_pack(("no_such_rule",)))
