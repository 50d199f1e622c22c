"""Decisions at the desk, each in one transaction: reject, reassign, pause, ask, done by hand; and back again."""

from fastapi import APIRouter
from starlette.responses import Response

from handoff.core.authority import Action
from handoff.core.entry import entry_name
from handoff.quarantine import assignments, by_hand, offers, pauses, questions, rejections, reruns
from handoff.quarantine.decision import Desk
from handoff.report.wording import spoken
from handoff.review import decision_forms as forms
from handoff.review.access import AtEntry
from handoff.review.decision_forms import Decided
from handoff.review.taking import SOON, at_the_desk, local_to, taken
from handoff.road import accepting

router = APIRouter()


@router.post("/entries/{name}/reject")
def reject(at: AtEntry) -> Response:
    """The deal is not handed off."""

    def act(desk: Desk, form: forms.Rejecting) -> str:
        rejections.reject(desk, form.reason, form.why)
        return "Rejected: nothing is invoiced, and the CRM shows it after the next run. It can be reopened here."

    return at_the_desk(at, "reject", Action.REJECT, forms.Rejecting, act)


@router.post("/entries/{name}/reopen")
def reopen(at: AtEntry) -> Response:
    """Take a rejection back."""

    def act(desk: Desk, form: Decided) -> str:
        rejections.reopen(desk, form.why)
        return f"Open again. The next run judges the deal {SOON}."

    return at_the_desk(at, "reopen", Action.REOPEN, Decided, act)


@router.post("/entries/{name}/reassign")
def reassign(at: AtEntry) -> Response:
    """Give it to another person."""

    def act(desk: Desk, form: forms.Reassigning) -> str:
        assignments.reassign(desk, form.to, form.why)
        _, person = assignments.somebody(at.visit.pack.owners, form.to, desk.author.at.date())
        return f"It is {person.name}'s now, who is told. Its clock goes on."

    return at_the_desk(at, "reassign", Action.REASSIGN, forms.Reassigning, act)


@router.post("/entries/{name}/comment")
def comment(at: AtEntry) -> Response:
    """Write a remark."""

    def act(desk: Desk, form: Decided) -> str:
        assignments.comment(desk, form.why)
        return "Your remark stands in the timeline; nothing else changed."

    return at_the_desk(at, "comment", Action.COMMENT, Decided, act)


@router.post("/entries/{name}/pause")
def pause(at: AtEntry) -> Response:
    """Let its clock stand still."""

    def act(desk: Desk, form: forms.Pausing) -> str:
        told = pauses.pause(desk, form.reason, form.hours, form.why)
        return f"Paused until {local_to(at, told['until'])}; due then {local_to(at, told['due'])}."

    return at_the_desk(at, "pause", Action.PAUSE, forms.Pausing, act)


@router.post("/entries/{name}/resume")
def resume(at: AtEntry) -> Response:
    """Let its clock go on."""

    def act(desk: Desk, form: Decided) -> str:
        return f"Its clock goes on; due {local_to(at, pauses.resume(desk, form.why)['due'])}."

    return at_the_desk(at, "resume", Action.RESUME, Decided, act)


@router.post("/entries/{name}/ask")
def ask(at: AtEntry) -> Response:
    """Put one question to one person."""

    def act(desk: Desk, form: forms.Asking) -> str:
        asked = questions.ask(desk, form.of, form.why, form.hours)
        stands = (
            f"its clock stands until then, or until {local_to(at, asked.paused_until)}" if asked.paused_until else ""
        )
        by = local_to(at, asked.deadline)
        return (
            f"{asked.name} is asked, and answers by {by}; {stands or 'its clock goes on, as its pauses are used up'}."
        )

    return at_the_desk(at, "ask", Action.ASK, forms.Asking, act)


@router.post("/entries/{name}/answer")
def answer(at: AtEntry) -> Response:
    """Answer the question that was put to the reader."""

    def act(desk: Desk, form: Decided) -> str:
        asker = questions.answer(desk, form.why)
        known = at.visit.pack.owners.people.get(asker)
        return f"{known.name if known else asker} is told, and the clock goes on."

    return at_the_desk(at, "answer", Action.ANSWER, Decided, act)


@router.post("/entries/{name}/done-by-hand")
def done_by_hand(at: AtEntry) -> Response:
    """Say that it was done by hand; the next run looks, and takes it over."""

    def act(desk: Desk, form: forms.Claiming) -> str:
        by_hand.claim(desk, form.claim(), form.why)
        return f"Noted: nothing is sent for it. The next run checks {SOON} whether what you named is there."

    return at_the_desk(at, "done-by-hand", Action.DONE_BY_HAND, forms.Claiming, act)


@router.post("/entries/{name}/withdraw-by-hand")
def withdraw_by_hand(at: AtEntry) -> Response:
    """It was not done by hand after all."""

    def act(desk: Desk, form: Decided) -> str:
        by_hand.withdraw(desk, form.why)
        return f"Taken back. The next run judges the deal {SOON}."

    return at_the_desk(at, offers.WITHDRAW_BY_HAND, Action.DONE_BY_HAND, Decided, act)


@router.post("/entries/{name}/accept")
def accept(at: AtEntry) -> Response:
    """Take over a step by hand."""

    def act(form: forms.Accepting) -> str:
        accepting.accept(at.visit.house, entry_name(at.seen.entry.id), form.step, form.why)
        known = at.visit.pack.workflow.steps.get(form.step)
        return f"Accepted: {known.title if known else spoken(form.step)}."

    return taken(at, "accept", Action.ACCEPT, forms.Accepting, act)


@router.post("/entries/{name}/rerun")
def rerun(at: AtEntry) -> Response:
    """Have the next run judge it again."""

    def act(desk: Desk, form: Decided) -> str:
        queued = reruns.queue(desk, form.why)
        return f"Queued: the next run takes it {SOON}, and its page says what came of it." if queued else _NOT_HELD

    return at_the_desk(at, "rerun", Action.RERUN, Decided, act)


_NOT_HELD = "The deal is not held, so there is nothing to judge again."
