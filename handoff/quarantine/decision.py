"""What all decisions have in common: who may take them, a why, one transaction, and a conflict when two decide at once.

A decision changes what we know; the next run acts on it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import ALLOWED, Action, Relation, may
from handoff.core.entry import EntryState, entry_name
from handoff.core.errors import HandoffError, UsageError
from handoff.core.handoff import AT_THE_DESK, HandoffState
from handoff.core.ownership import accountable
from handoff.core.pack import Owners, Pack, Person
from handoff.core.relations import person_of, relations
from handoff.store import entries, handoffs
from handoff.store.events import Author, Event, append, of_subjects
from handoff.store.handoffs import LostRaceError

LONGEST_WHY = 2000
"""Characters of a reason; what is longer belongs into a document that the reason names."""

NO_ANSWER = frozenset(
    {Action.COMMENT, Action.ASK, Action.ANSWER, Action.PAUSE, Action.RESUME, Action.REASSIGN, Action.RERUN}
)
"""What settles nothing, and so is no answer of the owner's."""


class ConflictError(HandoffError):
    """Somebody else decided first: what they changed, and what to do. Exit 1: nothing of ours was written.

    `last`: the event by which one entry was changed last, where it is about one.
    """

    def __init__(self, sentence: str, last: sa.Row[Any] | None = None) -> None:
        super().__init__(sentence)
        self.last = last


class NotAllowedError(UsageError):
    """The actor may not do this to this entry; says who may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One entry on the desk, in a transaction: as it was when the decider looked at it, and who decides.

    `values` are the deal's (snapshot and overlay), for look-ups of roles. `violations`: the entry's current ones.
    """

    tx: sa.Connection
    pack: Pack
    author: Author
    row: sa.Row[Any]
    values: Mapping[str, str | None]
    violations: tuple[sa.Row[Any], ...]

    @property
    def name(self) -> str:
        """How people call the entry."""
        return entry_name(self.row.id)

    @property
    def subject(self) -> str:
        """The subject of its events."""
        return f"entry:{self.name}"

    def reviewers(self) -> set[str]:
        """The roles that may comment on it and not decide."""
        return {role for v in self.violations for role in accountable(self.pack.owners, v.rule).reviewers}


def take_up(
    tx: sa.Connection,
    pack: Pack,
    seen: sa.Row[Any],
    values: Mapping[str, str | None],
    author: Author,
    *,
    version: int | None = None,
    states: Collection[EntryState] = (EntryState.OPEN,),
) -> Desk:
    """Take an entry up for a decision, in the transaction that will write it.

    `seen` is the entry as the decider saw it (`version`: its row version, where that was told separately). Raises
    ConflictError when it has changed since, and UsageError when it is in none of `states`.
    """
    now = entries.by_id(tx, seen.id, for_update=True)
    if now.row_version != (seen.row_version if version is None else version):
        raise _conflict(tx, seen.id)
    if now.state not in states:
        raise UsageError(f"{entry_name(now.id)} is {now.state}: this is for {' or '.join(states)} entries.")
    return laid_before(tx, pack, now, values, author)


def laid_before(
    tx: sa.Connection, pack: Pack, row: sa.Row[Any], values: Mapping[str, str | None], author: Author
) -> Desk:
    """An entry as it lies before somebody, whatever its state."""
    violations = tuple(entries.violations_of(tx, [row.id])[row.id])
    return Desk(tx=tx, pack=pack, author=author, row=row, values=values, violations=violations)


def permits(desk: Desk, action: Action, also: Collection[Relation] = ()) -> bool:
    """Whether the actor may do it: `authorise` as a question."""
    return may(action, _own(desk, also))


def _own(desk: Desk, also: Collection[Relation]) -> set[Relation]:
    found = relations(
        desk.pack.owners,
        desk.author.actor,
        owner=desk.row.person,
        role=desk.row.role,
        values=desk.values,
        reviewers=desk.reviewers(),
    )
    own = {*found, *also}
    return own - {Relation.STRANGER} if len(own) > 1 else own


def authorise(desk: Desk, action: Action, also: Collection[Relation] = ()) -> None:
    """Raise NotAllowedError unless the actor may do it. `also`: what they are to the approval, label, question, …"""
    refuse_who_left(desk.pack.owners, desk.author)
    own = _own(desk, also)
    if may(action, own):
        return
    said = action.value.replace("_", " ")
    wanted = ", ".join(relation.words for relation in Relation if relation in ALLOWED[action])
    part = ", ".join(sorted(relation.words for relation in own))
    raise NotAllowedError(
        f"{desk.author.actor!r} may not {said} {desk.name} (as {part}): that is for {wanted}. "
        f"Its owner is {desk.row.owner_name}, its role {desk.row.role}. Say who you are with --as."
    )


def refuse_who_left(owners: Owners, author: Author) -> None:
    """Raise NotAllowedError for an actor who is with the company no more."""
    if person := who_left(owners, author):
        raise NotAllowedError(f"{person.name} left on {person.left} and decides nothing here any more.")


def who_left(owners: Owners, author: Author) -> Person | None:
    """The actor, when they are with the company no more."""
    person = owners.people.get(person_of(owners, author.actor) or "")
    return person if person is not None and person.left is not None and person.left <= author.at.date() else None


def reason(why: str) -> str:
    """The why of a decision; UsageError when there is none, or it is too long."""
    text = " ".join(why.split())
    if not text:
        raise UsageError("Say why: --why '…'. It stands in the audit, and the next person will ask.")
    if len(text) > LONGEST_WHY:
        raise UsageError(f"The reason has {len(text):,} characters, {LONGEST_WHY:,} are allowed: name a document.")
    return text


def record(desk: Desk, what: Action | str, *, why: str, old: Any = None, new: Any = None, **changes: Any) -> None:
    """Write a decision down: the entry's changes by compare-and-swap and its event, in the transaction of `desk`.

    Every decision moves the row version on, so that whoever looked before it sees a conflict.
    """
    if desk.row.answered_at is None and what not in NO_ANSWER:
        changes = {"answered_at": desk.author.at, **changes}
    try:
        entries.change(desk.tx, desk.row, **changes)
    except LostRaceError:
        raise _conflict(desk.tx, desk.row.id) from None
    handoffs.show_anew(desk.tx, desk.row.handoff_id, desk.author.at)
    append(desk.tx, desk.author, [Event(subject=desk.subject, what=str(what), old=old, new=new, why=why)])


def back_to_the_gate(desk: Desk) -> bool:
    """Have the next run judge the deal again; False when it is not held (it was delivered, and needs attention).

    One that is at the gate already is moved on, too: a run that judges it just now leaves it to the next.
    """
    handoff = handoffs.by_id(desk.tx, desk.row.handoff_id)
    if handoff.state not in AT_THE_DESK:
        return False
    handoffs.move(desk.tx, handoff.id, HandoffState.PULLED, desk.author.at, restart_clock=False)
    return True


def _conflict(tx: sa.Connection, entry_id: int) -> ConflictError:
    """What happened to the entry last."""
    name = entry_name(entry_id)
    last = of_subjects(tx, [f"entry:{name}"])[-1]
    when = f"{last.at:%Y-%m-%d %H:%M:%S} UTC"
    why = f" ({last.why})" if last.why else ""
    return ConflictError(
        f"{name} was changed by somebody else while you looked at it: {last.actor} {last.what.replace('_', ' ')} "
        f"at {when}{why}. Nothing of yours was written; look again: handoff queue show {name}",
        last,
    )
