"""trigger.yaml: which condition starts a handoff, and who may stop the line."""

from datetime import date

from handoff.core.pack.part import PackPart


class Trigger(PackPart):
    """A deal meets the trigger when all stated conditions hold; empty lists allow any value."""

    owner_role: str
    """The role that decides on this file."""
    stop_role: str
    """The role that may stop the line, and let it go on."""
    won: bool = True
    """Whether only deals that are won start a handoff."""
    stages: tuple[str, ...] = ()
    """The stages, by their canonical labels, one of which the deal must be in."""
    record_types: tuple[str, ...] = ()
    """The record types one of which the deal must have."""
    go_live: date | None = None
    """Deals closed before this day are excluded; without it none are."""
