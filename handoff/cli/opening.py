"""What most commands begin with: settings, who acts, the house."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handoff.core.errors import UsageError
from handoff.core.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from handoff.road.house import House


def settings() -> Settings:
    """The settings, with our log begun in their home."""
    from handoff.cli import log  # noqa: PLC0415 - not for --help

    found = Settings.load()
    try:
        log.begin(found.home)
    except OSError as error:
        raise UsageError(f"HANDOFF_HOME {found.home} cannot be used: {error.strerror}. Choose another.") from None
    return found


def actor(stated: str | None = None) -> str:
    """Who acts: --as, else HANDOFF_ACTOR, else the name of the operating system's user."""
    if stated is not None or (stated := os.environ.get("HANDOFF_ACTOR")):
        if not stated.strip():
            raise UsageError("--as is empty: name the person who acts, as owners.yaml does.")
        return stated.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("The system's user has no name: say who acts with --as or HANDOFF_ACTOR.") from None


@contextmanager
def house(who: str | None = None, **choices: Any) -> "Iterator[House]":
    """The house of a command: pack, store and ports; imports what they need only now."""
    from handoff.road.house import open_house  # noqa: PLC0415 - half a second that --help need not wait

    opened = open_house(settings(), actor(who), **choices)
    try:
        yield opened
    finally:
        opened.store.close()


@contextmanager
def reading() -> "Iterator[Connection]":
    """A consistent view of the store, for commands that only read."""
    from handoff.store.session import open_store  # noqa: PLC0415 - as above

    found = settings()
    store = open_store(found.store, found.home)
    try:
        with store.read() as tx:
            yield tx
    finally:
        store.close()
