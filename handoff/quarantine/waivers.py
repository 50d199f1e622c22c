"""Waivers: a rule that does not hold one deal, for so many days and no longer."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action, Relation
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.pack.owners import Waivable
from handoff.core.relations import holds_any, person_of
from handoff.core.violation import Violation
from handoff.quarantine.decision import Desk, authorise, permits, record
from handoff.store import handoffs, lifting
from handoff.store.events import Author, Event, append


def waive(desk: Desk, rule: str, days: int, why: str) -> datetime:
    """Waive a rule that holds this deal; returns until when. Raises UsageError for what owners.yaml does not allow."""
    known = desk.pack.owners.rules.get(rule)
    allowed = known.waive if known else None
    violation_of(desk, rule)
    if allowed is None:
        there = ", ".join(sorted(name for name, each in desk.pack.owners.rules.items() if each.waive)) or "none"
        raise UsageError(f"owners.yaml lets nobody waive {rule} (but: {there}). Correct the deal instead.")
    if not 1 <= days <= allowed.days:
        raise UsageError(f"--days {days}: owners.yaml allows 1 to {allowed.days} days for {rule}.")
    authorise(desk, Action.WAIVE, _waiver(desk, allowed))
    standing = lifting.of_deals(desk.tx, [desk.row.deal_id])[desk.row.deal_id].waivers
    if found := covering(rule, standing, desk.author.at):
        raise UsageError(f"{rule} is waived for {desk.name} already, until {found.until:%Y-%m-%d %H:%M} UTC.")
    until = desk.author.at + timedelta(days=days)
    actor = person_of(desk.pack.owners, desk.author.actor) or desk.author.actor
    lifting.waive(desk.tx, deal_id=desk.row.deal_id, rule=rule, actor=actor, at=desk.author.at, until=until, why=why)
    record(desk, Action.WAIVE, why=why, old="holds", new={"rule": rule, "until": until.isoformat()})
    return until


def open_to(desk: Desk) -> dict[str, int]:
    """The rules that hold this deal and that the actor may waive for it now -> for how many days at most."""
    found: dict[str, int] = {}
    standing = lifting.of_deals(desk.tx, [desk.row.deal_id])[desk.row.deal_id].waivers
    for rule in dict.fromkeys(v.rule for v in desk.violations):
        known = desk.pack.owners.rules.get(rule)
        judged = all(v.judged for v in desk.violations if v.rule == rule)
        if known is None or known.waive is None or not judged or covering(rule, standing, desk.author.at):
            continue
        if permits(desk, Action.WAIVE, _waiver(desk, known.waive)):
            found[rule] = known.waive.days
    return found


def _waiver(desk: Desk, allowed: Waivable) -> set[Relation]:
    holds = holds_any(desk.pack.owners, desk.author.actor, allowed.roles, desk.values)
    return {Relation.WAIVER} if holds else set()


def violation_of(desk: Desk, rule: str) -> sa.Row[Any]:
    """The current violation of a rule; UsageError when the rule does not hold the entry, or could not be judged."""
    found = next((v for v in desk.violations if v.rule == rule), None)
    if found is None:
        held = ", ".join(dict.fromkeys(v.rule for v in desk.violations)) or "no rule"
        raise UsageError(f"{rule} does not hold {desk.name}: that is {held}.")
    if not all(v.judged for v in desk.violations if v.rule == rule):
        raise UsageError(f"{rule} could not be judged for {desk.name}: first put right what it needs ({found.message})")
    return found


def covering(rule: str, waivers: Iterable[sa.Row[Any]], now: datetime) -> sa.Row[Any] | None:
    """The waiver of a rule that is not over; None without one."""
    return next((row for row in waivers if row.rule == rule and row.until > now), None)


def lifts(violation: Violation, waivers: Iterable[sa.Row[Any]], now: datetime) -> sa.Row[Any] | None:
    """The waiver under which a violation does not hold; never one of a rule that could not be judged."""
    return covering(violation.rule, waivers, now) if violation.judged else None


def expire(tx: sa.Connection, author: Author) -> None:
    """End waivers whose time is over; deals that are not delivered go back to the gate."""
    for row in lifting.over(tx, author.at):
        lifting.end_waiver(tx, row.id, author.at, "its time is over")
        subject, new = f"entry:{entry_name(row.entry_id)}", {"rule": row.rule, "until": row.until.isoformat()}
        what = Event(subject=subject, what="waiver_expired", old=row.actor, new=new, why="its time is over")
        append(tx, author, [what])
        if row.handoff_state in (HandoffState.HELD, HandoffState.PASSED):
            handoffs.move(tx, row.handoff_id, HandoffState.PULLED, author.at, restart_clock=False)
