"""Decisions on held deals from the command line: one transaction each, and one sentence that says what comes next."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from handoff.cli import console, opening
from handoff.core.authority import Action
from handoff.core.errors import UsageError
from handoff.report.wording import plain, utc

if TYPE_CHECKING:
    from handoff.quarantine.by_hand import Claim
    from handoff.quarantine.decision import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What every decision is given: why, who, the version that was looked at, and how to print."""

    why: str
    who: str | None
    version: int | None
    as_json: bool


def reject(entry: str, chosen: str, word: Word) -> None:
    """Not handed off."""
    from handoff.quarantine import rejections  # noqa: PLC0415 - after --help, as everywhere here

    _decide(entry, Action.REJECT, word, "is rejected", lambda desk: rejections.reject(desk, chosen, word.why))


def reopen(entry: str, word: Word) -> None:
    """A rejection taken back."""
    from handoff.quarantine import rejections  # noqa: PLC0415

    said = "is open again; the next sync judges its deal"
    _decide(entry, Action.REOPEN, word, said, lambda desk: rejections.reopen(desk, word.why))


def reassign(entry: str, to: str, word: Word) -> None:
    """Another owner."""
    from handoff.quarantine import assignments  # noqa: PLC0415

    said = f"now belongs to {plain(to.strip())}; its clock goes on"
    _decide(entry, Action.REASSIGN, word, said, lambda desk: assignments.reassign(desk, to, word.why))


def comment(entry: str, word: Word) -> None:
    """A remark."""
    from handoff.quarantine import assignments  # noqa: PLC0415

    said = "has your remark in its events"
    _decide(entry, Action.COMMENT, word, said, lambda desk: assignments.comment(desk, word.why))


def ask(entry: str, of: str, hours: int | None, word: Word) -> None:
    """A question to one person."""
    from handoff.quarantine import questions  # noqa: PLC0415

    def put(desk: "Desk") -> dict[str, Any]:
        asked = questions.ask(desk, of, word.why, hours)
        paused = asked.paused_until
        clock = f"its clock stands until {utc(paused)} at most" if paused else "its clock goes on: pauses are used up"
        return {
            "said": f"waits for {asked.name}, who answers by {utc(asked.deadline)}; {clock}",
            "of": asked.person_id,
            "deadline": asked.deadline.isoformat(),
            "paused_until": paused.isoformat() if paused else None,
        }

    _decide(entry, Action.ASK, word, "", put)


def answer(entry: str, word: Word) -> None:
    """An answer to a question."""
    from handoff.quarantine import questions  # noqa: PLC0415

    def put(desk: "Desk") -> dict[str, Any]:
        asker = questions.answer(desk, word.why)
        return {"said": f"has your answer; {asker} is told, and its clock goes on", "asked_by": asker}

    _decide(entry, Action.ANSWER, word, "", put)


def named(invoices: tuple[str, ...], project: str | None, *, accept: bool) -> "Claim":
    """What a person says is there."""
    from handoff.quarantine.by_hand import Claim  # noqa: PLC0415

    return Claim(invoices=invoices, project=project, accept_differences=accept)


def done_by_hand(entry: str, claim: "Claim", word: Word) -> None:
    """What a person made without us, looked at and taken over. Exit 1 when a service did not answer."""
    with opening.house(word.who) as house:
        from handoff.road import by_hand  # noqa: PLC0415

        done = by_hand.done_by_hand(house, entry, claim, word.why, version=word.version)
    document = {
        "entry": done.entry,
        "action": Action.DONE_BY_HAND.value,
        "actor": house.actor,
        "why": word.why,
        "invoices": list(done.invoices),
        "project": done.project,
        "accepted": list(done.accepted),
        "waits": done.waits,
    }
    if word.as_json:
        console.emit(document)
    elif done.waits:
        console.lines(f"{done.entry} is noted as done by hand, nothing is sent for it. {plain(done.waits)}")
        console.lines("The next sync looks whether what you named is there.")
    else:
        there = ", ".join([*done.invoices, *([f"project {done.project}"] if done.project else [])])
        console.lines(f"{done.entry} is delivered, done by hand: {plain(there)}. We never make another.")
        if done.accepted:
            console.lines("Accepted as it is: " + plain("; ".join(done.accepted)))
    if done.waits:
        raise typer.Exit(1)


def withdraw(entry: str, word: Word, *, named: bool) -> None:
    """Not done by hand after all."""
    from handoff.quarantine import by_hand  # noqa: PLC0415

    if named:
        raise UsageError("--withdraw takes back what was said: leave out --invoice and --project.")
    said = "is not done by hand after all; the next sync judges its deal"
    _decide(entry, Action.DONE_BY_HAND, word, said, lambda desk: by_hand.withdraw(desk, word.why))


def fallback(name: str, *, as_json: bool) -> None:
    """The checklist of a deal's manual fallback."""
    with opening.house() as house:
        from handoff.road import fallback as road  # noqa: PLC0415

        found = road.fallback(house, name)
    if as_json:
        console.emit(found.document())
        return
    heading = " · ".join(part for part in (found.account_name, found.deal_name) if part) or found.deal_id
    console.lines(plain(f"By hand: {heading} ({found.entry or found.deal_id})"))
    if found.unplanned:
        console.lines(plain(f"The deal cannot be planned as it stands ({found.unplanned}): what is readable follows."))
    for number, part in enumerate(found.parts, start=1):
        console.lines("", plain(f"{number}. {part.title}: {part.where}"))
        if part.already:
            console.lines(plain(f"   {part.already}"))
        console.table(("", ""), [(v.name, _in_one_line(v.value)) for v in part.values])
    console.lines("", f"{len(found.parts) + 1}. Tell us, so that we never make a second one:", f"   {found.then}")


def _in_one_line(value: str | None) -> str:
    """A value of the checklist; `--json` has it with its line breaks."""
    if value is None:
        return "MISSING: ask for it"
    return " / ".join(line for line in value.splitlines() if line.strip())


def _decide(entry: str, action: Action, word: Word, said: str, decide: Any) -> None:
    """One decision in one transaction, and what is printed of it."""
    with opening.house(word.who) as house:
        from handoff.road.at_the_desk import at_the_desk  # noqa: PLC0415

        with at_the_desk(house, entry, action, version=word.version) as desk:
            told = decide(desk) or {}
    sentence = told.pop("said", said)
    if word.as_json:
        document = {"entry": desk.name, "action": action.value, "actor": house.actor, "why": word.why, **told}
        console.emit(document)
        return
    console.lines(plain(f"{desk.name} {sentence}."))
