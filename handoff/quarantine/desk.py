"""Decisions on held deals: open an entry with one owner and a due time; release it when its cause is gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core import ownership
from handoff.core.entry import EntryState, due, entry_name
from handoff.core.pack import Pack
from handoff.core.violation import Failure, Violation
from handoff.store import entries
from handoff.store.events import Author, Event, append

STAYS_WHEN_DELIVERED = frozenset(
    {Failure.CRM_REFUSED.value, Failure.CHANGED_AFTER_DELIVERY.value, Failure.REVERSAL_NEEDED.value}
)
"""Failures that only a write-back which arrives can end, or a comparison with what is out."""
STAYS_WHEN_PASSED = frozenset(failure.value for failure in Failure) - {
    Failure.RULE_ERROR.value,
    Failure.CORRECTION_CONFLICT.value,
}
"""Failures of a service, of which only a delivery shows that they are gone; and those that stay even then."""
_LONGEST_PERSON = 254
"""The longest e-mail address (RFC 5321): a look-up may name a person by theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDeal:
    """A deal to hold: its handoff, its row's values (for look-ups of owners) and everything found."""

    deal_id: str
    handoff_id: int
    values: Mapping[str, str | None]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An entry that gets its owner: opened, reopened or reassigned."""

    number: int
    episode: int
    what: str
    owner: ownership.EntryOwner


def failed(failure: Failure, seen: str | None, allowed: str) -> Violation:
    """A failure on the road, as a violation that owners read."""
    return Violation(rule=failure.value, field="", seen=seen, allowed=allowed, message=failure.sentence)


def hold(tx: sa.Connection, pack: Pack, held: Sequence[HeldDeal], author: Author) -> None:
    """Open an entry per deal, or judge its entry again: owner, due time, violations, notice and event at once."""
    before = entries.of_deals(tx, [deal.deal_id for deal in held])
    found = entries.violations_of(tx, [row.id for row in before.values()])
    for deal in held:
        row = before.get(deal.deal_id)
        if row is None:
            _open(tx, pack, deal, author)
        elif row.state == EntryState.RELEASED:
            _reopen(tx, pack, deal, row, author)
        else:
            _judge_again(tx, pack, deal, row, author)
            if [_rule_and_value(v) for v in found[row.id]] != [_rule_and_value(v) for v in deal.violations]:
                entries.put_violations(tx, row.id, row.episode, deal.violations)


def release(
    tx: sa.Connection, deal_ids: Sequence[str], why: str, author: Author, *, unless: frozenset[str] = frozenset()
) -> list[str]:
    """Release the open entries of these deals, `unless` one of these failures holds them; returns whose it did."""
    released = []
    found = {d: row for d, row in entries.of_deals(tx, deal_ids).items() if row.state == EntryState.OPEN}
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
    """The clock of an open entry runs on; only what is wrong, and so perhaps who owns it, may change."""
    owner = _owner(pack, deal, author)
    entries.change(
        tx,
        row,
        person=_person(owner),
        owner_name=owner.name,
        owner_email=owner.email,
        role=owner.role,
        judged_at=author.at,
        pack_fingerprint=pack.fingerprint,
    )
    if _person(owner) != row.person:
        _announce(tx, Opening(number=row.id, episode=row.episode, what="reassigned", owner=owner), deal, author)


def _person(owner: ownership.EntryOwner) -> str:
    """The owner's id as the columns hold it; that of a stranger is an e-mail address, which may be long."""
    return owner.person_id[:_LONGEST_PERSON]


def _rule_and_value(violation: Any) -> tuple[str, str | None]:
    return violation.rule, violation.seen


def _owner(pack: Pack, deal: HeldDeal, author: Author) -> ownership.EntryOwner:
    return ownership.entry_owner(pack, deal.violations, deal.values, author.at)


def _fresh(pack: Pack, owner: ownership.EntryOwner, author: Author) -> dict[str, Any]:
    return {
        "state": EntryState.OPEN,
        "person": _person(owner),
        "owner_name": owner.name,
        "owner_email": owner.email,
        "role": owner.role,
        "opened_at": author.at,
        "due_at": due(author.at, owner.respond_within_hours),
        "judged_at": author.at,
        "pack_fingerprint": pack.fingerprint,
    }


def _announce(tx: sa.Connection, opening: Opening, deal: HeldDeal, author: Author) -> None:
    owner = opening.owner
    key = f"entry:{opening.number}:{opening.episode}:{opening.what}:{_person(owner)}"
    if opening.what == "reassigned":
        key += f":{author.run_id or author.at.isoformat()}"
    notice = {
        "dedupe_key": key,
        "kind": f"entry_{opening.what}",
        "entry_id": opening.number,
        "person": _person(owner),
        "state": "pending",
        "created_at": author.at,
    }
    entries.notify(tx, [notice])
    new: dict[str, Any] = {"owner": owner.person_id, "role": owner.role, "rules": [v.rule for v in deal.violations]}
    if owner.skipped:
        new["skipped"] = [{"person": person, "why": why} for person, why in owner.skipped]
    subject = f"entry:{entry_name(opening.number)}"
    append(tx, author, [Event(subject=subject, what=opening.what, new=new, why=f"episode {opening.episode}")])
