"""Approvals: a yes or no of somebody else to exactly what would be written; a deadline never says yes."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa

from checks.rules import RULES
from handoff.core.authority import Action, Relation
from handoff.core.business_time import calendar_of
from handoff.core.correction import LIVE, ApprovalState
from handoff.core.deal import FIELD_BY_NAME, DealRow
from handoff.core.entry import EntryKind, entry_name
from handoff.core.errors import UsageError
from handoff.core.ownership import Level, chain, levels
from handoff.core.pack import Owners
from handoff.core.relations import holds_any, person_of, same_person
from handoff.quarantine.decision import Desk, authorise, permits, record
from handoff.quarantine.waivers import violation_of
from handoff.store import entries, lifting, overlays
from handoff.store.events import Author, Event, append

_ALWAYS = ("amount", "currency", "account_id")
_ALSO = {
    "discount_within_limit_or_approved": ("discount_approved_by", "rep_name", "rep_email"),
    "discount_approver_is_not_the_rep": ("discount_percent", "rep_name", "rep_email"),
    "payment_terms_within_limit_or_approved": ("terms_approved_by", "rep_name", "rep_email"),
    "terms_approver_is_not_the_rep": ("payment_terms", "rep_name", "rep_email"),
}
"""What these rules read besides their own field, and what an approver whom they doubt has let pass."""
_OF_LINES = ("product", "quantity", "unit_price", "list_price", "line_total")


class Standing(Enum):
    """What an approval is worth for what would be written now."""

    EXACT = "exact"  # asked for exactly this
    CARRIED_OVER = "carried_over"  # something else changed, nothing that it concerns
    STALE = "stale"  # what it concerns changed: must be asked again


def concerns(rule: str, row: DealRow) -> dict[str, Any]:
    """What somebody says yes to: what the rule reads, the deal's money, whose it is, and its lines."""
    found: dict[str, Any] = {field: row.get(field) for field in _fields(rule)}
    found["lines"] = [[line.get(name) for name in _OF_LINES] for line in row.lines]
    return found


def _fields(rule: str) -> list[str]:
    known = RULES.get(rule)
    own = [known.field] if known and known.field in FIELD_BY_NAME else []
    return list(dict.fromkeys([*own, *_ALSO.get(rule, ()), *_ALWAYS]))


def standing(approval: sa.Row[Any], payload: str, now: Mapping[str, Any]) -> Standing:
    """Hold an approval, or a request, against the payload and what concerns it now.

    Not all that somebody says yes to is written: a discount stands in no payload.
    """
    if dict(approval.concerns) != dict(now):
        return Standing.STALE
    return Standing.EXACT if approval.payload_hash == payload else Standing.CARRIED_OVER


def request(desk: Desk, rule: str, payload: str, row: DealRow, why: str) -> Level:
    """Ask whoever answers for the rule; returns who that is. `payload`: the hash of what would be written."""
    known = desk.pack.owners.rules.get(rule)
    violation_of(desk, rule)
    if known is None or known.kind is not EntryKind.APPROVAL:
        there = [name for name, each in desk.pack.owners.rules.items() if each.kind is EntryKind.APPROVAL]
        raise UsageError(
            f"{rule} is no question of approval (owners.yaml, kind: approval; those are {', '.join(there) or 'none'}): "
            "correct the deal, or have the rule waived."
        )
    authorise(desk, Action.REQUEST_APPROVAL)
    about = concerns(rule, row)
    if before := _latest(desk, rule):
        if standing(before, payload, about) is not Standing.STALE:
            raise UsageError(f"An approval of {rule} for {desk.name} is {before.state} already, of {before.person}.")
        make_stale(desk.tx, desk.author, desk.row.id, [before])
    hours = desk.pack.policies.desk.approve_within_hours
    asked = _ask(desk, known.role, about)
    person = str(asked.person_id)
    deadline = calendar_of(desk.pack.owners, asked.role, person).add(desk.author.at, timedelta(hours=hours))
    lifting.request(
        desk.tx,
        deal_id=desk.row.deal_id,
        rule=rule,
        role=known.role,
        requested_by=person_of(desk.pack.owners, desk.author.actor) or desk.author.actor,
        requested_at=desk.author.at,
        why=why,
        deadline=deadline,
        person=person,
        level=asked.number,
        payload_hash=payload,
        concerns=about,
    )
    new = {"rule": rule, "of": person, "by": deadline.isoformat(), "payload": payload, "concerns": about}
    record(desk, Action.REQUEST_APPROVAL, why=why, old="held", new=new)
    _notify(desk.tx, desk.author, desk.row.id, kind="approval_requested", person=person, about=rule)
    return asked


def would_be_asked(desk: Desk, rule: str) -> Level | None:
    """Whom `request` would ask, as things are; None when nobody is left."""
    known = desk.pack.owners.rules.get(rule)
    try:
        return _ask(desk, known.role, {field: desk.values.get(field) for field in _fields(rule)}) if known else None
    except UsageError:
        return None


def decide(desk: Desk, rule: str, payload: str, row: DealRow, why: str, *, yes: bool) -> None:
    """Approve or decline what was asked for. Raises UsageError when that is no longer what would be written."""
    action = Action.APPROVE if yes else Action.DECLINE
    found = _latest(desk, rule)
    if found is None or found.state != ApprovalState.REQUESTED:
        raise UsageError(f"Nobody asks for an approval of {rule} for {desk.name}: handoff queue request-approval.")
    authorise(desk, action, _relations(desk, found))
    about = concerns(rule, row)
    worth = standing(found, payload, about)
    if yes and worth is Standing.STALE:
        moved = ", ".join(f"{name} {found.concerns.get(name)} -> {now}" for name, now in about.items()
                          if found.concerns.get(name) != now)  # fmt: skip
        raise UsageError(
            f"What would be written for {desk.name} has changed since it was asked for ({moved}): "
            f"have it asked for again: handoff queue request-approval {desk.name} --rule {rule}"
        )
    if yes and worth is Standing.CARRIED_OVER:
        carry_over(desk.tx, desk.author, desk.row.id, found, payload)
    state = ApprovalState.APPROVED if yes else ApprovalState.DECLINED
    actor = person_of(desk.pack.owners, desk.author.actor) or desk.author.actor
    decided = {"state": state, "decided_by": actor, "decided_at": desk.author.at, "decision_why": why}
    lifting.change_approval(desk.tx, found.id, **decided)
    new = {"rule": rule, "state": state.value, "payload": payload or found.payload_hash, "concerns": about}
    record(desk, action, why=why, old=found.state, new=new)
    told = {"kind": f"approval_{state}", "person": found.requested_by, "about": f"{rule}: {why}"}
    _notify(desk.tx, desk.author, desk.row.id, **told)


def open_to(desk: Desk) -> list[sa.Row[Any]]:
    """The requests of this deal that wait, and that the actor may decide."""
    return [row for row in waiting_of(desk) if permits(desk, Action.APPROVE, _relations(desk, row))]


def waiting_of(desk: Desk) -> list[sa.Row[Any]]:
    """The requests of this deal that wait for a yes or a no."""
    standing = lifting.of_deals(desk.tx, [desk.row.deal_id])[desk.row.deal_id].approvals
    return [row for row in standing if row.state == ApprovalState.REQUESTED]


def carry_over(tx: sa.Connection, author: Author, entry_id: int, approval: sa.Row[Any], payload: str) -> None:
    """Bind an approval, or a request, to what would be written now: nothing that it concerns has changed."""
    lifting.change_approval(tx, approval.id, payload_hash=payload)
    new, why = {"rule": approval.rule, "payload": payload}, "what was asked for is unchanged"
    event = Event(subject=_subject(entry_id), what="approval_carried_over", old=approval.payload_hash, new=new, why=why)
    append(tx, author, [event])


def make_stale(tx: sa.Connection, author: Author, entry_id: int, approvals: Iterable[sa.Row[Any]]) -> None:
    """What these were asked for has changed: they count no more, and whoever asked is told."""
    for row in approvals:
        lifting.change_approval(tx, row.id, state=ApprovalState.STALE)
        new, why = {"rule": row.rule, "state": "stale"}, "what it concerns has changed: it must be asked for again"
        event = Event(subject=_subject(entry_id), what="approval_stale", old=row.state, new=new, why=why)
        append(tx, author, [event])
        _notify(tx, author, entry_id, kind="approval_stale", person=row.requested_by, about=row.rule)


def for_rule(rule: str, approvals: Iterable[sa.Row[Any]]) -> sa.Row[Any] | None:
    """The latest request or approval for a rule that still stands."""
    return next((row for row in reversed(list(approvals)) if row.rule == rule), None)


def _latest(desk: Desk, rule: str) -> sa.Row[Any] | None:
    return for_rule(rule, lifting.of_deals(desk.tx, [desk.row.deal_id])[desk.row.deal_id].approvals)


def _relations(desk: Desk, approval: sa.Row[Any]) -> set[Relation]:
    """What the actor is to a request: nobody who was passed over when it escalated may decide it any more."""
    owners, actor = desk.pack.owners, desk.author.actor
    found: set[Relation] = set()
    if any(same_person(owners, actor, who) for who in have_a_part(desk.tx, owners, approval)):
        found.add(Relation.REQUESTER)
    further = chain(owners, approval.role)[approval.level :]
    if same_person(owners, actor, approval.person) or holds_any(owners, actor, further, desk.values):
        found.add(Relation.APPROVER)
    return found


def have_a_part(tx: sa.Connection, owners: Owners, approval: sa.Row[Any]) -> list[str]:
    """Who may not decide a request, whatever else they are: who asked for it, or corrected what it is about."""
    return [approval.requested_by, *_correctors(tx, owners, approval.deal_id, approval.role, approval.concerns)]


def _correctors(tx: sa.Connection, owners: Owners, deal_id: str, role: str, about: Mapping[str, Any]) -> list[str]:
    """Who corrected something that an approval concerns, or by which its approver is looked up.

    They would say yes to a value of their own: also once the CRM says the same, since we wrote it there.
    """
    named = {found.field for name in chain(owners, role) if (found := owners.roles[name].look_up)}
    rows = overlays.standing(tx, deal_id)
    return [
        row.actor
        for row in rows
        if row.field in named or (row.field in about and (row.state in LIVE or row.value == about[row.field]))
    ]


def _ask(desk: Desk, role: str, about: Mapping[str, Any]) -> Level:
    """The first of the role's chain who is there and has no part in it; UsageError when nobody else is left."""
    owners, part = desk.pack.owners, [desk.author.actor]
    part += _correctors(desk.tx, owners, desk.row.deal_id, role, about)
    for level in levels(owners, role, desk.values, desk.author.at):
        if level.person_id and not any(same_person(owners, level.person_id, who) for who in part):
            return level
    raise UsageError(f"Nobody without a part in it could approve this for {desk.name}: have somebody else ask.")


def _notify(tx: sa.Connection, author: Author, entry_id: int, *, kind: str, person: str, about: str) -> None:
    key = f"{kind}:{entry_id}:{author.at.isoformat()}:{person}"[:120]
    notice = {
        "dedupe_key": key,
        "kind": kind,
        "entry_id": entry_id,
        "about": about,
        "person": person,
        "state": "pending",
        "created_at": author.at,
    }
    entries.notify(tx, [notice])


def _subject(entry_id: int) -> str:
    return f"entry:{entry_name(entry_id)}"
