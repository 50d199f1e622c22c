"""What the commands on corrections, waivers and approvals do and print."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from handoff.cli import console, opening
from handoff.core.errors import UsageError
from handoff.report.wording import counted, violation_document

if TYPE_CHECKING:
    from handoff.road.deciding import Foreseen


def correct(
    name: str, texts: Sequence[str], why: str, who: str | None, *, dry_run: bool = False, as_json: bool = False
) -> None:
    """Correct fields of a deal, or say what that would come to."""
    values = _values(texts)
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - after settings are known to be right

        seen = deciding.look(house, name)
        foreseen = deciding.correct(house, seen, values, why, dry_run=dry_run)
    before = {field: seen.row.get(field) for field in values}
    waits = {"waits_for": foreseen.waits, "dry_run": dry_run}
    if as_json:
        changed = {field: {"old": before[field], "new": text} for field, text in values.items()}
        console.emit({"entry": seen.name, "decided": "correct", "changed": changed, **waits, **_document(foreseen)})
        return
    said = "would be corrected" if dry_run else "corrected"
    for field, text in values.items():
        console.lines(f"{seen.name}: {field} {said} from {before[field] or 'nothing'} to {text or 'nothing'}.")
    if foreseen.waits:
        console.lines(f"It is money: it holds once {foreseen.waits} says so: handoff queue confirm {seen.name}.")
    _say(foreseen, dry_run=dry_run or bool(foreseen.waits))


def confirm(name: str, why: str, who: str | None, *, version: int | None, as_json: bool) -> None:
    """Confirm corrected money."""
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - as above

        seen = deciding.look(house, name)
        laid, foreseen = deciding.confirm(house, seen, why, version=version)
    _told(seen.name, "confirm", {"laid": laid}, foreseen, as_json=as_json)


def withdraw(name: str, field: str, why: str, who: str | None, *, as_json: bool) -> None:
    """Take a correction back."""
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - as above

        seen = deciding.look(house, name)
        foreseen = deciding.withdraw(house, seen, field, why)
    _told(seen.name, "withdraw", {"field": field}, foreseen, as_json=as_json)


def waive(name: str, rule: str, days: int, why: str, who: str | None, *, as_json: bool = False) -> None:
    """Waive a rule."""
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - as above

        seen = deciding.look(house, name)
        until, foreseen = deciding.waive(house, seen, rule, days, why)
    _told(seen.name, "waive", {"rule": rule, "until": until.isoformat()}, foreseen, as_json=as_json)


def request_approval(name: str, rule: str, why: str, who: str | None, *, as_json: bool) -> None:
    """Ask for an approval."""
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - as above

        seen = deciding.look(house, name)
        asked = deciding.request_approval(house, seen, rule, why)
    if as_json:
        of = {"of": asked.person_id, "role": asked.role, "level": asked.number}
        console.emit({"entry": seen.name, "decided": "request_approval", "rule": rule, **of})
        return
    console.lines(f"{seen.name}: {asked.name} is asked to approve {rule}: handoff queue approve {seen.name}.")


def approve(name: str, rule: str, why: str, who: str | None, *, as_json: bool) -> None:
    """Approve what was asked for."""
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - as above

        seen = deciding.look(house, name)
        foreseen = deciding.approve(house, seen, rule, why)
    _told(seen.name, "approve", {"rule": rule}, foreseen, as_json=as_json)


def decline(name: str, rule: str, why: str, who: str | None, *, as_json: bool) -> None:
    """Decline what was asked for."""
    with opening.house(who) as house:
        from handoff.road import deciding  # noqa: PLC0415 - as above

        seen = deciding.look(house, name)
        deciding.decline(house, seen, rule, why)
    if as_json:
        console.emit({"entry": seen.name, "decided": "decline", "rule": rule})
        return
    console.lines(f"{seen.name}: {rule} is declined; the deal stays held, and whoever asked is told.")


def _values(texts: Sequence[str]) -> dict[str, str]:
    """`field=value`, each field once. Raises UsageError for anything else."""
    found: dict[str, str] = {}
    for text in texts:
        field, sign, value = text.partition("=")
        field = field.strip()
        if not sign or not field:
            raise UsageError(f"--set {text!r} is no FIELD=VALUE, such as --set billing_email=ap@customer.com.")
        if field in found:
            raise UsageError(f"--set names {field} twice: say once what it is.")
        found[field] = value
    return found


_PAST = {"confirm": "confirmed", "withdraw": "withdrawn", "waive": "waived", "approve": "approved"}


def _told(name: str, decided: str, facts: dict[str, Any], foreseen: "Foreseen", *, as_json: bool) -> None:
    if as_json:
        console.emit({"entry": name, "decided": decided, **facts, **_document(foreseen)})
        return
    shown = ", ".join(f"{key} {value}" for key, value in facts.items())
    console.lines(f"{name}: {_PAST[decided]} ({shown}).")
    _say(foreseen)


def _document(foreseen: "Foreseen") -> dict[str, Any]:
    return {
        "would_pass": foreseen.would_pass,
        "excluded": foreseen.excluded,
        "holds": [violation_document(v) for v in foreseen.verdict.violations],
    }


def _say(foreseen: "Foreseen", *, dry_run: bool = False) -> None:
    """What the gate makes of it, in one line; and what would still hold the deal."""
    if foreseen.excluded:
        console.lines(f"The deal would be excluded: {foreseen.excluded}.")
        return
    if foreseen.would_pass:
        console.lines("It would pass the gate." + ("" if dry_run else " The next handoff sync delivers it."))
        return
    console.lines(f"{counted(len(foreseen.verdict.violations), 'thing')} would still hold it:")
    rows = [(v.rule, v.seen or "(empty)", v.allowed, v.message) for v in foreseen.verdict.violations]
    console.table(("Rule", "Seen", "Allowed", "What is wrong"), rows)
