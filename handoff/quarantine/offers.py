"""What one person may decide on an entry as it stands, the likeliest first: for the page, which makes a form of each.

A notice tells what may be open (`open_decisions`); here it is asked at the desk, with all that hangs on the entry.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.core.entry import EntryKind, EntryState
from handoff.core.handoff import AT_THE_DESK, HandoffState
from handoff.core.ownership import accountable, first_violation
from handoff.core.relations import same_person
from handoff.quarantine import approvals, clock, corrections, open_decisions, waivers
from handoff.quarantine.decision import Desk, permits
from handoff.store import clocks, overlays, questions

WITHDRAW_CORRECTION, WITHDRAW_BY_HAND = "withdraw-correction", "withdraw-by-hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One decision that is open. `what`: the action as addresses name it; `facts`: what its form is made of."""

    what: str
    effect: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """The entry at a desk, with its handoff (`entries.listed` has its money) and what is known from elsewhere.

    `owns_label`: the actor owns the labels of a field that holds it; `steps`: those that the actor may accept.
    """

    desk: Desk
    row: sa.Row[Any]
    owns_label: bool
    steps: Sequence[sa.Row[Any]]

    @property
    def effects(self) -> dict[Action, str]:
        return open_decisions.effects_of(self.desk.pack, self.row, self.desk.violations)

    @property
    def money(self) -> str:
        return open_decisions.money_of(self.row)

    @property
    def at_the_desk(self) -> bool:
        return self.row.state == EntryState.OPEN and self.row.handoff_state in AT_THE_DESK


def offers(matter: Matter) -> list[Offer]:
    """Every decision that is open to the actor, the likeliest first."""
    found = [offer for make in _EACH for offer in make(matter)]
    first = _likeliest(matter)
    return sorted(found, key=lambda offer: first.index(offer.what) if offer.what in first else len(first))


def also_at(desk: Desk, action: Action) -> bool:
    """Whether the actor may do it for what hangs on the entry just now: a request, a question, corrected money."""
    match action:
        case Action.APPROVE | Action.DECLINE:
            return bool(approvals.open_to(desk))
        case Action.CONFIRM_CORRECTION:
            waiting = corrections.waiting_of(desk.tx, desk.row.deal_id)
            return bool(waiting) and permits(desk, action, corrections.second_of(desk, waiting))
        case Action.WAIVE:
            return bool(waivers.open_to(desk))
        case Action.ANSWER:
            return bool(_asked(desk))
        case _:
            return permits(desk, action)


def _likeliest(m: Matter) -> list[str]:
    """What somebody came for, most likely first: what is put to them, then what the first reason asks for."""
    put = ["answer", "confirm", "approve", "decline", "accept", "reopen", WITHDRAW_BY_HAND]
    rest = ["waive", "label", "correct", "rerun", "request-approval", "done-by-hand", "comment", "ask"]
    if not m.desk.violations:
        return [*put, *rest]
    current: Sequence[Any] = m.desk.violations
    violation = first_violation(m.desk.pack, current)
    kind = accountable(m.desk.pack.owners, violation.rule).kind
    if violation.rule.endswith("_is_canonical") and m.owns_label:
        ask = ["label"]
    elif kind is EntryKind.APPROVAL:
        ask = ["request-approval"]
    elif violation.field in m.desk.pack.policies.desk.corrections:
        ask = ["correct"]
    else:
        ask = ["rerun"]
    return [*put, *ask, *(what for what in rest if what not in ask)]


def _correct(m: Matter) -> Iterator[Offer]:
    if not m.at_the_desk or not permits(m.desk, Action.CORRECT):
        return
    if effect := m.effects.get(Action.CORRECT):
        yield Offer(what="correct", effect=effect)
    if live := overlays.live(m.desk.tx, [m.row.deal_id]).get(m.row.deal_id, []):
        text = "Take a correction back: what the CRM says holds again, and the next run judges the deal by it."
        yield Offer(what=WITHDRAW_CORRECTION, effect=text, facts={"corrections": live})


def _confirm(m: Matter) -> Iterator[Offer]:
    waiting = corrections.waiting_of(m.desk.tx, m.row.deal_id)
    if m.at_the_desk and waiting and permits(m.desk, Action.CONFIRM_CORRECTION, corrections.second_of(m.desk, waiting)):
        text = "You are the second person: once you confirm, the corrected money holds, and the next run judges by it."
        yield Offer(what="confirm", effect=text, facts={"corrections": waiting})


def _approvals(m: Matter) -> Iterator[Offer]:
    if not m.at_the_desk:
        return
    if requests := approvals.open_to(m.desk):
        for what, action in (("approve", Action.APPROVE), ("decline", Action.DECLINE)):
            if effect := m.effects.get(action):
                yield Offer(what=what, effect=effect, facts={"requests": requests})
    asked = {row.rule for row in approvals.waiting_of(m.desk)}
    rules = [
        rule
        for rule in dict.fromkeys(v.rule for v in m.desk.violations if v.judged)
        if rule not in asked and accountable(m.desk.pack.owners, rule).kind is EntryKind.APPROVAL
    ]
    effect = m.effects.get(Action.REQUEST_APPROVAL)
    if rules and effect and permits(m.desk, Action.REQUEST_APPROVAL):
        yield Offer(what="request-approval", effect=effect, facts={"rules": rules})


def _waive(m: Matter) -> Iterator[Offer]:
    rules = waivers.open_to(m.desk) if m.at_the_desk else {}
    if rules and (effect := m.effects.get(Action.WAIVE)):
        yield Offer(what="waive", effect=effect, facts={"rules": rules})


def _label(m: Matter) -> Iterator[Offer]:
    effect = m.effects.get(Action.DECIDE_LABEL)
    if m.at_the_desk and m.owns_label and effect:
        yield Offer(what="label", effect=effect)


def _accept(m: Matter) -> Iterator[Offer]:
    if m.steps:
        text = "Accept it: the step is done, its clock ends; if the entry is open for that alone, the next run ends it."
        yield Offer(what="accept", effect=text, facts={"steps": m.steps})


def _ends(m: Matter) -> Iterator[Offer]:
    if m.at_the_desk and permits(m.desk, Action.REJECT):
        yield Offer(what="reject", effect=m.effects[Action.REJECT])
    if m.row.state == EntryState.REJECTED and permits(m.desk, Action.REOPEN):
        text = f"Take the rejection back: the entry is open again, and the next run judges its {m.money}."
        yield Offer(what="reopen", effect=text)


def _by_hand(m: Matter) -> Iterator[Offer]:
    if m.row.state != EntryState.OPEN or not permits(m.desk, Action.DONE_BY_HAND):
        return
    claimed = m.row.handoff_state == HandoffState.CLAIMED
    if claimed:
        text = f"Take it back: it was not done by hand after all, and the next run judges its {m.money}."
        yield Offer(what=WITHDRAW_BY_HAND, effect=text)
    if m.at_the_desk or claimed:
        yield Offer(what="done-by-hand", effect=m.effects[Action.DONE_BY_HAND])


def _clock(m: Matter) -> Iterator[Offer]:
    if m.row.state != EntryState.OPEN:
        return
    pauses = clocks.pauses_of(m.desk.tx, [m.row.id])[m.row.id]
    try:
        paused_until = clock.state_of(m.desk.row, pauses, m.desk.author.at).paused_until
    except ValueError:  # its clock cannot be read: then nothing is said of pauses
        return
    if paused_until is None and permits(m.desk, Action.PAUSE):
        yield Offer(what="pause", effect=m.effects[Action.PAUSE])
    elif paused_until is not None and permits(m.desk, Action.RESUME):
        yield Offer(what="resume", effect="Let its clock go on now, before the pause is over.")


def _words(m: Matter) -> Iterator[Offer]:
    is_open = m.row.state == EntryState.OPEN
    if asked := _asked(m.desk):
        text = f"Answer: {asked[0].asked_by} is told, and the entry's clock goes on."
        yield Offer(what="answer", effect=text, facts={"questions": asked})
    if is_open and permits(m.desk, Action.ASK):
        yield Offer(what="ask", effect=m.effects[Action.ASK])
    if is_open and permits(m.desk, Action.REASSIGN):
        yield Offer(what="reassign", effect=m.effects[Action.REASSIGN])
    if m.at_the_desk and m.row.handoff_state == HandoffState.HELD and permits(m.desk, Action.RERUN):
        text = "Judge it again: the next run, within 5 minutes, reads the deal as the CRM has it now."
        yield Offer(what="rerun", effect=text)
    if permits(m.desk, Action.COMMENT):
        yield Offer(what="comment", effect=m.effects[Action.COMMENT])


def _asked(desk: Desk) -> list[sa.Row[Any]]:
    """The questions that are put to the actor and wait."""
    waiting = questions.unanswered(desk.tx, [desk.row.id])
    return [row for row in waiting if same_person(desk.pack.owners, row.asked_of, desk.author.actor)]


_EACH: tuple[Callable[[Matter], Iterator[Offer]], ...] = (
    _correct,
    _confirm,
    _approvals,
    _waive,
    _label,
    _accept,
    _ends,
    _by_hand,
    _words,
    _clock,
)
