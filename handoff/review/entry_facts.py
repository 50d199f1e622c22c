"""What an entry's page shows besides the why card: its reasons, its chain of people, its clock, how it was run last."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup

from handoff.core.business_time import calendar_of
from handoff.core.correction import OverlayState
from handoff.core.deal import DealRow
from handoff.core.errors import UsageError
from handoff.core.ownership import answering, first_violation, levels, resolve
from handoff.core.pack import Pack
from handoff.core.relations import same_person
from handoff.quarantine import clock
from handoff.quarantine.clock import ClockState
from handoff.report import clock_drawing, customer_note, wording
from handoff.report.moments import local
from handoff.report.place import link_to, where
from handoff.review.people import name_of
from handoff.review.sent import web_link
from handoff.store import overlays
from handoff.store.situations import Situation


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One violation as its page shows it. `sentence`: the rule in general; `marks`: what was decided about it."""

    rule: str
    sentence: str
    message: str
    field: str
    seen: str | None
    allowed: str
    judged: bool
    fixed_by: str
    role: str
    where: str
    link: str | None
    marks: tuple[str, ...]
    note: str | None
    """What the owner may send to the customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One level of the role's chain. `away`: who was passed over, and why."""

    number: int
    role: str
    name: str | None
    zone: str
    has_it: bool
    away: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClock:
    """The clock, drawn and in words. `intervals`: what was counted; `pauses`: from, until, why, who."""

    drawing: Markup
    state: ClockState
    zone: str
    pauses: Sequence[sa.Row[Any]]


_TAKE_BACK = ": the next run judges its deals so, or take that decision back first."


def on_page(sentence: str) -> str:
    """A sentence of the command line, for somebody who is at the page."""
    calm = sentence.replace(" Say who you are with --as.", "")
    calm = re.sub(r"; look again: handoff (queue show \S+|labels list)", "; look again.", calm)
    calm = re.sub(r": run handoff rerun, or withdraw that first: handoff labels withdraw .*", _TAKE_BACK, calm)
    calm = re.sub(r": --why '…'", "", calm)
    calm = re.sub(r"`?handoff queue ([a-z-]+)(?: E-\d+)?(?: --rule \S+)?`?", r"“\1”", calm)
    return re.sub(r"(?<!\S)--([a-z][a-z-]*)", r"“\1”", calm)


def reasons(
    tx: sa.Connection,
    pack: Pack,
    row: sa.Row[Any],
    violations: Sequence[Any],
    deal: DealRow,
    *,
    source: str,
    situation: Situation,
    sentences: Mapping[str, str],
    org_url: str | None,
    now: datetime,
) -> list[Reason]:
    """The current violations, the one that decides on the owner first."""
    live = {o.field: o for o in overlays.live(tx, [row.deal_id]).get(row.deal_id, [])}
    waived = {w.rule: w for w in situation.waivers}
    found = []
    left = list(violations)
    while left:
        violation = first_violation(pack, left)
        left.remove(violation)
        answers = answering(pack, violation)
        role = pack.owners.roles.get(answers.role)
        ids = {"org_url": org_url, "deal_id": row.deal_id, "account_id": deal.get("account_id")}
        found.append(
            Reason(
                rule=violation.rule,
                sentence=sentences.get(violation.rule, violation.message),
                message=violation.message,
                field=violation.field,
                seen=violation.seen,
                allowed=on_page(violation.allowed),
                judged=violation.judged,
                fixed_by=resolve(pack.owners, answers.role, deal.values, now).name,
                role=role.title if role else answers.role,
                where=on_page(where(violation, pack, source)),
                link=web_link(link_to(violation, pack, source, **ids)),
                marks=tuple(_marks(pack, waived.get(violation.rule), live.get(violation.field))),
                note=_note(violation.rule, answers.customer_note, deal),
            )
        )
    return found


def _marks(pack: Pack, waiver: Any, overlay: Any) -> list[str]:
    found = []
    if waiver is not None:
        found.append(f"waived until {waiver.until:%Y-%m-%d} by {name_of(pack, waiver.actor)}")
    if overlay is not None:
        how = {
            OverlayState.PROPOSED: "corrected, waits for a second person",
            OverlayState.CONFLICT: "corrected, but the CRM moved since",
        }
        value = (overlay.value or "nothing")[:80]
        found.append(f"{how.get(OverlayState(overlay.state), 'corrected')}: {value} ({name_of(pack, overlay.actor)})")
    return found


def _note(rule: str, text: str | None, deal: DealRow) -> str | None:
    try:
        return customer_note.filled(rule, text, deal.values) if text else None
    except UsageError:  # a mistake of the pack, of which `pack check` tells
        return None


def rungs(pack: Pack, row: sa.Row[Any], deal: DealRow, now: datetime) -> list[Rung]:
    """The chain of the role that answers, from its holder to the tie-breaker."""
    owners = pack.owners
    found: list[Rung] = []
    for level in levels(owners, row.role, deal.values, now):
        role, taken = owners.roles.get(level.role), any(rung.has_it for rung in found)
        away = [(name_of(pack, who), _spoken(why)) for who, why in level.skipped]
        if level.away and level.name:
            away.append((level.name, level.away))
        found.append(
            Rung(
                number=level.number,
                role=role.title if role else "Tie-breaker, who answers when nobody else does",
                name=level.name,
                zone=calendar_of(owners, level.role, level.person_id or "").zone,
                has_it=not taken and bool(level.person_id and same_person(owners, level.person_id, row.person)),
                away=tuple(away),
            )
        )
    return found


def _spoken(why: str) -> str:
    """Why somebody was passed over; levels have no numbers for people."""
    return "is asked already, further up" if why.startswith("is asked already") else why


def worked(span: timedelta) -> str:
    """Working time in hours: a day of it would be read as a day of the calendar."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"


def shown_clock(row: sa.Row[Any], pauses: Sequence[sa.Row[Any]], now: datetime) -> ShownClock | None:
    """The clock of an entry until now, or until it ended; None when what is stored of it cannot be read."""
    try:
        state = clock.state_of(row, pauses, row.released_at or now)
    except ValueError:
        return None
    zone = state.clock.calendar.zone
    said = (
        f"The clock of {row.owner_name}: {worked(state.counted)} of {worked(state.clock.span)} counted since "
        f"{local(state.clock.since, zone)}, {worked(state.left)} left; due {local(state.due, zone)}."
    )
    drawn = clock_drawing.Clock(
        since=state.clock.since,
        now=state.at,
        due=state.due,
        counted=state.intervals,
        ahead=_ahead(state),
        left_out=clock.spans(pauses),
        warnings=dict(state.warnings),
        local=state.clock.calendar.local,
        ended=row.released_at is not None,
        text=wording.plain(said),
    )
    return ShownClock(
        drawing=clock_drawing.drawing(drawn),
        state=state,
        zone=zone,
        pauses=pauses,
    )


def _ahead(state: ClockState) -> Sequence[tuple[datetime, datetime]]:
    begins = max(state.at, state.paused_until or state.at)
    return state.clock.calendar.intervals(begins, state.due) if state.due > begins else ()
