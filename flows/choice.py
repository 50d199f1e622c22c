"""What an operator may say in Prefect's form: held deals by entry, rule, owner or cause, and where to judge from."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from checks.rules import names
from handoff.core.violation import Failure
from handoff.road.causes import find
from handoff.road.house import House
from handoff.road.rerun import Selection

Name = Annotated[str, Field(pattern=r"^[^@\s]+$")]
"""An id. No spaces and no @: names and e-mail addresses of people do not belong in Prefect's parameters."""


def _known(rule: str) -> str:
    if rule not in names() and rule not in {failure.value for failure in Failure}:
        raise ValueError(f"there is no rule {rule!r}: `handoff queue list` shows the rules that hold deals")
    return rule


Rule = Annotated[Name, AfterValidator(_known)]
CauseId = Annotated[str, Field(pattern=r"^[Cc]-[0-9A-Fa-f]{10}$")]
"""The id of a cause, as `handoff causes list` shows it."""
Judged = Literal["live", "stored"]
"""Where a deal is judged from: the CRM as it is now, or what was pulled before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The entries an operator asks for; one way to say it at a time, but for a rule of an owner."""

    entries: tuple[str, ...] = ()
    rule: str | None = None
    owner: str | None = None
    cause: str | None = None
    everything: bool = False

    @property
    def wrong(self) -> str | None:
        """What is wrong with the form, in one sentence."""
        ways = [bool(self.entries), bool(self.cause), bool(self.rule or self.owner), self.everything]
        if sum(ways) == 1:
            return None
        asked = "Say which entries" if not any(ways) else "Say it one way only"
        return f"{asked}: by entries, by cause, by rule and owner, or everything. Nothing was done."

    def selection(self, house: House) -> Selection:
        """For the road. Raises UnknownNameError when nothing is held for the cause."""
        if self.cause:
            return Selection(numbers=find(house, self.cause).entries)
        return Selection(entries=self.entries, rule=self.rule, owner=self.owner, everything=self.everything)
