"""Held deals by cause and by owner, with money per currency: what both reports and `check` show."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handoff.core.money import Money
from handoff.core.violation import Violation

_MOST_VALUES = 5
"""A rule with more distinct values than this is one cause: the values are the deals' own, not a habit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDeal:
    """A held deal as reports show it; `amount` None when it cannot be read; `entry`, `due` None before it has one."""

    deal_id: str
    deal_name: str | None
    account_name: str | None
    owner: str
    role: str
    amount: Money | None
    violations: tuple[Violation, ...]
    email: str = ""
    entry: str | None = None
    due: datetime | None = None
    opened: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A rule with the value that broke it. A deal with two causes counts in both."""

    rule: str
    seen: str
    message: str
    deals: int
    money: tuple[Money, ...]
    owners: str
    oldest_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnersShare:
    """What one person answers for. A deal counts once. `roles`: each with its deals, most first.

    `email` tells people of the same name apart; empty where it is not known.
    """

    owner: str
    email: str
    roles: tuple[tuple[str, int], ...]
    deals: tuple[HeldDeal, ...]
    money: tuple[Money, ...]
    causes: tuple[Cause, ...]
    oldest_due: datetime | None = None


def totals(deals: Iterable[HeldDeal]) -> tuple[Money, ...]:
    """The amounts per currency, largest count of deals first; unreadable amounts count nothing."""
    minor: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for deal in deals:
        if deal.amount is not None:
            minor[deal.amount.currency] += deal.amount.minor
            count[deal.amount.currency] += 1
    return tuple(Money(minor=minor[currency], currency=currency) for currency, _ in count.most_common())


def causes(deals: Sequence[HeldDeal], sentences: Mapping[str, str]) -> list[Cause]:
    """What failed (not what could not be judged), most money first. `sentences`: rule -> what it says in general."""
    by_rule: dict[str, dict[str | None, list[tuple[HeldDeal, Violation]]]] = defaultdict(lambda: defaultdict(list))
    for deal in deals:
        for violation in deal.violations:
            if violation.judged:
                by_rule[violation.rule][violation.seen].append((deal, violation))
    found = []
    for rule, by_value in by_rule.items():
        if len(by_value) > _MOST_VALUES:
            every = [pair for pairs in by_value.values() for pair in pairs]
            found.append(_cause(rule, f"{len(by_value):,} different values", every, sentences))
        else:
            found += [_cause(rule, seen or "(empty)", pairs, sentences) for seen, pairs in by_value.items()]
    return sorted(found, key=_weight(totals(deals)))


def shares(deals: Sequence[HeldDeal], sentences: Mapping[str, str], *, each_role: bool = False) -> list[OwnersShare]:
    """Per owner: deals (oldest due first, then most money), money and causes; the largest share first.

    `each_role`: whoever has deals in several roles has a share for each.
    """
    by_owner: dict[tuple[str, str, str], list[HeldDeal]] = defaultdict(list)
    for deal in deals:
        by_owner[deal.owner, deal.email, deal.role if each_role else ""].append(deal)
    found = [
        OwnersShare(
            owner=owner,
            email=email,
            roles=tuple(Counter(deal.role for deal in own).most_common()),
            deals=tuple(sorted(own, key=_urgency)),
            money=totals(own),
            causes=tuple(causes(own, sentences)),
            oldest_due=_oldest(own),
        )
        for (owner, email, _), own in by_owner.items()
    ]
    return sorted(found, key=lambda share: (-len(share.deals), share.owner))


def not_judged(deals: Iterable[HeldDeal]) -> dict[str, int]:
    """Rule -> how many deals it could not judge because of an earlier failure."""
    counts = Counter(v.rule for deal in deals for v in deal.violations if not v.judged)
    return dict(counts.most_common())


def failed(deals: Iterable[HeldDeal]) -> dict[str, int]:
    """Rule -> how many deals do not meet it."""
    return dict(Counter(v.rule for deal in deals for v in deal.violations if v.judged).most_common())


def _cause(rule: str, seen: str, pairs: Sequence[tuple[HeldDeal, Violation]], sentences: Mapping[str, str]) -> Cause:
    messages = {violation.message for _, violation in pairs}
    own = [deal for deal, _ in pairs]
    message = messages.pop() if len(messages) == 1 else sentences.get(rule, rule.replace("_", " "))
    return Cause(
        rule=rule,
        seen=seen,
        message=message,
        deals=len(own),
        money=totals(own),
        owners=_owners(own),
        oldest_due=_oldest(own),
    )


def _owners(deals: Iterable[HeldDeal]) -> str:
    """The person, or the two with most deals and how many more there are."""
    count = Counter(deal.owner for deal in deals)
    if len(count) == 1:
        return next(iter(count))
    first = ", ".join(f"{owner} ({n:,})" for owner, n in count.most_common(2))
    return f"{first} and {len(count) - 2} more" if len(count) > 2 else first


def _oldest(deals: Iterable[HeldDeal]) -> datetime | None:
    return min((deal.due for deal in deals if deal.due), default=None)


def _weight(overall: Sequence[Money]) -> Callable[[Cause], tuple[int, int, str, str]]:
    """Most money first, in the currency most deals are in; currencies are never added up."""
    main = overall[0].currency if overall else ""

    def weight(cause: Cause) -> tuple[int, int, str, str]:
        minor = sum(money.minor for money in cause.money if money.currency == main)
        return (-minor, -cause.deals, cause.rule, cause.seen)

    return weight


def _urgency(deal: HeldDeal) -> tuple[bool, float, int, str]:
    due = deal.due.timestamp() if deal.due else 0.0
    return (deal.due is None, due, -(deal.amount.minor if deal.amount else 0), deal.deal_id)
