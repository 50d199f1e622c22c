"""workflow.yaml: the steps of a handoff in plain language."""

from enum import StrEnum

from pydantic import Field

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


class Limit(PackPart):
    """How long a step may take, in hours of its owner's calendar, from the moment that it can begin.

    A step that we do ourselves is done when its effects are confirmed. A step by hand begins when the deal is
    delivered, and is done when its owner accepts it, or completes the project's task of the name `task`.
    """

    within_hours: int = Field(gt=0, le=24 * 60)
    """Hours of work that the step may take."""
    task: str | None = None
    """The title of the project's task whose completion ends a step by hand."""


class Step(PackPart):
    """One step, its accountable role, the deal types it applies to (empty: all) and when it may start.

    `inputs` and `fallback` are sentences for the workflow's page: what it needs, and how it is done by hand without us.
    """

    title: str
    """What is done, in a few words."""
    does: StepKind
    """What Handoff does in this step; `by_hand`: nothing, a person does it."""
    role: str
    """The role that answers for the step."""
    deal_types: tuple[str, ...] = ()
    """The deal types it is for; empty: all."""
    starts: Starts = Starts.DEAL_CLOSED
    """What must have come before the step may begin."""
    limit: Limit | None = None
    """How long it may take; without one it is never late."""
    inputs: tuple[str, ...] = ()
    """What the step needs, in sentences for the workflow's page."""
    fallback: str | None = None
    """How it is done by hand without us, in a sentence for the workflow's page."""


class Workflow(PackPart):
    """workflow.yaml as a whole: step id -> step, in order."""

    owner_role: str
    """The role that decides on this file."""
    deal_types: tuple[str, ...] = ()
    """Deal types that have a workflow; empty: any deal, also one without a type."""
    steps: dict[str, Step]
    """Name of the step -> step, in order."""
