"""The decisions that would release most money: what to decide, who may, and what the next run would release then."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handoff.report.cause_list import Touched
from handoff.report.wording import counted, money


@dataclass(frozen=True, slots=True, kw_only=True)
class BestDecision:
    """One decision. `exact`: the gate was asked; else it is what nothing else holds, as far as is known now.

    `do`: the decision in words; `who`: who may take it; `command`: how; `place`: where on the review page.
    """

    do: str
    who: str
    command: str
    place: str
    releases: Touched
    exact: bool

    @property
    def effect(self) -> str:
        """What it would release."""
        verb = "The next run releases" if self.exact else "It may release"
        return f"{verb} {self.deals}, {money(self.releases.money)}."

    @property
    def deals(self) -> str:
        return counted(self.releases.deals, "deal")

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "do": self.do,
            "who": self.who,
            "command": self.command,
            "exact": self.exact,
            "releases": self.releases.document(),
        }


def ranked(found: Sequence[BestDecision], main: str, most: int) -> list[BestDecision]:
    """Those that release anything, most money first in the currency `main`, then most deals."""

    def weight(one: BestDecision) -> tuple[int, int, str]:
        minor = sum(amount.minor for amount in one.releases.money if amount.currency == main)
        return (-minor, -one.releases.deals, one.do)

    return sorted((one for one in found if one.releases.deals), key=weight)[:most]
