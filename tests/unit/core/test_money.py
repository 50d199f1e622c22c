"""Money is exact, and its decimals are ISO 4217's."""

import pytest

from handoff.core.money import Money, MoneyError, exponent


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("RSD", 2), ("LBP", 2), ("ISK", 0), ("HUF", 2)],
)
def test_decimals_are_those_of_iso_4217(currency: str, decimals: int):
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1234.50", "USD", 123450), ("-0.05", "EUR", -5), ("500.0", "JPY", 500), ("1", "KWD", 1000)],
)
def test_a_plain_amount_is_read_exactly(text: str, currency: str, minor: int):
    assert Money.parse(text, currency) == Money(minor=minor, currency=currency)


@pytest.mark.parametrize("text", ["1,234.50", "NaN", "inf", "1e30", "", "-", "١٢", "1.234567890", "9" * 16, " 1"])
def test_what_is_no_plain_amount_is_refused(text: str):
    with pytest.raises(MoneyError, match="is not a plain decimal"):
        Money.parse(text, "USD")


def test_more_decimals_than_the_currency_has_are_refused():
    with pytest.raises(MoneyError, match="more decimals than JPY allows"):
        Money.parse("10.5", "JPY")


@pytest.mark.parametrize("currency", ["usd", "XXX1", "EUX", ""])
def test_what_is_no_currency_is_refused(currency: str):
    with pytest.raises(MoneyError, match="ISO 4217"):
        exponent(currency)


def test_money_reads_as_people_write_it():
    assert str(Money(minor=123456789, currency="USD")) == "USD 1,234,567.89"
    assert str(Money(minor=500, currency="JPY")) == "JPY 500"
