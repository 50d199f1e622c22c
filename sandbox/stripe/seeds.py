"""Fills the accounts from the seed rows `stripe.customers` and `stripe.tax_rates`, checked as the API checks them."""

from typing import Any

from stripe.params import CustomerCreateParams

from sandbox.seed import Row, Seed, SeedError
from sandbox.stripe import customers
from sandbox.stripe.account import Account, Call, open_account
from sandbox.stripe.errors import StripeError
from sandbox.stripe.form import flatten, nest
from sandbox.stripe.params import checked, shape_of
from sandbox.stripe.tax_rates import AUTOMATIC_RATE, DEFAULTS, add_rate

DEFAULT_ACCOUNT = "default"
RATE_FIELDS = {"account", "active", "country", "description", "display_name", "id", "inclusive", "jurisdiction"} | {
    "percentage",
    "state",
    "tax_type",
}


class Books:
    """All accounts of one sandbox, opened when a key is first used."""

    def __init__(self, seed: Seed, now: int) -> None:
        """Raises SeedError when a row cannot be used."""
        self.accounts: dict[str, Account] = {}
        self._opened = now
        self._rates = [_rate(row, number) for number, row in enumerate(seed.get("stripe.tax_rates", []), start=1)]
        self.account(DEFAULT_ACCOUNT)
        for number, row in enumerate(seed.get("stripe.customers", []), start=1):
            self._add_customer(row, number)

    def account(self, suffix: str) -> Account:
        """The account of the key that ends in `suffix`."""
        account = self.accounts.get(suffix)
        if account is None:
            account = self.accounts[suffix] = open_account(suffix)
            for rate in (*DEFAULTS, AUTOMATIC_RATE):
                add_rate(account, rate, self._opened)
            for owner, rate in self._rates:
                if owner in (None, suffix):
                    add_rate(account, rate, self._opened)
        return account

    def _add_customer(self, row: Row, number: int) -> None:
        given = {name: value for name, value in row.items() if value is not None}
        account = self.account(str(given.pop("account", DEFAULT_ACCOUNT)))
        created = given.pop("created", self._opened)
        identifier = given.pop("id", None)
        if identifier is not None and not str(identifier).startswith("cus_"):
            raise SeedError(f"stripe.customers row {number}: the id {identifier} must begin with cus_.")
        if identifier in account.customers:
            raise SeedError(
                f"stripe.customers row {number}: {identifier} is there twice; give each customer its own id."
            )
        try:
            params = checked(shape_of(CustomerCreateParams), nest(flatten(given)))
            call = Call(account=account, now=int(created), params=params, ids={}, path="/v1/customers")
            customers.create(call, identifier)
        except (StripeError, ValueError) as error:
            raise SeedError(f"stripe.customers row {number}: {error} Correct the row.") from None


def _rate(row: Row, number: int) -> tuple[str | None, dict[str, Any]]:
    given = {name: value for name, value in row.items() if value is not None}
    wrong = sorted(given.keys() - RATE_FIELDS)
    lacking = sorted({"id", "display_name", "percentage", "inclusive"} - given.keys())
    if wrong or lacking:
        reason = f"{wrong[0]} is not known" if wrong else f"{lacking[0]} is missing"
        raise SeedError(f"stripe.tax_rates row {number}: {reason}; a rate has {', '.join(sorted(RATE_FIELDS))}.")
    for name in ("inclusive", "active"):
        if isinstance(given.get(name), str):
            given[name] = given[name].lower() == "true"
    try:
        given["percentage"] = float(given["percentage"])
    except ValueError:
        raise SeedError(
            f"stripe.tax_rates row {number}: percentage {given['percentage']!r} is not a number; write 20 for 20 %."
        ) from None
    return given.pop("account", None), given
