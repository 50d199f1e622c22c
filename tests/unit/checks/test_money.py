"""Amounts are read exactly or not at all; discounts are judged exactly."""

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from checks.readings import amount_of
from checks.rules.contact import is_email, is_plain_email
from checks.rules.money import KNOWN, WHOLE
from handoff.core.money import PLAIN_AMOUNT, Money, MoneyError
from tests.unit.checks.packs import found, make_line, make_pack, make_row, run

AMOUNT_LIKE = st.one_of(
    st.text(alphabet="0123456789.,-+eE ", max_size=12),
    st.text(max_size=8),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.from_regex(PLAIN_AMOUNT, fullmatch=True),
    st.sampled_from(["1,234.50", "NaN", "1e30", "١٢٣", "-0", "1.2.3", "\n1", "1\n", "１"]),
)
DISCOUNT, SUM = "discount_within_limit_or_approved", "lines_sum_to_amount"


@given(st.lists(AMOUNT_LIKE, min_size=1, max_size=30))
@example(["999999999999999.999999", "-999999999999999.999999", "0.000001"])
@settings(max_examples=150, deadline=None)
def test_amount_is_read_exactly_or_not_at_all(texts: list[str]) -> None:
    read = pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(amount_of(pl.col("text")))["text"].to_list()
    assert read == [Decimal(text) if PLAIN_AMOUNT.fullmatch(text) else None for text in texts]


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.decimals(0, 10_000, places=2), st.decimals(0, 10_000, places=2)),
        min_size=1,
        max_size=4,
    ),
    st.decimals(0, 100, places=2),
)
@settings(max_examples=60, deadline=None)
def test_discount_is_what_exact_fractions_say(lines: list[tuple[int, Decimal, Decimal]], limit: Decimal) -> None:
    row = make_row(
        [make_line(product="MG Special", quantity=str(n), list_price=str(p), line_total=str(t)) for n, p, t in lines]
    )
    full = sum(Fraction(price) * count for count, price, _ in lines)
    paid = sum(Fraction(total) for *_, total in lines)
    within = paid * 100 >= full * (100 - Fraction(limit))
    violation = found(row, DISCOUNT, discount={"limit_percent": limit})
    assert (violation is None) == within


def test_exactly_the_limit_is_within_policy_and_a_cent_more_is_not() -> None:
    assert found(make_row([make_line(quantity="1", line_total="440")]), DISCOUNT) is None
    violation = found(make_row([make_line(quantity="1", line_total="439.99")]), DISCOUNT)
    assert violation is not None
    assert violation.seen == "20.01"
    assert violation.message == (
        "The discount on the list price is 20.01 % and nobody has approved it: 439.99 instead of 550."
    )


def test_price_of_the_pack_wins_over_the_price_on_the_line() -> None:
    line = make_line(quantity="1", list_price="100", line_total="100")
    violation = found(make_row([line]), DISCOUNT)
    assert violation is not None
    assert "instead of 550" in violation.message


def test_discount_counts_over_all_lines_together() -> None:
    lines = [make_line(quantity="1", line_total="300"), make_line(quantity="1", line_total="580")]
    assert found(make_row(lines), DISCOUNT) is None


def test_line_without_a_list_price_makes_the_stated_discount_count_too() -> None:
    lines = [make_line(quantity="1", line_total="550"), make_line(product="MG Special", line_total="1")]
    assert found(make_row(lines, discount_percent="5"), DISCOUNT) is None
    assert found(make_row(lines, discount_percent="25"), DISCOUNT) is not None
    lines[0]["line_total"] = "1"
    assert found(make_row(lines, discount_percent="5"), DISCOUNT) is not None


def test_source_without_quantities_and_line_totals_is_judged_by_the_deal_amount() -> None:
    without = ("lines.quantity", "lines.line_total", "lines.unit_price")
    line = make_line(quantity=None, line_total=None, unit_price=None)
    assert found(make_row([line], amount="440"), DISCOUNT, without=without) is None
    assert found(make_row([line], amount="439.99"), DISCOUNT, without=without) is not None
    assert found(make_row([line], amount="1"), SUM, without=without) is None


def test_product_too_large_to_multiply_holds_that_deal_alone() -> None:
    huge = make_line(product="MG Special", quantity="9" * 15, list_price="9" * 15, line_total="1")
    result = run([make_row([huge]), make_row()], make_pack((DISCOUNT,)))
    assert [[violation.rule for violation in each] for each in result.violations] == [["rule_error"], []]


def test_rule_without_its_limit_in_the_pack_holds_rather_than_passes() -> None:
    assert [v.rule for v in run([make_row()], make_pack((DISCOUNT,), discount=None)).violations[0]] == ["rule_error"]


def test_tolerance_counts_both_ways_and_includes_its_border() -> None:
    pack = {"lines": {"tolerance": "0.05"}}
    for amount, passes in (("1000.05", True), ("999.95", True), ("1000.06", False), ("999.94", False)):
        assert (found(make_row(amount=amount), SUM, **pack) is None) == passes


def test_sum_that_differs_names_both_figures() -> None:
    violation = found(make_row(amount="990"), SUM)
    assert violation is not None
    assert violation.message == "The lines add up to 1000, but the deal's amount is 990."


@pytest.mark.parametrize("currency", KNOWN)
def test_amount_that_fits_can_be_put_into_minor_units(currency: str) -> None:
    amounts = ("5", "5.1", "5.12", "5.120", "5.123")
    rows = [make_row(amount=amount, currency=currency) for amount in amounts]
    for amount, passed in zip(amounts, run(rows, make_pack(("amount_fits_currency",))).passed, strict=True):
        if passed:
            assert Money.parse(amount, currency).major == Decimal(amount)
        elif currency in WHOLE:
            with pytest.raises(MoneyError):
                Money.parse(amount, currency)
        else:
            assert amount == "5.123"


@given(st.emails() | st.from_regex(r"[A-Za-z0-9_.+@-]{1,30}@[a-z0-9.-]{1,20}", fullmatch=True))
@settings(max_examples=200, deadline=None)
def test_address_that_needs_no_closer_look_is_a_good_one(email: str) -> None:
    if is_plain_email(pl.Series([email]))[0]:
        assert is_email(email)
