"""Decisions about labels: a synonym, or a new canonical label, for all entries that one text holds."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import ALLOWED, Action, Relation, may
from handoff.core.entry import entry_name
from handoff.core.label_decision import LabelDecision, LabelState
from handoff.core.ownership import chain
from handoff.core.pack import Pack
from handoff.core.relations import holds_any, person_of
from handoff.quarantine.decision import ConflictError, NotAllowedError, reason, record, refuse_who_left, take_up
from handoff.store import label_decisions
from handoff.store.events import Author, Event, append
from handoff.store.handoffs import LostRaceError


def decide(
    tx: sa.Connection,
    pack: Pack,
    decision: LabelDecision,
    author: Author,
    *,
    concerned: Sequence[int],
    seen_entry: sa.Row[Any] | None = None,
    touches: Mapping[str, Any],
) -> None:
    """Write a decision down, with an event on the label and on each entry that it concerns (their numbers).

    `seen_entry`: the entry it was decided from, as the decider saw it; `touches`: what they were told it touches. The
    decision's `why` has been through `reason`.
    Raises NotAllowedError, or ConflictError when somebody else decided first.
    """
    authorise(pack, decision.label_set, author)
    why = decision.why
    told = {"label_set": decision.label_set, "canonical": decision.canonical, "is_new": decision.is_new}
    from_entry = None
    if seen_entry is not None:
        desk = take_up(tx, pack, seen_entry, {}, author)
        record(desk, Action.DECIDE_LABEL, why=why, old=decision.seen, new=told)
        from_entry = desk.row.id
    try:
        label_decisions.put(tx, decision)
    except LostRaceError:
        raise ConflictError(_conflict(tx, decision)) from None
    on_entries = [
        Event(subject=f"entry:{entry_name(n)}", what=Action.DECIDE_LABEL, old=decision.seen, new=told, why=why)
        for n in concerned
        if n != from_entry
    ]
    new = {**told, **touches}
    append(tx, author, [Event(subject=subject(decision), what="label_decided", new=new, why=why), *on_entries])


def withdraw(tx: sa.Connection, pack: Pack, decision: LabelDecision, author: Author, why: str) -> None:
    """Take a decision out of use; deals that went out by it stay delivered. Raises NotAllowedError, ConflictError."""
    authorise(pack, decision.label_set, author)
    _end(tx, decision, author, LabelState.WITHDRAWN, reason(why))


def exported(tx: sa.Connection, decision: LabelDecision, author: Author) -> None:
    """The pack's own file says it from now on. Raises ConflictError when somebody withdrew it meanwhile."""
    _end(tx, decision, author, LabelState.EXPORTED, "written into labels.yaml")


def authorise(pack: Pack, label_set: str, author: Author) -> None:
    """Raise NotAllowedError unless the actor owns the label set, backs its owner up, or is the tie-breaker.

    A set that the pack no longer has is the tie-breaker's.
    """
    refuse_who_left(pack.owners, author)
    if may_decide(pack, label_set, author.actor):
        return
    known = pack.labels.get(label_set)
    wanted = ", ".join(r.words for r in Relation if r in ALLOWED[Action.DECIDE_LABEL])
    owner = f"label set {label_set} belongs to {known.owner_role}" if known else f"there is no label set {label_set}"
    raise NotAllowedError(
        f"{author.actor!r} may not decide labels of {label_set}: that is for {wanted}, and {owner}. "
        "Say who you are with --as."
    )


def may_decide(pack: Pack, label_set: str, actor: str) -> bool:
    """Whether somebody owns a label set, backs its owner up, or is the tie-breaker."""
    owners, found = pack.owners, {Relation.STRANGER}
    known = pack.labels.get(label_set)
    roles = chain(owners, known.owner_role) if known else []
    if person := person_of(owners, actor):
        found = {Relation.KNOWN}
        if holds_any(owners, person, roles, {}):
            found.add(Relation.LABEL_OWNER)
        if person == owners.tie_breaker:
            found.add(Relation.TIE_BREAKER)
    return may(Action.DECIDE_LABEL, found)


def subject(decision: LabelDecision) -> str:
    """The subject of a label's events."""
    return f"label:{decision.label_set}:{decision.seen}"


def _end(tx: sa.Connection, decision: LabelDecision, author: Author, to: LabelState, why: str) -> None:
    try:
        label_decisions.end(tx, decision, to)
    except LostRaceError:
        raise ConflictError(_conflict(tx, decision)) from None
    append(tx, author, [Event(subject=subject(decision), what=f"label_{to}", old=decision.canonical, why=why)])


def _conflict(tx: sa.Connection, decision: LabelDecision) -> str:
    now = label_decisions.find(tx, decision.label_set, decision.seen) or decision
    return (
        f"Somebody else decided first: {now} is {now.state}, by {now.by} ({now.why}). Nothing of yours was written; "
        "look again: handoff labels list"
    )
