"""The deal: its fields (one line each), the row the gate judges, and the typed deal that is delivered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a field's text is read. Text that cannot be read stays as it is, and a rule says so."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    EMAIL = "email"
    AMOUNT = "amount"  # plain decimal, major units: 1234.50
    PERCENT = "percent"  # plain decimal: 20 is 20 %
    INTEGER = "integer"
    DATE = "date"  # ISO 8601: 2026-11-24
    FLAG = "flag"  # true or false
    LABEL = "label"  # one of a label set of the pack


class Theme(StrEnum):
    """Groups of fields and rules, as owners see them."""

    IDENTITY = "identity"
    ACCOUNT = "account"
    CONTACT = "contact"
    MONEY = "money"
    TERMS = "terms"
    TAX = "tax"
    DATES = "dates"
    LINES = "lines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of the deal: its name in packs and code, how it is read, its theme and what it means."""

    name: str
    kind: Kind
    theme: Theme
    meaning: str


def _fields(theme: Theme, rows: Mapping[str, tuple[Kind, str]]) -> tuple[Field, ...]:
    return tuple(Field(name=n, kind=k, theme=theme, meaning=m) for n, (k, m) in rows.items())


DEAL_FIELDS: tuple[Field, ...] = (
    *_fields(
        Theme.IDENTITY,
        {
            "deal_id": (Kind.IDENTIFIER, "the source's own id of the deal"),
            "deal_name": (Kind.TEXT, "name of the deal"),
            "stage": (Kind.LABEL, "stage in the CRM"),
            "won": (Kind.FLAG, "whether the CRM counts the deal as won"),
            "deleted": (Kind.FLAG, "whether the CRM has deleted or merged the deal"),
            "record_type": (Kind.LABEL, "record type in the CRM"),
            "deal_type": (Kind.LABEL, "what kind of business it is: new, expansion, renewal"),
            "rep_id": (Kind.IDENTIFIER, "owner of the CRM record"),
            "rep_name": (Kind.TEXT, "name of the rep"),
            "rep_email": (Kind.EMAIL, "e-mail of the rep"),
            "rep_active": (Kind.FLAG, "whether the rep still works with us"),
            "rep_manager": (Kind.TEXT, "name of the rep's manager"),
            "rep_manager_email": (Kind.EMAIL, "e-mail of the rep's manager"),
            "region": (Kind.LABEL, "sales region"),
        },
    ),
    *_fields(
        Theme.ACCOUNT,
        {
            "account_id": (Kind.IDENTIFIER, "the source's id of the account"),
            "account_name": (Kind.TEXT, "name of the account"),
            "legal_name": (Kind.TEXT, "legal name for the invoice, where it differs"),
            "sector": (Kind.LABEL, "sector of the account"),
            "customer_kind": (Kind.LABEL, "business, consumer or public body"),
            "billing_customer": (Kind.IDENTIFIER, "the account's customer id at Stripe, when known"),
            "billing_street": (Kind.TEXT, "street of the billing address"),
            "billing_city": (Kind.TEXT, "city of the billing address"),
            "billing_state": (Kind.TEXT, "state or province of the billing address"),
            "billing_postal_code": (Kind.TEXT, "postal code of the billing address"),
            "billing_country": (Kind.LABEL, "country of the billing address"),
        },
    ),
    *_fields(
        Theme.CONTACT,
        {
            "billing_contact_id": (Kind.IDENTIFIER, "the source's id of the billing contact"),
            "billing_contact_name": (Kind.TEXT, "name of the person who receives the invoice"),
            "billing_email": (Kind.EMAIL, "e-mail address that receives the invoice"),
        },
    ),
    *_fields(
        Theme.MONEY,
        {
            "amount": (Kind.AMOUNT, "total of the deal, excluding tax"),
            "currency": (Kind.IDENTIFIER, "ISO 4217 code of the amounts"),
            "discount_percent": (Kind.PERCENT, "discount on the list price, as the CRM states it"),
            "discount_approved_by": (Kind.TEXT, "who approved a discount above the limit"),
        },
    ),
    *_fields(
        Theme.TERMS,
        {
            "payment_terms": (Kind.LABEL, "when the invoice is due"),
            "terms_approved_by": (Kind.TEXT, "who approved terms above the limit"),
            "billing_entity": (Kind.LABEL, "which of our companies invoices"),
            "po_required": (Kind.FLAG, "whether the customer wants a purchase-order number on the invoice"),
            "po_number": (Kind.TEXT, "the customer's purchase-order number"),
            "instalment_plan": (Kind.LABEL, "in which parts the amount is invoiced"),
        },
    ),
    *_fields(
        Theme.TAX,
        {
            "tax_id": (Kind.TEXT, "the customer's tax id"),
            "tax_exempt": (Kind.FLAG, "whether the customer is exempt from tax"),
            "exemption_certificate": (Kind.TEXT, "number of the exemption certificate"),
        },
    ),
    *_fields(
        Theme.DATES,
        {
            "engaged_on": (Kind.DATE, "day on which the deal began"),
            "closed_on": (Kind.DATE, "day on which the deal closed"),
            "kickoff_on": (Kind.DATE, "day on which the project starts"),
            "service_from": (Kind.DATE, "first day of the service"),
            "service_until": (Kind.DATE, "last day of the service"),
        },
    ),
)

LINE_FIELDS: tuple[Field, ...] = _fields(
    Theme.LINES,
    {
        "line_id": (Kind.IDENTIFIER, "the source's id of the line"),
        "product": (Kind.LABEL, "product sold"),
        "description": (Kind.TEXT, "text for the invoice"),
        "quantity": (Kind.AMOUNT, "how many"),
        "unit_price": (Kind.AMOUNT, "price of one, after discount, excluding tax"),
        "list_price": (Kind.AMOUNT, "list price of one"),
        "line_total": (Kind.AMOUNT, "quantity times unit price, excluding tax"),
        "recurring": (Kind.FLAG, "whether the product is billed again each period"),
    },
)

FIELD_BY_NAME: Mapping[str, Field] = {field.name: field for field in DEAL_FIELDS}
LINE_FIELD_BY_NAME: Mapping[str, Field] = {field.name: field for field in LINE_FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A synonym that was translated into its canonical label; `line` counts from 0, None on the deal itself."""

    field: str
    seen: str
    canonical: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRow:
    """A deal as text, ready for the gate: every deal field (None when empty), its lines, its translations.

    Readable values are normalised (ISO dates, plain decimals, true/false, canonical labels); an unreadable
    one is left as it was seen.
    """

    values: Mapping[str, str | None]
    lines: tuple[Mapping[str, str | None], ...] = ()
    translations: tuple[Translation, ...] = ()

    @property
    def deal_id(self) -> str:
        return self.values["deal_id"] or ""

    def get(self, field: str) -> str | None:
        """The text of a deal field; None when empty."""
        return self.values.get(field)
