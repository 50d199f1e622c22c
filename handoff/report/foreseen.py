"""What a sync would do now, as `sync --dry-run` tells it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handoff.core.violation import Violation


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenDeal:
    """A deal that would be carried: its customer (an id, or `new`), and how many objects are still to create."""

    deal_id: str
    deal_name: str | None
    account_name: str | None
    customer: str
    creates: Mapping[str, int]
    amount: str | None
    currency: str | None


@dataclass(slots=True, kw_only=True)
class Foreseen:
    """The whole run. `held`: deal id -> violations; `excluded`: deal id -> why; `customers`: scope -> how it comes."""

    warnings: list[str] = field(default_factory=list)
    deals: list[ForeseenDeal] = field(default_factory=list)
    held: dict[str, tuple[Violation, ...]] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    customers: dict[str, str] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def pulled(self) -> int:
        """Deals that the run would count."""
        return len(self.deals) + len(self.held) + len(self.excluded) + len(self.unchanged)

    @property
    def creates(self) -> dict[str, int]:
        """Objects that would be created, by kind; a customer once for all its deals."""
        total = Counter({"customer": sum(how == "new" for how in self.customers.values())})
        for deal in self.deals:
            total.update(deal.creates)
        return dict(total)

    @property
    def held_by_rule(self) -> dict[str, int]:
        """Rule -> deals that do not meet it."""
        return dict(Counter(v.rule for found in self.held.values() for v in found if v.judged).most_common())

    def document(self) -> dict[str, Any]:
        """The answer of `sync --dry-run --json`."""
        return {
            "dry_run": True,
            "pulled": self.pulled,
            "would_deliver": len(self.deals),
            "held": len(self.held),
            "excluded": len(self.excluded),
            "unchanged": len(self.unchanged),
            "held_by_rule": self.held_by_rule,
            "creates": self.creates,
            "adopts": {"customer": sum(how == "adopted" for how in self.customers.values())},
            "deals": [{"deal_id": d.deal_id, "customer": d.customer, "creates": dict(d.creates)} for d in self.deals],
            "calls": dict(self.calls),
            "warnings": self.warnings,
        }
