"""What a run shows in Prefect's window: its summary and its held deals. Ids, rules and counts; nothing about people."""

from collections.abc import Mapping
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from handoff.core.entry import entry_name
from handoff.road.house import House
from handoff.road.run import OUTCOMES, RunSummary
from handoff.store import entries, runs

SUMMARY_KEY, HELD_KEY = "run-summary", "held-deals"
_MOST_ROWS = 1000
"""Prefect keeps an artifact in one row of its database; the queue shows all."""


def publish(house: House, summary: RunSummary) -> None:
    """Create both artifacts. Raises whatever Prefect's client raises; the caller makes it one warning."""
    create_markdown_artifact(markdown(summary), key=SUMMARY_KEY, description="What this run did.")
    shown = held(house, summary.run_id)
    if shown:
        more = f"{len(shown)} held deals" + (f", the first {_MOST_ROWS} shown" if len(shown) > _MOST_ROWS else "")
        create_table_artifact(
            shown[:_MOST_ROWS], key=HELD_KEY, description=f"{more}. `handoff queue show ENTRY` tells the rest."
        )


def markdown(summary: RunSummary) -> str:
    """The run as counts. Warnings and outages stay outside but for their number: their text may name somebody."""
    parts = [
        f"# Run {summary.run_id}",
        f"{summary.pulled} deals in {summary.duration_s:.1f} s: "
        + ", ".join(f"{summary.outcomes.get(name, 0)} {name.replace('_', ' ')}" for name in OUTCOMES)
        + ("." if summary.balanced else ". **Unbalanced: not every deal has an outcome.**"),
    ]
    if summary.found is not None:
        parts.append(f"The sweep found {summary.found} deals new or changed.")
    if summary.complete:
        verdict = "**Incomplete:**" if summary.complete.missing else "Complete:"
        parts.append(f"{verdict} {summary.complete.crm} won deals by the CRM's count, {summary.complete.ours} read.")
    if summary.outages:
        parts.append(f"**Not reached: {', '.join(sorted(summary.outages))}.** What waits goes on by the next run.")
    if summary.interrupted:
        parts.append("**Stopped before its end;** the next run goes on.")
    if summary.warnings:
        parts.append(f"{len(summary.warnings)} warnings, to be read in `handoff.log`.")
    parts += [_table("held by rule", "deals", summary.held_by_rule), _table("service", "calls", summary.calls)]
    done = {f"{kind} {how}": n for kind, counts in summary.effects.items() for how, n in counts.items() if n}
    return "\n\n".join(part for part in [*parts, _table("effect", "number", done)] if part)


def held(house: House, run_id: str) -> list[dict[str, Any]]:
    """The deals that this run held: entry, deal, rules, accountable role, due time."""
    with house.store.read() as tx:
        rows = runs.deals_of(tx, run_id, "held")
        found = entries.of_deals(tx, [row.deal_id for row in rows])
    table = []
    for row in rows:
        entry = found.get(row.deal_id)
        table.append(
            {
                "entry": entry_name(entry.id) if entry else "",
                "deal": row.deal_id,
                "rules": row.reason,
                "role": entry.role if entry else "",
                "due": f"{entry.due_at:%Y-%m-%d %H:%M} UTC" if entry else "",
            }
        )
    return table


def _table(first: str, second: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    return "\n".join([f"| {first} | {second} |", "|---|---:|", *(f"| {name} | {n} |" for name, n in counts.items())])
