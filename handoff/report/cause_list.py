"""Causes of open entries: what is wrong, and on which row of the CRM it is put right, with deals, money and owners."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from handoff.core.keys import digest
from handoff.core.money import Money, is_currency
from handoff.core.violation import Failure
from handoff.report.wording import counted, money, spoken

_FAILURES = frozenset(failure.value for failure in Failure)
_NAMED_OWNERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of the CRM; `name` where we know it, `link` where a person opens it."""

    object: str
    id: str
    name: str | None = None
    link: str | None = None

    @property
    def said(self) -> str:
        """`account Hottechi`."""
        return f"{self.object.lower()} {self.name or self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What makes violations one cause. `seen` None: empty, or (`any_value`) each deal has a value of its own."""

    rule: str
    field: str = ""
    seen: str | None = None
    any_value: bool = False
    record: tuple[str, str] | None = None

    @property
    def id(self) -> str:
        """How people call the cause; the same for as long as somebody has it."""
        seen = "*" if self.any_value else "" if self.seen is None else f"={self.seen}"
        return f"C-{digest(self.rule, self.field, seen, *(self.record or ()))[:10]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """How much something touches: deals, their money per currency, and how many amounts cannot be read."""

    deals: int
    money: tuple[Money, ...]
    unreadable: int = 0

    def __str__(self) -> str:
        """`729 deals, USD 3,540,000.00`."""
        unread = f" ({self.unreadable:,} without a readable amount)" if self.unreadable else ""
        return f"{counted(self.deals, 'deal')}, {money(self.money)}{unread}"

    def document(self) -> dict[str, Any]:
        """For programs; amounts in minor units per currency."""
        return {
            "deals": self.deals,
            "amount": {each.currency: each.minor for each in self.money},
            "amount_unreadable": self.unreadable,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCause:
    """Open entries (their numbers) that one thing holds. A deal with two causes counts in both.

    `seen` None: nothing stands there, or (`values` above 1) not the same everywhere. `account`: where all are of one.
    """

    key: Key
    seen: str | None
    values: int
    record: Record | None
    touched: Touched
    entries: tuple[int, ...]
    owners: tuple[tuple[str, int], ...]
    oldest_due: datetime
    account: str | None = None

    @property
    def id(self) -> str:
        """C- and ten hex digits."""
        return self.key.id

    @property
    def what(self) -> str:
        """`product "GTXPro"`, `sector "technolgy" on account Hottechi`, `amount: 75 different values`."""
        key = self.key
        if key.rule in _FAILURES:
            return spoken(key.rule)
        if self.values > 1:
            said = f"{spoken(key.field)}: {self.values:,} different values"
        else:
            said = f"{spoken(key.field) or spoken(key.rule)} " + ("(empty)" if self.seen is None else f'"{self.seen}"')
        return f"{said} on {self.record.said}" if key.record and self.record else said

    @property
    def rule(self) -> str:
        """The rule in words; nothing where `what` says it already."""
        return "" if self.what == spoken(self.key.rule) else spoken(self.key.rule)

    @property
    def told_apart(self) -> str:
        """What is told beside `what`, so that no two causes look the same: the rule, and whose deals it holds."""
        account = self.account if self.account and self.account not in self.what else ""
        return " · ".join(filter(None, (self.rule, account)))

    @property
    def owned(self) -> str:
        """The owner, or the two with most deals and how many more there are."""
        if len(self.owners) == 1:
            return self.owners[0][0]
        first = ", ".join(f"{owner} ({n:,})" for owner, n in self.owners[:_NAMED_OWNERS])
        more = len(self.owners) - _NAMED_OWNERS
        return f"{first} and {more} more" if more > 0 else first

    def document(self) -> dict[str, Any]:
        """The contract of `causes list --json`."""
        record = self.record
        return {
            "cause": self.id,
            "rule": self.key.rule,
            "field": self.key.field or None,
            "seen": self.seen,
            "values": self.values,
            "what": self.what,
            **self.touched.document(),
            "owners": [{"owner": owner, "deals": n} for owner, n in self.owners],
            "oldest_due": self.oldest_due.isoformat(),
            "record": {"object": record.object, "id": record.id, "name": record.name} if record else None,
            "link": record.link if record else None,
        }


def touched(rows: Iterable[Any]) -> Touched:
    """How much some entries touch, each counted once; their rows have id, amount_minor and currency."""
    minor: Counter[str] = Counter()
    count: Counter[str] = Counter()
    unreadable = 0
    distinct = {row.id: (row.currency, row.amount_minor) for row in rows}
    for currency, amount in distinct.values():
        if amount is None or not _readable(currency):
            unreadable += 1
            continue
        minor[currency] += amount
        count[currency] += 1
    amounts = tuple(Money(minor=minor[currency], currency=currency) for currency, _ in count.most_common())
    return Touched(deals=len(distinct), money=amounts, unreadable=unreadable)


@cache
def _readable(currency: str | None) -> bool:
    return is_currency(currency or "")


def grouped(found: Iterable[tuple[Key, Record | None, Sequence[Any]]]) -> list[HeldCause]:
    """Causes, most money first in the currency that most deals are in; rows as `store.causes.holding` gives them."""
    by_key: dict[Key, tuple[Record | None, list[Any]]] = {}
    for key, record, rows in found:
        by_key.setdefault(key, (record, []))[1].extend(rows)
    made = [_cause(key, record, rows) for key, (record, rows) in by_key.items()]
    return sorted(made, key=_weight(made))


def _cause(key: Key, record: Record | None, rows: Sequence[Any]) -> HeldCause:
    alone = len(rows) == 1 or key.record is not None
    seen = {row.seen for row in rows} if key.rule not in _FAILURES else {None}
    accounts = {row.account_name for row in rows}
    return HeldCause(
        key=key,
        seen=next(iter(seen)) if len(seen) == 1 else None,
        values=len(seen),
        record=record if alone else None,
        touched=touched(rows),
        entries=tuple(dict.fromkeys(row.id for row in rows)),
        owners=tuple(Counter(row.owner_name for row in rows).most_common()),
        oldest_due=min(row.due_at for row in rows),
        account=next(iter(accounts)) if len(accounts) == 1 else None,
    )


def _weight(causes: Sequence[HeldCause]) -> Callable[[HeldCause], tuple[int, int, str]]:
    """By money in the currency that leads in most causes."""
    leading = Counter(cause.touched.money[0].currency for cause in causes if cause.touched.money)
    main = leading.most_common(1)[0][0] if leading else ""

    def weight(cause: HeldCause) -> tuple[int, int, str]:
        minor = sum(amount.minor for amount in cause.touched.money if amount.currency == main)
        return (-minor, -cause.touched.deals, cause.what)

    return weight
