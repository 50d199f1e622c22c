"""Sync: pull, compare, judge, carry, write back; the same road for the schedule, the operator and the demo."""

from collections.abc import Callable, Sequence

from connectors.errors import ConnectorError
from handoff.road.by_hand import settle_claims
from handoff.road.carry import carry
from handoff.road.drift import compare
from handoff.road.heartbeat import tell_watchman
from handoff.road.house import House
from handoff.road.judge import judge
from handoff.road.pull import pull
from handoff.road.recall import recall
from handoff.road.received import receive
from handoff.road.run import Run, RunSummary, begin, finish
from handoff.road.services import bind_billing, bind_org, probe
from handoff.road.write_back import write_back
from handoff.store.lock import run_lock


def sync(house: House, *, wait_seconds: float = 0) -> RunSummary:
    """One sync under the run lock. Raises LockHeldError when another run holds it for longer than we wait."""
    summary = walk(house, "sync", pull, wait_seconds=wait_seconds)
    if not summary.interrupted:
        tell_watchman(house.settings)
    return summary


def walk(
    house: House,
    kind: str,
    read: Callable[[Run], None],
    *,
    then: Sequence[Callable[[Run], None]] = (),
    wait_seconds: float,
) -> RunSummary:
    """A run under the run lock: what `read` takes in from the CRM, and all that waits, goes down the usual road."""
    with run_lock(house.settings.home, wait_seconds=wait_seconds):
        house.open_ports()
        bind_billing(house)
        run = begin(house, kind)
        stages = (probe, bind_org, read, settle_claims, recall, compare, judge, carry, write_back, receive, *then)
        for stage in stages:
            guarded(run, stage, of_the_crm=stage in (bind_org, read))
        return finish(run)


def guarded(run: Run, stage: Callable[[Run], None], *, of_the_crm: bool = False) -> None:
    """Run a stage; a service that fails there is an outage of the run, not the end of the other stages.

    `of_the_crm`: the stage can do nothing without it.
    """
    if run.house.halt.is_set() or (of_the_crm and run.delivery.breaker.down("salesforce")):
        return
    try:
        stage(run)
    except ConnectorError as error:
        run.delivery.breaker.failed(error.service.lower(), str(error), at_once=True)
