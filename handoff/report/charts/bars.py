"""Bars that lie: the label stands above each, so that long names have room on a narrow screen too."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.report.charts.chart import values
from handoff.report.charts.look import Look

if TYPE_CHECKING:
    import altair as alt

ROW = 42
"""Pixels a bar takes with its label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: its place by `key`, what stands above it on the left, and its figure on the right."""

    key: str
    label: str
    value: str


def y_of(bars: Sequence[Bar]) -> "alt.Y":
    """Where bars lie, in their order."""
    import altair as alt  # noqa: PLC0415 - lazy, as everywhere in the charts

    keys = [bar.key for bar in bars]
    return alt.Y("key:N", axis=None, sort=keys, scale=alt.Scale(domain=keys, paddingInner=0, paddingOuter=0))


def label_layer(bars: Sequence[Bar], look: Look) -> "list[alt.Chart]":
    """Labels and figures above the bars."""
    import altair as alt  # noqa: PLC0415 - as above

    rows = [{"key": bar.key, "label": bar.label, "figure": bar.value} for bar in bars]
    base = alt.Chart(values(rows)).encode(y=y_of(bars))
    ink: dict[str, Any] = {"baseline": "middle", "dy": -9, "color": look.colours.ink}
    return [
        base.mark_text(align="left", **ink).encode(text="label:N", x=alt.value(0)),
        base.mark_text(align="right", fontWeight=600, **ink).encode(text="figure:N", x=alt.value("width")),
    ]
