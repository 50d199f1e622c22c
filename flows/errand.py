"""A short road as a flow: no deals are carried, nothing is fanned out, and Prefect hears one sentence of numbers."""

import threading
from collections.abc import Callable

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows import journey
from flows.road_thread import RoadThread
from handoff.core.errors import HandoffError
from handoff.core.settings import Settings
from handoff.road.house import House, open_house

Errand = Callable[[House], tuple[bool, str]]
"""Does its work; returns whether all is well, and what was done in numbers: nothing about people."""


def run(errand: Errand, name: str) -> State[None]:
    """Run an errand to its end, out of Prefect's reach, and return the flow run's final state."""
    halt = threading.Event()

    def work() -> tuple[bool, str]:
        house = open_house(journey.lasting(Settings.load()), f"flow:{name}", halt=halt)
        try:
            return errand(house)
        finally:
            house.store.close()

    thread = RoadThread(work, halt)
    try:
        well, message = thread.wait()
    except HandoffError as error:
        state = journey.refused(error)
    except Exception as error:  # its text may quote a deal: Prefect hears where it was, not what
        state = journey.defect(error)
    else:
        state = Completed(message=message) if well else Failed(message=message)
    if thread.stopped is not None:
        raise thread.stopped
    return state
