"""What a run shows in Prefect's window: its summary, its held deals and their causes. Ids, rules and counts only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from handoff.core.entry import entry_name
from handoff.core.pack import Pack
from handoff.road import causes
from handoff.road.house import House
from handoff.road.run import OUTCOMES, RunSummary
from handoff.store import entries, runs
from handoff.store.queue_pages import among

SUMMARY_KEY, CAUSES_KEY, HELD_KEY = "run-summary", "held-by-cause", "held-deals"
_MOST_ROWS = 1000
"""Prefect keeps an artifact in one row of its database; the queue shows all."""


def publish(house: House, summary: RunSummary) -> None:
    """Create the artifacts. Raises whatever Prefect's client raises; the caller makes it one warning."""
    text = markdown(summary, house.pack.name)
    create_markdown_artifact(text, key=SUMMARY_KEY, description="What this run did.")
    shown = held(house, summary.run_id)
    if shown:
        why = "What holds the deals of this run; a deal with two causes counts in both."
        create_markdown_artifact(by_cause(house, summary.run_id), key=CAUSES_KEY, description=why)
        more = f"{len(shown)} held deals" + (f", the first {_MOST_ROWS} shown" if len(shown) > _MOST_ROWS else "")
        create_table_artifact(
            shown[:_MOST_ROWS], key=HELD_KEY, description=f"{more}. `handoff queue show ENTRY` tells the rest."
        )


def markdown(summary: RunSummary, pack: str) -> str:
    """The run as counts. Warnings and outages stay outside but for their number: their text may name somebody."""
    parts = [
        f"# Run {summary.run_id}",
        f"Pack {pack}.",
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
    parts += [counts("held by rule", "deals", summary.held_by_rule), counts("service", "calls", summary.calls)]
    done = {f"{kind} {how}": n for kind, hows in summary.effects.items() for how, n in hows.items() if n}
    return "\n\n".join(part for part in [*parts, counts("effect", "number", done)] if part)


def by_cause(house: House, run_id: str) -> str:
    """The causes of the deals that this run held, most deals first, by the ids that `rerun-entries` takes."""
    with house.store.read() as tx:
        found = entries.of_deals(tx, [row.deal_id for row in runs.deals_of(tx, run_id, "held")])
        own = {row.id: row for row in found.values()}
        these = among(tx, list(own))
    most_first = sorted(causes.listed(house, where=[these]), key=lambda cause: (-len(cause.entries), cause.id))
    url = house.settings.review_url
    rows = [
        (
            f"[{cause.id}]({url}/causes/{cause.id})" if url else cause.id,
            *(cause.key.rule, cause.key.field, _label(house.pack, cause.key.field, cause.seen), len(cause.entries)),
            ", ".join(sorted({own[number].role for number in cause.entries})),
            _moment(cause.oldest_due),
        )
        for cause in most_first[:_MOST_ROWS]
    ]
    return table(("cause", "rule", "field", "label", "deals", "role", "first due"), rows)


def held(house: House, run_id: str) -> list[dict[str, Any]]:
    """The deals that this run held: entry, deal, rules, accountable role, due time; its page, where there is one."""
    with house.store.read() as tx:
        rows = runs.deals_of(tx, run_id, "held")
        found = entries.of_deals(tx, [row.deal_id for row in rows])
    shown = []
    for row in rows:
        entry = found.get(row.deal_id)
        name = entry_name(entry.id) if entry else ""
        shown.append(
            {
                "entry": name,
                "deal": row.deal_id,
                "rules": row.reason,
                "role": entry.role if entry else "",
                "due": _moment(entry.due_at) if entry else "",
            }
        )
        if house.settings.review_url:
            shown[-1]["page"] = f"{house.settings.review_url}/entries/{name}" if entry else ""
    return shown


def counts(first: str, second: str, found: Mapping[str, int]) -> str:
    """A table of names and numbers; nothing where there are none."""
    if not found:
        return ""
    return "\n".join([f"| {first} | {second} |", "|---|---:|", *(f"| {name} | {n} |" for name, n in found.items())])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; nothing where there are no rows. A label of a pack may hold a bar."""
    lines = ["| " + " | ".join(str(cell).replace("|", r"\|") for cell in row) + " |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *lines]) if lines else ""


def _label(pack: Pack, field: str | None, seen: str | None) -> str:
    """The value, where it is a label of the pack; a text that somebody typed into the CRM stays there."""
    if not field or seen is None:
        return ""
    sets = [label_set for source in pack.fields.sources if (label_set := pack.label_set_of(source, field))]
    return next((label for each in sets if (label := each.canonical(seen))), "")


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
