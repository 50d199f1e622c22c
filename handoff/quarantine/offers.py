"""What one person may decide on an entry as it stands, the likeliest first: for the page, the command line, notices.

It is asked at the desk, with all that hangs on the entry, as each decision asks when it is taken.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from handoff.core.authority import Action
from handoff.core.entry import EntryKind, EntryState
from handoff.core.handoff import HandoffState
from handoff.core.ownership import accountable, first_violation
from handoff.core.relations import same_person
from handoff.core.settled import still_hold
from handoff.quarantine import approvals, clock, corrections, reruns, steps, waivers
from handoff.quarantine.decision import Desk, permits, who_left
from handoff.quarantine.matter import Matter, Offer
from handoff.quarantine.readers import standing_of
from handoff.store import clocks, overlays, questions

WITHDRAW_CORRECTION, WITHDRAW_BY_HAND = "withdraw-correction", "withdraw-by-hand"


def offers(desk: Desk) -> list[Offer]:
    """Every decision that is open to the actor. `desk.row`: with its handoff's money, as `entries.listed` gives it."""
    if who_left(desk.pack.owners, desk.author):
        return []
    matter = Matter(desk=desk)
    found = [offer for make in _EACH for offer in make(matter)]
    first = _likeliest(matter)
    return sorted(found, key=lambda offer: first.index(offer.what) if offer.what in first else len(first))


def in_words(found: Sequence[Offer]) -> str:
    """One line a decision, for a notice."""
    return "\n".join(f"- {offer.effect} {offer.command}" for offer in found)


def also_at(desk: Desk, action: Action) -> bool:
    """Whether one thing that hangs on the entry lets the actor do it, whatever they are to the others."""
    match action:
        case Action.APPROVE | Action.DECLINE:
            return bool(approvals.open_to(desk))
        case Action.CONFIRM_CORRECTION:
            return bool(corrections.open_to(desk))
        case Action.ACCEPT:
            return bool(steps.open_to(desk.tx, desk.pack, desk.row.deal_id, desk.author.actor))
        case _:
            return False


def _likeliest(m: Matter) -> list[str]:
    """What somebody came for, most likely first: what is put to them, then what the first reason asks for."""
    put = ["answer", "confirm", "approve", "decline", "accept", "reopen", WITHDRAW_BY_HAND]
    rest = ["waive", "label", "correct", "rerun", "request-approval", "done-by-hand", "comment", "ask"]
    if m.parted.all_settled:  # nothing is asked of anybody
        return [*put, "comment", WITHDRAW_CORRECTION, *rest]
    if not m.parted.open:
        return [*put, *rest]
    violation = first_violation(m.desk.pack, m.parted.open)
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
    if fields := m.desk.pack.policies.desk.corrections:  # also again: whoever typed it wrong, or lost a race, may
        held = [v.field in fields for v in m.parted.open if v.judged]
        others = held.count(False) if any(held) else 0  # besides what it puts right
        then = f"; {still_hold(others)}" if others else f", and if it passes, the next run invoices {m.money}"
        yield m.offer("correct", f"Correct a field: judged at once{then}.", "correct --set FIELD=VALUE --why TEXT")
    if live := overlays.live(m.desk.tx, [m.row.deal_id]).get(m.row.deal_id, []):
        text = "Take a correction back: what the CRM says holds again, and the next run judges the deal by it."
        command = f"withdraw --field {live[0].field} --why TEXT"
        yield m.offer(WITHDRAW_CORRECTION, text, command, corrections=live)


def _confirm(m: Matter) -> Iterator[Offer]:
    if m.at_the_desk and (waiting := corrections.open_to(m.desk)):
        text = "You are the second person: once you confirm, the corrected money holds, and the next run judges by it."
        yield m.offer("confirm", text, corrections=waiting)


def _approvals(m: Matter) -> Iterator[Offer]:
    if not m.at_the_desk:
        return
    if requests := approvals.open_to(m.desk):
        about = f"--rule {requests[0].rule} --why TEXT"
        others = m.parted.others(requests[0].rule)
        then = f", {m.money}: {still_hold(others)}" if others else f": the next run invoices exactly that, {m.money}"
        yield m.offer("approve", f"Approve what another asked for{then}.", f"approve {about}", requests=requests)
        yield m.offer("decline", f"Decline it: {m.money} stays held.", f"decline {about}", requests=requests)
    if (asked := _to_be_asked(m)) and permits(m.desk, Action.REQUEST_APPROVAL):
        rules, people = list(asked), " or ".join(dict.fromkeys(asked.values()))
        others = m.parted.others(rules[0])
        then = still_hold(others) if others else f"the next run invoices exactly what was approved, {m.money}"
        text = f"Ask {people} for approval: after a yes, {then}."
        yield m.offer("request-approval", text, f"request-approval --rule {rules[0]} --why TEXT", rules=rules)


def _to_be_asked(m: Matter) -> dict[str, str]:
    """The rules for which an approval can be asked for now -> who would be asked, and as what."""
    waiting, owners = {row.rule for row in approvals.waiting_of(m.desk)}, m.desk.pack.owners
    found = {}
    for rule in m.rules:
        if rule in waiting or accountable(owners, rule).kind is not EntryKind.APPROVAL:
            continue
        if level := approvals.would_be_asked(m.desk, rule):
            role = owners.roles.get(level.role)
            found[rule] = f"{level.name} ({role.title if role else 'tie-breaker'})"
    return found


def _waive(m: Matter) -> Iterator[Offer]:
    if not m.at_the_desk:
        return
    if rules := {rule: days for rule, days in waivers.open_to(m.desk).items() if rule in m.rules}:
        first, named = next(iter(rules)), ", ".join(rules)
        others = m.parted.others(first)
        then = (
            f", {m.money}: {still_hold(others)}"
            if others
            else f": the next run invoices {m.money} although it breaks that"
        )
        text = f"Waive {named} for this deal{then}."
        yield m.offer("waive", text, f"waive --rule {first} --days N --why TEXT", rules=rules)


def _label(m: Matter) -> Iterator[Offer]:
    if m.at_the_desk and m.owns_label:
        others = m.parted.others() - 1
        then = f"; {still_hold(others, 'this one')}" if others else ""
        text = f"Decide on the label: this deal ({m.money}) and all others of the same cause are judged again{then}."
        yield m.offer("label", text, "label --as-label LABEL --why TEXT")


def _accept(m: Matter) -> Iterator[Offer]:
    if own := steps.open_to(m.desk.tx, m.desk.pack, m.row.deal_id, m.desk.author.actor):
        text = "Accept it: the step is done, its clock ends; if the entry is open for that alone, the next run ends it."
        yield m.offer("accept", text, f"accept --step {own[0].step} --why TEXT", steps=own)


def _ends(m: Matter) -> Iterator[Offer]:
    if m.at_the_desk and permits(m.desk, Action.REJECT):
        text = f"Reject it: {m.money} is not handed off, nothing is invoiced."
        yield m.offer("reject", text, "reject --reason REASON --why TEXT")
    if m.row.state == EntryState.REJECTED and permits(m.desk, Action.REOPEN):
        yield m.offer(
            "reopen", f"Take the rejection back: the entry is open again, and the next run judges its {m.money}."
        )


def _by_hand(m: Matter) -> Iterator[Offer]:
    if not m.is_open or not permits(m.desk, Action.DONE_BY_HAND):
        return
    claimed = m.row.handoff_state == HandoffState.CLAIMED
    if claimed:
        text = f"Take it back: it was not done by hand after all, and the next run judges its {m.money}."
        yield m.offer(WITHDRAW_BY_HAND, text, "done-by-hand --withdraw --why TEXT")
    if m.at_the_desk or claimed:
        text = f"Say that it was done by hand: your invoice over {m.money} is taken over, we make none."
        yield m.offer("done-by-hand", text, "done-by-hand --invoice ID --project GID --why TEXT")


def _clock(m: Matter) -> Iterator[Offer]:
    if not m.is_open:
        return
    pauses = clocks.pauses_of(m.desk.tx, [m.row.id])[m.row.id]
    try:
        paused_until = clock.state_of(m.row, pauses, m.desk.author.at).paused_until
    except ValueError:  # its clock cannot be read: then nothing is said of pauses
        return
    if paused_until is None and permits(m.desk, Action.PAUSE):
        text = f"Pause its clock, within the cap: {m.money} stays held."
        yield m.offer("pause", text, "pause --reason REASON --hours N --why TEXT")
    elif paused_until is not None and permits(m.desk, Action.RESUME):
        yield m.offer("resume", "Let its clock go on now, before the pause is over.")


def _words(m: Matter) -> Iterator[Offer]:
    if m.is_open and (asked := _asked(m.desk)):
        text = f"Answer: {asked[0].asked_by} is told, and the entry's clock goes on."
        yield m.offer("answer", text, questions=asked)
    if m.is_open and permits(m.desk, Action.ASK):
        text = "Ask one person one question: the clock stands still until the answer."
        yield m.offer("ask", text, "ask --of PERSON --why QUESTION")
    if m.is_open and permits(m.desk, Action.REASSIGN):
        text = f"Hand it to somebody else: {m.money} stays held, they decide."
        yield m.offer("reassign", text, "reassign --to PERSON --why TEXT")
    if permits(m.desk, Action.COMMENT):
        yield m.offer("comment", "Comment: nothing changes.")


def _rerun(m: Matter) -> Iterator[Offer]:
    """Only of a deal that is held: one at the gate is judged by the next run as it is."""
    if m.row.handoff_state == HandoffState.HELD and reruns.refusal(m.row, standing_of(m.desk)) is None:
        text = "Judge it again: the next run, within 5 minutes, reads the deal as the CRM has it now."
        command = f"handoff rerun {m.desk.name}"
        yield Offer(what="rerun", effect=text, command=command)


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
    _rerun,
    _clock,
)
