"""Ask one person one question about an entry, with a deadline; its clock pauses meanwhile, within the pack's cap."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from handoff.core.authority import Action, Relation
from handoff.core.business_time import calendar_of
from handoff.core.errors import UsageError
from handoff.core.relations import person_of, same_person
from handoff.quarantine import pauses
from handoff.quarantine.assignments import somebody
from handoff.quarantine.decision import Desk, authorise, reason, record
from handoff.quarantine.telling import tell
from handoff.store import clocks, questions

MOST_HOURS = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was put: to whom, until when (UTC), and until when the entry's clock stands at most.

    `paused_until` None: the episode's pauses are used up, the clock goes on.
    """

    person_id: str
    name: str
    deadline: datetime
    paused_until: datetime | None


def ask(desk: Desk, of: str, question: str, hours: int | None = None) -> Asked:
    """Put a question to one person. `hours`: within how many of their working hours (default: the pack's).

    Raises NotAllowedError, ConflictError, or UsageError: nobody to ask, oneself, a question to them that is open.
    """
    authorise(desk, Action.ASK)
    text = reason(question)
    policy, at = desk.pack.policies.desk, desk.author.at
    within = policy.answer_within_hours if hours is None else hours
    if not 0 < within <= MOST_HOURS:
        raise UsageError(f"--hours is {within}: say 1 to {MOST_HOURS:,} working hours.")
    key, person = somebody(desk.pack.owners, of, at.date())
    if same_person(desk.pack.owners, key, desk.author.actor):
        raise UsageError(f"{person.name} is yourself: name whom you ask.")
    if any(q.asked_of == key for q in questions.unanswered(desk.tx, [desk.row.id])):
        raise UsageError(f"{person.name} has an open question about {desk.name} already: one at a time.")
    deadline = calendar_of(desk.pack.owners, desk.row.role, key).add(at, timedelta(hours=within))
    left = pauses.cap_left(desk, clocks.pauses_of(desk.tx, [desk.row.id])[desk.row.id])
    paused_until = min(deadline, at + left) if left > timedelta() else None
    asker = person_of(desk.pack.owners, desk.author.actor) or desk.author.actor
    common = {"entry_id": desk.row.id, "episode": desk.row.episode}
    questions.put(desk.tx, **common, asked_by=asker, asked_of=key, text=text, at=at, deadline=deadline)
    if paused_until is not None:
        stop = {"reason": questions.WAITING, "actor": asker, "why": text, "since": at, "until": paused_until}
        clocks.put_pause(desk.tx, **common, **stop)
    new = {
        "of": key,
        "deadline": deadline.isoformat(),
        "paused_until": paused_until.isoformat() if paused_until else None,
    }
    record(desk, Action.ASK, why=text, new=new, **(pauses.recounted(desk) if paused_until is not None else {}))
    when = f"{deadline:%Y-%m-%d %H:%M} UTC"
    about = (
        f"{desk.author.actor} asks you about {desk.name}, by {when}: {text} Answer: handoff queue answer {desk.name}"
    )
    tell(desk, "question_asked", key, about)
    return Asked(person_id=key, name=person.name, deadline=deadline, paused_until=paused_until)


def answer(desk: Desk, text: str) -> str:
    """Answer the question about the entry that is put to the actor, also a late one; returns who asked.

    Raises NotAllowedError when no question waits for the actor.
    """
    owners = desk.pack.owners
    waiting = [
        q for q in questions.unanswered(desk.tx, [desk.row.id]) if same_person(owners, q.asked_of, desk.author.actor)
    ]
    authorise(desk, Action.ANSWER, also=[Relation.ASKED] if waiting else [])
    said = reason(text)
    asked = waiting[0]
    questions.answer(desk.tx, asked, said, desk.author.at)
    new = {"asked_by": asked.asked_by}
    record(desk, Action.ANSWER, why=said, old={"question": asked.text}, new=new, **pauses.recounted(desk))
    about = f"{desk.author.actor} answers your question about {desk.name} ({asked.text}): {said}"
    tell(desk, "question_answered", asked.asked_by, about)
    return str(asked.asked_by)
