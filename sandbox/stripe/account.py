"""One Stripe account of the sandbox: everything that one API key sees, and the call a handler works on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sandbox.stripe.errors import missing
from sandbox.stripe.idempotency import Keys
from sandbox.stripe.ids import derived_id

Json = dict[str, Any]

HOMES = {"eu": ("DE", "eur"), "uk": ("GB", "gbp")}
"""Key suffix -> country and default currency of the account; every other one is in the US and in dollars."""


@dataclass(slots=True, kw_only=True)
class Line:
    """A line of an invoice: what is answered, and what its taxes are computed from."""

    wire: Json
    rates: list[str] | None
    """Tax rates of the line's own; None: the invoice's default ones apply."""
    given_taxes: list[Json] | None
    """Taxes that the caller computed, as answered; None: they are computed here."""


@dataclass(slots=True, kw_only=True)
class Invoice:
    """An invoice: `wire` is what is answered, kept up to date by `totals.refresh`."""

    wire: Json
    lines: list[Line]
    default_rates: list[str]
    days_until_due: int | None

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.wire["id"])

    @property
    def draft(self) -> bool:
        """Whether it may still be changed."""
        return bool(self.wire["status"] == "draft")


@dataclass(slots=True, kw_only=True)
class Account:
    """What one API key sees. `position` orders objects by when they were made, as lists answer them."""

    suffix: str
    id: str
    country: str
    currency: str
    customers: dict[str, Json] = field(default_factory=dict)
    deleted_customers: set[str] = field(default_factory=set)
    emails: dict[str, dict[str, Json]] = field(default_factory=dict)
    tax_ids: dict[str, dict[str, Json]] = field(default_factory=dict)
    """Customer id -> its tax ids."""
    tax_rates: dict[str, Json] = field(default_factory=dict)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    invoices_of: dict[str, dict[str, Invoice]] = field(default_factory=dict)
    """Customer id -> its invoices."""
    advancing: dict[str, Invoice] = field(default_factory=dict)
    """Drafts that Stripe finalises by itself, when their time has come."""
    numbers: set[str] = field(default_factory=set)
    mails: list[Json] = field(default_factory=list)
    keys: Keys = field(default_factory=Keys)
    position: dict[str, int] = field(default_factory=dict)
    _counter: Iterator[int] = field(default_factory=count)

    def place(self, identifier: str) -> None:
        """Note that the object was made after all others."""
        self.position[identifier] = next(self._counter)

    def customer(self, identifier: str, param: str | None = None) -> Json:
        """A customer that is not deleted. Raises StripeError: 404 for one named in the path, 400 by a parameter."""
        customer = self.customers.get(identifier)
        if customer is None or identifier in self.deleted_customers:
            raise missing("customer", identifier, param)
        return customer

    def invoice(self, identifier: str) -> Invoice:
        """An invoice named in the path. Raises StripeError 404."""
        invoice = self.invoices.get(identifier)
        if invoice is None:
            raise missing("invoice", identifier)
        return invoice

    def index_email(self, customer: Json) -> None:
        """Let lists find the customer by its e-mail."""
        if customer["email"] is not None:
            self.emails.setdefault(customer["email"], {})[customer["id"]] = customer


def open_account(suffix: str) -> Account:
    """The account of the key that ends in `suffix`; its id is the same in every run."""
    country, currency = HOMES.get(suffix, ("US", "usd"))
    return Account(suffix=suffix, id=derived_id("acct_1", suffix, 15), country=country, currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call after its parameters were checked. `now` in seconds since 1970; `path` as it was asked for; `lag`:
    how old an object must be (seconds) to stand in a list."""

    account: Account
    now: int
    params: Json
    ids: Json
    path: str
    lag: float = 0


def retrieve_account(call: Call) -> Json:
    """`GET /v1/account`: the account the key belongs to, as far as a connector reads it."""
    account = call.account
    return {
        "id": account.id,
        "object": "account",
        "business_profile": {"name": f"Handoff sandbox {account.suffix}", "url": None},
        "business_type": "company",
        "charges_enabled": True,
        "country": account.country,
        "default_currency": account.currency,
        "details_submitted": True,
        "email": f"billing-{account.suffix}@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {"dashboard": {"display_name": f"Handoff sandbox {account.suffix}", "timezone": "Etc/UTC"}},
        "type": "standard",
    }
