"""First-pass yield over time: per week, how many of the deals that were judged passed at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from handoff.report.charts.chart import NOTHING, Chart, Picture, values
from handoff.report.charts.look import Look, Size
from handoff.report.journeys import Verdict
from handoff.report.wording import counted, percent

if TYPE_CHECKING:
    import altair as alt

NAME, TITLE = "first-pass", "Passed at once, week by week"
MOST_WEEKS = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """The deals that were judged first in a week, by its Monday, and those of them that passed at once."""

    monday: date
    judged: int
    passed: int

    @property
    def share(self) -> float:
        return self.passed / self.judged


def weeks(verdicts: Iterable[Verdict], zone: str) -> list[Week]:
    """The weeks in which deals were judged, oldest first; weeks of a zone, from Monday."""
    known = ZoneInfo(zone)
    judged: dict[date, int] = {}
    passed: dict[date, int] = {}
    for verdict in verdicts:
        day = verdict.at.astimezone(known).date()
        monday = day - timedelta(days=day.weekday())
        judged[monday] = judged.get(monday, 0) + 1
        passed[monday] = passed.get(monday, 0) + verdict.at_once
    return [Week(monday=monday, judged=judged[monday], passed=passed[monday]) for monday in sorted(judged)]


def chart(found: list[Week]) -> Chart:
    """The latest weeks; a week without a deal is a gap."""
    shown = found[-MOST_WEEKS:]
    rows = tuple((f"{w.monday}", f"{w.judged:,}", f"{w.passed:,}", percent(w.share)) for w in reversed(shown))
    cut = f" The latest {MOST_WEEKS} of {len(found)} weeks are shown." if len(found) > len(shown) else ""
    return Chart(
        name=NAME,
        title=TITLE,
        sentence=_sentence(shown),
        headings=("Week of", "Judged", "Passed at once", "Share"),
        rows=rows,
        right=(1, 2, 3),
        note=f"By when a deal was judged first; the larger the dot, the more deals.{cut}",
        picture=Picture(draw=lambda look: _draw(shown, look), height=_height) if shown else None,
    )


def _sentence(shown: list[Week]) -> str:
    if not shown:
        return NOTHING
    last = shown[-1]
    said = f"In the week of {last.monday}, {percent(last.share)} of {counted(last.judged, 'deal')} passed at once"
    if len(shown) == 1:
        return f"{said}; it is the first week with deals."
    before = shown[:-1]
    judged, passed = sum(w.judged for w in before), sum(w.passed for w in before)
    return f"{said}; in the {counted(len(before), 'week')} before, {percent(passed / judged)} of {judged:,}."


def _height(look: Look) -> int:
    return 260 if look.size is Size.WIDE else 220


def _draw(shown: list[Week], look: Look) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt  # noqa: PLC0415 - lazy, as everywhere in the charts

    colours, last = look.colours, shown[-1]
    rows = [
        {"week": f"{w.monday:%Y-%m-%d}", "share": w.share, "judged": w.judged, "run": run, "last": w is last}
        for w, run in zip(shown, _runs(shown), strict=True)
    ]
    edges = [f"{shown[0].monday - timedelta(days=5)}", f"{last.monday + timedelta(days=5)}"]
    few = [str(row["week"]) for row in rows[:: max(1, -(-len(rows) // (7 if look.size is Size.WIDE else 4)))]]
    axis = alt.Axis(title=None, grid=False, format="%-d %b", values=few, labelOverlap=True, tickSize=4)
    room = alt.Scale(domain=edges, nice=False, range=[0, alt.ExprRef("width - 44")])  # for the last week's figure
    x = alt.X("week:T", axis=axis, scale=room)
    marks = alt.Axis(title=None, format="%", values=[0, 0.25, 0.5, 0.75, 1], domain=False, ticks=False)
    y = alt.Y("share:Q", axis=marks, scale=alt.Scale(domain=[0, 1.08]))
    size = alt.Size("judged:Q", legend=None, scale=alt.Scale(domain=[0, max(w.judged for w in shown)], range=[16, 260]))
    base = alt.Chart(values(rows)).encode(x=x, y=y)
    label = base.transform_filter("datum.last").transform_calculate(text="format(datum.share, '.0%')")
    return alt.layer(
        base.mark_line(color=colours.accent, strokeWidth=2.5).encode(detail="run:N"),
        base.mark_circle(color=colours.accent, opacity=1).encode(size=size),
        label.mark_text(align="left", baseline="middle", dx=13, fontWeight=600, fontSize=14, color=colours.ink).encode(
            text="text:N"
        ),
    )


def _runs(shown: list[Week]) -> list[int]:
    """Numbers the stretches of weeks that follow one another: no line is drawn over a gap."""
    found, run = [], 0
    for n, week in enumerate(shown):
        run += bool(n and week.monday - shown[n - 1].monday > timedelta(days=7))
        found.append(run)
    return found
