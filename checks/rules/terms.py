"""Terms: when the invoice is due, which of our companies sends it, and the customer's purchase order."""

import polars as pl

from checks.context import Context
from checks.requirements import required
from checks.rule import Empty, rule
from checks.rules.discount import is_not_the_rep
from checks.rules.identity import is_real
from handoff.core.deal import Theme
from handoff.core.pack import Condition

LONGEST_PO_NUMBER = 140  # what Stripe takes as the value of a custom field on an invoice
TERMS_ELSEWHERE = "terms that must be filled are asked for by terms_details_present"
PO_REQUIRED: Condition = {"po_required": ("true",)}


@rule(
    theme=Theme.TERMS,
    field="payment_terms",
    empty=Empty.PASSES,
    why_empty=TERMS_ELSEWHERE,
    allowed=lambda c: f"at most {limit_days(c)} days, or an approval",
    says="The payment terms {quoted} are longer than this company grants ({allowed}), and nobody has approved them.",
    subject="whether the payment terms are within the limit",
    needs=("payment_terms_is_canonical",),
)
def payment_terms_within_limit_or_approved(context: Context) -> pl.Expr:
    """Payment terms longer than the limit have been approved."""
    limit, days = limit_days(context), context.pack.billing.days_until_due
    short = [label for label, due in days.items() if due <= limit]
    return context.text("payment_terms").is_in(short) | context.text("terms_approved_by").is_not_null()


def limit_days(context: Context) -> int:
    """The longest terms without an approval; raises ValueError when the pack states none."""
    policy = context.pack.policies.payment_terms
    if policy is None:
        raise ValueError("policies.yaml states no limit of payment terms, yet the rule about it is in use")
    return policy.limit_days


@rule(
    theme=Theme.TERMS,
    field="terms_approved_by",
    empty=Empty.PASSES,
    why_empty="an approval that is missing is asked for by payment_terms_within_limit_or_approved",
    allowed="somebody other than the deal's rep",
    says="The payment terms were approved by {quoted}, who is the deal's own rep.",
)
def terms_approver_is_not_the_rep(context: Context) -> pl.Expr:
    """Nobody approves the payment terms of an own deal."""
    return is_not_the_rep(context, "terms_approved_by")


@rule(
    theme=Theme.TERMS,
    field="billing_entity",
    empty=Empty.DEPENDS,
    why_empty="the pack's default billing entity counts; without one, and without a currency, it passes",
    allowed="a billing entity that invoices in the deal's currency",
    says="Our company {quoted} does not invoice in {currency}.",
    says_empty="Our default billing entity does not invoice in {currency}.",
    subject="whether the billing entity invoices in this currency",
    needs=("billing_entity_is_canonical", "currency_known"),
)
def billing_entity_invoices_currency(context: Context) -> pl.Expr:
    """The billing entity invoices in the deal's currency."""
    billing, currency = context.pack.billing, context.text("currency")
    entity = context.text("billing_entity").fill_null(pl.lit(billing.default_entity, dtype=pl.String))
    invoices = [
        ((entity == label) & currency.is_in(known.currencies)).fill_null(value=False)
        for label, known in billing.entities.items()
    ]
    return entity.is_null() | currency.is_null() | pl.any_horizontal([~context.always(), *invoices])


@rule(
    theme=Theme.TERMS,
    field="po_number",
    empty=Empty.DEPENDS,
    why_empty="fails when the customer requires a purchase-order number, or it is unclear whether",
    allowed="the customer's purchase-order number",
    says_empty="The customer wants a purchase-order number on the invoice, and the deal has none.",
)
def po_number_when_required(context: Context) -> pl.Expr:
    """A customer who requires a purchase-order number has given one."""
    return context.text("po_number").is_not_null() | ~required(context, "po_number", otherwise=PO_REQUIRED)


@rule(
    theme=Theme.TERMS,
    field="po_number",
    empty=Empty.PASSES,
    why_empty="a number that must be filled is asked for by po_number_when_required",
    allowed=f"a real number of at most {LONGEST_PO_NUMBER} characters on one line",
    says="{quoted} is not a purchase-order number: it is a placeholder, too long or not on one line.",
    subject="whether the purchase-order number is in order",
    trouble="the purchase-order number is not one",
)
def po_number_well_formed(context: Context) -> pl.Expr:
    """The purchase-order number is a real one that fits on an invoice."""
    number = context.text("po_number")
    fits = (number.str.len_chars() <= LONGEST_PO_NUMBER) & ~number.str.contains(r"\p{C}")
    return fits & is_real(context, "po_number")
