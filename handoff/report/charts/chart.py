"""A chart: what it is called, the sentence that says the same, the table with its figures, and how it is drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.report.charts.look import Look, svg

if TYPE_CHECKING:
    import altair as alt

NOTHING = "There is no data yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How a chart is drawn in a look, and how high it is then, in pixels."""

    draw: Callable[[Look], "alt.LayerChart | alt.FacetChart"]
    height: Callable[[Look], int]
    broad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart. `right`: the columns of its table that are numbers. `picture` None: there is nothing to draw."""

    name: str
    title: str
    sentence: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    note: str = ""
    picture: Picture | None = None

    def size(self, look: Look) -> tuple[int, int]:
        """Width and height in pixels; nothing for a chart without a picture."""
        if self.picture is None:
            return (0, 0)
        return look.width(broad=self.picture.broad), self.picture.height(look)

    def svg(self, look: Look) -> str:
        """The picture. Raises ValueError for a chart that has none."""
        if self.picture is None:
            raise ValueError(f"the chart {self.name} has nothing to draw")
        width, height = self.size(look)
        return svg(self.picture.draw(look), look, width=width, height=height)

    def document(self) -> dict[str, Any]:
        """For programs: the sentence, and the table as people read it."""
        return {"sentence": self.sentence, "headings": list(self.headings), "rows": [list(row) for row in self.rows]}


def values(rows: Sequence[dict[str, Any]]) -> "alt.InlineData":
    """Rows as a chart's own data: there is no other source."""
    import altair as alt  # noqa: PLC0415 - a quarter of a second that a page without charts need not wait

    return alt.InlineData(values=list(rows))
