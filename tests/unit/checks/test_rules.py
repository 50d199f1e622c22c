"""Every rule, on deals in order, on broken ones and on empty fields."""

from typing import Any

import pytest

from checks.rule import Empty
from checks.rules import RULES, names
from handoff.core.deal import FIELD_BY_NAME, LINE_FIELD_BY_NAME, Theme
from tests.unit.checks import cases_of_dates_and_lines, cases_of_money, cases_of_people
from tests.unit.checks.cases import Cases
from tests.unit.checks.packs import found, make_row

CASES: dict[str, Cases] = {**cases_of_people.CASES, **cases_of_money.CASES, **cases_of_dates_and_lines.CASES}
GOOD = [(rule, values) for rule, cases in CASES.items() for values in cases.good]
BAD = [(rule, values) for rule, cases in CASES.items() for values in cases.bad]
ACROSS = ("deal_listed_once", "not_a_copy_of_another_deal", "po_number_not_used_twice")


@pytest.mark.parametrize(("rule", "values"), GOOD)
def test_deal_in_order_passes(rule: str, values: dict[str, Any]) -> None:
    assert found(make_row(**values), rule, **CASES[rule].pack) is None


@pytest.mark.parametrize(("rule", "values"), BAD)
def test_broken_deal_is_held_with_a_sentence(rule: str, values: dict[str, Any]) -> None:
    violation = found(make_row(**values), rule, **CASES[rule].pack)
    assert violation is not None
    assert violation.rule == rule
    assert violation.message.endswith(".")
    assert violation.message[0] == violation.message[0].upper()
    assert len(violation.message) < 1_000
    assert "{" not in violation.message
    assert violation.allowed


@pytest.mark.parametrize("rule", sorted(RULES))
def test_empty_field_means_what_the_rule_says(rule: str) -> None:
    cases = CASES[rule]
    violation = found(make_row(**cases.empty), rule, **cases.pack)
    assert (violation is None) == cases.empty_passes
    match RULES[rule].empty:
        case Empty.PASSES:
            assert cases.empty_passes
        case Empty.FAILS:
            assert not cases.empty_passes
        case Empty.DEPENDS:
            assert RULES[rule].why_empty


def test_every_rule_has_cases_of_each_kind() -> None:
    assert set(CASES) == names()
    assert {rule for rule, cases in CASES.items() if not cases.bad} == set(ACROSS)  # these are tested on batches
    assert all(cases.good for cases in CASES.values())


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_every_rule_has_sentence_theme_field_and_null_behaviour(rule: Any) -> None:
    assert rule.sentence.endswith(".")
    assert rule.sentence[0].isupper()
    assert rule.theme in Theme
    known = {*FIELD_BY_NAME, *(f"lines.{name}" for name in LINE_FIELD_BY_NAME), "lines"}
    assert rule.field in known
    assert rule.null.startswith("empty ")
    assert len(rule.null) > len("empty depends: ")
    assert set(rule.needs) <= names()


def test_there_are_more_than_forty_rules_and_every_theme_has_one() -> None:
    assert len(RULES) > 40
    assert {rule.theme for rule in RULES.values()} == set(Theme)
    assert "needs_subscription" in names()


def test_fingerprints_tell_rules_apart() -> None:
    prints = {rule.fingerprint for rule in RULES.values()}
    assert len(prints) == len(RULES)
