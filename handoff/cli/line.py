"""Stop, start and adopt from the command line."""

from pathlib import Path

from handoff.cli import console, opening
from handoff.report.wording import counted


def stop(step: str | None, why: str, who: str | None, *, as_json: bool) -> None:
    """Stop the line, or a step of it."""
    with opening.house(who) as house:
        from handoff.road import line  # noqa: PLC0415 - after settings are known to be right

        line.stop(house, step, why)
    if as_json:
        console.emit({"stopped": step or "line", "actor": house.actor, "why": why})
        return
    console.lines(f"{_what(step)} is stopped by {house.actor}. Every run says so until: handoff start --why TEXT")


def start(step: str | None, why: str, who: str | None, *, as_json: bool) -> None:
    """Let the line, or a step of it, go on."""
    with opening.house(who) as house:
        from handoff.road import line  # noqa: PLC0415 - as above

        was_stopped = line.start(house, step, why)
    if as_json:
        console.emit({"started": step or "line", "was_stopped": was_stopped, "actor": house.actor, "why": why})
        return
    text = "goes on with the next sync" if was_stopped else "was not stopped; nothing changed"
    console.lines(f"{_what(step)} {text}.")


def adopt_customers(file: Path, why: str, who: str | None, *, as_json: bool) -> None:
    """Take a CSV's word on which Stripe customer is which account."""
    with opening.house(who) as house:
        from handoff.road import line  # noqa: PLC0415 - as above

        count = line.adopt_customers(house, file, why)
    if as_json:
        console.emit({"adopted": count, "actor": house.actor, "why": why})
        return
    console.lines(f"{counted(count, 'customer')} named. Deals held for that doubt are judged by the next handoff sync.")


def _what(step: str | None) -> str:
    return f"Step {step}" if step else "The line"
