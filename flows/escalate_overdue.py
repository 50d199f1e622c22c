"""The flow of every five minutes: what the clocks of entries, approvals, questions and steps set off."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows import errand
from handoff.road.escalate import escalate


@flow(name="escalate-overdue", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def escalate_overdue() -> State[None]:
    """Warn owners, hand overdue entries up their chain, open entries for late steps. Any number may run at once."""
    return errand.run(escalate, "escalate-overdue")
