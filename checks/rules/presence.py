"""What must always be filled, one rule per theme, so that each has an owner of its own."""

from functools import partial

import polars as pl

from checks.context import Context
from checks.requirements import fields_of, missing, present
from checks.rule import Empty, Register, rule
from handoff.core.deal import Theme

WHY = "whatever fields.yaml requires must be filled, nothing else need be"


def _presence(theme: Theme, field: str) -> Register:
    def allowed(context: Context) -> str:
        return "filled: " + ", ".join(fields_of(context, theme)).replace("_", " ")

    return rule(
        theme=theme,
        field=field,
        empty=Empty.DEPENDS,
        why_empty=WHY,
        allowed=allowed,
        subject=f"whether the {theme} details are complete",
        trouble=f"required {theme} details are empty",
        explain=partial(missing, theme),
    )


@_presence(Theme.IDENTITY, "deal_name")
def deal_details_present(context: Context) -> pl.Expr:
    """Everything the company requires about the deal itself is filled."""
    return present(context, Theme.IDENTITY)


@_presence(Theme.ACCOUNT, "account_name")
def account_details_present(context: Context) -> pl.Expr:
    """Everything the company requires about the account is filled."""
    return present(context, Theme.ACCOUNT)


@_presence(Theme.CONTACT, "billing_contact_name")
def contact_details_present(context: Context) -> pl.Expr:
    """Everything the company requires about the billing contact is filled."""
    return present(context, Theme.CONTACT)


@_presence(Theme.MONEY, "amount")
def money_details_present(context: Context) -> pl.Expr:
    """The amounts and currency the company requires are filled."""
    return present(context, Theme.MONEY)


@_presence(Theme.TERMS, "payment_terms")
def terms_details_present(context: Context) -> pl.Expr:
    """The terms the company requires are filled."""
    return present(context, Theme.TERMS)


@_presence(Theme.TAX, "tax_exempt")
def tax_details_present(context: Context) -> pl.Expr:
    """The tax details the company requires are filled."""
    return present(context, Theme.TAX)


@_presence(Theme.DATES, "closed_on")
def date_details_present(context: Context) -> pl.Expr:
    """The dates the company requires are filled."""
    return present(context, Theme.DATES)


@_presence(Theme.LINES, "lines")
def line_details_present(context: Context) -> pl.Expr:
    """Every line has what the company requires of a line."""
    return present(context, Theme.LINES)
