"""What people do in Salesforce and its REST API does not offer, as orders of `POST /_control`: undelete, and merge."""

from collections.abc import Callable
from typing import Any

from sandbox.salesforce.ids import as_18
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.schema import ObjectType

MOST_LOSERS = 2
"""Salesforce merges up to three rows: a master and two others."""


def undelete(org: Org, given: Any) -> Callable[[], None]:
    """`{"undelete": [ids]}` or one id: take rows out of the recycle bin, with the children that went there with them.

    Raises ValueError, having changed nothing, for an id that is not in the bin; a merged row never leaves it.
    """
    rows = [_row(org, one) for one in (given if isinstance(given, list) else [given])]
    for _, row in rows:
        if not row["IsDeleted"] or row.get("MasterRecordId"):
            raise ValueError(f"{row['Id']} is not in the recycle bin.")

    def act() -> None:
        for kind, row in rows:
            org.undelete(kind, row)

    return act


def merge(org: Org, given: Any) -> Callable[[], None]:
    """`{"merge": {"object": "Account", "master": id, "losers": [ids]}}`: the losers' children become the master's.

    Raises ValueError, having changed nothing, when they are not live rows of the object.
    """
    try:
        name, master_id, loser_ids = given["object"], given["master"], given["losers"]
    except (TypeError, KeyError):
        raise ValueError("merge takes object, master and losers.") from None
    found = [_row(org, one) for one in (master_id, *loser_ids)]
    if name not in ("Account", "Contact") or any(kind.name != name for kind, _ in found):
        raise ValueError(f"merge takes Accounts or Contacts, all of one object, not {name}.")
    if not 1 <= len(loser_ids) <= MOST_LOSERS or len({row["Id"] for _, row in found}) != len(found):
        raise ValueError("merge takes a master and one or two other rows.")
    if any(row["IsDeleted"] for _, row in found):
        raise ValueError("merge takes rows that are not deleted.")
    (kind, master), *losers = found

    def act() -> None:
        for _, loser in losers:
            org.merge(kind, master, loser)

    return act


def _row(org: Org, given: Any) -> tuple[ObjectType, Row]:
    full = as_18(given) if isinstance(given, str) else None
    for name, rows in org.tables.items():
        if full in rows:
            return org.schema[name], rows[full]
    raise ValueError(f"There is no row {given}.")
