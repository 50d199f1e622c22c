"""Tax rates: read-only here, two in every account and more from the seed `stripe.tax_rates.json`."""

from decimal import Decimal

from sandbox.stripe.account import Account, Call, Json
from sandbox.stripe.errors import invalid, missing
from sandbox.stripe.lists import page, within

DEFAULTS: tuple[Json, ...] = (
    {"id": "txr_handoff_vat20", "display_name": "VAT", "percentage": 20.0, "inclusive": False, "tax_type": "vat"},
    {"id": "txr_handoff_zero", "display_name": "Zero rate", "percentage": 0.0, "inclusive": False, "tax_type": "vat"},
)
AUTOMATIC = "txr_handoff_automatic"
"""The rate that automatic tax answers; not active, so that nobody can use it by hand."""
AUTOMATIC_RATE: Json = {
    "id": AUTOMATIC,
    "display_name": "Sales tax",
    "percentage": 10.0,
    "inclusive": False,
    "active": False,
    "tax_type": "sales_tax",
}


def add_rate(account: Account, given: Json, now: int) -> None:
    """Put a rate into the account; `given` may set any property of it."""
    percentage = float(given["percentage"])
    account.tax_rates[given["id"]] = {
        "object": "tax_rate",
        "active": True,
        "country": None,
        "created": now,
        "description": None,
        "effective_percentage": percentage,
        "flat_amount": None,
        "jurisdiction": None,
        "jurisdiction_level": None,
        "livemode": False,
        "metadata": {},
        "rate_type": "percentage",
        "state": None,
        "tax_type": None,
        **given,
        "percentage": percentage,
    }
    account.place(given["id"])


def share(rate: Json) -> Decimal:
    """The rate as a fraction: 0.2 for 20 %."""
    return Decimal(str(rate["percentage"])) / 100


def check_rates(account: Account, identifiers: list[str], param: str) -> list[str]:
    """The ids, all of them active rates of the account. Raises StripeError for the first that is not."""
    for index, identifier in enumerate(identifiers):
        rate = account.tax_rates.get(identifier)
        if rate is None:
            raise missing("tax rate", identifier, f"{param}[{index}]")
        if not rate["active"]:
            raise invalid(f"The tax rate {identifier} cannot be used because it is archived.", f"{param}[{index}]")
    return identifiers


def retrieve(call: Call) -> Json:
    """`GET /v1/tax_rates/:id`."""
    rate = call.account.tax_rates.get(call.ids["id"])
    if rate is None:
        raise missing("tax rate", call.ids["id"])
    return rate


def list_all(call: Call) -> Json:
    """`GET /v1/tax_rates`."""
    wanted = {name: call.params[name] for name in ("active", "inclusive") if name in call.params}

    def keep(rate: Json) -> bool:
        return all(rate[name] == value for name, value in wanted.items()) and within(
            rate["created"], call.params.get("created")
        )

    shown = {key: rate for key, rate in call.account.tax_rates.items() if key != AUTOMATIC}
    return page(call, shown, "tax rate", keep=keep)
