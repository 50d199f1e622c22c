"""Label decisions from the command line: take one, list them, take one back, write them into the pack."""

from dataclasses import dataclass

from handoff.cli import console, opening
from handoff.cli.confirming import confirm
from handoff.core.errors import UsageError
from handoff.report.wording import counted, plain, utc


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be decided, as the command line names it."""

    entry: str | None
    cause: str | None
    rule: str | None
    as_label: str | None
    new_label: bool


def decide(wanted: Wanted, why: str, who: str | None, *, yes: bool, as_json: bool) -> None:
    """Show what the decision touches, have it confirmed, take it."""
    if (wanted.entry is None) == (wanted.cause is None):
        raise UsageError("Say what it is decided from: an entry such as E-000123, or --cause C-…")
    if (wanted.as_label is None) != wanted.new_label:
        raise UsageError("Say what the text is: --as-label LABEL for a synonym, or --new-label; one of them.")
    with opening.house(who) as house:
        from handoff.road import causes, labels  # noqa: PLC0415 - after settings are known to be right

        what = causes.find(house, wanted.cause) if wanted.cause else wanted.entry or ""
        foreseen = labels.foresee(house, what, as_label=wanted.as_label, why=why, rule=wanted.rule)
        confirm(foreseen.sentence, yes=yes, as_json=as_json)
        labels.decide(house, foreseen)
    if as_json:
        console.emit(foreseen.document())
        return
    console.lines(f"Decided by {plain(house.actor)}. The next handoff sync, or handoff rerun, acts on it.")


def show_list(*, every: bool, as_json: bool) -> None:
    """The decisions in use; with `every`, those exported or withdrawn too."""
    from handoff.store import label_decisions  # noqa: PLC0415 - as above

    with opening.reading() as tx:
        found = label_decisions.listed(tx) if every else label_decisions.in_use(tx)
    if as_json:
        from handoff.road.labels import document  # noqa: PLC0415 - as above

        console.emit({"labels": [document(decision) for decision in found]})
        return
    if not found:
        console.lines("No label decision" + ("." if every else " is in use: labels.yaml says it all."))
        return
    rows = [
        (
            decision.label_set,
            decision.seen,
            "(a label of its own)" if decision.is_new else decision.canonical,
            decision.state.value,
            decision.actor,
            utc(decision.at),
            decision.why,
        )
        for decision in found
    ]
    console.table(("Set", "Text", "Label", "State", "Who", "When", "Why"), rows)


def export(who: str | None, *, write: bool, as_json: bool) -> None:
    """Show what labels.yaml would be with the decisions in it, or write it."""
    with opening.house(who, decided=False) as house:
        from handoff.road import decided_labels  # noqa: PLC0415 - as above

        made = decided_labels.export(house)
        if write:
            decided_labels.write(house, made)
    if as_json:
        console.emit({"written": write, **made.document()})
        return
    if not made.decisions:
        console.lines("No label decision is in use: labels.yaml says it all.")
    elif not write:
        console.lines(*(plain(line) for line in made.difference.splitlines()))
    else:
        console.lines(f"{plain(made.file)} holds {counted(len(made.decisions), 'label decision')} now; the same pack.")


def withdraw(label_set: str, text: str, why: str, who: str | None, *, as_json: bool) -> None:
    """Take a decision back."""
    with opening.house(who, decided=False) as house:
        from handoff.road import decided_labels  # noqa: PLC0415 - as above

        gone = decided_labels.withdraw(house, label_set, text, why)
    if as_json:
        console.emit({"withdrawn": {"label_set": gone.label_set, "seen": gone.seen}, "actor": house.actor, "why": why})
        return
    console.lines(f"{plain(gone)} is withdrawn: from the next run on the text holds deals. What is delivered stays so.")
