"""Pause and resume an entry's clock: with a reason from the pack's list, and within its cap."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from handoff.core.authority import Action
from handoff.core.business_time import Interval
from handoff.core.errors import UsageError
from handoff.quarantine import clock, decision
from handoff.quarantine.decision import Desk
from handoff.store import clocks


def pause(desk: Desk, reason: str, hours: int, why: str) -> dict[str, Any]:
    """Let the clock stand still for so many elapsed hours. Returns what changed: since, until, due.

    Raises UsageError for a reason that is not on the list, when it is paused already, and beyond the cap.
    """
    decision.authorise(desk, Action.PAUSE)
    said, now = decision.reason(why), desk.author.at
    allowed = desk.pack.policies.desk.pause_reasons
    if reason not in allowed:
        raise UsageError(f"A clock is not paused for {reason!r}: the pack allows {', '.join(map(repr, allowed))}.")
    if hours < 1:
        raise UsageError(f"A pause takes whole hours, one at least; --hours is {hours}.")
    before = clocks.pauses_of(desk.tx, [desk.row.id])[desk.row.id]
    if (until := clock.state_of(desk.row, before, now).paused_until) is not None:
        raise UsageError(
            f"{desk.name} is paused until {until:%Y-%m-%d %H:%M} UTC: resume it first, `handoff queue resume`."
        )
    left = cap_left(desk, before)
    if timedelta(hours=hours) > left:
        cap = desk.pack.policies.desk.longest_pause_hours
        raise UsageError(
            f"{desk.name} may be paused for {cap} hours in an episode, and {left.total_seconds() / 3600:.1f} are left: "
            "take fewer --hours, or hand the entry on."
        )
    until = now + timedelta(hours=hours)
    values = {"entry_id": desk.row.id, "episode": desk.row.episode, "reason": reason, "actor": desk.author.actor}
    clocks.put_pause(desk.tx, **values, why=said, since=now, until=until)
    new = recounted(desk)
    told = {"reason": reason, "until": until.isoformat(), "due": new["due_at"].isoformat()}
    decision.record(desk, Action.PAUSE, why=said, old={"due": desk.row.due_at.isoformat()}, new=told, **new)
    return {"entry": desk.name, "since": now.isoformat(), **told}


def resume(desk: Desk, why: str) -> dict[str, Any]:
    """Let the clock go on before its pause is over. Raises UsageError when it is not paused."""
    decision.authorise(desk, Action.RESUME)
    said, now = decision.reason(why), desk.author.at
    running = [p for p in clocks.pauses_of(desk.tx, [desk.row.id])[desk.row.id] if _lasts(p, now)]
    if not running:
        raise UsageError(f"{desk.name} is not paused; `handoff explain {desk.name} --clock` shows what was counted.")
    for row in running:
        clocks.end_pause(desk.tx, row.id, now)
    new = recounted(desk)
    told = {"due": new["due_at"].isoformat()}
    decision.record(desk, Action.RESUME, why=said, old={"due": desk.row.due_at.isoformat()}, new=told, **new)
    return {"entry": desk.name, "resumed": now.isoformat(), **told}


def cap_left(desk: Desk, pauses: Sequence[Any]) -> timedelta:
    """How long the entry may still be paused in this episode, in elapsed time; never negative."""
    used = sum((ends - begins for begins, ends in clock.spans(pauses)), timedelta(0))
    return max(timedelta(0), timedelta(hours=desk.pack.policies.desk.longest_pause_hours) - used)


def recounted(desk: Desk) -> dict[str, Any]:
    """The entry's columns after its pauses have changed, to be written by the decision that changed them."""
    return recount(desk.row, clocks.pauses_of(desk.tx, [desk.row.id])[desk.row.id])


def recount(row: Any, pauses: Sequence[Any]) -> dict[str, Any]:
    """The columns that an entry's pauses decide: until it first escalates, its first due moves with them."""
    own = clock.clock_of(row)
    out: list[Interval] = clock.spans(pauses)
    new = clock.columns(own, out)
    return {**new, "first_due_at": new["due_at"]} if row.level == 0 and not own.elapsed else new


def _lasts(row: Any, now: Any) -> bool:
    return bool(row.since <= now < row.until and row.ended_at is None)
