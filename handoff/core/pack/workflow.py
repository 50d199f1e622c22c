"""workflow.yaml: the steps of a handoff in plain language."""

from enum import StrEnum

from handoff.core.pack.part import PackPart


class StepKind(StrEnum):
    """What a step does; `by_hand` is a person's work that we only show."""

    INVOICE = "invoice"
    PROJECT = "project"
    WRITE_BACK = "write_back"
    BY_HAND = "by_hand"


class Starts(StrEnum):
    """When a step may start."""

    DEAL_CLOSED = "deal_closed"
    INVOICE_FINALISED = "invoice_finalised"
    KICKOFF_DATE_REACHED = "kickoff_date_reached"


class Step(PackPart):
    """One step, its accountable role, the deal types it applies to (empty: all) and when it may start."""

    title: str
    does: StepKind
    role: str
    deal_types: tuple[str, ...] = ()
    starts: Starts = Starts.DEAL_CLOSED


class Workflow(PackPart):
    """workflow.yaml as a whole: step id -> step, in order."""

    owner_role: str
    deal_types: tuple[str, ...] = ()
    """Deal types that have a workflow; empty: any deal, also one without a type."""
    steps: dict[str, Step]
