"""The verification: a draft at Stripe held against the deal, before it is finalised or sent (law 4)."""

from collections.abc import Mapping
from typing import Any

from connectors.ports import Body


class DraftDiffersError(Exception):
    """The draft at Stripe is not what the deal says; the message names each difference."""


def differences(invoice: Body, expected: Mapping[str, Any], customer: str, *, may_be_final: bool = False) -> list[str]:
    """Each thing that is not as `expected`, in words; amounts in Stripe's minor units. Empty: the draft is the deal.

    `may_be_final`: it was adopted, so an earlier ledger or a person may have finalised it.
    """
    status = invoice["status"]
    lines = sorted(int(line["amount"]) for line in invoice["lines"]["data"])
    rates = sorted(r["id"] if isinstance(r, dict) else str(r) for r in invoice.get("default_tax_rates") or [])
    compared = {
        "status": (status, status if may_be_final and status in ("open", "paid") else "draft"),
        "customer": (invoice["customer"], customer),
        "currency": (invoice["currency"], expected["currency"]),
        "lines": (lines, sorted(expected["lines"])),
        "total excluding tax": (invoice["total_excluding_tax"], expected["total_excluding_tax"]),
        "automatic tax": (bool((invoice.get("automatic_tax") or {}).get("enabled")), expected["automatic_tax"]),
        "tax rates": (rates, sorted(expected["tax_rates"])),
        "automatic finalising": (bool(invoice.get("auto_advance")), False),
    }
    return [
        f"{what}: {seen} at Stripe, {wanted} in the deal" for what, (seen, wanted) in compared.items() if seen != wanted
    ]
