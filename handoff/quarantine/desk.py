"""Decisions on held deals: open an entry with one owner and a due time; release it when its cause is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core import ownership
from handoff.core.entry import EntryState, entry_name
from handoff.core.pack import Pack
from handoff.core.violation import Failure, Violation
from handoff.quarantine import clock, routing
from handoff.quarantine.routing import Heir, column
from handoff.store import clocks, entries
from handoff.store.events import Author, Event, append

STAYS_WHEN_DELIVERED = frozenset(
    {
        Failure.CRM_REFUSED.value,
        Failure.CHANGED_AFTER_DELIVERY.value,
        Failure.REVERSAL_NEEDED.value,
        Failure.STEP_LATE.value,
    }
)
"""Failures that only a write-back which arrives can end, a comparison with what is out, or a step that is done."""
STAYS_WHEN_PASSED = frozenset(failure.value for failure in Failure) - {
    Failure.RULE_ERROR.value,
    Failure.CORRECTION_CONFLICT.value,
}
"""Failures of a service, of which only a delivery shows that they are gone; and those that stay even then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDeal:
    """A deal to hold: its handoff, its row's values (for look-ups of owners) and everything found."""

    deal_id: str
    handoff_id: int
    values: Mapping[str, str | None]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An entry that gets its first owner: opened, or reopened."""

    number: int
    episode: int
    what: str
    owner: ownership.EntryOwner


def failed(failure: Failure, seen: str | None, allowed: str) -> Violation:
    """A failure on the road, as a violation that owners read."""
    return Violation(rule=failure.value, field="", seen=seen, allowed=allowed, message=failure.sentence)


def hold(tx: sa.Connection, pack: Pack, held: Sequence[HeldDeal], author: Author) -> None:
    """Open an entry per deal, or judge its entry again: owner, due time, violations, notice and event at once.

    The entries are locked: people decide on them while a run writes. What a person has rejected stays rejected.
    """
    before = entries.of_deals(tx, [deal.deal_id for deal in held], for_update=True)
    found = entries.violations_of(tx, [row.id for row in before.values()])
    for deal in held:
        row = before.get(deal.deal_id)
        if row is None:
            _open(tx, pack, deal, author)
        elif row.state == EntryState.RELEASED:
            _reopen(tx, pack, deal, row, author)
        elif row.state == EntryState.OPEN:
            _judge_again(tx, pack, deal, row, author)
            if [_rule_and_value(v) for v in found[row.id]] != [_rule_and_value(v) for v in deal.violations]:
                entries.put_violations(tx, row.id, row.episode, deal.violations)


def release(
    tx: sa.Connection, deal_ids: Sequence[str], why: str, author: Author, *, unless: frozenset[str] = frozenset()
) -> list[str]:
    """Release the open entries of these deals, `unless` one of these failures holds them; returns whose it did."""
    released = []
    before = entries.of_deals(tx, deal_ids, for_update=True)
    found = {d: before[d] for d in deal_ids if d in before and before[d].state == EntryState.OPEN}  # as they arrived
    violations = entries.violations_of(tx, [row.id for row in found.values()]) if unless else {}
    for deal_id, row in found.items():
        if any(v.rule in unless for v in violations.get(row.id, ())):
            continue
        entries.change(tx, row, state=EntryState.RELEASED, released_at=author.at)
        subject = f"entry:{entry_name(row.id)}"
        append(tx, author, [Event(subject=subject, what="released", old=row.state, new="released", why=why)])
        released.append(deal_id)
    return released


def _open(tx: sa.Connection, pack: Pack, deal: HeldDeal, author: Author) -> None:
    owner = _owner(pack, deal, author)
    number = entries.opened(
        tx,
        deal_id=deal.deal_id,
        handoff_id=deal.handoff_id,
        episode=1,
        **_fresh(pack, owner, author),
    )
    entries.put_violations(tx, number, 1, deal.violations)
    _announce(tx, Opening(number=number, episode=1, what="opened", owner=owner), deal, author)


def _reopen(tx: sa.Connection, pack: Pack, deal: HeldDeal, row: sa.Row[Any], author: Author) -> None:
    owner = _owner(pack, deal, author)
    episode = row.episode + 1
    entries.change(tx, row, episode=episode, released_at=None, **_fresh(pack, owner, author))
    entries.put_violations(tx, row.id, episode, deal.violations)
    _announce(tx, Opening(number=row.id, episode=episode, what="reopened", owner=owner), deal, author)


def _judge_again(tx: sa.Connection, pack: Pack, deal: HeldDeal, row: sa.Row[Any], author: Author) -> None:
    """The clock of an open entry runs on while its owner stays; only what is wrong, and so who owns it, may change."""
    wanted = _owner(pack, deal, author)
    judged = {"role": wanted.role, "kind": wanted.kind, "judged_at": author.at, "pack_fingerprint": pack.fingerprint}
    found = _somebody_else(pack, deal, row, wanted, author)
    if found is None:
        entries.change(tx, row, **judged)
        return
    to, hours, why = found
    pauses = clocks.pauses_of(tx, [row.id])[row.id]
    entries.change(tx, row, reassigned_by=None, **routing.handed(row, to, hours, author.at, pauses), **judged)
    routing.tell_rerouted(tx, row, to, author, why=why, role=wanted.role)


def _somebody_else(
    pack: Pack, deal: HeldDeal, row: sa.Row[Any], wanted: ownership.EntryOwner, author: Author
) -> tuple[Heir, int, str] | None:
    """Who is to own an open entry that is judged again, within how many hours, and why; None when its owner stays.

    A person's word on the owner holds for the episode, and so does an escalation while the same role answers.
    """
    gone = routing.gone(pack.owners, row.person, author.at, wanted.role)
    if row.reassigned_by and gone is None:
        return None
    if row.level and wanted.role == row.role:
        why = routing.astray(pack.owners, row, wanted.role, deal.values, author.at)
        if why is None:
            return None
        place = clock.as_kept(row).place
        to = routing.heir(pack.owners, wanted.role, deal.values, author.at, after=place - 1)
        return to, wanted.escalate_within_hours, why
    if column(wanted.person_id) == row.person or _only_a_weekend(pack, deal, row, wanted, author):
        return None
    moved = f"{wanted.role} answers for what holds it now" if wanted.role != row.role else None
    to = Heir(
        person_id=wanted.person_id,
        name=wanted.name,
        email=wanted.email,
        place=wanted.level,
        last=False,
        calendar=wanted.calendar,
        skipped=wanted.skipped,
    )
    return to, wanted.respond_within_hours, gone or moved or f"{wanted.person_id} answers for {wanted.role} now"


def _only_a_weekend(pack: Pack, deal: HeldDeal, row: sa.Row[Any], wanted: ownership.EntryOwner, author: Author) -> bool:
    """Whether somebody else is named only because a weekend has begun or is over: the owner then keeps the entry."""
    owners = pack.owners
    rota = any(routing.on_rota(owners, wanted.role, who) for who in (row.person, wanted.person_id))
    same = rota and wanted.role == row.role
    return same and routing.astray(owners, row, wanted.role, deal.values, author.at) is None


def _rule_and_value(violation: Any) -> tuple[str, str | None]:
    return violation.rule, violation.seen


def _owner(pack: Pack, deal: HeldDeal, author: Author) -> ownership.EntryOwner:
    return ownership.entry_owner(pack, deal.violations, deal.values, author.at)


def _fresh(pack: Pack, owner: ownership.EntryOwner, author: Author) -> dict[str, Any]:
    """The columns of an entry that begins an episode: one owner, and a clock in that person's working time."""
    own = clock.begun(owner.calendar, owner.respond_within_hours, author.at, place=owner.level)
    counted = clock.columns(own)
    return {
        "state": EntryState.OPEN,
        "person": column(owner.person_id),
        "owner_name": owner.name,
        "owner_email": owner.email,
        "role": owner.role,
        "kind": owner.kind,
        "opened_at": author.at,
        **counted,
        "first_due_at": counted["due_at"],
        "level": 0,
        "reassigned_by": None,
        "answered_at": None,
        "judged_at": author.at,
        "pack_fingerprint": pack.fingerprint,
    }


def _announce(tx: sa.Connection, opening: Opening, deal: HeldDeal, author: Author) -> None:
    owner = opening.owner
    notice = {
        "dedupe_key": f"entry:{opening.number}:{opening.episode}:{opening.what}",
        "kind": f"entry_{opening.what}",
        "entry_id": opening.number,
        "person": column(owner.person_id),
        "state": "pending",
        "created_at": author.at,
    }
    entries.notify(tx, [notice])
    new: dict[str, Any] = {"owner": owner.person_id, "role": owner.role, "rules": [v.rule for v in deal.violations]}
    if owner.skipped:
        new["skipped"] = [{"person": person, "why": why} for person, why in owner.skipped]
    subject = f"entry:{entry_name(opening.number)}"
    append(tx, author, [Event(subject=subject, what=opening.what, new=new, why=f"episode {opening.episode}")])
