"""Batches are delivered once each, in turn, whatever becomes of their tasks."""

import threading
from typing import Any

import pytest

from flows.fan_out import Once, Tasks


class Future:
    """A task that was accepted."""

    def wait(self, timeout: float) -> None:
        assert timeout > 0


def in_a_thread(number: int, deals: int, batch: Once) -> Future:
    threading.Thread(target=batch.run).start()
    return Future()


def never_begun(number: int, deals: int, batch: Once) -> Future:
    return Future()


def refused(number: int, deals: int, batch: Once) -> Any:
    raise ConnectionError("the server is gone")


@pytest.mark.parametrize("submit", [in_a_thread, never_begun, refused])
def test_every_batch_is_delivered_once_and_in_turn(submit: Any) -> None:
    delivered: list[list[int]] = []
    tasks = Tasks(submit, patience_s=0.05 if submit is never_begun else 10)
    tasks(lambda batch: delivered.append(list(batch)), [[1, 2], [3], [4]])
    tasks.settle(0.1)
    assert delivered == [[1, 2], [3], [4]]


def test_a_prefect_that_takes_no_task_is_asked_once_and_reported() -> None:
    asked: list[int] = []

    def submit(number: int, deals: int, batch: Once) -> Any:
        asked.append(number)
        raise ConnectionError("the server is gone")

    tasks = Tasks(submit)
    tasks(lambda _: None, [[1], [2], [3]])
    assert asked == [1]
    assert tasks.unreported == "Prefect did not take batch 1 (ConnectionError)"


def test_a_task_that_begins_after_its_batch_was_taken_over_does_nothing() -> None:
    late: list[Once] = []
    delivered: list[int] = []

    def submit(number: int, deals: int, batch: Once) -> Future:
        late.append(batch)
        return Future()

    Tasks(submit, patience_s=0.01)(delivered.extend, [[7]])
    late[0].run()
    assert delivered == [7]


@pytest.mark.parametrize("submit", [in_a_thread, refused])
def test_an_error_of_the_road_reaches_the_road_and_the_batches_behind_it_stay(submit: Any) -> None:
    delivered: list[int] = []

    def work(batch: Any) -> None:
        delivered.extend(batch)
        if 2 in batch:
            raise LookupError("of ours")

    with pytest.raises(LookupError, match="of ours"):
        Tasks(submit)(work, [[1], [2], [3]])
    assert delivered == [1, 2]
