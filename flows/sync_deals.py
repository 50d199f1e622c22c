"""The flow of the schedule: pull, judge, deliver, write back what changed since the last run."""

import sys
from functools import partial
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from flows import command, foretold, journey
from handoff.road.sync import sync


@flow(name="sync-deals", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def sync_deals(wait_seconds: Annotated[float, Field(ge=0)] = 0, dry_run: bool = False) -> State[None]:
    """Carry what changed in the CRM since the last run into billing and the tracker, or hold it with an owner.

    Args:
        wait_seconds: How long to wait for another sync or re-run to end. 0 skips this run when there is one.
        dry_run: Only show what a sync would do now, as the artifact dry-run. Nothing is created or changed.
    """
    if dry_run:
        return foretold.sync("sync-deals")
    return journey.travel(partial(sync, wait_seconds=wait_seconds), "sync-deals")


if __name__ == "__main__":
    sys.exit(command.serve(sync_deals))
