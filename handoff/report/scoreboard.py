"""The figures of `handoff stats` as a page shows them to everybody: no value of a deal, no rep, no account."""

from collections.abc import Iterator
from dataclasses import dataclass

from handoff.core.money import Money, is_currency
from handoff.report.answers import Blocked
from handoff.report.charts.pareto import short
from handoff.report.journeys import Duration
from handoff.report.stats import Stats, rework
from handoff.report.wording import counted, duration, money, percent, spoken, times

NOTHING = "no data yet"
LEGS = {
    "close_to_invoice": "Close date to invoice",
    "invoice_to_project": "Invoice to project",
    "close_to_project": "Close date to project",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number that people look for first. `wants`: good, bad, or nothing, for how it is told."""

    title: str
    value: str
    note: str
    wants: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of text; `right`: the columns that are numbers."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...]
    note: str = ""


def figures(found: Stats) -> list[Figure]:
    """The six numbers at the head."""
    total, answers = found.answers.total, found.answers.attained
    back = rework(found.answers.episodes)
    share = back["came_back"] / back["entries"] if back["entries"] else None
    return [
        _leg("Close date to invoice", found.durations["close_to_invoice"]),
        Figure(
            title="Passed at once",
            value=percent(found.first_pass.share) if found.first_pass.judged else NOTHING,
            note=f"{found.first_pass.passed:,} of {counted(found.first_pass.judged, 'deal')}",
        ),
        _blocked(total),
        Figure(
            title="Overdue now",
            value=f"{total.overdue:,}",
            note=_escalated(found),
            wants="bad" if total.overdue else "good",
        ),
        Figure(
            title="Answered in time",
            value=percent(answers.share) if answers.share is not None else NOTHING,
            note=f"of {counted(answers.met + answers.missed, 'entry', 'entries')} whose outcome is known",
        ),
        Figure(
            title="Came back",
            value=percent(share) if share is not None else NOTHING,
            note=f"{back['came_back']:,} of {counted(back['entries'], 'entry', 'entries')}",
        ),
    ]


def tables(found: Stats) -> list[Table]:
    """What has something to tell, as tables."""
    return [table for table in _tables(found) if table.rows]


def _tables(found: Stats) -> Iterator[Table]:
    yield Table(
        title="How long it takes",
        headings=("From and to", "Deals", "Half within", "90 % within", "Left out"),
        rows=tuple(_row(title, found.durations[leg]) for leg, title in LEGS.items() if found.durations[leg].deals),
        right=(1, 2, 3, 4),
        note="Left out: the close date cannot be read, or lies after the end.",
    )
    yield Table(
        title="Blocked now, by owner",
        headings=("Owner", "Entries", "Overdue", "Money"),
        rows=tuple((name, f"{b.entries:,}", f"{b.overdue:,}", blocked_money(b)) for _, name, b in found.owners),
        right=(1, 2, 3),
    )
    yield Table(
        title="Answered in time, by rule",
        headings=("Rule", "In time", "Late", "Share"),
        rows=tuple(
            (spoken(rule), f"{own.met:,}", f"{own.missed:,}", percent(own.share))
            for rule, own in found.attained(found.answers.by_rule)
        ),
        right=(1, 2, 3),
    )
    yield Table(
        title="Approvals",
        headings=("Rule", "Decided", "Half within", "90 % within"),
        rows=tuple((spoken(rule), *_times(own)) for rule, own in found.approvals.by_rule.items()),
        right=(1, 2, 3),
        note=_waiting(found),
    )
    yield Table(
        title="Rules waived",
        headings=("Rule", "Waivers", "Deals", "Deals it held", "Share"),
        rows=tuple(
            (spoken(w.rule), f"{w.waivers:,}", f"{w.deals:,}", f"{w.held:,}", percent(w.share)) for w in found.waived
        ),
        right=(1, 2, 3, 4),
        note="A rule that is waived for most of the deals it holds may be too strict.",
    )
    yield Table(
        title="Corrections, by field",
        headings=("Field", "Corrections"),
        rows=tuple((spoken(name), f"{count:,}") for name, count in found.corrections.by_field.items()),
        right=(1,),
    )


def blocked_money(found: Blocked) -> str:
    """Per currency, most entries first; what is no currency is not told here."""
    return money(_amounts(found))


def _amounts(found: Blocked) -> list[Money]:
    codes = [code for code, _ in found.priced.most_common() if is_currency(code)]
    return [Money(minor=found.amount[code], currency=code) for code in codes]


def _blocked(total: Blocked) -> Figure:
    """The currency that most entries are in stands large, the others below it: they are never added up."""
    entries = f"{counted(total.entries, 'open entry', 'open entries')}{_unread(total)}"
    if not total.entries:
        return Figure(title="Blocked now", value="nothing", note=entries)
    first, *others = [short(amount) for amount in _amounts(total)] or ["–"]
    more = f"and {', '.join(others)}; " if others else ""
    return Figure(title="Blocked now", value=first, note=f"{more}{entries}")


def _unread(found: Blocked) -> str:
    unread = found.unreadable + sum(count for code, count in found.priced.items() if not is_currency(code))
    return f"; {counted(unread, 'amount')} cannot be read" if unread else ""


def _escalated(found: Stats) -> str:
    levels = [f"{count:,} escalated {times(level)}" for level, count in sorted(found.answers.levels.items()) if level]
    return ", ".join(levels) or "none escalated"


def _leg(title: str, leg: Duration) -> Figure:
    value = duration(leg.p50_s) if leg.deals else NOTHING
    note = (
        f"half of {counted(leg.deals, 'deal')}; 90 % within {duration(leg.p90_s)}" if leg.deals else "half of 0 deals"
    )
    return Figure(title=title, value=value, note=note)


def _row(title: str, leg: Duration) -> tuple[str, ...]:
    return (title, *_times(leg), f"{leg.left_out:,}")


def _times(leg: Duration) -> tuple[str, str, str]:
    return f"{leg.deals:,}", duration(leg.p50_s), duration(leg.p90_s)


def _waiting(found: Stats) -> str:
    asked = found.approvals
    if not asked.waiting:
        return "None waits now."
    late = f", {asked.past_deadline:,} past the deadline" if asked.past_deadline else ""
    waits = "waits" if asked.waiting == 1 else "wait"
    return f"{asked.waiting:,} {waits} now{late}, the longest for {duration(asked.longest_wait_s)}."
