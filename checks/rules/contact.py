"""Contact: somebody outside our company receives the invoice, at an address that can exist."""

import polars as pl
from email_validator import EmailNotValidError, validate_email

from checks.context import Context
from checks.rule import Empty, rule
from checks.unique import judged
from handoff.core.deal import Theme

# A plain address that email-validator surely accepts (a test asks it); no part can be too long in fifty characters.
_WORD = "[A-Za-z0-9_]+"
_LABEL = "[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
PLAIN_EMAIL = f"^{_WORD}(?:[.+-]{_WORD})*@(?:{_LABEL}[.])+(?:com|org|net|edu|gov|info|io|co|eu|[a-z]{{2}})$"
LONGEST_PLAIN = 50


def is_plain_email(texts: pl.Series) -> pl.Series:
    """Which addresses need no closer look."""
    return texts.str.contains(PLAIN_EMAIL) & (texts.str.len_bytes() <= LONGEST_PLAIN)


def is_email(text: str) -> bool:
    """Whether an address is well formed; its domain is not asked."""
    if len(text) > 320 or "@" not in text:
        return False
    try:
        validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return False
    return True


@rule(
    theme=Theme.CONTACT,
    field="billing_contact_name",
    empty=Empty.DEPENDS,
    why_empty="fails when the source has a field for it",
    allowed="a billing contact whom the CRM knows",
    says="The CRM does not know the billing contact of this deal ({quoted}).",
    says_empty="The CRM does not know who receives the invoice: the deal has no billing contact.",
)
def billing_contact_known(context: Context) -> pl.Expr:
    """The deal names a billing contact whom the CRM knows."""
    return context.known("billing_contact_id", "billing_contact_name")


@rule(
    theme=Theme.CONTACT,
    field="billing_email",
    empty=Empty.PASSES,
    why_empty="an address that must be filled is asked for by contact_details_present",
    allowed="one e-mail address, such as name@company.com",
    says="The billing e-mail {quoted} is not an e-mail address that can exist.",
    trouble="the billing e-mail is not an e-mail address",
)
def billing_email_well_formed(context: Context) -> pl.Expr:
    """The billing e-mail is one well-formed e-mail address."""
    return judged(context.text("billing_email"), is_email, surely=is_plain_email)


@rule(
    theme=Theme.CONTACT,
    field="billing_email",
    empty=Empty.PASSES,
    why_empty="an address that must be filled is asked for by contact_details_present",
    allowed="an address of the customer's",
    says="The billing e-mail {quoted} is one of our own addresses: the invoice would never reach the customer.",
    subject="whether the invoice leaves our company",
    needs=("billing_email_well_formed",),
)
def billing_email_not_ours(context: Context) -> pl.Expr:
    """The invoice goes to the customer, not to one of our own addresses."""
    email = context.text("billing_email").str.to_lowercase()
    ours = [domain.lower().lstrip("@") for domain in context.pack.policies.own_domains]
    return ~pl.any_horizontal(
        ~context.always(), *(email.str.ends_with(f"{sign}{own}") for own in ours for sign in "@.")
    )
