"""trigger.yaml: which condition starts a handoff, and who may stop the line."""

from datetime import date

from handoff.core.pack.part import PackPart


class Trigger(PackPart):
    """A deal meets the trigger when all stated conditions hold; empty lists allow any value."""

    owner_role: str
    stop_role: str
    won: bool = True
    stages: tuple[str, ...] = ()
    record_types: tuple[str, ...] = ()
    go_live: date | None = None
