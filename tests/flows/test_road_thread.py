"""The road goes on to its end under whatever is thrown at the flow's thread."""

import ctypes
import os
import signal
import threading

import pytest
from prefect._internal.concurrency.cancellation import CancelledError

from flows.road_thread import RoadThread


def throw(error: type[BaseException], thread: int) -> None:
    """What Prefect does to a flow whose lease it cannot renew."""
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_long(thread), ctypes.py_object(error)) == 1


def test_it_returns_what_the_road_returns() -> None:
    assert RoadThread(lambda: 42, threading.Event()).wait() == 42


def test_it_raises_what_the_road_raises() -> None:
    def road() -> None:
        raise LookupError("of ours")

    with pytest.raises(LookupError, match="of ours"):
        RoadThread(road, threading.Event()).wait()


def test_a_lost_lease_neither_ends_nor_stops_the_road() -> None:
    flow, halt = threading.get_ident(), threading.Event()
    turns = threading.Event()

    def road() -> str:
        throw(CancelledError, flow)
        turns.wait(0.5)  # longer than a turn of the flow's thread, so that the error has arrived
        return "delivered"

    thread = RoadThread(road, halt)
    assert thread.wait() == "delivered"
    assert not halt.is_set()
    assert thread.stopped is None


def test_a_signal_asks_the_road_to_end_and_is_kept_for_the_flow() -> None:
    halt = threading.Event()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background are begun without one

    def road() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        assert halt.wait(60)
        return "what was in flight is settled"

    try:
        thread = RoadThread(road, halt)
        assert thread.wait() == "what was in flight is settled"
    finally:
        signal.signal(signal.SIGINT, before)
    assert isinstance(thread.stopped, KeyboardInterrupt)
