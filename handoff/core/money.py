"""Money: integer minor units and an ISO 4217 currency; never a float."""

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import list_currencies

# Sixteen digits hold any deal; more is a typing error (R23: 1e30 is not an amount).
PLAIN_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


_NONE = ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF")
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DECIMALS = {**dict.fromkeys(_NONE, 0), "XOF": 0, "XPF": 0, **dict.fromkeys(_THREE, 3), "CLF": 4, "UYW": 4}
"""Minor units of ISO 4217 (list one) where they are not two. CLDR's figures say how people write prices, not this."""


class MoneyError(ValueError):
    """An amount that cannot be read exactly, or does not fit its currency."""


def is_currency(code: str) -> bool:
    """Whether `code` is an ISO 4217 code in upper case."""
    return len(code) == 3 and code.isupper() and code in list_currencies()


def exponent(currency: str) -> int:
    """Decimals of a currency by ISO 4217 (0 JPY, 2 USD, 3 KWD)."""
    if not is_currency(currency):
        raise MoneyError(f"{currency!r} is not an ISO 4217 currency code")
    return _DECIMALS.get(currency, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount: `minor` units (cents for USD) of `currency` (ISO 4217)."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a plain decimal such as `1234.50`; raise MoneyError when it is not one or has too many decimals."""
        if not PLAIN_AMOUNT.fullmatch(text):
            raise MoneyError(f"{text!r} is not a plain decimal amount such as 1234.50")
        scaled = Decimal(text).scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise MoneyError(f"{text} has more decimals than {currency} allows ({exponent(currency)})")
        return cls(minor=int(scaled), currency=currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.currency} {self.major:,.{exponent(self.currency)}f}"
