"""The summary of a run for people: warnings first, the balance in one line, what holds deals, what next."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from handoff.cli import console
from handoff.core.pack import Pack
from handoff.report.wording import counted, plain

if TYPE_CHECKING:
    from handoff.road.run import RunSummary

_SHOWN = 12
"""Rows of a list on a screen; the rest is counted."""
_EFFECTS = {
    "customer": ("Stripe customer", "Stripe customers"),
    "invoice": ("Stripe invoice", "Stripe invoices"),
    "project": ("Asana project", "Asana projects"),
    "writeback": ("Opportunity written back", "Opportunities written back"),
}


def show(summary: "RunSummary", pack: Pack) -> None:
    """Print it; at most a screen long, whatever the run did."""
    for warning in (*summary.warnings, *(f"{name} was given up: {why}" for name, why in summary.outages.items())):
        console.lines(f"Warning: {plain(warning)}")
    if summary.interrupted:
        console.lines("Warning: the run was asked to stop; what it did not reach stays for the next run.")
    console.lines(balance(summary), *_read_of(summary), "")
    if summary.held_by_rule:
        held_by_rule(summary.held_by_rule, pack)
    _effects(summary)
    _waiting(summary)
    _changes(summary)
    console.lines("", *_next(summary))


def balance(summary: "RunSummary") -> str:
    """Where every pulled deal went, as one sum; an unbalanced run says how many have no outcome."""
    parts = " + ".join(f"{summary.outcomes[name]:,} {name.replace('_', ' ')}" for name in summary.outcomes)
    text = f"{counted(summary.pulled, 'deal')} pulled = {parts} ({summary.duration_s:.1f} s, run {summary.run_id})"
    if summary.balanced:
        return text
    lost = summary.pulled - sum(summary.outcomes.values())
    return f"NOT BALANCED: {counted(lost, 'deal')} without an outcome. {text}"


def _read_of(summary: "RunSummary") -> list[str]:
    """Whether all was read that the CRM has, by its own count; what a sweep found."""
    told = []
    if summary.found is not None:
        told.append(f"The sweep found {counted(summary.found, 'deal')} new or changed that no sync had told.")
    if summary.complete is not None:
        crm, ours = summary.complete.crm, summary.complete.ours
        verdict = "Incomplete" if summary.complete.missing else "Complete"
        told.append(f"{verdict}: {counted(crm, 'won deal')} by the CRM's own count, {ours:,} read.")
    return told


def held_by_rule(counts: Mapping[str, int], pack: Pack) -> None:
    """Rules with their deals and who answers for them."""
    rows = [(rule, f"{count:,}", answers(rule, pack)) for rule, count in list(counts.items())[:_SHOWN]]
    console.table(("Held by", "Deals", "Owner"), rows, right=(1,))
    if len(counts) > _SHOWN:
        console.lines(f"and {len(counts) - _SHOWN} more rules: handoff report")
    console.lines("")


def answers(rule: str, pack: Pack) -> str:
    """The role that answers for a rule, with its person where that is one for all deals."""
    accountable = pack.owners.rules.get(rule) or pack.owners.failures.get(rule)
    if accountable is None:
        return "nobody: handoff pack check says why"
    role = pack.owners.roles[accountable.role]
    if role.person:
        return f"{pack.owners.people[role.person].name}, {role.title}"
    return f"{role.title}, by {role.look_up.field.replace('_', ' ')}" if role.look_up else role.title


def _effects(summary: "RunSummary") -> None:
    told = []
    for kind, counts in summary.effects.items():
        done = counts.get("created", 0)
        if any(counts.values()):
            extra = [f"{counts[how]:,} {how}" for how in ("adopted", "refused") if counts.get(how)]
            verb = "" if kind == "writeback" else " created"
            told.append(
                counted(done, *_EFFECTS.get(kind, (kind,))) + verb + (f" ({', '.join(extra)})" if extra else "")
            )
    if told:
        console.lines("; ".join(told) + ".")
    if summary.calls:
        calls = ", ".join(f"{service} {count:,}" for service, count in summary.calls.items())
        console.lines(f"Calls: {calls}.")


def _waiting(summary: "RunSummary") -> None:
    """Deals in progress by reason: why they wait, and how long the oldest has."""
    by_reason: dict[str, list[int]] = {}
    for row in summary.in_progress:
        by_reason.setdefault(str(row["reason"]), []).append(int(row["age_s"]))
    for reason, ages in list(by_reason.items())[:_SHOWN]:
        console.lines(f"In progress: {counted(len(ages), 'deal')}, {plain(reason)} (oldest {_age(max(ages))}).")


def _age(seconds: int) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _changes(summary: "RunSummary") -> None:
    """A re-run's difference, entry by entry."""
    if not summary.changes:
        return
    rows = [(c["entry"], c["deal_id"], c["before"], c["after"]) for c in summary.changes[:_SHOWN]]
    console.lines("")
    console.table(("Entry", "Deal", "Before", "After"), rows)
    if len(summary.changes) > _SHOWN:
        console.lines(f"and {len(summary.changes) - _SHOWN:,} more: --json lists them all")


def _next(summary: "RunSummary") -> list[str]:
    steps = []
    if summary.exit_code:
        steps.append("Next: run handoff sync again once that is settled; handoff doctor checks every service.")
    if summary.outcomes.get("held"):
        steps.append("Next: handoff queue list shows the entries, handoff explain ENTRY says why a deal is held,")
        steps.append("      handoff report --html held.html puts them on a page by owner.")
    return steps or ["Nothing to do."]
