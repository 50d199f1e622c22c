"""What `handoff check` found, for programs and as a page in the same look as the report of open entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from handoff.core.money import Money
from handoff.report.causes import HeldDeal, causes, failed, not_judged, shares
from handoff.report.pages import MOST_LISTED, render
from handoff.report.wording import spoken, violation_document


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the gate says about an export. Money is exact; an amount that cannot be read counts nothing and is said."""

    path: Path
    pack: str
    read: int
    passed: int
    excluded: int
    passed_money: tuple[Money, ...]
    held_money: tuple[Money, ...]
    entries: tuple[HeldDeal, ...]
    warnings: tuple[str, ...]

    @property
    def held(self) -> int:
        """Deals with at least one violation."""
        return len(self.entries)

    @property
    def deals(self) -> int:
        """Deals that meet the trigger."""
        return self.passed + self.held + self.excluded

    def document(self) -> dict[str, Any]:
        """The contract of `check --json`; money in minor units per currency."""
        passed = {money.currency: money.minor for money in self.passed_money}
        held = {money.currency: money.minor for money in self.held_money}
        return {
            "read": self.read,
            "deals": self.deals,
            "passed": self.passed,
            "held": self.held,
            "excluded": self.excluded,
            "violations_by_rule": failed(self.entries),
            "not_judged_by_rule": not_judged(self.entries),
            "amount": {c: {"passed": passed.get(c, 0), "held": held.get(c, 0)} for c in {**passed, **held}},
            "warnings": list(self.warnings),
            "entries": [
                {
                    "deal_id": deal.deal_id,
                    "owner": deal.owner,
                    "role": deal.role,
                    "violations": [violation_document(v) for v in deal.violations],
                }
                for deal in self.entries
            ],
        }


def page(
    checked: Checked,
    sentences: Mapping[str, str],
    notes: Sequence[str],
    made: datetime,
    titles: Mapping[str, str] | None = None,
) -> str:
    """The same look for `handoff check`: its result as a self-contained HTML page. `titles`: of roles."""
    found = causes(checked.entries, sentences)
    return render(
        "check.html",
        checked=checked,
        causes=found,
        widest=max((cause.deals for cause in found), default=0),
        shares=shares(checked.entries, sentences),
        notes=notes,
        titles=titles or {},
        most=MOST_LISTED,
        made=made,
    )


def unjudged_notes(not_judged: Mapping[str, int]) -> list[str]:
    """What a reader must know of rules that an earlier failure kept from judging."""
    return [
        f"{spoken(rule).capitalize()}: could not be judged for {count:,} of these deals, because of another violation; "
        "it will be judged once that is corrected."
        for rule, count in not_judged.items()
    ]
