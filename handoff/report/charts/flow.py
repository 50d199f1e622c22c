"""The flow of deals: from the first verdict to where they are now, as bands as broad as there are deals."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.core.entry import EntryState
from handoff.report.charts.chart import NOTHING, Chart, Picture, values
from handoff.report.charts.look import Colours, Look, Size
from handoff.report.journeys import Verdict
from handoff.report.wording import counted, percent

if TYPE_CHECKING:
    import altair as alt

NAME, TITLE = "flow", "Where won deals are"
_NEVER = "never held"
_ENDS = {
    _NEVER: _NEVER,
    EntryState.RELEASED.value: "released",
    EntryState.OPEN.value: "still open",
    EntryState.REJECTED.value: "rejected",
}
_GAP, _LABEL, _NODE, _POINTS = 10, 34, 12, 24


@dataclass(slots=True)
class Flow:
    """Deals by how they were judged first, and by what became of them; each in one place."""

    passed: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)

    @property
    def judged(self) -> int:
        return self.passed.total() + self.held.total()


def flow(verdicts: Iterable[Verdict]) -> Flow:
    """Count deals by their first verdict."""
    found = Flow()
    for verdict in verdicts:
        (found.passed if verdict.at_once else found.held)[verdict.entry_state or _NEVER] += 1
    return found


def chart(found: Flow) -> Chart:
    """Judged, then passed or held at first, then never held, released, open or rejected."""
    rows = [
        (said, f"{found.passed[end]:,}", f"{found.held[end]:,}", f"{found.passed[end] + found.held[end]:,}")
        for end, said in _ENDS.items()
    ]
    total = ("together", f"{found.passed.total():,}", f"{found.held.total():,}", f"{found.judged:,}")
    return Chart(
        name=NAME,
        title=TITLE,
        sentence=_sentence(found),
        headings=("Now", "Passed at once", "Held at first", "Deals"),
        rows=(*rows, total),
        right=(1, 2, 3),
        note="Deals that were judged for the first time in the period; where they are is told as of now.",
        picture=Picture(draw=lambda look: _draw(found, look), height=_height, broad=True) if found.judged else None,
    )


def _sentence(found: Flow) -> str:
    if not found.judged:
        return NOTHING
    ends = found.passed + found.held
    said = ", ".join(f"{ends[end]:,} {_ENDS[end]}" for end in list(_ENDS)[1:])
    share = percent(found.passed.total() / found.judged)
    return (
        f"Of {counted(found.judged, 'deal')} that were judged, {found.passed.total():,} passed at once ({share}) and "
        f"{found.held.total():,} were held at first; of all that were ever held, {said}."
    )


def _height(look: Look) -> int:
    return 240 if look.size is Size.WIDE else 280


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """One bar: where it stands, in pixels, and whom it counts."""

    x: float
    y: float
    height: float
    count: int
    said: str
    colour: str


def _draw(found: Flow, look: Look) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt  # noqa: PLC0415 - lazy, as everywhere in the charts

    width, height = look.width(broad=True), _height(look)
    nodes = _nodes(found, look, width - 6, height - 6)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False, zero=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False, zero=False))
    own = alt.Color("colour:N", scale=None, legend=None)
    bands = alt.Chart(values(list(_bands(found, nodes)))).mark_area(opacity=0.28)
    bars = [{"x": n.x, "x2": n.x + _NODE, "y": n.y, "y2": n.y + n.height, "colour": n.colour} for n in nodes.values()]
    texts = [
        {"x": n.x + _NODE + 7, "y": n.y + max(n.height / 2, 9) + shift, "text": text, "colour": colour, "bold": bold}
        for n in nodes.values()
        for shift, text, colour, bold in (
            (-8, f"{n.count:,}", look.colours.ink, True),
            (8, n.said, look.colours.ink, False),
        )
    ]
    said = alt.Chart(values(texts)).encode(x=x, y=y, text="text:N", color=own)
    return alt.layer(
        bands.encode(x=x, y=y, y2="y2:Q", detail="band:N", color=own),
        alt.Chart(values(bars)).mark_rect(cornerRadius=2).encode(x=x, x2="x2:Q", y=y, y2="y2:Q", color=own),
        said.transform_filter("datum.bold").mark_text(align="left", baseline="middle", fontWeight=600, fontSize=15),
        said.transform_filter("!datum.bold").mark_text(align="left", baseline="middle", fontSize=12.5),
    )


def _nodes(found: Flow, look: Look, width: float, height: float) -> Mapping[str, _Node]:
    """The bars by name, in three columns, all to one scale."""
    colours = look.colours
    ends = found.passed + found.held
    columns: list[list[tuple[str, int, str, str]]] = [
        [("judged", found.judged, "judged", colours.accent)],
        [
            ("passed", found.passed.total(), "passed at once", colours.good),
            ("held", found.held.total(), "held at first", colours.warn),
        ],
        [(end, ends[end], said, _colour(end, colours)) for end, said in _ENDS.items()],
    ]
    columns = [[node for node in column if node[1]] for column in columns]
    scale = min(_scale([node[1] for node in column], height) for column in columns)
    places = (0.0, 0.45, 0.89) if look.size is Size.WIDE else (0.0, 0.31, 0.66)
    nodes = {}
    for place, column in zip(places, columns, strict=True):
        y = 3.0
        for name, count, said, colour in column:
            tall = max(2.0, count * scale)
            nodes[name] = _Node(x=place * width, y=y, height=tall, count=count, said=said, colour=colour)
            y += max(tall, _LABEL) + _GAP
    return nodes


def _scale(counts: list[int], height: float) -> float:
    """Pixels a deal, so that a column fits: each bar with room for its label, and gaps between them."""
    low, high = 0.0, height / max(counts)
    for _ in range(40):
        middle = (low + high) / 2
        needed = sum(max(count * middle, _LABEL) for count in counts) + _GAP * (len(counts) - 1)
        low, high = (middle, high) if needed <= height else (low, middle)
    return low


def _colour(end: str, colours: Colours) -> str:
    known = {_NEVER: colours.good, EntryState.RELEASED.value: colours.accent, EntryState.OPEN.value: colours.bad}
    return known.get(end, colours.grey)


def _bands(found: Flow, nodes: Mapping[str, _Node]) -> Iterator[dict[str, Any]]:
    """What flows from bar to bar, as points of its upper and lower edge."""
    left, right = dict.fromkeys(nodes, 0.0), dict.fromkeys(nodes, 0.0)
    flows = [("judged", "passed", found.passed.total()), ("judged", "held", found.held.total())]
    flows += [("passed", end, found.passed[end]) for end in _ENDS]
    flows += [("held", end, found.held[end]) for end in _ENDS]
    for source, target, count in flows:
        if not count:
            continue
        a, b = nodes[source], nodes[target]
        from_y, to_y = a.y + right[source], b.y + left[target]
        tall_a, tall_b = a.height * count / a.count, b.height * count / b.count
        right[source] += tall_a
        left[target] += tall_b
        for n in range(_POINTS + 1):
            t = n / _POINTS
            eased = t * t * (3 - 2 * t)
            y = from_y + (to_y - from_y) * eased
            tall = tall_a + (tall_b - tall_a) * eased
            x = a.x + _NODE + (b.x - a.x - _NODE) * t
            yield {"x": x, "y": y, "y2": y + tall, "band": f"{source} {target}", "colour": b.colour}
