"""The moments at which a process can die between two steps: before and after each commit and each call of a port."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from handoff.store.session import Store


class Died(BaseException):
    """The process is gone. Nothing in the product catches this."""


class Life:
    """One process's life: the boundaries it has passed, and the one (counted from 1) at which it dies.

    The dead stay dead: whatever a `finally` of the product would still do to the store or to a service is refused.
    `watch` hears of every boundary before anybody dies there.
    """

    def __init__(self, dies_at: int | None = None, watch: Callable[[str], None] = lambda _: None) -> None:
        self.passed: list[str] = []
        self.dead = False
        self._dies_at = dies_at
        self._watch = watch

    def reach(self, boundary: str) -> None:
        """Come to a boundary; die there if it is the one."""
        self.must_be_alive()
        self.passed.append(boundary)
        self._watch(boundary)
        if len(self.passed) == self._dies_at:
            self.dead = True
            self.die(boundary)

    def die(self, boundary: str) -> None:
        raise Died(boundary)

    def must_be_alive(self) -> None:
        if self.dead:
            raise Died("dead already")


class MortalStore(Store):
    """The store, with a boundary before and after each commit."""

    life = Life()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        self.life.must_be_alive()
        commit = f"commit in {caller()}"
        with super().write() as tx:
            yield tx
            self.life.reach(f"before the {commit}")
        self.life.reach(f"after the {commit}")

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        self.life.must_be_alive()
        with super().read() as tx:
            yield tx


def caller() -> str:
    """Who opened a transaction, by name: the frame beyond this one, `write` and contextlib."""
    frame = inspect.currentframe()
    for _ in range(3):
        frame = frame.f_back if frame else None
    return frame.f_code.co_name if frame else "?"


_NO_CALLS = {"counts", "version_of", "usage"}
"""What a port says without asking its service."""


class MortalPort:
    """A port of which each call is a boundary before it is sent, and one after the service has done it."""

    def __init__(self, port: Any, name: str, life: Life) -> None:
        self._port, self._name, self._life = port, name, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found) or name in _NO_CALLS:
            return found
        what = f"{self._name}.{name}"
        return self._paged(found, what) if inspect.isgeneratorfunction(found) else self._called(found, what)

    def _called(self, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        def mortal(*arguments: Any, **named: Any) -> Any:
            self._life.reach(f"before {what}")
            answer = call(*arguments, **named)
            self._life.reach(f"after {what}")
            return answer

        return mortal

    def _paged(self, call: Callable[..., Any], what: str) -> Callable[..., Any]:
        """Of a read each page is a step of the road; other lists are taken whole."""

        def mortal(*arguments: Any, **named: Any) -> Iterator[Any]:
            self._life.reach(f"before {what}")
            rows = call(*arguments, **named)
            for page in rows if what.endswith(".read") else [list(rows)]:
                self._life.reach(f"after {what}")
                yield from [page] if what.endswith(".read") else page

        return mortal
