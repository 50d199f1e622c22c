"""Sync and re-run from the command line: signals, progress, the summary, the exit code."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from handoff.cli import console, opening
from handoff.cli.signals import Halt, halting
from handoff.core.errors import LockHeldError

if TYPE_CHECKING:
    from handoff.road.house import House
    from handoff.road.run import RunSummary

_WAIT_S = 600.0
"""How long a re-run waits for a running sync."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The entries that a re-run takes, as the command line names them."""

    entries: tuple[str, ...]
    rule: str | None
    owner: str | None
    everything: bool
    cause: str | None = None


def sync(*, dry_run: bool, prefect: bool, restored: bool, as_json: bool) -> None:
    """One sync, as a flow when Prefect is asked for, on the plain road otherwise."""
    if dry_run:
        _dry_run(as_json=as_json)
        return
    if not restored and (prefect or os.environ.get("PREFECT_API_URL")):
        _as_flow(as_json=as_json)
        return
    with halting() as halt, console.watching() as watch, opening.house(halt=halt.event, watch=watch) as house:
        from handoff.road.sync import sync as run  # noqa: PLC0415 - after the handlers: imports take a second

        house.restored = restored
        summary = run(house)
    _end(house, summary, halt, as_json=as_json)


def rerun(choice: Choice, *, stored: bool, as_json: bool, yes: bool = False) -> None:
    """One re-run of the chosen entries; waits while another run holds the lock. A cause is confirmed first."""
    with halting() as halt, console.watching() as watch, opening.house(halt=halt.event, watch=watch) as house:
        from handoff.road.rerun import Selection  # noqa: PLC0415 - as above
        from handoff.road.rerun import rerun as run  # noqa: PLC0415 - as above

        selection = Selection(
            entries=choice.entries, rule=choice.rule, owner=choice.owner, everything=choice.everything
        )
        if choice.cause:
            selection = Selection(numbers=_of_cause(house, choice.cause, yes=yes, as_json=as_json))
        summary = patiently(lambda: run(house, selection, stored=stored, wait_seconds=0), halt)
    _end(house, summary, halt, as_json=as_json)


def _of_cause(house: "House", name: str, *, yes: bool, as_json: bool) -> tuple[int, ...]:
    """The entries of a cause, once it is confirmed how much that is."""
    from handoff.cli.confirming import confirm  # noqa: PLC0415 - as above
    from handoff.road.causes import find  # noqa: PLC0415 - as above

    found = find(house, name)
    confirm(f"{found.id} ({found.what}): {found.touched} are judged again.", yes=yes, as_json=as_json)
    return found.entries


def sweep(days: int, *, as_json: bool) -> None:
    """One sweep; waits while another run holds the lock."""
    with halting() as halt, console.watching() as watch, opening.house(halt=halt.event, watch=watch) as house:
        from handoff.road.sweep import sweep as run  # noqa: PLC0415 - as above

        summary = patiently(lambda: run(house, days=days, wait_seconds=0), halt)
    _end(house, summary, halt, as_json=as_json)


def patiently(run: "Callable[[], RunSummary]", halt: Halt, *, wait_s: float = _WAIT_S) -> "RunSummary":
    """Wait for the lock out here, where a signal ends the wait at once: nothing has been begun."""
    deadline, said = time.monotonic() + wait_s, False
    while True:
        try:
            return run()
        except LockHeldError:
            if time.monotonic() >= deadline:
                raise
        if not said:
            console.lines("Another run is under way; waiting for it to end.", console=console.err())
            said = True
        if halt.event.wait(0.2):
            raise typer.Exit(halt.exit_code(1))


def _end(house: "House", summary: "RunSummary", halt: Halt, *, as_json: bool) -> None:
    if as_json:
        console.emit(summary.document())
    else:
        from handoff.cli.run_view import show  # noqa: PLC0415 - as above

        show(summary, house.pack)
    raise typer.Exit(halt.exit_code(summary.exit_code))


def _dry_run(*, as_json: bool) -> None:
    with console.watching() as watch, opening.house(watch=watch) as house:
        from handoff.road.dry_run import dry_run  # noqa: PLC0415 - as above

        foreseen = dry_run(house)
    if as_json:
        console.emit(foreseen.document())
        return
    from handoff.cli.dry_view import show  # noqa: PLC0415 - as above

    show(foreseen, house.pack)


def _as_flow(*, as_json: bool) -> None:
    from handoff.cli.flow_run import sync_as_flow  # noqa: PLC0415 - Prefect takes seconds to import

    settings = opening.settings()
    with halting() as halt, console.watching() as watch:
        summary = sync_as_flow(settings, opening.actor(), halt=halt.event, watch=watch)
    if as_json:
        console.emit(summary.document())
    else:
        from handoff.cli.run_view import show  # noqa: PLC0415 - as above
        from handoff.road.packs import find_pack  # noqa: PLC0415 - as above

        show(summary, find_pack(settings.pack))
    raise typer.Exit(halt.exit_code(summary.exit_code))
