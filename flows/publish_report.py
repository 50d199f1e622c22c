"""The flow of working mornings: the exception report as files, the whole and one per owner, and a notice to each."""

from functools import partial
from typing import Annotated

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field

from flows import errand
from handoff.road.publish_report import publish


@flow(name="publish-report", retries=0, persist_result=False, result_serializer="json", log_prints=False)
def publish_report(folder: Annotated[str | None, Field(pattern=r"^([A-Za-z]:)?[/\\]")] = None) -> State[None]:
    """Write the report of today and tell each owner once; a second time today writes the files anew.

    Args:
        folder: Where to write, an absolute path; a folder of the day is made in it. Default: reports in HANDOFF_HOME.
    """
    return errand.run(partial(publish, folder=folder), "publish-report")
