"""Stripe's minor units for every currency, and parts that add up."""

from decimal import Decimal
from itertools import pairwise

import pytest
from babel.numbers import get_currency_precision, list_currencies
from hypothesis import given
from hypothesis import strategies as st

from handoff.core.money import MoneyError
from mappings.stripe_money import (
    LARGEST,
    THREE_DECIMAL,
    WHOLE_OF_HUNDREDS,
    ZERO_DECIMAL,
    exact,
    exponent,
    in_words,
    minor_units,
    shares,
    step,
)

_CODES = (
    "USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP "
    "SLE SOS SRD STD SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX UYU UZS VND VUV WST XAF XCD XOF XPF YER ZAR ZMW"
)
PRESENTMENT = _CODES.split()
"""Stripe's presentment currencies (docs.stripe.com/currencies)."""


@pytest.mark.parametrize("currency", PRESENTMENT)
def test_one_of_each_currency_in_minor_units(currency: str) -> None:
    expected = 1 if currency in ZERO_DECIMAL else 1000 if currency in THREE_DECIMAL else 100
    assert minor_units(Decimal(1), currency) == expected
    assert minor_units(Decimal("12345678.00"), currency) == 12_345_678 * expected


def test_stripe_differs_from_iso_only_where_its_documentation_says_so() -> None:
    """CLDR counts what is in use (no paras, no fils); of these Stripe still takes hundredths."""
    listed = set(PRESENTMENT) & set(list_currencies())
    different = {code for code in listed if exponent(code) != get_currency_precision(code)}
    assert different >= WHOLE_OF_HUNDREDS
    assert different - WHOLE_OF_HUNDREDS <= {"AFN", "ALL", "LAK", "LBP", "MMK", "RSD", "SOS", "STD", "YER"}
    assert set(PRESENTMENT) >= ZERO_DECIMAL | THREE_DECIMAL | WHOLE_OF_HUNDREDS


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0.01", "USD", 1),
        ("10.50", "EUR", 1_050),
        ("500", "JPY", 500),
        ("500.0", "JPY", 500),
        ("5.120", "KWD", 5_120),
        ("5.1", "BHD", 5_100),
        ("500", "ISK", 50_000),
        ("500", "UGX", 50_000),
        ("-1.5", "USD", -150),
        ("0", "USD", 0),
    ],
)
def test_amounts_become_minor_units(amount: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0.001", "USD"),
        ("0.5", "JPY"),
        ("5.123", "KWD"),
        ("5.1234", "TND"),
        ("5.01", "ISK"),
        ("5.5", "UGX"),
        ("10000000000", "USD"),
    ],
)
def test_amounts_that_a_currency_cannot_hold_are_refused(amount: str, currency: str) -> None:
    with pytest.raises(MoneyError):
        minor_units(Decimal(amount), currency)


@pytest.mark.parametrize("text", [None, "", "1,234.50", "NaN", "inf", "1e30", "١٢", "1234567890123456", "0x10", " 1"])
def test_text_that_is_no_plain_amount_is_refused(text: str | None) -> None:
    with pytest.raises(MoneyError, match="the amount is"):
        exact(text, "the amount")


@given(st.integers(min_value=0, max_value=LARGEST), st.sampled_from(["USD", "JPY", "KWD", "ISK"]))
def test_minor_units_are_exact_both_ways(units: int, currency: str) -> None:
    units -= units % step(currency)
    amount = Decimal(units).scaleb(-exponent(currency))
    assert minor_units(amount, currency) == units


@given(
    total=st.integers(min_value=0, max_value=10**11),
    cuts=st.lists(st.integers(min_value=1, max_value=9_999), max_size=11, unique=True),
    currency=st.sampled_from(["USD", "JPY", "BHD", "UGX"]),
)
def test_parts_add_up_and_each_can_be_invoiced(total: int, cuts: list[int], currency: str) -> None:
    total -= total % step(currency)
    edges = [0, *sorted(cuts), 10_000]
    percents = [Decimal(b - a) / 100 for a, b in pairwise(edges)]
    parts = shares(total, percents, currency)
    assert sum(parts) == total
    assert all(part >= 0 and part % step(currency) == 0 for part in parts)


def test_percentages_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(MoneyError, match="100 %"):
        shares(100, [Decimal("33.33")] * 3, "USD")


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (123_456, "EUR", "EUR 1,234.56"),
        (5_000, "JPY", "JPY 5,000"),
        (1_230, "KWD", "KWD 1.230"),
        (-50, "USD", "USD -0.50"),
    ],
)
def test_minor_units_are_told_as_people_read_them(minor: int, currency: str, words: str) -> None:
    assert in_words(minor, currency) == words
