"""Sync: pull, compare, judge, carry, write back; the same road for the schedule, the operator and the demo."""

from collections.abc import Callable

from connectors.errors import ConnectorError
from handoff.road.carry import carry
from handoff.road.drift import compare
from handoff.road.house import House
from handoff.road.judge import judge
from handoff.road.pull import pull
from handoff.road.recall import recall
from handoff.road.run import Run, RunSummary, begin, finish
from handoff.road.write_back import write_back
from handoff.store.lock import run_lock


def sync(house: House, *, wait_seconds: float = 0) -> RunSummary:
    """One sync under the run lock. Raises LockHeldError when another run holds it for longer than we wait."""
    with run_lock(house.settings.home, wait_seconds=wait_seconds):
        house.open_ports()
        run = begin(house, "sync")
        for stage in (pull, recall, compare, judge, carry, write_back):
            guarded(run, stage)
        return finish(run)


def guarded(run: Run, stage: Callable[[Run], None]) -> None:
    """Run a stage; a service that fails there is an outage of the run, not the end of the other stages."""
    if run.house.halt.is_set():
        return
    try:
        stage(run)
    except ConnectorError as error:
        run.delivery.breaker.failed(error.service.lower(), str(error), at_once=True)
