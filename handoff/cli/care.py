"""Doctor and verify from the command line."""

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.report.wording import counted, plain


def doctor(*, as_json: bool) -> int:
    """Each check as a line, the moment it is known; returns 1 when something is wrong."""
    settings = opening.settings()
    from handoff.road.doctor import examine  # noqa: PLC0415 - after settings are known to be right

    found = []
    for line in examine(settings, utc_now()):
        found.append(line)
        if not as_json:
            console.lines(f"{'ok   ' if line.ok else 'WRONG'}  {line.check:<13} {plain(line.what)}")
            if line.do:
                console.lines(f"                     {plain(line.do)}")
    wrong = sum(not line.ok for line in found)
    if as_json:
        console.emit({"ok": not wrong, "checks": [line.document() for line in found]})
    elif wrong:
        console.lines("", f"{counted(wrong, 'check')} wrong.")
    else:
        console.lines("", "Everything is in place. Next: handoff sync --dry-run")
    return 1 if wrong else 0


def verify(*, remote: bool, as_json: bool) -> int:
    """The invariants that do not hold, each with its row; returns 1 when there is one."""
    with opening.house() as house:
        from handoff.road.verify import verify as broken  # noqa: PLC0415 - after settings are known to be right

        if remote:
            house.open_ports()
        found = broken(house, remote=remote)
    if as_json:
        rows = [{"invariant": f.invariant, "subject": f.subject, "what": f.what} for f in found]
        console.emit({"ok": not found, "remote": remote, "findings": rows})
        return 1 if found else 0
    if found:
        console.table(("Invariant", "Row", "What is wrong"), [(f.invariant, f.subject, f.what) for f in found])
        console.lines("", f"{counted(len(found), 'row')} break an invariant: docs/runbook.md says what to do.")
        return 1
    services = " and the services agree" if remote else "; --remote also asks the services"
    console.lines(f"All invariants of the ledger hold{services}.")
    return 0
