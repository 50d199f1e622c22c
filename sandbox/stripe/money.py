"""Stripe's minor units: which currencies exist, and which amounts they allow (docs.stripe.com/currencies)."""

from decimal import ROUND_HALF_UP, Decimal

from sandbox.stripe.errors import invalid

CODES = (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf "
    "chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf "
    "idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop "
    "mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd "
    "scr sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg "
    "xof xpf yer zar zmw"
)
CURRENCIES = frozenset(CODES.split())
"""Presentment currencies."""
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))
"""Sent in thousandths, the last digit 0."""
WHOLE = frozenset(("isk", "ugx"))
"""Sent with two decimals for compatibility, both 0. Zero-decimal ones, as JPY, are sent undivided and need no check."""
LARGEST = 999_999_999_999


def check_currency(currency: str, param: str) -> None:
    """Raises StripeError unless the code is one of Stripe's, in lower case ("must use all lowercase letters")."""
    if currency not in CURRENCIES:
        raise invalid(
            f"Invalid currency: {currency}. Stripe currently supports these currencies: "
            f"{', '.join(sorted(CURRENCIES))}",
            param,
        )


def check_amount(amount: int, currency: str, param: str) -> None:
    """Raises StripeError when the currency does not allow the amount, in minor units."""
    step = 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE else 1
    if amount % step:
        raise invalid(
            f"Invalid amount: {amount}. Amounts in {currency} must be divisible by {step}; see "
            "https://docs.stripe.com/currencies#special-cases.",
            param,
            "parameter_invalid_integer",
        )
    if abs(amount) > LARGEST:
        raise invalid(f"Invalid amount: {amount} is larger than {LARGEST}.", param, "amount_too_large")


def rounded(amount: Decimal, currency: str = "usd") -> int:
    """Minor units, half away from zero, to the step that the currency allows."""
    step = 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE else 1
    return int((amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)) * step


def plain(number: Decimal | int) -> str:
    """A decimal as Stripe writes it in *_decimal fields: no exponent, no trailing zeros."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
