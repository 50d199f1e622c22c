"""What each decision's form may hold, and nothing else: who decides, whose entry it is and its state are not in it."""

from typing import Literal

from pydantic import Field, create_model

from handoff.core.pack import Pack
from handoff.quarantine.by_hand import Claim
from handoff.review.decision_fields import PREFIX
from handoff.review.forms import Fields


class Decided(Fields):
    """What all have in common: why, and what their reader had read (the entry's row version, the deal's snapshot, and
    the last event)."""

    why: str
    version: int = Field(ge=0)
    snapshot: int | None = Field(default=None, ge=0)
    seen: int = Field(default=0, ge=0)


class Correcting(Decided):
    """With one field `to_…` for each deal field that the pack lets people correct; a dry run needs no why."""

    why: str = ""
    do: Literal["correct", "dry_run"] = "correct"


class Withdrawing(Decided):
    """Which correction is taken back."""

    field: str


class OfRule(Decided):
    """A decision about one rule."""

    rule: str


class Approving(OfRule):
    """With the hash of what its reader was shown."""

    payload: str | None = None


class Waiving(OfRule):
    """For how many days."""

    days: int = Field(ge=1)


class Rejecting(Decided):
    """One of the pack's reasons."""

    reason: str


class Reassigning(Decided):
    """To whom."""

    to: str


class Pausing(Decided):
    """One of the pack's reasons, and for how many hours."""

    reason: str
    hours: int = Field(ge=1)


class Asking(Decided):
    """Of whom, and within how many of their working hours."""

    of: str
    hours: int | None = Field(default=None, ge=1)


class Claiming(Decided):
    """What was made by hand: invoices, one a line and in the order of the instalments, and the project."""

    invoices: str = ""
    project: str | None = None
    accept_differences: Literal["yes", "no"] = "no"

    def claim(self) -> Claim:
        return Claim(
            invoices=tuple(self.invoices.split()),
            project=self.project,
            accept_differences=self.accept_differences == "yes",
        )


class Accepting(Decided):
    """Which step."""

    step: str


def correcting(pack: Pack) -> type[Correcting]:
    """The form of a correction, with the fields that this pack allows."""
    fields = {f"{PREFIX}{name}": (str | None, None) for name in pack.policies.desk.corrections}
    made: type[Correcting] = create_model("Correcting", __base__=Correcting, **fields)  # type: ignore[call-overload]
    return made
