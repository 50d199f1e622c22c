"""What `POST /_control` of the Salesforce port orders: late commits, rows in bulk, and what people do in the org."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sandbox.frame import OrderError
from sandbox.salesforce.by_hand import merge, undelete
from sandbox.salesforce.fields import stamp_text
from sandbox.salesforce.org import Org, Row
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.seeding import ORDER, place, read_row
from sandbox.seed import SeedError
from sandbox.world import Order


def orders(org: Org) -> dict[str, Order]:
    """Each order by its name."""
    offered = {"commit_delay": _commit_delay, "rows": _rows, "undelete": undelete, "merge": merge}
    return {name: partial(order, org) for name, order in offered.items()}


def _commit_delay(org: Org, given: Any) -> Callable[[], None]:
    """`{"up_to": seconds, "seed": n}`: from now on rows are seen so much later than their stamps say, at random."""
    if not isinstance(given, dict) or not given.keys() <= {"up_to", "seed"}:
        raise OrderError('commit_delay must be an object such as {"up_to": 900, "seed": 7}.')
    up_to, seed = given.get("up_to", 0), given.get("seed", 0)
    if isinstance(up_to, bool) or not isinstance(up_to, int | float) or not 0 <= up_to < float("inf"):
        raise OrderError("commit_delay: up_to must be a number of seconds from 0 up.")
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise OrderError("commit_delay: seed must be a whole number.")
    return lambda: org.commits.delay(up_to, seed)


def _rows(org: Org, given: Any) -> Callable[[], None]:
    """`{"Opportunity": [row, …], …}`: new rows, as a seed holds them, all stamped now where they name no stamp.

    A row whose SystemModstamp is still to come is seen from then on. A row ends in the transaction of its parent.
    """
    if not isinstance(given, dict) or not all(isinstance(rows, list) for rows in given.values()):
        raise OrderError('rows must be an object of lists, such as {"Opportunity": [{"Name": "…"}]}.')
    if unknown := given.keys() - set(ORDER):
        raise OrderError(f"rows: {min(unknown)} is not one of {', '.join(ORDER)}.")
    now = stamp_text(org.clock.now())
    new = [_read(org, name, row, n, now) for name in ORDER for n, row in enumerate(given.get(name, []), start=1)]
    _refuse_strangers(org, new)

    def write() -> None:
        for kind, values, row in new:
            within = [values[f.name] for f in kind.stored.values() if f.reference_to and values.get(f.name)]
            at = datetime.fromisoformat(values["SystemModstamp"])
            act = _placing(org, kind, values, row)
            org.commits.write(values["Id"], act, at=at, within=within)

    return write


def _placing(org: Org, kind: ObjectType, values: Row, row: Row) -> Callable[[], None]:
    return lambda: place(org, kind, values, row)


def _read(org: Org, name: str, row: Any, n: int, now: str) -> tuple[ObjectType, Row, Row]:
    where = f"rows: {name} row {n}"
    if not isinstance(row, dict):
        raise OrderError(f"{where} is not an object.")
    kind = org.schema[name]
    if unknown := row.keys() - kind.stored.keys():
        raise OrderError(f"{where}: {name} has no field {min(unknown)}.")
    try:
        return kind, read_row(org, kind, row, where=where, now=now), row
    except SeedError as error:
        raise OrderError(str(error)) from None


def _refuse_strangers(org: Org, new: list[tuple[ObjectType, Row, Row]]) -> None:
    """Two rows of one id, or a reference to a row that is nowhere."""
    ids: set[str] = set()
    for kind, values, _ in new:
        if values["Id"] in ids or org.commits.waits_for(values["Id"]):
            raise OrderError(f"rows: the Id {values['Id']} is on two {kind.name} rows; give each its own.")
        ids.add(values["Id"])
    for kind, values, _ in new:
        for found in kind.stored.values():
            target = values.get(found.name)
            known = org.tables.get(found.reference_to or "")
            if target and known is not None and target not in known and target not in ids:
                raise OrderError(
                    f"rows: {kind.name} {values['Id']}: {found.name} is {target}, and no {found.reference_to} has "
                    "that Id."
                )
