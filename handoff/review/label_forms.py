"""The forms of label decisions: as far as they are filled in, and as they are taken."""

from pydantic import Field

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
