"""Tax: a tax id or an exemption certificate where one is needed, and a form that can be right."""

from functools import cache
from typing import Any

import polars as pl
import pycountry
from stdnum import get_cc_module

from checks.context import Context
from checks.requirements import required
from checks.rule import Empty, rule
from checks.unique import judged
from handoff.core.deal import Theme
from handoff.core.pack import Condition

SEPARATOR = "\x1f"  # cannot stand in a label
LONGEST_TAX_ID = 40
TAX_ID_REQUIRED: Condition = {"billing_country": ("EU",), "customer_kind": ("business",)}
CERTIFICATE_REQUIRED: Condition = {"tax_exempt": ("true",)}


@rule(
    theme=Theme.TAX,
    field="tax_id",
    empty=Empty.DEPENDS,
    why_empty="fails when fields.yaml requires it, by default of businesses in the EU",
    allowed="the customer's tax id",
    says_empty="A customer like this one ({customer_kind}, {billing_country}) needs a tax id, and the deal has none.",
    subject="whether a tax id is needed",
    needs=("country_is_canonical", "customer_kind_is_canonical"),
)
def tax_id_when_required(context: Context) -> pl.Expr:
    """A customer who needs a tax id on the invoice has given one."""
    return context.text("tax_id").is_not_null() | ~required(context, "tax_id", otherwise=TAX_ID_REQUIRED)


@cache
def _numbers_of(country: str) -> Any:
    """The module of python-stdnum for a country's tax ids; None when the country or its ids are unknown to it."""
    try:
        code = pycountry.countries.lookup(country).alpha_2
    except LookupError:
        return None
    return get_cc_module(code, "vat") or get_cc_module(code, "tin")


def is_tax_id(country: str, tax_id: str) -> bool:
    """Whether a tax id has the form and check digit of its country; ids of unknown countries pass (R26)."""
    numbers = _numbers_of(country)
    if numbers is None:
        return True
    if len(tax_id) > LONGEST_TAX_ID:
        return False
    # Northern Ireland trades under XI with the United Kingdom's numbers; Japan's invoices carry a T before the number.
    bare = tax_id.strip().upper()
    prefix = {"stdnum.gb.vat": "XI", "stdnum.jp.cn": "T"}.get(numbers.__name__, "")
    return bool(numbers.is_valid(bare.removeprefix(prefix)))


def _is_pair(pair: str) -> bool:
    country, _, tax_id = pair.partition(SEPARATOR)
    return is_tax_id(country, tax_id)


@rule(
    theme=Theme.TAX,
    field="tax_id",
    empty=Empty.PASSES,
    why_empty="an id that must be filled is asked for by tax_id_when_required; an empty country passes",
    allowed="a tax id with the form and check digit of the billing country",
    says="{quoted} cannot be a tax id of {billing_country}: its form or check digit is wrong.",
    subject="the form of the tax id",
    needs=("country_is_canonical",),
)
def tax_id_well_formed(context: Context) -> pl.Expr:
    """The tax id has the form and check digit of the billing country; no register is asked."""
    country, tax_id = context.text("billing_country"), context.text("tax_id")
    return country.is_null() | judged(pl.concat_str(country, tax_id, separator=SEPARATOR), _is_pair)


@rule(
    theme=Theme.TAX,
    field="exemption_certificate",
    empty=Empty.DEPENDS,
    why_empty="fails when the customer is exempt from tax, or it is unclear whether",
    allowed="the number of the exemption certificate",
    says_empty="The customer is marked as exempt from tax, and the deal has no exemption certificate.",
)
def exemption_certificate_when_exempt(context: Context) -> pl.Expr:
    """A customer who is exempt from tax has an exemption certificate."""
    has_one = context.text("exemption_certificate").is_not_null()
    return has_one | ~required(context, "exemption_certificate", otherwise=CERTIFICATE_REQUIRED)
