"""Account: the customer is known to the CRM and has a real name."""

import polars as pl

from checks.context import Context
from checks.rule import Empty, rule
from checks.rules.identity import is_real
from handoff.core.deal import Theme


@rule(
    theme=Theme.ACCOUNT,
    field="account_id",
    empty=Empty.DEPENDS,
    why_empty="fails when the source has a field for it",
    allowed="an account that the CRM knows",
    says="The CRM does not know the account of this deal ({quoted}).",
    says_empty="The CRM does not know the account of this deal.",
)
def account_known(context: Context) -> pl.Expr:
    """The deal belongs to an account that the CRM knows."""
    return context.known("account_id", "account_name")


@rule(
    theme=Theme.ACCOUNT,
    field="account_name",
    empty=Empty.PASSES,
    why_empty="a name that must be filled is asked for by account_details_present",
    allowed="the account's real name",
    says="The account is named {quoted}, which is a placeholder.",
)
def account_name_is_real(context: Context) -> pl.Expr:
    """The account's name is a real name, not a placeholder such as "test" or "tbd"."""
    return is_real(context, "account_name")
