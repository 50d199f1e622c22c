"""The flow of a person's re-run: held deals by entry, rule, owner or all, down the same road again."""

import sys
from functools import partial
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from flows import command, journey
from handoff.road.rerun import Selection, rerun

Name = Annotated[str, Field(pattern=r"^[^@\s]+$")]
"""An id. No spaces and no @: names and e-mail addresses of people do not belong in Prefect's parameters."""


@flow(name="rerun-entries", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def rerun_entries(  # noqa: PLR0917 - Prefect passes them by name, and shows them as a form
    entries: list[Name] | None = None,
    rule: Name | None = None,
    owner: Name | None = None,
    everything: bool = False,
    stored: bool = False,
    wait_seconds: Annotated[float, Field(ge=0)] = 600,
) -> State[None]:
    """Judge and carry held deals again, chosen by entry, rule, owner, or all that are open.

    Args:
        entries: Entries such as E-000123, or ids of deals.
        rule: All open entries that have a violation of this rule.
        owner: All open entries of this person, by the key that owners.yaml gives (not a name, not an e-mail address).
        everything: All open entries.
        stored: Judge what was pulled before, without reading the CRM again.
        wait_seconds: How long to wait for a sync that is running.
    """
    selection = Selection(entries=tuple(entries or ()), rule=rule, owner=owner, everything=everything)
    road = partial(rerun, selection=selection, stored=stored, wait_seconds=wait_seconds)
    return journey.travel(road, "rerun-entries")


if __name__ == "__main__":
    sys.exit(command.serve(rerun_entries))
