"""How charts look: colours for light and dark ground, sizes for wide and narrow screens; and a chart as an SVG text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from handoff.report.wording import plain

if TYPE_CHECKING:
    import altair as alt

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"


class Scheme(StrEnum):
    """The ground on which a chart stands; it paints none itself."""

    LIGHT = "light"
    DARK = "dark"


class Size(StrEnum):
    """How broad the screen is."""

    WIDE = "wide"
    NARROW = "narrow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """Each stands out from its ground: text by 4.5 : 1, shapes by 3 : 1 (WCAG 2.2 AA); a test measures it."""

    ground: str
    ink: str
    soft: str
    line: str
    accent: str
    good: str
    warn: str
    bad: str
    grey: str
    steps: tuple[str, ...]
    """From a little to much, in one hue."""


COLOURS: Mapping[Scheme, Colours] = {
    Scheme.LIGHT: Colours(
        ground="#ffffff",
        ink="#1d2430",
        soft="#556170",
        line="#d9dee6",
        accent="#2a6ca8",
        good="#2b8156",
        warn="#b3690c",
        bad="#b23a16",
        grey="#7d8897",
        steps=("#6a97c4", "#3f78ae", "#2a5a8a", "#1b3f66", "#0d2440"),
    ),
    Scheme.DARK: Colours(
        ground="#12161c",
        ink="#e7ebf1",
        soft="#a3afbd",
        line="#323c49",
        accent="#7fb8ec",
        good="#6cc594",
        warn="#e6ac52",
        bad="#f58a6b",
        grey="#8793a3",
        steps=("#4f7ba6", "#6b9ac6", "#8fb8de", "#b6d4f0", "#e2effb"),
    ),
}
_WIDTHS = {Size.WIDE: 560, Size.NARROW: 340}
_BROAD = {Size.WIDE: 1120, Size.NARROW: 340}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One way to draw a chart."""

    scheme: Scheme = Scheme.LIGHT
    size: Size = Size.WIDE

    @property
    def colours(self) -> Colours:
        return COLOURS[self.scheme]

    def width(self, *, broad: bool = False) -> int:
        """In pixels. `broad`: a chart that has the whole page's breadth."""
        return (_BROAD if broad else _WIDTHS)[self.size]

    @property
    def letters(self) -> int:
        """About how many letters of a label fit beside a chart's figures."""
        return 52 if self.size is Size.WIDE else 25


def shown(text: object, most: int) -> str:
    """Somebody's words in a picture: without control characters, what XML cannot hold, or more than fits."""
    calm = plain(" ".join(str(text)[: 4 * most].split()))
    calm = "".join("�" if ord(c) & 0xFFFE == 0xFFFE else c for c in calm)
    return calm if len(calm) <= most else calm[: most - 1].rstrip() + "…"


def svg(chart: "alt.LayerChart | alt.FacetChart", look: Look, *, width: int, height: int) -> str:
    """A chart as an SVG text of exactly this size. Its figures stand in it: nothing is fetched, no URL is allowed."""
    import vl_convert  # noqa: PLC0415 - with its script engine it takes a third of a second

    spec: dict[str, Any] = chart.properties(
        width=width, height=height, autosize={"type": "fit", "contains": "padding"}, padding=2, background="transparent"
    ).to_dict()
    spec["config"] = _config(look.colours)
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _config(colours: Colours) -> dict[str, Any]:
    axis = {
        "labelColor": colours.soft,
        "titleColor": colours.soft,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": colours.line,
        "domainColor": colours.line,
        "tickColor": colours.line,
    }
    legend = {"labelColor": colours.ink, "titleColor": colours.soft, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "legend": {**legend, "titleFontWeight": "normal"},
        "text": {"color": colours.ink, "fontSize": 12.5},
        "aria": False,
    }
