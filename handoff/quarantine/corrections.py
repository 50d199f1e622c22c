"""Corrections: overlays over what the CRM says, never edits of it; they retire when it agrees."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action, Relation
from handoff.core.correction import OverlayState, Proposed
from handoff.core.deal import FIELD_BY_NAME, DealRow, Kind
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.core.money import PLAIN_AMOUNT
from handoff.core.ownership import chain
from handoff.core.pack import Pack
from handoff.core.relations import holds_any, person_of, same_person
from handoff.core.violation import Failure, Violation
from handoff.quarantine.decision import Desk, authorise, permits, record
from handoff.store import lifting, overlays
from handoff.store.events import Author, Event, append
from mappings.corrections import plain_column

_ONE_OF_BOTH = "one of the two: handoff queue correct, or handoff queue withdraw"


def correct(desk: Desk, values: Mapping[str, str | None], crm: DealRow, source: str, why: str) -> None:
    """Lay corrected values (checked before) over a deal; money waits for a second person. `crm`: what the CRM says.

    Raises UsageError for a correction that would change nothing.
    """
    authorise(desk, Action.CORRECT)
    before = {row.field: row for row in overlays.live(desk.tx, [desk.row.deal_id]).get(desk.row.deal_id, [])}
    for field, value in values.items():
        _refuse_idle(field, value, crm, before.get(field))
        if field in before:
            at = desk.author.at
            overlays.end(desk.tx, before[field].id, OverlayState.REPLACED, at, "corrected again")
        _lay(desk, field, value, seen=crm.get(field), source=source, why=why)
    old = {field: before[field].value if field in before else crm.get(field) for field in values}
    record(desk, Action.CORRECT, why=why, old=old, new=dict(values))


def _lay(desk: Desk, field: str, value: str | None, *, seen: str | None, source: str, why: str) -> None:
    policy = desk.pack.policies.desk.corrections[field]
    column = plain_column(desk.pack.fields.sources[source].fields.get(field))
    overlays.add(
        desk.tx,
        deal_id=desk.row.deal_id,
        field=field,
        value=value,
        seen=seen,
        state=OverlayState.PROPOSED if policy.money else OverlayState.ACTIVE,
        actor=person_of(desk.pack.owners, desk.author.actor) or desk.author.actor,
        at=desk.author.at,
        why=why,
        proposal=Proposed.PENDING if policy.propose and column else None,
    )


def confirm(desk: Desk, why: str) -> dict[str, str | None]:
    """A second person's word on the money that waits for it; returns what is laid now. Never the corrector's own."""
    waiting = waiting_of(desk.tx, desk.row.deal_id)
    if not waiting:
        raise UsageError(f"No corrected amount of {desk.name} waits for a second person: handoff explain {desk.name}")
    owners, actor = desk.pack.owners, desk.author.actor
    authorise(desk, Action.CONFIRM_CORRECTION, second_of(desk, waiting))
    for row in waiting:
        second = {"second_actor": person_of(owners, actor) or actor, "second_at": desk.author.at}
        overlays.change(desk.tx, row.id, state=OverlayState.ACTIVE, **second)
    confirmed = {row.field: row.value for row in waiting}
    old = {row.field: row.seen for row in waiting}
    record(desk, Action.CONFIRM_CORRECTION, why=why, old=old, new=confirmed)
    return confirmed


def second_of(desk: Desk, waiting: Sequence[sa.Row[Any]]) -> set[Relation]:
    """What the actor is to corrected money that waits: the second person for all of it, or who corrected some."""
    owners, actor = desk.pack.owners, desk.author.actor
    roles = [desk.pack.policies.desk.corrections[row.field].second for row in waiting if _is_ours(desk.pack, row)]
    found = {Relation.REQUESTER} if any(same_person(owners, actor, row.actor) for row in waiting) else set()
    if len(roles) == len(waiting) and all(
        role and holds_any(owners, actor, chain(owners, role), desk.values) for role in roles
    ):
        found.add(Relation.SECOND)
    return found


def open_to(desk: Desk) -> list[sa.Row[Any]]:
    """Corrected money that waits for a second person, when the actor may be that."""
    waiting = waiting_of(desk.tx, desk.row.deal_id)
    return waiting if waiting and permits(desk, Action.CONFIRM_CORRECTION, second_of(desk, waiting)) else []


def withdraw(desk: Desk, field: str, crm: DealRow, why: str) -> None:
    """Take a correction back, so that the CRM's value holds. Raises UsageError when there is none."""
    authorise(desk, Action.CORRECT)
    found = [row for row in overlays.live(desk.tx, [desk.row.deal_id]).get(desk.row.deal_id, []) if row.field == field]
    if not found:
        raise UsageError(f"{field} of {desk.name} is not corrected here: there is nothing to withdraw.")
    for row in found:
        overlays.end(desk.tx, row.id, OverlayState.WITHDRAWN, desk.author.at, why)
    record(desk, "withdraw_correction", why=why, old={field: found[-1].value}, new={field: crm.get(field)})


def waiting_of(tx: sa.Connection, deal_id: str) -> list[sa.Row[Any]]:
    """Corrections of money that wait for a second person."""
    return [row for row in overlays.live(tx, [deal_id]).get(deal_id, []) if row.state == OverlayState.PROPOSED]


def unsettled(rows: Iterable[Any], row: DealRow) -> Sequence[Violation]:
    """What holds a deal for its corrections, whatever the rules say: conflicts, and money without a second person."""
    found = []
    for own in rows:
        field, says = own.field, row.get(own.field) or "nothing"
        seen = f"{says} in the CRM, corrected here to {own.value or 'nothing'}"
        if own.state == OverlayState.CONFLICT:
            message = Failure.CORRECTION_CONFLICT.sentence
            found.append(_violation(field, seen, _ONE_OF_BOTH, message))
        elif own.state == OverlayState.PROPOSED:
            allowed = "a second person's word: handoff queue confirm, or handoff queue withdraw"
            message = f"A corrected {field.replace('_', ' ')} waits for a second person: which value holds?"
            found.append(_violation(field, seen, allowed, message))
    return found


def _violation(field: str, seen: str, allowed: str, message: str) -> Violation:
    rule = Failure.CORRECTION_CONFLICT.value
    return Violation(rule=rule, field=field, seen=seen, allowed=allowed, message=message)


def what_becomes(row: sa.Row[Any], says: str | None) -> OverlayState:
    """Where a live correction stands, now that the CRM `says` this; a conflict stays until a person decides."""
    if _same(row.field, says, row.value):
        return OverlayState.RETIRED
    if row.state == OverlayState.CONFLICT or not _same(row.field, says, row.seen):
        return OverlayState.CONFLICT
    return OverlayState(row.state)


def foreseen(rows: Iterable[Any], crm: DealRow) -> list[Any]:
    """Corrections as a run would find them settled, for a dry run; nothing is written."""
    settled = ((row, what_becomes(row, crm.get(row.field))) for row in rows)
    return [SimpleNamespace(**{**row._mapping, "state": state}) for row, state in settled]


def settle(tx: sa.Connection, deal: sa.Row[Any], crm: DealRow, author: Author) -> None:
    """Hold a deal's corrections against what the CRM says now. `deal`: its handoff."""
    decisions = lifting.of_deals(tx, [deal.deal_id], lock=True)[deal.deal_id]
    for row in decisions.corrections:
        says, state = crm.get(row.field), what_becomes(row, crm.get(row.field))
        if state is OverlayState.CONFLICT and deal.state == HandoffState.DELIVERED:
            state, why = OverlayState.RETIRED, "the CRM moved on after the deal was delivered"
        elif state is OverlayState.RETIRED:
            why = "the CRM says the same"
        else:
            why = "the CRM moved away from what was corrected"
        if state == row.state:
            continue
        if state is OverlayState.RETIRED:
            overlays.end(tx, row.id, state, author.at, why)
        else:
            overlays.change(tx, row.id, state=state)
        subject = f"entry:{entry_name(decisions.entry_id)}" if decisions.entry_id else f"deal:{deal.deal_id}"
        what = "correction_retired" if state is OverlayState.RETIRED else "correction_conflict"
        values = {"field": row.field, "value": row.value, "seen": row.seen}
        append(tx, author, [Event(subject=subject, what=what, old=values, new={row.field: says}, why=why)])


def _refuse_idle(field: str, value: str | None, crm: DealRow, before: sa.Row[Any] | None) -> None:
    if before is None and _same(field, crm.get(field), value):
        raise UsageError(f"{field} is {value!r} in the CRM already: there is nothing to correct.")
    if before is not None and _same(field, crm.get(field), value):
        raise UsageError(f"{field} is {value!r} in the CRM: take the correction back with handoff queue withdraw.")
    if before is not None and before.state != OverlayState.CONFLICT and _same(field, before.value, value):
        raise UsageError(f"{field} is corrected to {value!r} already.")


def _is_ours(pack: Pack, row: sa.Row[Any]) -> bool:
    """Whether the pack of today still lets this field be corrected."""
    return row.field in pack.policies.desk.corrections


def _same(field: str, one: str | None, other: str | None) -> bool:
    """Whether two texts are one value: 600 is 600.00."""
    known = FIELD_BY_NAME.get(field)
    numbers = known is not None and known.kind in (Kind.AMOUNT, Kind.PERCENT)
    if numbers and all(PLAIN_AMOUNT.fullmatch(text or "") for text in (one, other)):
        return Decimal(one or "") == Decimal(other or "")
    return one == other
