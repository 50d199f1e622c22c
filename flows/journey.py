"""A flow's body: take a road to its end, then tell Prefect. The road decides; what Prefect hears changes nothing."""

import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from prefect import runtime, tags
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed, Failed

from flows import artifacts, command
from flows.fan_out import Tasks
from flows.road_thread import RoadThread
from flows.window import Window, tags_of
from handoff.core.errors import HandoffError, LockHeldError, UnknownNameError, UsageError
from handoff.core.settings import Settings
from handoff.road.house import House, Progress, open_house
from handoff.road.run import OUTCOMES, RunSummary

Road = Callable[[House], RunSummary]

_SETTLE_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Trip:
    """The road under way: what its thread leaves for the flow to report."""

    road: Road
    halt: threading.Event
    tasks: Tasks
    actor: str
    window: Window
    house: House | None = None

    def take(self) -> RunSummary:
        """Open the house and walk the road; the command hears the summary before Prefect hears anything."""
        command.current.tell("begun", None)
        settings = lasting(Settings.load())
        self.house = open_house(settings, self.actor, halt=self.halt, fan_out=self.tasks, watch=self._watch)
        pack = self.house.pack.name
        self.window.open(pack)
        with tags(*tags_of(pack)):
            summary = self.road(self.house)
        command.current.summary(summary)
        return summary

    def _watch(self, progress: Progress) -> None:
        command.current.progress(progress)
        self.window.hear(progress)


def travel(road: Road, name: str) -> State[None]:
    """Take the road and return the flow run's final state. Only a signal to stop is raised, after the road's end."""
    halt = threading.Event()
    command.current.when_gone(halt.set)
    if context := FlowRunContext.get():
        command.current.tell("server", str(context.client.api_url))
    trip = _Trip(road, halt, Tasks(), command.current.actor or f"flow:{name}", Window())
    thread = RoadThread(trip.take, halt)
    try:
        summary = thread.wait()
    except HandoffError as error:
        command.current.refusal(error)
        state = refused(error)
    except Exception as error:  # its text may quote a deal: Prefect hears where it was, not what
        state = defect(error)
    else:
        _publish(trip, summary)
        state = _state(summary)
    finally:
        trip.window.close()
        if trip.house is not None:
            trip.house.store.close()
    if thread.stopped is not None:
        raise thread.stopped
    return state


def _publish(trip: _Trip, summary: RunSummary) -> None:
    """Artifacts; whatever stands in their way is one warning."""
    why = trip.tasks.unreported
    try:
        trip.tasks.settle(_SETTLE_S)
        if trip.house is not None:
            artifacts.publish(trip.house, summary)
    except Exception as error:  # the run is done, and stands in the ledger
        why = why or f"Prefect did not take the run's summary ({type(error).__name__})"
    if why:
        command.current.tell("unreported", why)
        _log.warning("%s; the run itself ended as the ledger says.", why)


def lasting(settings: Settings) -> Settings:
    """A worker starts each flow run in a folder of its own: a relative home would be a new, empty ledger each time."""
    if runtime.deployment.id and not settings.home.is_absolute():
        raise UsageError(
            f"HANDOFF_HOME is {str(settings.home)!r}, which under a Prefect worker is a new folder for each run: "
            "start the worker with HANDOFF_HOME set to an absolute path."
        )
    return settings


def _state(summary: RunSummary) -> State[None]:
    counts = ", ".join(f"{summary.outcomes.get(name, 0)} {name.replace('_', ' ')}" for name in OUTCOMES)
    message = f"Run {summary.run_id}: {counts}."
    if summary.exit_code == 0:
        return Completed(message=message)
    return Failed(message=f"{message} Something is unprocessed: the next run takes it up again.")


def refused(error: HandoffError) -> State[None]:
    """In words of our own: the sentence itself may quote a pack, with its people, and is for the command's user.

    But for what the operator named and is not there: that sentence quotes nothing that was not typed here.
    """
    _log.warning("%s", error)
    match error:
        case LockHeldError():
            return Completed(name="Skipped", message="Another run holds the lock; nothing was done.")
        case UnknownNameError():
            return Failed(message=f"{error} Nothing was done.")
        case UsageError():
            return Failed(message="Settings, pack or arguments are wrong; nothing was done. Ask `handoff doctor`.")
        case _:
            return Failed(message=f"The run ended early ({type(error).__name__}): the worker's log has the sentence.")


def defect(error: Exception) -> State[None]:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} in {frame.name}, line {frame.lineno} of {frame.filename.rsplit('/', 1)[-1]}"
    _log.error("A defect stopped the run: %s", where)
    return Failed(message=f"A defect stopped the run: {where}.")
