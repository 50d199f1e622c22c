"""The forms of a bulk action: what is chosen, what was shown, and the word on it."""

from typing import Literal

from pydantic import Field

from handoff.review.forms import Fields, Why

What = Literal["rerun", "assign"]


class Chosen(Fields):
    """Ticked rows of the queue, all that match its filters, or a cause; and what is to be done with them."""

    what: Literal["rerun", "assign", "rerun-all", "assign-all"]
    entry: list[str] = Field(default=[])
    matching: str = Field(default="", max_length=4000)
    cause: str = Field(default="", max_length=12)
    to: str = Field(default="", max_length=254)


class Shown(Fields):
    """What was shown, and what has been filled in of the word on it."""

    what: What
    chosen: str = Field(max_length=230_000)
    to: str = Field(default="", max_length=254)
    why: str = ""
    back: str = Field(default="/queue", max_length=4000)


class Confirmed(Shown):
    """The word on it."""

    why: Why


class Given(Confirmed):
    """The same, with the person who gets them."""

    to: str = Field(max_length=254)
