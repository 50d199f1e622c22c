"""The clocks from the command line: escalate, pause, resume, accept, and what an entry's clock has counted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handoff.cli import console, opening
from handoff.cli.asking import queue
from handoff.cli.options import As, Json, Step, Why
from handoff.core.errors import UsageError

if TYPE_CHECKING:
    from handoff.quarantine.clock import ClockState

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
    from handoff.cli.signals import halting  # noqa: PLC0415 - lazy, as every command: --help stays quick

    with halting() as halt, console.watching() as watch, opening.house(halt=halt.event, watch=watch) as house:
        from handoff.road.escalate import escalate as run  # noqa: PLC0415 - as above

        summary = run(house)
    if as_json:
        console.emit(summary.document())
    else:
        told = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in summary.did.items() if count)
        console.lines(f"{summary.entries:,} open entries looked at: {told or 'nothing was due'}.")
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

    told = _decide(entry, who, lambda desk: pauses.pause(desk, reason, hours, why))
    _say(told, f"{told['entry']} is paused until {_utc(told.get('until'))}; due {_utc(told['due'])}.", as_json=as_json)


@queue.command(name="resume")
def queue_resume(entry: Entry, why: Why, who: As = None, as_json: Json = False) -> None:
    """Let an entry's clock go on before its pause is over.

    \b
    Example:
      handoff queue resume E-000123 --why "the customer answered"
    """
    from handoff.quarantine import pauses  # noqa: PLC0415 - as above

    told = _decide(entry, who, lambda desk: pauses.resume(desk, why))
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
    with opening.house(who) as house:
        from handoff.road import late_steps  # noqa: PLC0415 - as above

        told = late_steps.accept(house, deal, step, why)
    late = ", late" if told["late"] else ""
    _say(told, f"Step {told['step']} of {told['deal_id']} is accepted by {told['by']}{late}.", as_json=as_json)


def show_clock(name: str, *, as_json: bool) -> None:
    """What an entry's clock has counted until now. Raises UsageError when there is no such entry."""
    from handoff.core.clock import utc_now  # noqa: PLC0415 - as above
    from handoff.quarantine import clock  # noqa: PLC0415 - as above
    from handoff.report import queue as entries_of  # noqa: PLC0415 - as above
    from handoff.store import clocks, entries  # noqa: PLC0415 - as above

    with opening.reading() as tx:
        found = entries_of.found(tx, name)
        if found is None:
            raise UsageError(f"There is no entry {name!r}: `handoff queue list` shows the open ones.")
        row = entries.of_deals(tx, [found.deal_id])[found.deal_id]
        pauses = clocks.pauses_of(tx, [row.id])[row.id]
    at = row.released_at or utc_now()
    try:
        state = clock.state_of(row, pauses, at)
    except ValueError as error:
        raise UsageError(f"The clock of {found.entry} cannot be shown: {error}.") from None
    if as_json:
        console.emit(_document(found.entry, row, state, pauses))
        return
    _print(found.entry, row, state, pauses)


OLD = "this entry was opened before business time; its clock counts every hour"


def _document(name: str, row: Any, state: "ClockState", pauses: Sequence[Any]) -> dict[str, Any]:
    return {
        "entry": name,
        "episode": row.episode,
        "owner": row.owner_name,
        "level": row.level,
        "since": state.clock.since.isoformat(),
        "at": state.at.isoformat(),
        "zone": state.clock.calendar.zone,
        "business_time": not state.clock.elapsed,
        "minutes": _minutes(state.clock.span),
        "counted_minutes": _minutes(state.counted),
        "left_minutes": _minutes(state.left),
        "intervals": [{"from": a.isoformat(), "until": b.isoformat()} for a, b in state.intervals],
        "pauses": [_pause(p) for p in pauses],
        "warnings": {str(percent): moment.isoformat() for percent, moment in state.warnings.items()},
        "due": state.due.isoformat(),
        "first_due": row.first_due_at.isoformat() if row.first_due_at else None,
        "paused_until": state.paused_until.isoformat() if state.paused_until else None,
    }


def _pause(row: Any) -> dict[str, Any]:
    ended = min(row.until, row.ended_at or row.until)
    return {"from": row.since.isoformat(), "until": ended.isoformat(), "reason": row.reason, "actor": row.actor}


def _print(name: str, row: Any, state: "ClockState", pauses: Sequence[Any]) -> None:
    clock = state.clock
    console.lines(f"{name}, episode {row.episode}: the clock of {row.owner_name}, since {_both(state, clock.since)}")
    if clock.elapsed:
        console.lines(f"Note: {OLD}.")
    console.lines("")
    rows = [
        (_local(state, a), _local(state, b), _span(b - a), f"{a:%Y-%m-%d %H:%M} – {b:%H:%M}")
        for a, b in state.intervals
    ]
    console.table(
        (f"Counted from ({clock.calendar.zone})", "until", "for", "UTC"), rows or [("nothing yet", "", "", "")]
    )
    if pauses:
        left_out = [
            (_local(state, p.since), _local(state, min(p.until, p.ended_at or p.until)), p.reason, p.actor)
            for p in pauses
        ]
        console.lines("")
        console.table(("Left out from", "until", "for", "by"), left_out)
    facts = [
        ("Counted", f"{_span(state.counted)} of {_span(clock.span)}, {_span(state.left)} left"),
        *((f"Warning {percent} %", _both(state, moment)) for percent, moment in state.warnings.items()),
        ("Due", _both(state, state.due)),
    ]
    if state.paused_until:
        facts.append(("Paused until", _both(state, state.paused_until)))
    console.lines("")
    console.table(("", ""), facts)


def _local(state: "ClockState", moment: datetime) -> str:
    return f"{state.clock.calendar.local(moment):%a %Y-%m-%d %H:%M}"


def _both(state: "ClockState", moment: datetime) -> str:
    zone = state.clock.calendar.zone
    return f"{_local(state, moment)} {zone}" + ("" if zone == "UTC" else f" ({moment:%Y-%m-%d %H:%M} UTC)")


def _span(span: timedelta) -> str:
    minutes = _minutes(span)
    return f"{minutes // 60} h {minutes % 60:02} min"


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _utc(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M} UTC" if moment else "–"


def _decide(name: str, who: str | None, act: Any) -> dict[str, Any]:
    """Take an entry up and decide, in one transaction."""
    with opening.house(who) as house:
        from handoff.quarantine.decision import take_up  # noqa: PLC0415 - as above
        from handoff.road.escalate import values_of  # noqa: PLC0415 - as above
        from handoff.store.events import Author  # noqa: PLC0415 - as above

        author = Author(actor=house.actor, at=house.clock.now())
        with house.store.read() as tx:
            seen = _seen(tx, name)
            values = values_of(house.pack, tx, seen)
        with house.store.write() as tx:
            told: dict[str, Any] = act(take_up(tx, house.pack, seen, values, author))
    return told


def _seen(tx: Any, name: str) -> Any:
    from handoff.report import queue as entries_of  # noqa: PLC0415 - as above
    from handoff.store import entries  # noqa: PLC0415 - as above

    found = entries_of.found(tx, name)
    if found is None:
        raise UsageError(f"There is no entry {name!r}: `handoff queue list` shows the open ones.")
    return entries.of_deals(tx, [found.deal_id])[found.deal_id]


def _say(told: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        console.emit(told)
    else:
        console.lines(text)
