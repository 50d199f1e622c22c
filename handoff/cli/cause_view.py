"""Causes from the command line: the list, and their entries given to one person."""

from handoff.cli import console, opening
from handoff.cli.confirming import confirm
from handoff.report.wording import counted, money, plain, utc

_SHOWN = 100
_LEFT_SHOWN = 20


def show_list(owner: str | None, *, as_json: bool) -> None:
    """Causes, most money first."""
    with opening.house() as house:
        from handoff.road.causes import listed  # noqa: PLC0415 - after settings are known to be right

        found = listed(house, owner)
    if as_json:
        console.emit({"causes": [cause.document() for cause in found]})
        return
    if not found:
        console.lines("No deal is held." if owner is None else f"No deal is held that {plain(owner)} owns.")
        return
    rows = [
        (
            cause.id,
            cause.what,
            f"{cause.touched.deals:,}",
            money(cause.touched.money),
            cause.owned,
            utc(cause.oldest_due),
            (cause.record.link or cause.record.said) if cause.record else "",
        )
        for cause in found[:_SHOWN]
    ]
    console.table(("Cause", "What", "Deals", "Money", "Owner", "Oldest due", "Where"), rows, right=(2, 3))
    if len(found) > _SHOWN:
        console.lines(f"and {len(found) - _SHOWN:,} more: narrow with --owner, or take --json")
    console.lines(
        "", "A deal with two causes counts in both. A label: handoff queue label --cause C-… --as-label LABEL"
    )


def assign(cause: str, to: str, why: str, who: str | None, *, yes: bool, as_json: bool) -> int:
    """Give the entries of a cause to a person; returns 1 when one of them was not."""
    with opening.house(who) as house:
        from handoff.quarantine.decision import reason  # noqa: PLC0415 - as above
        from handoff.road import bulk, causes  # noqa: PLC0415 - as above

        reason(why)
        _, person = bulk.recipient(house, to)
        found = causes.find(house, cause)
        confirm(f"{found.id} ({found.what}): {found.touched} go to {person}.", yes=yes, as_json=as_json)
        done = bulk.assign(house, found, to, why)
    if as_json:
        console.emit({"cause": found.id, **found.touched.document(), **done.document(), "why": why})
    else:
        were = f"; {len(done.already):,} were theirs already" if done.already else ""
        console.lines(f"{counted(len(done.done), 'entry', 'entries')} given to {plain(person)}{were}.")
        for name, told in done.left[:_LEFT_SHOWN]:
            console.lines(f"{name} was not: {plain(told)}", console=console.err())
        if len(done.left) > _LEFT_SHOWN:
            console.lines(
                f"and {len(done.left) - _LEFT_SHOWN:,} more were not: --json lists them", console=console.err()
            )
    return 1 if done.left else 0
