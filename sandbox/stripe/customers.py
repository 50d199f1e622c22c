"""Customers. Nothing about them is unique: the same e-mail or metadata makes a second customer."""

import re
from collections.abc import Callable

import pycountry

from sandbox.stripe import tax_ids
from sandbox.stripe.account import Account, Call, Json
from sandbox.stripe.errors import invalid
from sandbox.stripe.expand import held_or_deleted
from sandbox.stripe.ids import new_id, new_prefix
from sandbox.stripe.lists import page, within
from sandbox.stripe.references import check_custom_fields, check_lengths, merged, refuse_absent

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
LENGTHS = {"name": 256, "email": 512, "phone": 20, "business_name": 150, "individual_name": 150, "invoice_prefix": 12}
COUNTRIES = frozenset(country.alpha_2 for country in pycountry.countries) | {"XK"}
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")

PLAIN = ("business_name", "description", "email", "individual_name", "name", "phone", "preferred_locales")
"""Properties that are stored as given."""

Freshen = Callable[[Account, str], None]


def create(call: Call, identifier: str | None = None) -> Json:
    """`POST /v1/customers`; a seeded customer may bring its id."""
    params, account = call.params, call.account
    _check(params)
    for index, given in enumerate(params.get("tax_id_data", [])):
        tax_ids.check_value(given["type"], given["value"], f"tax_id_data[{index}][value]")
    customer = _blank(call, identifier or new_id("cus_", 14))
    _apply(customer, params)
    customer["next_invoice_sequence"] = params.get("next_invoice_sequence", 1)
    account.customers[customer["id"]] = customer
    account.place(customer["id"])
    account.index_email(customer)
    for given in params.get("tax_id_data", []):
        tax_ids.add(account, customer["id"], given["type"], given["value"], call.now)
    return customer


def _blank(call: Call, identifier: str) -> Json:
    return {
        "id": identifier,
        "object": "customer",
        "address": None,
        "balance": 0,
        "business_name": None,
        "created": call.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "individual_name": None,
        "invoice_prefix": new_prefix(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def _check(params: Json) -> None:
    refuse_absent(params)
    check_lengths(params, LENGTHS)
    email = params.get("email")
    if email is not None and EMAIL.fullmatch(email) is None:
        raise invalid(f"Invalid email address: {email}", "email", "email_invalid")
    for name, given in (("address", params.get("address")), ("shipping[address]", _shipping_address(params))):
        country = (given or {}).get("country")
        if country and country not in COUNTRIES:
            raise invalid(
                f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code instead, such as "
                "'US', 'EG', or 'GB'. A full list of country codes is available at https://stripe.com/global.",
                f"{name}[country]",
                "country_code_invalid",
            )
    settings = params.get("invoice_settings", {})
    check_custom_fields(settings.get("custom_fields") or [], "invoice_settings[custom_fields]")


def _shipping_address(params: Json) -> Json | None:
    shipping = params.get("shipping")
    return shipping.get("address") if shipping else None


def _apply(customer: Json, params: Json) -> None:
    for name in PLAIN:
        if name in params:
            customer[name] = params[name] or None
    for name in ("balance", "invoice_prefix"):
        if name in params:
            customer[name] = params[name]
    if "address" in params:
        customer["address"] = address(params["address"])
    if "shipping" in params:
        given = params["shipping"]
        customer["shipping"] = {"phone": None, **given, "address": address(given["address"])} if given else None
    if "tax_exempt" in params:
        customer["tax_exempt"] = params["tax_exempt"] or "none"
    if "invoice_settings" in params:
        settings = {name: value or None for name, value in params["invoice_settings"].items()}
        customer["invoice_settings"] = customer["invoice_settings"] | settings
    customer["metadata"] = merged(customer["metadata"], params.get("metadata"))
    if params.get("tax", {}).get("validate_location") == "immediately" and not located(customer):
        raise no_location("tax[validate_location]")


def address(given: Json | str) -> Json | None:
    """An address as answered: all six parts, None where not given; None for one removed with ""."""
    return {part: given.get(part) or None for part in ADDRESS} if isinstance(given, dict) else None


def located(customer: Json) -> bool:
    """Whether automatic tax can tell where the customer is."""
    return customer["address"] is not None and customer["address"]["country"] is not None


def no_location(param: str) -> Exception:
    """What Stripe answers when automatic tax cannot tell where the customer is."""
    return invalid(
        "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate "
        "tax.",
        param,
        "customer_tax_location_invalid",
    )


def retrieve(call: Call) -> Json:
    """`GET /v1/customers/:id`; a deleted one answers 200 with deleted=true."""
    if call.ids["customer"] in call.account.deleted_customers:
        return held_or_deleted(call.account, call.ids["customer"])
    return call.account.customer(call.ids["customer"])


def updating(freshen: Freshen) -> Callable[[Call], Json]:
    """`POST /v1/customers/:id`; `freshen` brings the customer's drafts up to date."""

    def update(call: Call) -> Json:
        account = call.account
        customer = account.customer(call.ids["customer"])
        _check(call.params)
        changed = dict(customer)
        _apply(changed, call.params)  # on a copy: a refused update changes nothing
        if "next_invoice_sequence" in call.params:
            changed["next_invoice_sequence"] = call.params["next_invoice_sequence"]
        if customer["email"] is not None:
            account.emails[customer["email"]].pop(customer["id"], None)
        customer.update(changed)
        account.index_email(customer)
        freshen(account, customer["id"])
        return customer

    return update


def delete(call: Call) -> Json:
    """`DELETE /v1/customers/:id`."""
    customer = call.account.customer(call.ids["customer"])
    call.account.deleted_customers.add(customer["id"])
    return held_or_deleted(call.account, customer["id"])


def list_all(call: Call) -> Json:
    """`GET /v1/customers`: `email` is compared exactly, deleted ones are not listed."""
    account, params = call.account, call.params
    refuse_absent(params)
    found = account.customers
    if "email" in params:
        alike = account.emails.get(
            params["email"], {}
        )  # in the order they took the e-mail, not in which they were made
        found = {key: alike[key] for key in sorted(alike, key=account.position.__getitem__)}

    def keep(customer: Json) -> bool:
        return customer["id"] not in account.deleted_customers and within(customer["created"], params.get("created"))

    return page(call, found, "customer", keep=keep)
