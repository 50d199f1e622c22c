"""Approvals and questions whose deadline is over: one goes up its chain and never approves, the other ends."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import EntryState, entry_name
from handoff.core.pack import Pack
from handoff.core.relations import same_person
from handoff.quarantine import approvals, clock, routing
from handoff.quarantine.overdue import ValuesOf
from handoff.quarantine.routing import Heir, column
from handoff.store import clocks, entries
from handoff.store.desk_tables import approval, question
from handoff.store.events import Author, Event, append
from handoff.store.tables import entry

REQUESTED, ASKED, EXPIRED = "requested", "open", "expired"


def overdue_approvals(tx: sa.Connection, at: datetime) -> list[int]:
    """Requests for approval that nobody has decided in time, of deals that are still held."""
    held = sa.exists().where(entry.c.deal_id == approval.c.deal_id, entry.c.state == EntryState.OPEN)
    query = sa.select(approval.c.id).where(approval.c.state == REQUESTED, approval.c.deadline <= at, held)
    return list(tx.execute(query.order_by(approval.c.id)).scalars())


def overdue_questions(tx: sa.Connection, at: datetime) -> list[int]:
    """Questions that nobody has answered in time, about entries that are still open."""
    held = sa.exists().where(entry.c.id == question.c.entry_id, entry.c.state == EntryState.OPEN)
    query = sa.select(question.c.id).where(question.c.state == ASKED, question.c.deadline <= at, held)
    return list(tx.execute(query.order_by(question.c.id)).scalars())


def escalate_approval(tx: sa.Connection, pack: Pack, number: int, values_of: ValuesOf, author: Author) -> str | None:
    """Ask the next level of the role's chain, who is not the requester; nobody further: say so once. Never a yes.

    Returns `escalated` or `overdue`; None when it was decided meanwhile, or all is said.
    """
    entries.lock(tx, [tx.execute(sa.select(approval.c.deal_id).where(approval.c.id == number)).scalar_one()])
    query = sa.select(approval).where(approval.c.id == number).with_for_update()
    row = tx.execute(query).one()
    if row.state != REQUESTED or row.deadline > author.at:
        return None
    held = next(iter(entries.listed(tx, entry.c.deal_id == row.deal_id)), None)
    key = f"approval:{row.id}:{row.level}"
    if held is None or clocks.fired_already(tx, [key]):
        return None
    clocks.fire(tx, [key], author.at)
    subject, name = f"entry:{entry_name(held.id)}", entry_name(held.id)
    to = _next_approver(tx, pack, row, values_of(tx, held), author)
    about = f"Approval of {row.rule} for {name} was due {row.deadline:%Y-%m-%d %H:%M} UTC."
    if to is None:
        said = f"{about} Nobody comes after you."
        _tell(tx, held.id, row.person, author, kind="approval_overdue", key=key, about=said)
        why = "nobody further in the chain may decide it: it stays where it is, and is not approved"
        append(tx, author, [Event(subject=subject, what="approval_overdue", new={"of": row.person}, why=why)])
        return "overdue"
    hours = pack.policies.desk.approve_within_hours
    deadline = clock.begun(to.calendar, hours, author.at).moment(())
    new = {"person": column(to.person_id), "level": to.place, "deadline": deadline}
    tx.execute(sa.update(approval).where(approval.c.id == row.id).values(**new))
    said = f"{about} It is asked of you now, by {deadline:%Y-%m-%d %H:%M} UTC."
    _tell(tx, held.id, column(to.person_id), author, kind="approval_overdue", key=key, about=said)
    told: dict[str, Any] = {"rule": row.rule, "of": new["person"], "level": to.place, "by": deadline.isoformat()}
    if to.skipped:
        told["skipped"] = [{"person": who, "why": why} for who, why in to.skipped]
    old = {"of": row.person, "level": row.level, "by": row.deadline.isoformat()}
    why = "nobody has decided in time; that is no approval"
    append(tx, author, [Event(subject=subject, what="approval_escalated", old=old, new=told, why=why)])
    return "escalated"


def expire_question(tx: sa.Connection, number: int, author: Author) -> str | None:
    """A question without an answer ends, and whoever asked it is told; the answer may still come."""
    about_entry = sa.select(question.c.entry_id).where(question.c.id == number)
    entries.by_id(tx, tx.execute(about_entry).scalar_one(), for_update=True)  # first, as every decision does
    row = tx.execute(sa.select(question).where(question.c.id == number).with_for_update()).one()
    if row.state != ASKED or row.deadline > author.at:
        return None
    clocks.fire(tx, [f"question:{row.id}"], author.at)
    tx.execute(sa.update(question).where(question.c.id == row.id).values(state=EXPIRED))
    name = entry_name(row.entry_id)
    about = f"{row.asked_of} has not answered your question about {name} in time: {row.text}"
    key = f"question:{row.id}:expired"
    _tell(tx, row.entry_id, row.asked_by, author, kind="question_expired", key=key, about=about)
    new = {"of": row.asked_of, "asked_by": row.asked_by}
    append(tx, author, [Event(subject=f"entry:{name}", what="question_expired", old=ASKED, new=new, why=row.text)])
    return "expired"


def _next_approver(
    tx: sa.Connection, pack: Pack, row: Any, values: Mapping[str, str | None], author: Author
) -> Heir | None:
    """The next level that is there and has no part in it; None: nobody further may decide."""
    if row.person == column(pack.owners.tie_breaker):
        return None
    place, part = row.level, approvals.have_a_part(tx, pack.owners, row)
    skipped: list[routing.Skipped] = []
    while True:
        to = routing.heir(pack.owners, row.role, values, author.at, after=place, not_person=row.person)
        if not any(same_person(pack.owners, to.person_id, who) for who in part):
            return replace(to, skipped=(*skipped, *to.skipped))
        if to.last:
            return None
        skipped += [*to.skipped, (to.person_id, "asked for it, or corrected it")]
        place = to.place


def _tell(tx: sa.Connection, number: int, person: str, author: Author, *, kind: str, key: str, about: str) -> None:
    notice = {"dedupe_key": key, "kind": kind, "entry_id": number, "person": person, "about": about}
    entries.notify(tx, [{**notice, "state": "pending", "created_at": author.at}])
