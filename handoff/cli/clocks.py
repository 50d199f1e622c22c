"""The clocks from the command line: escalate, pause, resume, accept."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from handoff.cli.asking import queue
from handoff.cli.options import As, Json, Step, Why
from handoff.core.authority import Action

escalating = typer.Typer()

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="E-000123, or a deal id.")]


@escalating.command(short_help="Warn, hand overdue entries on.")
def escalate(as_json: Json = False) -> None:
    """Look at every clock: warn owners, hand overdue entries up their chain, open entries for late steps.

    \b
    Example:
      handoff escalate

    For every five minutes. Any number may run at once, beside a sync: each thing is set off once.
    """
    from handoff.cli import console, opening  # noqa: PLC0415 - lazy, as every command: --help stays quick
    from handoff.cli.signals import halting  # noqa: PLC0415 - as above

    with halting() as halt, console.watching() as watch, opening.house(halt=halt.event, watch=watch) as house:
        from handoff.road.escalate import escalate as run  # noqa: PLC0415 - as above

        summary = run(house)
    if as_json:
        console.emit(summary.document())
    else:
        console.lines(summary.sentence)
        console.lines(*(f"Warning: {warning}" for warning in summary.warnings), console=console.err())
    raise typer.Exit(halt.exit_code(summary.exit_code))


@queue.command(name="pause")
def queue_pause(
    entry: Entry,
    why: Why,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="REASON", help="One that the pack allows.")],
    hours: Annotated[int, typer.Option("--hours", metavar="N", help="For how many hours at most, elapsed.")],
    who: As = None,
    as_json: Json = False,
) -> None:
    """Let an entry's clock stand still: with a reason from the pack's list, and within its cap.

    \b
    Example:
      handoff queue pause E-000123 --reason "waiting for the customer" --hours 24 --why "asked for the PO on Monday"
    """
    from handoff.quarantine import pauses  # noqa: PLC0415 - lazy, as every command

    told = _decide(entry, Action.PAUSE, who, lambda desk: pauses.pause(desk, reason, hours, why))
    _say(told, f"{told['entry']} is paused until {_utc(told.get('until'))}; due {_utc(told['due'])}.", as_json=as_json)


@queue.command(name="resume")
def queue_resume(entry: Entry, why: Why, who: As = None, as_json: Json = False) -> None:
    """Let an entry's clock go on before its pause is over.

    \b
    Example:
      handoff queue resume E-000123 --why "the customer answered"
    """
    from handoff.quarantine import pauses  # noqa: PLC0415 - as above

    told = _decide(entry, Action.RESUME, who, lambda desk: pauses.resume(desk, why))
    _say(told, f"{told['entry']} goes on; due {_utc(told['due'])}.", as_json=as_json)


@queue.command(name="accept")
def queue_accept(
    deal: Annotated[str, typer.Argument(metavar="DEAL|ENTRY", help="A deal's id, or E-000123.")],
    why: Why,
    *,
    step: Step = None,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Take over a step by hand of a delivered deal: only its receiver, or the tie-breaker.

    \b
    Example:
      handoff queue accept E-000123 --step welcome_call --why "called on Tuesday"
    """
    from handoff.cli import opening  # noqa: PLC0415 - as above

    with opening.house(who) as house:
        from handoff.road import accepting  # noqa: PLC0415 - as above

        told = accepting.accept(house, deal, step, why)
    late = ", late" if told["late"] else ""
    _say(told, f"Step {told['step']} of {told['deal_id']} is accepted by {told['by']}{late}.", as_json=as_json)


def _utc(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC" if moment else "–"


def _decide(name: str, action: Action, who: str | None, act: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """Take an entry up and decide, in one transaction."""
    from handoff.cli import opening  # noqa: PLC0415 - as above

    with opening.house(who) as house:
        from handoff.road.at_the_desk import at_the_desk  # noqa: PLC0415 - as above

        with at_the_desk(house, name, action) as desk:
            return act(desk)


def _say(told: dict[str, Any], text: str, *, as_json: bool) -> None:
    from handoff.cli import console  # noqa: PLC0415 - as above

    if as_json:
        console.emit(told)
    else:
        console.lines(text)
