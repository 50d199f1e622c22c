"""An entry's clock as a drawing: what was counted, what was left out, the warnings, when it is due, and now. SVG.

Presentation attributes alone, so that it needs no style; where the page has one, the classes take its colours.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from markupsafe import Markup, escape

Interval = tuple[datetime, datetime]
_WIDTH, _HEIGHT, _LEFT = 720, 108, 8
_TOP, _BAR = 34, 26
_LETTER, _GAP = 7, 10
"""No letter of the labels is wider; and what lies between two labels."""
_MOST_DAYS = 9
_DAY = timedelta(days=1)
_COLOURS = {
    "rest": ("none", "#b6bfcc"),
    "ahead": ("#cfe0f0", "none"),
    "counted": ("#1a5a94", "none"),
    "left-out": ("#d9a441", "none"),
}
"""Fill and stroke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What is drawn; all moments UTC. `ahead`: the working time until due that is still to come.

    `local`: a moment as the owner reads it; `warnings`: percent -> when.
    """

    since: datetime
    now: datetime
    due: datetime
    counted: Sequence[Interval]
    ahead: Sequence[Interval]
    left_out: Sequence[Interval]
    warnings: dict[int, datetime]
    local: Callable[[datetime], datetime]
    ended: bool = False
    """Whether `now` is when it ended."""
    text: str
    """The same in words, for those who do not see it."""


def drawing(clock: Clock) -> Markup:
    """The clock as inline SVG with a text alternative."""
    end = max(clock.now, clock.due, *(until for _, until in clock.left_out), clock.since + timedelta(minutes=1))
    scale = _Scale(start=clock.since, end=end + (end - clock.since) / 30)
    parts = [
        *_days(clock, scale),
        _span("rest", (clock.since, scale.end), scale),
        *(_span("ahead", span, scale) for span in clock.ahead),
        *(_span("counted", span, scale) for span in clock.counted),
        *(_span("left-out", span, scale) for span in clock.left_out),
        *_marks(clock, scale),
    ]
    head = (
        f'<svg class="clock" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="clock-text" '
        f'font-family="system-ui, sans-serif" font-size="11" fill="currentColor">'
        f'<title id="clock-text">{escape(clock.text)}</title>'
    )
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704 - numbers of ours, and what is escaped above


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    start: datetime
    end: datetime

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return round(_LEFT + min(1.0, max(0.0, share)) * (_WIDTH - 2 * _LEFT), 1)


def _span(name: str, span: Interval, scale: _Scale) -> str:
    begins, ends = (scale.x(moment) for moment in span)
    width, (fill, stroke) = max(1.0, round(ends - begins, 1)), _COLOURS[name]
    place = f'x="{begins}" y="{_TOP}" width="{width}" height="{_BAR}"'
    return f'<rect class="{name}" {place} fill="{fill}" stroke="{stroke}"/>'


def _days(clock: Clock, scale: _Scale) -> Iterator[str]:
    """A line where each local day begins, and its name below; of many days, every so many."""
    first = clock.local(scale.start)
    midnights = []
    day = first.replace(hour=0, minute=0, second=0, microsecond=0)
    while (day := day + _DAY) < clock.local(scale.end):
        midnights.append(day)
    every = ceil(len(midnights) / _MOST_DAYS) or 1
    y = _TOP + _BAR
    yield _label(f"{first:%a %d %b, %H:%M}", _LEFT, y + 16, "start") if not midnights else ""
    for n, midnight in enumerate(midnights):
        x = scale.x(midnight)
        yield f'<line class="day" x1="{x}" y1="{_TOP - 4}" x2="{x}" y2="{y + 4}" stroke="#b6bfcc"/>'
        if n % every == 0 and x < _WIDTH - 50:
            yield _label(f"{midnight:%a %d}", x + 3, y + 16, "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A moment that is marked above the bar. `at`: where; `width`: of what it says."""

    name: str
    text: str
    at: float

    @property
    def width(self) -> float:
        return len(self.text) * _LETTER


def _marks(clock: Clock, scale: _Scale) -> Iterator[str]:
    """Warnings and due above the bar, now below it, so that none covers another."""
    named = [("warning", f"{percent} %", moment) for percent, moment in clock.warnings.items()]
    named.append(("due", f"due {clock.local(clock.due):%a %H:%M}", clock.due))
    marks = sorted(
        (_Mark(name=name, text=text, at=scale.x(moment)) for name, text, moment in named), key=lambda mark: mark.at
    )
    for mark, middle in zip(marks, _beside(marks), strict=True):
        colour = f'stroke="{"#a5310f" if mark.name == "due" else "#7a4b00"}"'
        ends = f'x2="{mark.at}" y2="{_TOP + _BAR}"'
        yield f'<line class="{mark.name}" x1="{mark.at}" y1="{_TOP - 4}" {ends} {colour} stroke-width="2"/>'
        if abs(middle - mark.at) > mark.width / 2:  # it gave way to another: a line leads to what it is about
            yield f'<line class="lead" x1="{middle}" y1="{_TOP - 10}" x2="{mark.at}" y2="{_TOP - 4}" {colour}/>'
        yield _label(mark.text, middle, _TOP - 13, "middle", mark.name)
    x, y = scale.x(clock.now), _TOP + _BAR
    yield f'<line class="now" x1="{x}" y1="{_TOP - 4}" x2="{x}" y2="{y + 24}" stroke="currentColor" stroke-width="2"/>'
    anchor = "end" if x > _WIDTH - 120 else "start" if x < 60 else "middle"
    yield _label(
        f"{'ended' if clock.ended else 'now'}, {clock.local(clock.now):%a %H:%M}", x, y + 37, anchor, "now-text"
    )


def _beside(marks: Sequence[_Mark]) -> list[float]:
    """The middles of the marks' texts, in their order: each at its mark, or as near as the others let it be."""
    begins: list[float] = []
    free = 0.0
    for mark in marks:  # to the right, until each is clear of the one before
        begins.append(max(free, mark.at - mark.width / 2))
        free = begins[-1] + mark.width + _GAP
    free = float(_WIDTH)
    for n in range(len(marks) - 1, -1, -1):  # and back, into the frame
        begins[n] = min(begins[n], free - marks[n].width)
        free = begins[n] - _GAP
    return [round(begin + mark.width / 2, 1) for begin, mark in zip(begins, marks, strict=True)]


def _label(text: str, x: float, y: float, anchor: str, name: str = "tick") -> str:
    return f'<text class="{name}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
