"""`handoff explain --clock`: the intervals that an entry's clock has counted, the pauses left out, when it is due."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.core.errors import UsageError
from handoff.quarantine import clock
from handoff.quarantine.clock import ClockState
from handoff.report import queue as entries_of
from handoff.store import clocks, entries


def show(name: str, *, as_json: bool) -> None:
    """What an entry's clock has counted until now. Raises UsageError when there is no such entry."""
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


def _document(name: str, row: Any, state: ClockState, pauses: Sequence[Any]) -> dict[str, Any]:
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
    until = _end(row).isoformat()
    return {"from": row.since.isoformat(), "until": until, "reason": row.reason, "actor": row.actor}


def _end(row: Any) -> datetime:
    ended: datetime = min(row.until, row.ended_at or row.until)
    return ended


def _print(name: str, row: Any, state: ClockState, pauses: Sequence[Any]) -> None:
    own = state.clock
    console.lines(f"{name}, episode {row.episode}: the clock of {row.owner_name}, since {_both(state, own.since)}")
    if own.elapsed:
        console.lines(f"Note: {OLD}.")
    console.lines("")
    rows = [
        (_local(state, begins), _local(state, ends), _span(ends - begins), f"{begins:%m-%d %H:%M} – {ends:%m-%d %H:%M}")
        for begins, ends in state.intervals
    ] or [("nothing yet", "", "", "")]
    console.table((f"Counted from ({own.calendar.zone})", "until", "for", "UTC"), rows)
    if pauses:
        left_out = [(_local(state, p.since), _local(state, _end(p)), p.reason, p.actor) for p in pauses]
        console.lines("")
        console.table(("Left out from", "until", "for", "by"), left_out)
    facts = [
        ("Counted", f"{_span(state.counted)} of {_span(own.span)}, {_span(state.left)} left"),
        *((f"Warning {percent} %", _both(state, moment)) for percent, moment in state.warnings.items()),
        ("Due", _both(state, state.due)),
    ]
    if state.paused_until:
        facts.append(("Paused until", _both(state, state.paused_until)))
    console.lines("")
    console.table(("", ""), facts)


def _local(state: ClockState, moment: datetime) -> str:
    return f"{state.clock.calendar.local(moment):%a %Y-%m-%d %H:%M}"


def _both(state: ClockState, moment: datetime) -> str:
    zone = state.clock.calendar.zone
    return f"{_local(state, moment)} {zone}" + ("" if zone == "UTC" else f" ({moment:%Y-%m-%d %H:%M} UTC)")


def _span(span: timedelta) -> str:
    minutes = _minutes(span)
    return f"{minutes // 60} h {minutes % 60:02} min"


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
