"""The flow that tells owners: notices become messages, and messages go out by the channels there are."""

from prefect import flow
from prefect.client.schemas.objects import State

from flows import errand
from handoff.road.notify import notify


@flow(name="send-notices", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def send_notices() -> State[None]:
    """Make one message per owner of the notices that wait, and send what is due."""
    return errand.run(notify, "send-notices")
