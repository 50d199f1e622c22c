"""The flow of a person's re-run: held deals by entry, rule, owner, cause or all, down the same road again."""

import sys
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Failed
from pydantic import Field

from flows import command, foretold, journey
from flows.choice import CauseId, Choice, Judged, Name, Rule
from handoff.road.house import House
from handoff.road.rerun import rerun
from handoff.road.run import RunSummary


@flow(name="rerun-entries", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def rerun_entries(  # noqa: PLR0917 - Prefect passes them by name, and shows them as a form
    entries: list[Name] | None = None,
    rule: Rule | None = None,
    owner: Name | None = None,
    cause: CauseId | None = None,
    everything: bool = False,
    judge: Judged = "live",
    dry_run: bool = False,
    wait_seconds: Annotated[float, Field(ge=0)] = 600,
    stored: bool = False,
) -> State[None]:
    """Judge and carry held deals again, chosen by entry, by cause, by rule and owner, or all that are open.

    Args:
        entries: Entries such as E-000123, or ids of deals.
        rule: All open entries that have a violation of this rule, such as product_is_canonical.
        owner: All open entries of this person, by the key that owners.yaml gives (not a name, not an e-mail address).
        cause: All open entries of a cause, such as C-0123456789, as the queue and `handoff causes list` name it.
        everything: All open entries.
        judge: live reads each deal from the CRM as it is now; stored judges what was pulled before, without the CRM.
        dry_run: Only show which entries would be taken up, as the artifact dry-run. Nothing is judged or changed.
        wait_seconds: How long to wait for a sync that is running.
        stored: The older way to say judge = stored; leave it off.
    """
    choice = Choice(entries=tuple(entries or ()), rule=rule, owner=owner, cause=cause, everything=everything)
    if choice.wrong:
        return Failed(message=choice.wrong)
    if dry_run:
        return foretold.rerun(choice, "rerun-entries")

    def road(house: House) -> RunSummary:
        from_store = stored or judge == "stored"
        return rerun(house, choice.selection(house), stored=from_store, wait_seconds=wait_seconds)

    return journey.travel(road, "rerun-entries")


if __name__ == "__main__":
    sys.exit(command.serve(rerun_entries))
