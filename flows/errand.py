"""A flow's body for work that is no run: open the house, do it, and tell Prefect one sentence of numbers."""

import threading
from collections.abc import Callable
from typing import Protocol

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows import journey
from flows.road_thread import RoadThread
from flows.window import Window
from handoff.core.errors import HandoffError
from handoff.core.settings import Settings
from handoff.road.house import House, open_house


class Done(Protocol):
    """What the work came to: its exit code, and one sentence without values of a deal or a person."""

    @property
    def exit_code(self) -> int: ...
    @property
    def sentence(self) -> str: ...


def run(work: Callable[[House], Done], name: str) -> State[None]:
    """Do the work to its end, out of Prefect's reach, and return the flow run's final state."""
    halt, window = threading.Event(), Window()

    def do() -> Done:
        house = open_house(journey.lasting(Settings.load()), f"flow:{name}", halt=halt)
        window.open(house.pack.name)
        try:
            return work(house)
        finally:
            house.store.close()

    thread = RoadThread(do, halt)
    try:
        done = thread.wait()
    except HandoffError as error:
        state = journey.refused(error)
    except Exception as error:  # its text may quote a deal: Prefect hears where it was, not what
        state = journey.defect(error)
    else:
        state = _state(done)
    finally:
        window.close()
    if thread.stopped is not None:
        raise thread.stopped
    return state


def _state(done: Done) -> State[None]:
    if done.exit_code == 0:
        return Completed(message=done.sentence)
    return Failed(message=f"{done.sentence} Something was left undone: the next time takes it up.")
