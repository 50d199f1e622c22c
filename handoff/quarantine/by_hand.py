"""Done by hand: a person says so and names what is there. While that claim stands, nothing is sent for the deal."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.core.entry import entry_name
from handoff.core.errors import UsageError
from handoff.core.handoff import HandoffState
from handoff.quarantine.decision import Desk, authorise, reason, record
from handoff.quarantine.telling import tell
from handoff.store import handoffs
from handoff.store.events import Event, append, of_subjects

WITHDRAWN, REFUSED = "by_hand_withdrawn", "by_hand_refused"
_LONGEST_ID, _MOST_INVOICES = 64, 60
_CLAIMABLE = (HandoffState.HELD, HandoffState.PULLED, HandoffState.CLAIMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a person says is there: invoices in the order of the instalments, and the project."""

    invoices: tuple[str, ...]
    project: str | None
    accept_differences: bool = False
    actor: str = ""
    why: str = ""

    def document(self) -> dict[str, Any]:
        """As its event holds it."""
        return {
            "invoices": list(self.invoices),
            "project": self.project,
            "accept_differences": self.accept_differences,
        }


def check_names(invoices: tuple[str, ...], project: str | None) -> None:
    """Raise UsageError for what cannot be the id of an invoice at Stripe or of a project at Asana."""
    for text in invoices:
        if not (text.startswith("in_") and text[3:].isalnum() and text.isascii() and len(text) <= _LONGEST_ID):
            raise UsageError(f"{text[:_LONGEST_ID]!r} is no invoice of Stripe: give its id (in_…), not its number.")
    if project is not None and not (project.isascii() and project.isdigit() and len(project) <= _LONGEST_ID):
        raise UsageError(f"{project[:_LONGEST_ID]!r} is no project of Asana: the gid is the number in its address.")
    if not invoices and project is None:
        raise UsageError("Name what is there: --invoice in_… (several in the order of the instalments), --project GID.")
    if len(invoices) > _MOST_INVOICES:
        raise UsageError(f"{len(invoices)} invoices for one deal; {_MOST_INVOICES} are the most.")


def claim(desk: Desk, named: Claim, why: str) -> None:
    """Write down that the deal was done by hand: nothing is sent for it, and the next run looks whether that is there.

    Raises NotAllowedError, ConflictError, or UsageError: ids that are none, a deal that is on its way or delivered.
    """
    authorise(desk, Action.DONE_BY_HAND)
    text = reason(why)
    check_names(named.invoices, named.project)
    row = claimable(desk)
    said = f"said to be done by hand by {desk.author.actor}; the next run looks"
    handoffs.move(desk.tx, row.id, HandoffState.CLAIMED, desk.author.at, reason=said, next_at=None)
    new = {**named.document(), "handoff": HandoffState.CLAIMED.value}
    record(desk, Action.DONE_BY_HAND, why=text, old={"handoff": row.state}, new=new)
    tell(desk, "by_hand_claimed", desk.row.person, f"{desk.author.actor}: {desk.name} was done by hand: {text}")


def claimable(desk: Desk) -> sa.Row[Any]:
    """The handoff, when it may be said to be done by hand; UsageError for one that is on its way or delivered."""
    row = handoffs.by_id(desk.tx, desk.row.handoff_id)
    if row.state in _CLAIMABLE:
        return row
    if row.state == HandoffState.PASSED:
        raise UsageError(
            f"{desk.name} is on its way: it passed the gate, and a run may be sending it now. Stop the line first "
            "(handoff stop), wait for the run to end, and look what it has done: handoff explain."
        )
    raise UsageError(f"{desk.name} is {row.state}: there is nothing to be done by hand.")


def withdraw(desk: Desk, why: str) -> None:
    """Take the claim back: the next run judges the deal again, and delivers it when it passes."""
    authorise(desk, Action.DONE_BY_HAND)
    text = reason(why)
    row = handoffs.by_id(desk.tx, desk.row.handoff_id)
    if row.state != HandoffState.CLAIMED:
        raise UsageError(f"{desk.name} was not said to be done by hand: it is {row.state}.")
    handoffs.move(desk.tx, row.id, HandoffState.PULLED, desk.author.at, reason=None, restart_clock=False)
    record(desk, WITHDRAWN, why=text, old={"handoff": row.state}, new={"handoff": HandoffState.PULLED.value})


def claim_of(tx: sa.Connection, entry_id: int) -> Claim | None:
    """The claim that stands for an entry, from its events; None when there is none."""
    found = None
    for event in of_subjects(tx, [f"entry:{entry_name(entry_id)}"]):
        if event.what == Action.DONE_BY_HAND:
            found = Claim(
                invoices=tuple(event.new["invoices"]),
                project=event.new["project"],
                accept_differences=event.new["accept_differences"],
                actor=event.actor,
                why=event.why or "",
            )
        elif event.what == WITHDRAWN:
            found = None
    return found


def refuse(desk: Desk, problems: str) -> bool:
    """What was claimed is not there, or does not fit: the claim stands, nothing is sent, its owner hears of it.

    Each answer is told once; False when it was told before.
    """
    row = handoffs.by_id(desk.tx, desk.row.handoff_id)
    told = f"said to be done by hand, but {problems}"
    if row.reason == told:
        return False
    handoffs.move(desk.tx, row.id, HandoffState.CLAIMED, desk.author.at, restart_clock=False, reason=told)
    event = Event(subject=desk.subject, what=REFUSED, new={"problems": problems}, why="what was named does not fit")
    append(desk.tx, desk.author, [event])
    about = f"{desk.name} was said to be done by hand, but {problems}. Nothing is sent until you say what is right."
    tell(desk, REFUSED, desk.row.person, about)
    return True
