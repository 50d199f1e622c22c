"""Response-time attainment by owner: of the entries whose outcome is known, how many were answered in time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handoff.report.answers import Attained
from handoff.report.charts.bars import ROW, Bar, label_layer, y_of
from handoff.report.charts.chart import NOTHING, Chart, Picture, values
from handoff.report.charts.look import Look, shown
from handoff.report.wording import counted, percent

if TYPE_CHECKING:
    import altair as alt

NAME, TITLE = "attainment", "Answered in time, by owner"
MOST_OWNERS = 12

Share = tuple[str, Attained]


def chart(total: Attained, by_owner: Mapping[str, Attained], names: Mapping[str, str]) -> Chart:
    """The least attained first. `names`: person -> name."""
    every = [(names.get(person, person), own) for person, own in by_owner.items()]
    every.sort(key=lambda share: (share[1].share or 0.0, -share[1].missed, share[0]))
    kept = every[:MOST_OWNERS]
    cut = f" The {MOST_OWNERS} owners with the lowest share are drawn." if len(every) > len(kept) else ""
    return Chart(
        name=NAME,
        title=TITLE,
        sentence=_sentence(total, every),
        headings=("Owner", "In time", "Late", "Share"),
        rows=tuple((name, f"{own.met:,}", f"{own.missed:,}", percent(own.share)) for name, own in every),
        right=(1, 2, 3),
        note=f"By whoever had the entry at its first due time; what may still be answered in time does not count.{cut}",
        picture=Picture(draw=lambda look: _draw(kept, look), height=lambda _: 8 + ROW * len(kept)) if kept else None,
    )


def _sentence(total: Attained, every: list[Share]) -> str:
    if total.share is None:
        return NOTHING
    known = total.met + total.missed
    said = f"{percent(total.share)} of {counted(known, 'entry', 'entries')} were answered in time"
    name, own = every[0]
    if not own.missed:
        return f"{said}: nobody was late."
    return f"{said}; the lowest share is {name}'s, {percent(own.share)} of {own.met + own.missed:,}."


def _draw(kept: list[Share], look: Look) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt  # noqa: PLC0415 - lazy, as everywhere in the charts

    bars = [
        Bar(
            key=f"{n:03}",
            label=shown(name, look.letters),
            value=f"{percent(own.share)} of {own.met + own.missed:,}",
        )
        for n, (name, own) in enumerate(kept)
    ]
    rows = [{"key": bar.key, "share": own.share, "all": 1} for bar, (_, own) in zip(bars, kept, strict=True)]
    scale = alt.Scale(domain=[0, 1], nice=False)
    base = alt.Chart(values(rows)).encode(y=y_of(bars))
    bar: dict[str, Any] = {"height": 10, "yOffset": 8, "cornerRadius": 2}
    return alt.layer(
        base.mark_bar(color=look.colours.line, **bar).encode(x=alt.X("all:Q", scale=scale, axis=None)),
        base.mark_bar(color=look.colours.accent, **bar).encode(x=alt.X("share:Q", scale=scale, axis=None)),
        *label_layer(bars, look),
    )
