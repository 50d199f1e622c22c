"""SIGINT and SIGTERM during a run: the first asks it to stop after what is in flight, the second leaves at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ASKED = b"\nStopping: the calls in flight are finished first. Once more to leave at once.\n"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Halt:
    """What a run looks at (`event`), and which signal set it."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.signal: int | None = None

    def exit_code(self, otherwise: int) -> int:
        """130 after SIGINT, 143 after SIGTERM, else what the run itself says."""
        return otherwise if self.signal is None else 128 + self.signal


@contextmanager
def halting() -> Iterator[Halt]:
    """Catch both signals until the block ends."""
    halt = Halt()

    def asked(number: int, _: FrameType | None) -> None:
        if halt.event.is_set():
            os._exit(128 + number)
        halt.signal = number
        halt.event.set()
        os.write(2, _ASKED)  # a handler may interrupt a print: the stream's lock is not ours to take

    before = {number: signal.signal(number, asked) for number in _SIGNALS}
    try:
        yield halt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
