"""How old open entries are, by owner: a bar each, in steps from fresh to old."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from handoff.report.charts.bars import ROW, Bar, label_layer, y_of
from handoff.report.charts.chart import Chart, Picture, values
from handoff.report.charts.look import Look, shown
from handoff.report.wording import counted, duration

if TYPE_CHECKING:
    import altair as alt

NAME, TITLE = "ageing", "How long open entries wait"
STEPS = (
    ("under a day", timedelta(days=1)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("1 to 4 weeks", timedelta(days=28)),
    ("over 4 weeks", timedelta.max),
)
MOST_OWNERS = 12
NOBODY_OPEN = "No entry is open."


@dataclass(slots=True)
class Ages:
    """One owner's open entries by age, the fresh first; how many are overdue."""

    name: str
    steps: list[int] = field(default_factory=lambda: [0] * len(STEPS))
    overdue: int = 0

    @property
    def entries(self) -> int:
        return sum(self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """All owners, most entries first, and the age of the oldest entry in seconds."""

    owners: tuple[Ages, ...]
    oldest_s: int


def ageing(rows: Iterable[Any], now: datetime) -> Ageing:
    """Count open entries (person, owner_name, opened_at, due_at) by the time since they were opened, all hours."""
    found: dict[str, Ages] = {}
    oldest = timedelta()
    for row in rows:
        own = found.setdefault(row.person, Ages(row.owner_name))
        age = now - row.opened_at
        oldest = max(oldest, age)
        own.steps[next(n for n, (_, end) in enumerate(STEPS) if age < end)] += 1
        own.overdue += row.due_at < now
    owners = sorted(found.values(), key=lambda own: (-own.entries, own.name))
    return Ageing(owners=tuple(owners), oldest_s=int(oldest.total_seconds()))


def chart(found: Ageing) -> Chart:
    """The owners with most entries; the rest together."""
    kept = _kept(found.owners)
    return Chart(
        name=NAME,
        title=TITLE,
        sentence=_sentence(found),
        headings=("Owner", *(said for said, _ in STEPS), "Open", "Overdue"),
        rows=tuple((own.name, *(f"{n:,}" for n in own.steps), f"{own.entries:,}", f"{own.overdue:,}") for own in kept),
        right=tuple(range(1, len(STEPS) + 3)),
        note="Time since the entry was opened, nights and weekends too; overdue goes by the owner's working hours.",
        picture=Picture(draw=lambda look: _draw(kept, look), height=lambda _: 78 + ROW * len(kept)) if kept else None,
    )


def _kept(owners: tuple[Ages, ...]) -> list[Ages]:
    if len(owners) <= MOST_OWNERS:
        return list(owners)
    rest = owners[MOST_OWNERS - 1 :]
    together = Ages(f"{counted(len(rest), 'other owner')}")
    for own in rest:
        together.steps = [a + b for a, b in zip(together.steps, own.steps, strict=True)]
        together.overdue += own.overdue
    return [*owners[: MOST_OWNERS - 1], together]


def _sentence(found: Ageing) -> str:
    if not found.owners:
        return NOBODY_OPEN
    entries, late = sum(o.entries for o in found.owners), sum(o.overdue for o in found.owners)
    said = f"{counted(entries, 'entry is open', 'entries are open')}, {late:,} of them overdue"
    said += f"; the oldest has waited {duration(found.oldest_s)}."
    if len(found.owners) == 1:
        return said
    first = found.owners[0]
    return f"{said} {first.name} has the most: {first.entries:,}, {first.overdue:,} overdue."


def _draw(kept: list[Ages], look: Look) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt  # noqa: PLC0415 - lazy, as everywhere in the charts

    names = [said for said, _ in STEPS]
    bars = [
        Bar(
            key=f"{n:03}",
            label=shown(own.name, look.letters),
            value=f"{own.entries:,} open" + (f", {own.overdue:,} overdue" if own.overdue else ""),
        )
        for n, own in enumerate(kept)
    ]
    rows = [
        {"key": bar.key, "step": step, "order": place, "entries": count}
        for bar, own in zip(bars, kept, strict=True)
        for place, (step, count) in enumerate(zip(names, own.steps, strict=True))
        if count
    ]
    most = max(own.entries for own in kept)
    x = alt.X("entries:Q", stack="zero", scale=alt.Scale(domain=[0, most], nice=False), axis=None)
    wide = look.width() > 400
    legend = alt.Legend(title=None, orient="top", columns=5 if wide else 3, symbolType="square", labelLimit=110)
    colour = alt.Color(
        "step:N", scale=alt.Scale(domain=names, range=list(look.colours.steps)), sort=names, legend=legend
    )
    stacked = alt.Chart(values(rows)).mark_bar(height=14, yOffset=8, stroke=look.colours.ground)
    return alt.layer(
        stacked.encode(x=x, y=y_of(bars), color=colour, order="order:Q"),
        *label_layer(bars, look),
    )
