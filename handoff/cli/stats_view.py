"""The figures on the terminal: one short table a question, the worst first."""

from collections.abc import Mapping, Sequence

from handoff.cli import console, opening
from handoff.core.clock import utc_now
from handoff.core.money import Money, MoneyError, exponent
from handoff.core.period import Period
from handoff.report.answers import Blocked
from handoff.report.decided import Asked
from handoff.report.journeys import Duration, billing_zone
from handoff.report.stats import Stats, rework
from handoff.report.stats import stats as measured
from handoff.report.wording import counted, duration, money, percent, plain, spoken, utc
from handoff.road.packs import find_pack

NOTHING = "no data yet"
_SHOWN = 15
_LEGS = {
    "close_to_invoice": "Close date to invoice",
    "invoice_to_project": "Invoice to project",
    "close_to_project": "Close date to project",
}


def stats(*, since: str | None, until: str | None, as_json: bool) -> None:
    """The figures of a period. Raises UsageError for days that are none."""
    pack = find_pack(opening.settings().pack)
    now = utc_now()
    period = Period.of(since, until, billing_zone(pack), now)
    with opening.reading() as tx:
        found = measured(tx, pack, period, now)
    if as_json:
        console.emit(found.document())
        return
    _show(found)


def _show(found: Stats) -> None:
    period = found.period
    bounds = f"from {period.since or 'the first deal'} until {period.until or 'now'}, days of {period.zone}"
    console.lines(f"Figures {bounds}; what is open as of {utc(found.made)}.", "")
    _journeys(found)
    _blocked(found)
    _response(found)
    _decided(found)


def _journeys(found: Stats) -> None:
    rows = [(title, *_duration(found.durations[leg])) for leg, title in _LEGS.items()]
    console.table(("How long", "Deals", "Half within", "90 % within", ""), rows, right=(1,))
    first = found.first_pass
    passed = f"{percent(first.share)}: {first.passed:,} of {counted(first.judged, 'deal')}" if first.judged else NOTHING
    back = rework(found.answers.episodes)
    again = NOTHING
    if back["entries"]:
        share = percent(back["came_back"] / back["entries"])
        again = f"{back['came_back']:,} of {counted(back['entries'], 'entry', 'entries')} came back ({share}), "
        again += f"{back['episodes_per_entry']:.2f} episodes an entry"
    console.lines("")
    console.table(("", ""), [("Passed at once", passed), ("Rework", again)])


def _duration(leg: Duration) -> tuple[str, str, str, str]:
    left_out = f"{leg.left_out:,} left out" if leg.left_out else ""
    if not leg.deals:
        return "0", NOTHING, "", left_out
    return f"{leg.deals:,}", duration(leg.p50_s), duration(leg.p90_s), left_out


def _blocked(found: Stats) -> None:
    total = found.answers.total
    if not total.entries:
        console.lines("", "Blocked now: nothing, no entry is open.")
        return
    levels = sorted(found.answers.levels.items())
    up = "".join(f", {count:,} escalated {_times(level)}" for level, count in levels if level)
    unread = f"; {counted(total.unreadable, 'amount')} cannot be read" if total.unreadable else ""
    entries = counted(total.entries, "open entry", "open entries")
    console.lines("", f"Blocked now: {_money(total)} in {entries}, {total.overdue:,} overdue{up}{unread}.")
    console.lines("")
    owners = [(name, f"{b.entries:,}", f"{b.overdue:,}", _money(b)) for _, name, b in found.owners]
    _table(("Owner", "Entries", "Overdue", "Money blocked"), owners, right=(1, 2, 3))
    causes = [(spoken(rule), seen[:40], f"{b.entries:,}", _money(b)) for rule, seen, b in found.causes]
    console.lines("")
    _table(("Cause", "Value seen", "Entries", "Money blocked"), causes, right=(2, 3))


def _response(found: Stats) -> None:
    told = found.answers
    known = told.attained.met + told.attained.missed
    share = f"{percent(told.attained.share)} of {counted(known, 'entry', 'entries')}" if known else NOTHING
    console.lines("", f"Answered in time: {share}.")
    owners = [
        (told.names.get(p, p), f"{a.met:,}", f"{a.missed:,}", percent(a.share))
        for p, a in found.attained(told.by_owner)
    ]
    rules = [
        (spoken(rule), f"{a.met:,}", f"{a.missed:,}", percent(a.share)) for rule, a in found.attained(told.by_rule)
    ]
    for heading, rows in (("Owner", owners), ("Rule", rules)):
        if rows:
            console.lines("")
            _table((heading, "In time", "Late", "Share"), rows, right=(1, 2, 3))


def _decided(found: Stats) -> None:
    up = found.escalations
    told = f"{up.times:,} of {counted(up.entries, 'entry', 'entries')}" if up.times else NOTHING
    console.lines("")
    console.table(("", ""), [("Escalations", told), ("Approvals", _approvals(found.approvals))])
    waived = [(spoken(w.rule), f"{w.waivers:,}", f"{w.deals:,}", f"{w.held:,}", percent(w.share)) for w in found.waived]
    if waived:
        console.lines("", "Rules waived: one that is waived for most deals it holds may be too strict.")
        _table(("Rule", "Waivers", "Deals", "Deals it held", "Share"), waived, right=(1, 2, 3, 4))
    for heading, counts in (("Field", found.corrections.by_field), ("Rep", found.corrections.by_rep)):
        _counts(heading, counts)


def _approvals(found: Asked) -> str:
    parts = []
    if found.decided.deals:
        took = f"half within {duration(found.decided.p50_s)}, 90 % within {duration(found.decided.p90_s)}"
        decisions = ", ".join(f"{count:,} {spoken(name)}" for name, count in found.by_decision.items())
        parts.append(f"{decisions}; {took}")
    if found.waiting:
        late = f", {found.past_deadline:,} past their deadline" if found.past_deadline else ""
        parts.append(f"{found.waiting:,} waiting{late}, the longest for {duration(found.longest_wait_s)}")
    return "; ".join(parts) or NOTHING


def _counts(heading: str, counts: Mapping[str, int]) -> None:
    if counts:
        console.lines("")
        rows = [(spoken(name) if heading == "Field" else name, f"{n:,}") for name, n in counts.items()]
        _table((heading, "Corrections"), rows, right=(1,))


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, right: tuple[int, ...]) -> None:
    console.table(headings, rows[:_SHOWN], right=right)
    if len(rows) > _SHOWN:
        console.lines(f"and {len(rows) - _SHOWN:,} more: --json has all")


def _money(found: Blocked) -> str:
    """Per currency, most entries first; a currency that is none is shown as it stands, in minor units."""
    return money([_amount(found.amount[code], code) for code, _ in found.priced.most_common()])


def _amount(minor: int, code: str) -> str:
    try:
        exponent(code)
    except MoneyError:
        return f"{plain(code)} {minor:,} (minor units)"
    return str(Money(minor=minor, currency=code))


def _times(level: int) -> str:
    return {1: "once", 2: "twice"}.get(level, f"{level} times")
