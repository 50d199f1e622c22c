"""Identity: which deal it is, whose, and whether we have a workflow for its kind."""

import re

import polars as pl

from checks.context import Context
from checks.rule import Empty, rule
from handoff.core.deal import Theme

NO_SIGN = r"[^\p{L}\p{N}]"  # neither letter nor digit


def is_real(context: Context, name: str) -> pl.Expr:
    """Whether a text holds a letter or digit and is no placeholder of the pack, whatever its case and punctuation."""
    words = (re.findall(r"[^\W_]+", placeholder) for placeholder in context.pack.policies.placeholders)
    placeholders = "|".join(f"{NO_SIGN}+".join(map(re.escape, parts)) for parts in words if parts)
    return ~context.text(name).str.contains(f"(?i)^{NO_SIGN}*(?:{placeholders})?{NO_SIGN}*$")


@rule(
    theme=Theme.IDENTITY,
    field="deal_id",
    empty=Empty.FAILS,
    why_empty="a deal without an id cannot be found again",
    allowed=lambda c: f"an id of the form {c.pack.policies.deal_id}",
    says="The deal id {quoted} does not have the form this company's ids have.",
    says_empty="The deal has no id.",
)
def deal_id_well_formed(context: Context) -> pl.Expr:
    """The deal's id has the form that the source's ids have."""
    return context.text("deal_id").str.contains(f"^(?:{context.pack.policies.deal_id})$")


@rule(
    theme=Theme.IDENTITY,
    field="deal_name",
    empty=Empty.PASSES,
    why_empty="a name that must be filled is asked for by deal_details_present",
    allowed="the deal's real name",
    says="The deal is named {quoted}, which is a placeholder.",
)
def deal_name_is_real(context: Context) -> pl.Expr:
    """The deal's name is a real name, not a placeholder such as "test" or "tbd"."""
    return is_real(context, "deal_name")


@rule(
    theme=Theme.IDENTITY,
    field="rep_name",
    empty=Empty.DEPENDS,
    why_empty="fails when the source has a field for it",
    allowed="a rep whom the CRM knows",
    says="The CRM does not know the rep of this deal ({quoted}).",
    says_empty="The CRM does not know the rep of this deal.",
)
def rep_known(context: Context) -> pl.Expr:
    """The deal belongs to a rep whom the CRM knows."""
    return context.known("rep_id", "rep_name")


@rule(
    theme=Theme.IDENTITY,
    field="rep_active",
    empty=Empty.FAILS,
    why_empty="nobody has said that the rep is still with us",
    allowed="a rep who still works with us",
    says="The rep {rep_name} is no longer active in the CRM, so nobody answers for this deal.",
    says_empty="The CRM does not say whether the rep is still active.",
)
def rep_is_active(context: Context) -> pl.Expr:
    """The deal's rep still works with us."""
    return context.text("rep_active") == "true"


@rule(
    theme=Theme.IDENTITY,
    field="deal_type",
    empty=Empty.DEPENDS,
    why_empty="fails when workflow.yaml names the deal types it is for",
    allowed=lambda c: f"one of: {', '.join(c.pack.workflow.deal_types)}",
    says="We have no workflow for deals of type {quoted}.",
    says_empty="The deal has no type, so we do not know which workflow it needs.",
    subject="whether there is a workflow for the deal",
    needs=("deal_type_is_canonical",),
)
def deal_type_has_workflow(context: Context) -> pl.Expr:
    """There is a workflow for this type of deal."""
    known = context.pack.workflow.deal_types
    return context.text("deal_type").is_in(known) if known else context.always()
