"""The nightly flow: each won deal of the last weeks compared with the ledger, for what no sync could be told of."""

import sys
from functools import partial
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from flows import command, journey
from handoff.road.sweep import DAYS, sweep


@flow(name="sweep-deals", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def sweep_deals(
    days: Annotated[int, Field(ge=1)] = DAYS, wait_seconds: Annotated[float, Field(ge=0)] = 600
) -> State[None]:
    """Compare the won deals of the last days with the ledger; what is new or changed goes down the usual road.

    Args:
        days: How far back to look, by the CRM's stamps.
        wait_seconds: How long to wait for a sync or re-run to end.
    """
    return journey.travel(partial(sweep, days=days, wait_seconds=wait_seconds), "sweep-deals")


if __name__ == "__main__":
    sys.exit(command.serve(sweep_deals))
