"""`handoff owners check` and `handoff workflow`: the ownership map for people, programs and the printer."""

from collections.abc import Iterator
from pathlib import Path
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


def workflow(pack: str | None, *, html: Path | None, as_json: bool) -> int:
    """Show the workflow in plain language, or write its page; returns 0."""
    from handoff.report import workflow_page  # noqa: PLC0415 - jinja2
    from handoff.report.pages import write  # noqa: PLC0415 - as above
    from handoff.report.sentences import rule_sentences  # noqa: PLC0415 - polars and pandera: half a second
    from handoff.road.packs import find_pack  # noqa: PLC0415 - as above

    now = utc_now()
    view = workflow_page.described(find_pack(_folder(pack)), rule_sentences(), now)
    if html is not None:
        write(html, workflow_page.page(view, now))
    if as_json:
        console.emit(view.document())
        return 0
    for deal_type, titles in view.orders:
        console.lines(f"{plain(deal_type)}: {plain(', then '.join(titles))}")
    for number, step in enumerate(view.steps, start=1):
        console.lines("", *_step_lines(number, step))
    if html is not None:
        console.lines("", f"{html} is the same as a page, with every rule.")
    return 0


def _step_lines(number: int, step: Any) -> Iterator[str]:
    facts = (
        ("who answers", _who(step.answers)),
        ("how", step.does),
        ("for", ", ".join(step.deal_types)),
        ("begins", step.starts),
        ("handed over by", ", ".join(step.handed_over_by)),
        ("done", step.limit),
        ("needs", "; ".join(step.inputs)),
        ("without Handoff", step.fallback),
    )
    yield f"{number}. {plain(step.title)}"
    yield from (f"   {name:<16} {plain(fact)}" for name, fact in facts if fact)
    yield from (
        f"   {'can hold a deal' if n == 0 else '':<16} {p.code} ({p.kind}): {plain(p.answers.title)}, "
        f"within {p.within_hours} h"
        for n, p in enumerate(step.problems)
    )


def _who(answers: Any) -> str:
    how = f"{answers.how}, else " if answers.how else ""
    away = f" ({answers.away})" if answers.away else ""
    return f"{answers.title}: {how}{answers.person}{away}"
