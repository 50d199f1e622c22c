"""Notices, the dead-man's switch and notes to customers, from the command line."""

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.core.errors import UsageError
from handoff.core.notice import MessageState
from handoff.report.messages import banner
from handoff.report.wording import counted, plain, utc


def send(*, again: bool, as_json: bool) -> int:
    """Make messages and send them; returns the exit code."""
    with opening.house() as house:
        from handoff.road.notify import notify  # noqa: PLC0415 - after settings are known to be right

        done = notify(house, again=again)
    if as_json:
        console.emit(done.document())
        return done.exit_code
    for sentence in done.wrong:
        console.lines(plain(sentence), console=console.err())
    console.lines(plain(done.sentence))
    for why, times in done.failures.most_common():
        console.lines(f"  {plain(why)} ({counted(times, 'time')})")
    if said := banner(done.undelivered):
        console.lines(said)
    return done.exit_code


def show_list(*, state: str | None, limit: int, as_json: bool) -> None:
    """Messages, newest first. Raises UsageError for a state that does not exist."""
    from handoff.store import messages  # noqa: PLC0415 - SQLAlchemy: a third of a second

    states = [found.value for found in MessageState]
    if state is not None and state not in states:
        raise UsageError(f"--state {state!r} is no state of a message: {', '.join(states)}.")
    with opening.reading() as tx:
        found = messages.listed(tx, [state] if state else [], limit)
        counts = messages.counts(tx)
        undelivered = messages.undelivered(tx, utc_now())
    if as_json:
        names = ("id", "kind", "person", "title", "state", "critical", "channel", "attempts", "error")
        times = ("created_at", "next_at", "sent_at")
        documents = [
            {name: getattr(row, name) for name in names}
            | {name: at.isoformat() if (at := getattr(row, name)) else None for name in times}
            for row in found
        ]
        console.emit({"messages": documents, "counts": counts, "undelivered": undelivered})
        return
    rows = [(utc(m.created_at), m.person, m.title, m.state, m.channel or "", m.attempts, m.error or "") for m in found]
    if rows:
        console.table(("Made", "To", "What", "State", "By", "Tries", "What stood in the way"), rows, right=(5,))
        console.lines("")
    waiting = counted(counts["outbox"], "notice")
    console.lines(f"{counted(len(found), 'message')}. {waiting} in the outbox: handoff notices send")
    if said := banner(undelivered):
        console.lines(said)


def deadman(minutes: int | None, *, as_json: bool) -> int:
    """Look whether the line is alive; returns 0, or 1 when it is not."""
    settings = opening.settings()
    from handoff.road.deadman import watch  # noqa: PLC0415 - after settings are known to be right

    verdict = watch(settings, utc_now(), minutes=minutes)
    if as_json:
        console.emit(verdict.document())
        return 1 if verdict.dead else 0
    if not verdict.dead:
        console.lines(f"Alive: {verdict.last}.")
        return 0
    for text in (*verdict.dead, *verdict.warnings):
        console.lines(plain(text), console=console.err())
    told = ", ".join(f"{person} by {channel}" for person, channel in verdict.told)
    before = "It was told within the last day." if verdict.told_before else "Nobody could be told by a channel."
    console.lines(plain(f"Told {told}." if told else before), console=console.err())
    return 1


def note(entry: str, *, as_json: bool) -> None:
    """The drafted notes of an entry."""
    with opening.house() as house:
        from handoff.road.notes import notes  # noqa: PLC0415 - as above

        drafted = notes(house, entry)
    if as_json:
        console.emit({"entry": entry, "notes": [{"rule": rule, "text": text} for rule, text in drafted.items()]})
        return
    for place, text in enumerate(drafted.values()):
        console.lines(*([""] if place else []), *(plain(line) for line in text.splitlines()))
