"""`handoff owners check` and `handoff workflow`: the ownership map for people, programs and the printer."""

from typing import Any

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.report.wording import counted, plain


def _folder(pack: str | None) -> Any:
    """--pack, else HANDOFF_PACK."""
    return pack if pack is not None else opening.settings().pack


def check(pack: str | None, days: int, *, as_json: bool) -> int:
    """Show what the proof found; returns 0, or 2 when the map is not whole."""
    from handoff.road.ownership_map import MapCheck, check_map  # noqa: PLC0415 - polars: half a second

    found: MapCheck = check_map(_folder(pack), utc_now(), days)
    proof = found.proof
    if as_json:
        names = ("file", "line", "key", "wrong", "right")
        console.emit(
            {
                "ok": not found.problems,
                "pack": found.pack,
                "days": days,
                "since": proof.since.isoformat() if proof else None,
                "until": proof.until.isoformat() if proof else None,
                "roles": list(proof.roles) if proof else [],
                "chains": proof.chains if proof else 0,
                "questions": proof.questions if proof else 0,
                "problems": [{name: getattr(problem, name) for name in names} for problem in found.problems],
                "notes": list(found.notes),
            }
        )
        return 2 if found.problems else 0
    console.lines(*(plain(problem) for problem in found.problems))
    console.lines(*(f"Note: {plain(note)}" for note in found.notes))
    if found.problems:
        console.lines("", f"{counted(len(found.problems), 'problem')}: no run begins on pack {found.pack}.")
        return 2
    if proof:
        console.lines(
            f"The ownership map of pack {found.pack} is whole until {proof.until:%Y-%m-%d %H:%M} UTC: "
            f"{counted(len(proof.roles), 'role')}, {counted(proof.chains, 'chain')} (a role with each value of its "
            f"look-ups), each with one person, a backup and an end at every hour of {counted(days, 'day')}."
        )
    return 0
