"""Checks that several endpoints share; parameters that point at what the sandbox has not are refused, never ignored."""

from collections.abc import Iterator

from sandbox.stripe.account import Json
from sandbox.stripe.errors import invalid, missing

NOUNS = {
    "customer_account": "account",
    "default_payment_method": "PaymentMethod",
    "default_source": "source",
    "invoice_item": "invoiceitem",
    "on_behalf_of": "account",
    "payment_method": "PaymentMethod",
    "source": "token",
    "subscription": "subscription",
    "test_clock": "test clock",
}
"""Parameter -> what Stripe calls the object that it names."""
NESTED = {
    ("from_invoice", "invoice"): "invoice",
    ("invoice_settings", "default_payment_method"): "PaymentMethod",
    ("issuer", "account"): "account",
    ("price_data", "product"): "product",
    ("pricing", "price"): "price",
    ("rendering", "template"): "invoice rendering template",
    ("shipping_cost", "shipping_rate"): "shipping rate",
    ("transfer_data", "destination"): "destination",
}
ABSENT = ("application_fee_amount", "cash_balance", "from_invoice", "shipping_cost", "transfer_data")
"""Features that would change money or behaviour and that the sandbox lacks."""


def refuse_absent(params: Json, prefix: str = "") -> None:
    """Raises StripeError for the first parameter that names an object or a feature the sandbox has not."""
    for noun, identifier, names in _named(params):
        raise missing(noun, identifier, _path(prefix, *names))
    for name in ABSENT:
        if params.get(name):
            raise invalid(f"The Stripe sandbox of Handoff has no {name}; leave it out.", _path(prefix, name))


def _named(params: Json) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Noun, id and place of every object that the parameters name and the account cannot have."""
    for name, noun in NOUNS.items():
        if params.get(name):
            yield noun, params[name], (name,)
    for (outer, inner), noun in NESTED.items():
        if params.get(outer) and params[outer].get(inner):
            yield noun, params[outer][inner], (outer, inner)
    for index, discount in enumerate(params.get("discounts") or []):
        for name, identifier in discount.items():
            yield name.replace("_", " "), identifier, ("discounts", str(index), name)
    for index, tax_id in enumerate(params.get("account_tax_ids") or []):
        yield "tax_id", tax_id, ("account_tax_ids", str(index))


def _path(prefix: str, *names: str) -> str:
    first, *others = (prefix, *names) if prefix else names
    return first + "".join(f"[{name}]" for name in others)


def check_lengths(params: Json, limits: dict[str, int], prefix: str = "") -> None:
    """Raises StripeError for the first text longer than Stripe allows (characters, from its OpenAPI description)."""
    for name, limit in limits.items():
        text = params.get(name)
        if isinstance(text, str) and len(text) > limit:
            where = f"{prefix}[{name}]" if prefix else name
            raise invalid(f"Invalid string: {text[:10]}...{text[-10:]}; must be at most {limit} characters", where)


def check_custom_fields(fields: list[Json], param: str) -> None:
    """Raises StripeError unless there are at most 4, names of at most 40 and values of at most 140 characters."""
    if len(fields) > 4:
        raise invalid("You can pass at most 4 custom fields.", param)
    for index, custom in enumerate(fields):
        check_lengths(custom, {"name": 40, "value": 140}, f"{param}[{index}]")
    names = [custom["name"] for custom in fields]
    if len(set(names)) < len(names):
        raise invalid("Custom field names must be unique.", param)


def merged(metadata: dict[str, str], given: dict[str, str] | str | None) -> dict[str, str]:
    """Metadata after an update: keys are merged, an empty value deletes its key, "" deletes all.

    Raises StripeError when more than 50 keys would be left.
    """
    if given is None:
        return metadata
    if isinstance(given, str):
        return {}
    after = {key: text for key, text in (metadata | given).items() if text != ""}
    if len(after) > 50:
        raise invalid(f"Metadata can have up to 50 keys, but there would be {len(after)}.", "metadata")
    return after
