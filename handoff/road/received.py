"""The received handoff: each workflow step with a limit has a clock and an owner, until it is done or accepted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from handoff.core.business_time import Calendar, calendar_of
from handoff.core.entry import EntryState
from handoff.core.handoff import EffectKind, EffectState, HandoffState
from handoff.core.ownership import resolve
from handoff.core.pack import Pack, Starts, StepKind
from handoff.core.violation import Failure
from handoff.ledger.steps import FINAL, applies
from handoff.quarantine import clock, desk, routing
from handoff.quarantine.routing import column
from handoff.store import clocks, entries, handoffs, outages, overlays
from handoff.store.desk_tables import step_clock
from handoff.store.events import Author, Event, append
from handoff.store.handoffs import LostRaceError
from handoff.store.tables import effect, entry, handoff
from mappings.stored_deal import stored_row

if TYPE_CHECKING:
    from handoff.road.run import Run

LOOK_BACK = timedelta(days=3)
"""How long after a delivery the clock of its write-back may still be started."""
_OURS = (StepKind.INVOICE, StepKind.PROJECT)
_ENDED = (HandoffState.EXCLUDED, HandoffState.REJECTED)
_UNDONE = effect.alias("undone")


def mark_limits(tx: sa.Connection, pack: Pack, now: datetime) -> None:
    """Write down since when each step has a limit: what was handed off before is nobody's debt."""
    bound = outages.bound(tx)
    new = {_mark(name): now.isoformat() for name, step in pack.workflow.steps.items() if step.limit}
    outages.bind(tx, {what: value for what, value in new.items() if what not in bound}, now)


def receive(run: "Run") -> None:
    """The stage of a run: begin, end, release."""
    try:
        with run.house.store.write() as tx:
            follow(tx, run.house.pack, run.author())
        with run.house.store.write() as tx:  # entries are locked first, so not in the transaction of their steps
            release_accepted(tx, run.author())
    except LostRaceError:  # a round of escalate is at it, or somebody accepts
        return


def follow(tx: sa.Connection, pack: Pack, author: Author) -> int:
    """Start the clocks of steps that can begin, end those of steps that are done; returns how many were done."""
    bound = outages.bound(tx)
    for name, step in pack.workflow.steps.items():
        if step.limit and _mark(name) in bound:
            since = datetime.fromisoformat(bound[_mark(name)])
            for row in _to_begin(tx, pack, name, at=author.at, since=since):
                _start(tx, pack, row, name, at=author.at, since=since)
    return _finish(tx, pack, author)


def done(tx: sa.Connection, row: sa.Row[Any], author: Author, *, by: str, how: str, why: str | None = None) -> None:
    """A step is done: its clock ends, in the audit of its deal. LostRaceError when somebody else was faster."""
    clocks.change_step(tx, row, done_at=author.at, done_by=by, how=how)
    new = {"step": row.step, "by": by, "how": how, "due": row.due_at.isoformat(), "late": row.due_at < author.at}
    what = "step_accepted" if how in _ACCEPTED else "step_done"
    append(tx, author, [Event(subject=f"deal:{row.deal_id}", what=what, new=new, why=why)])


_ACCEPTED = ("accepted", "task")


def release_accepted(tx: sa.Connection, author: Author) -> list[str]:
    """Release the entries of steps that were late and are done now; returns the deals."""
    found = entries.listed(tx, entry.c.state == EntryState.OPEN, entries.with_rule(Failure.STEP_LATE.value))
    late = {row.handoff_id for row in clocks.open_steps(tx, step_clock.c.late_at.is_not(None))}
    return desk.release(tx, [r.deal_id for r in found if r.handoff_id not in late], "the step is done", author)


def _mark(step: str) -> str:
    return f"step_limit:{step}"


def _to_begin(tx: sa.Connection, pack: Pack, name: str, *, at: datetime, since: datetime) -> Sequence[sa.Row[Any]]:
    """Handoffs in which a step can begin and has no clock yet."""
    step = pack.workflow.steps[name]
    none = ~sa.exists().where(step_clock.c.handoff_id == handoff.c.id, step_clock.c.step == name)
    if step.does is StepKind.BY_HAND:
        recent = handoff.c.since >= max(since, clocks.last_run_began(tx) or since)
        return handoffs.with_content(tx, none, handoff.c.state == HandoffState.DELIVERED, recent)
    if step.does is StepKind.WRITE_BACK:
        recent = handoff.c.since >= max(since, at - LOOK_BACK)
        told = sa.exists().where(*_told(handoff.c.deal_id, handoff.c.since))
        found = handoffs.with_content(tx, none, handoff.c.state == HandoffState.DELIVERED, recent, ~told)
        return [row for row in found if pack.fields.sources[row.source].write_back]
    own = (_UNDONE.c.handoff_id == handoff.c.id, _UNDONE.c.state != EffectState.CONFIRMED)
    waits = sa.exists().where(*own, _UNDONE.c.step == name)
    where = [none, handoff.c.state == HandoffState.PASSED, waits]
    if step.starts is Starts.INVOICE_FINALISED:
        where.append(~sa.exists().where(*own, _UNDONE.c.kind.in_(FINAL)))
    if step.starts is Starts.KICKOFF_DATE_REACHED:
        where.append(handoff.c.kickoff_on <= _today(pack, at).isoformat())
    return handoffs.with_content(tx, *where)


def _told(deal_id: Any, since: Any) -> tuple[sa.ColumnElement[bool], ...]:
    """The CRM has been told of a deal since a moment."""
    confirmed = (effect.c.kind == EffectKind.WRITE_BACK, effect.c.state == EffectState.CONFIRMED)
    return (effect.c.scope == sa.literal("deal:") + deal_id + ":write_back", *confirmed, effect.c.last_sent_at >= since)


def _today(pack: Pack, now: datetime) -> date:
    """The day in the zone of the first billing entity, by which the ledger starts steps."""
    zones = [entity.zone for entity in pack.billing.entities.values()]
    return now.astimezone(ZoneInfo(zones[0] if zones else "UTC")).date()


def _start(tx: sa.Connection, pack: Pack, row: sa.Row[Any], name: str, *, at: datetime, since: datetime) -> None:
    """Start the clock of a step: from when its deal passed, was delivered, or its start condition was seen."""
    step, deal = pack.workflow.steps[name], stored_row(overlays.as_known(tx, row), pack)
    if step.limit is None or not applies(step, deal):
        return
    conditional = step.does in _OURS and step.starts is not Starts.DEAL_CLOSED
    begins = at if conditional else max(row.since, since)
    own = _receiver(pack, step.role, deal.values, step.limit.within_hours, begins)
    clocks.started(tx, handoff_id=row.id, step=name, role=step.role, started_at=begins, **own)


def _receiver(pack: Pack, role: str, values: Mapping[str, str | None], hours: int, at: datetime) -> dict[str, Any]:
    """Who has a step from a moment on, and by when: the columns of its clock. A weekend's rota has no steps."""
    to = resolve(pack.owners, role, values, at, rota=False)
    own = clock.begun(calendar_of(pack.owners, to.holds, to.person_id), hours, at, place=to.level)
    who = {"person": column(to.person_id), "owner_name": to.name, "owner_email": to.email}
    return {**who, "clock": own.document(), "due_at": own.moment(())}


def _finish(tx: sa.Connection, pack: Pack, author: Author) -> int:
    """End the clocks of our own steps whose effects are confirmed, and of deals that are not handed off any more."""
    count = 0
    for row in clocks.open_steps(tx):
        step = pack.workflow.steps.get(row.step)
        if row.handoff_state in _ENDED or step is None or step.limit is None:
            why = "the deal is not handed off" if row.handoff_state in _ENDED else "the step has no limit any more"
            done(tx, row, author, by=author.actor, how="dropped", why=why)
        elif step.does is not StepKind.BY_HAND and _confirmed(tx, row, step.does):
            done(tx, row, author, by=author.actor, how="confirmed")
            count += 1
        elif row.handoff_state == HandoffState.PASSED and row.handoff_since > row.started_at and step.does in _OURS:
            _restart(tx, row)
        elif gone := routing.gone(pack.owners, row.person, author.at, row.role):
            _hand_over(tx, pack, row, author, gone)
    return count


def _confirmed(tx: sa.Connection, row: sa.Row[Any], step: StepKind) -> bool:
    """Whether all effects of a step are confirmed; it has some."""
    if step is StepKind.WRITE_BACK:
        told = _told(sa.literal(row.deal_id), row.started_at)
        return tx.execute(sa.select(effect.c.id).where(*told)).first() is not None
    query = sa.select(effect.c.state).where(effect.c.handoff_id == row.handoff_id, effect.c.step == row.step)
    states = set(tx.execute(query).scalars())
    return states == {EffectState.CONFIRMED}


def _restart(tx: sa.Connection, row: sa.Row[Any]) -> None:
    """The deal came to the gate again and passed again: the step begins anew."""
    kept = clock.EntryClock(
        calendar=Calendar.from_document(row.clock["calendar"]),
        span=timedelta(minutes=row.clock["minutes"]),
        since=row.handoff_since,
    )
    clocks.change_step(tx, row, started_at=kept.since, due_at=kept.moment(()), clock=kept.document(), late_at=None)


def _hand_over(tx: sa.Connection, pack: Pack, row: sa.Row[Any], author: Author, why: str) -> None:
    """Whoever had the step is gone: it is whose the pack says now, and their time begins."""
    values = stored_row(overlays.as_known(tx, row), pack).values
    own = _receiver(pack, row.role, values, round(row.clock["minutes"] / 60), author.at)
    if own["person"] == row.person:  # as in `overdue`
        return
    clocks.change_step(tx, row, started_at=author.at, late_at=None, **own)
    new = {"step": row.step, "owner": own["person"], "due": own["due_at"].isoformat()}
    event = Event(subject=f"deal:{row.deal_id}", what="step_rerouted", old={"owner": row.person}, new=new, why=why)
    append(tx, author, [event])


def project_of(tx: sa.Connection, handoff_id: int) -> str | None:
    """The gid of a deal's project; None while there is none."""
    made = sa.select(effect.c.external_id).where(
        effect.c.handoff_id == handoff_id,
        effect.c.kind.in_([EffectKind.PROJECT, EffectKind.TEMPLATE]),
        effect.c.state == EffectState.CONFIRMED,
    )
    return tx.execute(made.limit(1)).scalar()
