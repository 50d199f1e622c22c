"""The org's rows: by id, with children listed by parent, stamped on every write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.salesforce.commits import Commits
from sandbox.salesforce.fields import Field, stamp_text
from sandbox.salesforce.ids import PREFIXES, numbered_id, stable_id
from sandbox.salesforce.schema import ObjectType
from sandbox.salesforce.stated import stage_flags

Row = dict[str, Any]

DAILY_REQUESTS = 100_000
"""API requests in 24 hours of an Enterprise org (Salesforce's limits quick reference)."""
INTEGRATION_USER = stable_id(PREFIXES["User"], "integration user")
ORG_ID = stable_id(PREFIXES["Organization"], "sandbox")

_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Org:
    """Every value in a row is as JSON carries it: date-times are UTC text of one width, so they compare as text."""

    clock: Clock
    schema: dict[str, ObjectType]
    stages: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    daily_requests: int = DAILY_REQUESTS
    default_currency: str = "USD"
    tables: dict[str, dict[str, Row]] = field(default_factory=dict)
    """sObject -> id -> row; deleted rows stay, with IsDeleted true."""
    by_parent: dict[tuple[str, str], dict[str, dict[str, Row]]] = field(default_factory=dict)
    """(child object, reference field) -> parent id -> child id -> row."""
    commits: Commits = field(init=False)
    _last: datetime = _EPOCH
    _written: str | None = None
    """The stamp of the transaction that is ending; None for what is seen as it is written."""
    _made: int = 0

    def __post_init__(self) -> None:
        self.commits = Commits(self.clock)
        for name, kind in self.schema.items():
            self.tables.setdefault(name, {})
            for found in kind.fields.values():
                if found.reference_to and (found.children_as or found.cascade):
                    self.by_parent[name, found.name] = {}

    def stamp(self) -> str:
        """The moment of a write: later than every one before it, by a millisecond at least."""
        if self._written is not None:
            return self._written
        now = self.clock.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(now, self._last + _MILLISECOND)
        return stamp_text(self._last)

    def write(self, row: Row, act: Callable[[], None]) -> None:
        """Do a write now or, while commits are late, when its transaction ends, with the stamp of this moment."""
        if not self.commits.late:
            act()
            return
        stamp = self.stamp()

        def end() -> None:
            self._written = stamp
            try:
                act()
            finally:
                self._written = None

        self.commits.write(row["Id"], end, within=())

    def new_id(self, kind: ObjectType) -> str:
        """An id that no row has, greater than those given before."""
        while True:
            self._made += 1
            made = numbered_id(kind.prefix, self._made)
            if made not in self.tables[kind.name]:
                return made

    def parent(self, kind: ObjectType, row: Row, reference: Field) -> Row | None:
        """The row that a reference points to, if any."""
        target = row.get(reference.name)
        return self.tables.get(reference.reference_to or "", {}).get(target) if target else None

    def place(self, kind: ObjectType, row: Row) -> None:
        """Put a whole new row in, and derive what follows from it."""
        full = {found.name: False if found.type == "boolean" else None for found in kind.stored.values()}
        row = {"IsDeleted": False, **full, **row}
        self.tables[kind.name][row["Id"]] = row
        self.derive(kind, row)
        self._list_under_parents(kind, row)

    def change(self, kind: ObjectType, row: Row, values: Row) -> None:
        """Write these values and move the row's own stamps; its parents' stay as they are."""
        self._unlist(kind, row)
        row.update(values)
        self.touch(row)
        self.derive(kind, row, changed=values)
        self._list_under_parents(kind, row)

    def delete(self, kind: ObjectType, row: Row) -> None:
        """Mark the row as deleted, and with it the children that cannot be without it."""
        if row["IsDeleted"]:
            return
        row["IsDeleted"] = True
        self.touch(row)
        for child_kind, reference in kind.children.values():
            children = list(self.by_parent[child_kind.name, reference.name].get(row["Id"], {}).values())
            for child in children:
                if reference.cascade:
                    self.delete(child_kind, child)
                else:
                    self.change(child_kind, child, {reference.name: None})
        self._unlist(kind, row)
        if kind.name == "OpportunityLineItem":
            self._mark_lines(row["OpportunityId"])

    def undelete(self, kind: ObjectType, row: Row) -> None:
        """Bring a row back, and the children that were deleted with it, right after it."""
        since = row["SystemModstamp"]
        row["IsDeleted"] = False
        self.touch(row)
        self._list_under_parents(kind, row)
        for child_kind, reference in kind.children.values():
            for child in self.tables[child_kind.name].values():
                gone_with_it = child["IsDeleted"] and child["SystemModstamp"] >= since
                if reference.cascade and child[reference.name] == row["Id"] and gone_with_it:
                    self.undelete(child_kind, child)

    def merge(self, kind: ObjectType, master: Row, loser: Row) -> None:
        """Give the loser's children to the master, and delete the loser, which then names its master.

        No stamp of a child moves: whether one does is not documented, and a reader must not need it.
        """
        for child_kind, reference in kind.children.values():
            for child in list(self.by_parent[child_kind.name, reference.name].get(loser["Id"], {}).values()):
                self._unlist(child_kind, child)
                child[reference.name] = master["Id"]
                self._list_under_parents(child_kind, child)
        self._unlist(kind, loser)
        loser["IsDeleted"] = True
        if "MasterRecordId" in kind.fields:
            loser["MasterRecordId"] = master["Id"]
        self.touch(loser)
        self.touch(master)

    def touch(self, row: Row) -> None:
        """Move SystemModstamp and LastModifiedDate."""
        row["SystemModstamp"] = row["LastModifiedDate"] = self.stamp()
        row["LastModifiedById"] = INTEGRATION_USER

    def derive(self, kind: ObjectType, row: Row, changed: Row | None = None) -> None:
        """Set what Salesforce works out itself: won and closed, full names, line totals."""
        if kind.name == "Opportunity":
            if changed is None or "StageName" in changed:
                row["IsClosed"], row["IsWon"] = stage_flags(row["StageName"], self.stages)
        elif kind.name in {"Contact", "User"}:
            row["Name"] = " ".join(part for part in (row["FirstName"], row["LastName"]) if part) or None
        elif kind.name == "OpportunityLineItem":
            self._derive_line(row, changed)

    def _derive_line(self, row: Row, changed: Row | None) -> None:
        entry = self.tables["PricebookEntry"].get(row["PricebookEntryId"] or "")
        if entry is not None:
            row["Product2Id"] = row["Product2Id"] or entry["Product2Id"]
            if row["ListPrice"] is None:
                row["ListPrice"] = entry["UnitPrice"]
        product = self.tables["Product2"].get(row["Product2Id"] or "")
        if product is not None:
            row["ProductCode"] = product["ProductCode"]
            row["Name"] = row["Name"] or product["Name"]
        quantity, price, discount = row["Quantity"], row["UnitPrice"], row["Discount"] or 0
        whole = quantity * (1 - discount / 100) if quantity is not None else 0
        if changed is not None and changed.get("TotalPrice") is not None and "UnitPrice" not in changed and whole:
            row["UnitPrice"] = round(changed["TotalPrice"] / whole, 2)
        elif price is None and row["TotalPrice"] is not None and whole:
            row["UnitPrice"] = round(row["TotalPrice"] / whole, 2)
        elif price is not None and quantity is not None and (row["TotalPrice"] is None or changed is not None):
            row["TotalPrice"] = round(whole * price, 2)

    def _list_under_parents(self, kind: ObjectType, row: Row) -> None:
        if row["IsDeleted"]:
            return
        for found in kind.fields.values():
            by_id = self.by_parent.get((kind.name, found.name))
            if by_id is not None and row[found.name]:
                by_id.setdefault(row[found.name], {})[row["Id"]] = row
        if kind.name == "OpportunityLineItem":
            self._mark_lines(row["OpportunityId"])

    def _unlist(self, kind: ObjectType, row: Row) -> None:
        for found in kind.fields.values():
            by_id = self.by_parent.get((kind.name, found.name))
            if by_id is not None and row[found.name]:
                by_id.get(row[found.name], {}).pop(row["Id"], None)

    def _mark_lines(self, deal_id: str | None) -> None:
        deal = self.tables["Opportunity"].get(deal_id or "")
        if deal is not None:
            deal["HasOpportunityLineItem"] = bool(
                self.by_parent["OpportunityLineItem", "OpportunityId"].get(deal["Id"])
            )
