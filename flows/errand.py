"""A flow's body for work that is no run: open the house, do it, tell Prefect in words of our own."""

import logging
import traceback
from collections.abc import Callable
from typing import Protocol

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.journey import lasting
from handoff.core.errors import HandoffError, UsageError
from handoff.core.settings import Settings
from handoff.road.house import House, open_house

_log = logging.getLogger(__name__)


class Done(Protocol):
    """What the work came to: its exit code, and one sentence without values of a deal or a person."""

    @property
    def exit_code(self) -> int: ...
    @property
    def sentence(self) -> str: ...


def run(work: Callable[[House], Done], name: str) -> State[None]:
    """Do the work, and return the flow run's final state: failed when something was left undone."""
    try:
        house = open_house(lasting(Settings.load()), f"flow:{name}")
        try:
            done = work(house)
        finally:
            house.store.close()
    except HandoffError as error:
        _log.warning("%s", error)
        wrong = "Settings, pack or arguments are wrong" if isinstance(error, UsageError) else "It could not be done"
        return Failed(message=f"{wrong}; ask `handoff doctor`. The worker's log has the sentence.")
    except Exception as error:  # its text may quote a deal: Prefect hears where it was, not what
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {frame.name}, line {frame.lineno} of {frame.filename.rsplit('/', 1)[-1]}"
        _log.error("A defect stopped it: %s", where)
        return Failed(message=f"A defect stopped it: {where}.")
    if done.exit_code == 0:
        return Completed(message=done.sentence)
    return Failed(message=f"{done.sentence} Something was left undone: the next time takes it up.")
