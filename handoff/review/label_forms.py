"""What a label decision is about, and its forms: as far as they are filled in, and as they are taken."""

from dataclasses import dataclass

from pydantic import Field

from handoff.report.cause_list import HeldCause
from handoff.review.forms import Fields, Why


class Previewed(Fields):
    """The form beside a preview, as far as it is filled in; `shown` is what the preview said, in a hash."""

    entry: str | None = None
    cause: str | None = None
    rule: str | None = None
    as_label: str | None = None
    new_label: bool = False
    why: str = ""
    shown: str


class Decided(Previewed):
    """The form that takes a decision."""

    why: Why


class InUse(Fields):
    """The form beside a decision in use, as far as it is filled in; `after`: the page of the list it stands on."""

    label_set: str
    seen: str
    why: str = ""
    after: str = Field(default="", max_length=100)


class Withdrawn(InUse):
    """The form that takes a decision back."""

    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A text that holds deals, by the entry or the cause from which it is decided."""

    entry: str | None
    cause: HeldCause | None
    rule: str | None

    @property
    def what(self) -> str | HeldCause:
        return self.cause if self.cause is not None else self.entry or ""

    @property
    def names(self) -> dict[str, str]:
        """As the addresses and forms name it."""
        found = {"entry": self.entry, "cause": self.cause.id if self.cause else None, "rule": self.rule}
        return {name: value for name, value in found.items() if value}
