"""Top causes by money: what each holds of the blocked money, and how much the first of them hold together.

A cause is a rule, and the value seen where that is a label. No other value is told, and no label of an entry that
whoever looks may not read: such an entry counts under its rule alone.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.core.money import Money, is_currency
from handoff.core.pack import Pack
from handoff.report.charts.bars import ROW, Bar, label_layer, y_of
from handoff.report.charts.chart import Chart, Picture, values
from handoff.report.charts.look import Look, Size, shown
from handoff.report.wording import counted, money, percent, spoken
from mappings.decided_labels import label_set_named

if TYPE_CHECKING:
    import altair as alt

NAME, TITLE = "causes", "What holds the money"
MOST_CAUSES = 10
NOTHING_HELD = "Nothing is held."
_UNITS = ((1_000_000_000, " bn"), (1_000_000, " M"), (1_000, " k"))

Key = tuple[str, str]
"""A rule, and the label seen or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What one cause holds. `share` of the blocked money in the leading currency; `so_far`: with all before it."""

    rule: str
    label: str
    entries: int
    amounts: tuple[Money, ...]
    leading: Money | None
    share: float
    so_far: float

    @property
    def what(self) -> str:
        """`product “GTXPro”`, or the rule in words."""
        rule = spoken(self.rule)
        return f"{rule.removesuffix(' is canonical')} “{self.label}”" if self.label else rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Pareto:
    """All causes, most money first; the blocked money in the currency that most open entries are in."""

    causes: tuple[Held, ...]
    blocked: Money | None
    priced: int
    """Entries with an amount in that currency."""
    entries: int
    mixed: bool
    """Whether there is money in other currencies too: currencies are never added up."""
    untold: bool = False
    """Whether there are labels that are not told."""


def pareto(rows: Iterable[Any], pack: Pack, told: Collection[int] | None = None) -> Pareto:
    """Count judged violations of open entries, as `store.causes.holding` gives them: an entry once per cause.

    `told`: the entries whose labels are told; None: all.
    """
    untold = False
    amounts: dict[int, Money | None] = {}
    keys: dict[Key, set[int]] = defaultdict(set)
    for row in rows:
        if row.id not in amounts:
            readable = row.amount_minor is not None and is_currency(row.currency or "")
            amounts[row.id] = Money(minor=row.amount_minor, currency=row.currency) if readable else None
        label = row.seen if row.seen and label_set_named(pack, row.source, row.field) else ""
        if label and told is not None and row.id not in told:
            label, untold = "", True
        keys[row.rule, label].add(row.id)
    main = _main(amounts.values())
    minor = {entry: found.minor for entry, found in amounts.items() if found and found.currency == main}
    whole = sum(minor.values())
    ranked = sorted(keys.items(), key=lambda k: (-sum(minor.get(e, 0) for e in k[1]), -len(k[1]), k[0]))
    found, covered = [], 0
    seen: set[int] = set()
    for (rule, label), held in ranked:
        covered += sum(minor.get(entry, 0) for entry in held - seen)
        seen |= held
        own = sum(minor.get(entry, 0) for entry in held)
        found.append(
            Held(
                rule=rule,
                label=label,
                entries=len(held),
                amounts=_totals(amounts[entry] for entry in held),
                leading=Money(minor=own, currency=main) if main else None,
                share=own / whole if whole else 0.0,
                so_far=covered / whole if whole else 0.0,
            )
        )
    return Pareto(
        causes=tuple(found),
        blocked=Money(minor=whole, currency=main) if main else None,
        priced=len(minor),
        entries=len(amounts),
        mixed=len({found.currency for found in amounts.values() if found}) > 1,
        untold=untold,
    )


def _main(amounts: Iterable[Money | None]) -> str:
    """The currency that most entries are in."""
    count = Counter(found.currency for found in amounts if found)
    return min(count, key=lambda code: (-count[code], code), default="")


def _totals(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    minor: Counter[str] = Counter()
    count: Counter[str] = Counter()
    for found in amounts:
        if found:
            minor[found.currency] += found.minor
            count[found.currency] += 1
    return tuple(Money(minor=minor[code], currency=code) for code, _ in count.most_common())


def chart(found: Pareto) -> Chart:
    """The causes that hold most."""
    kept = found.causes[:MOST_CAUSES]
    rows = tuple((c.what, f"{c.entries:,}", money(c.amounts), percent(c.share), percent(c.so_far)) for c in kept)
    rest = len(found.causes) - len(kept)
    notes = [f"{counted(rest, 'more cause')} not shown." if rest else ""]
    if found.mixed and found.blocked:
        notes.append(f"Drawn in {found.blocked.currency}, which most entries are in; currencies are never added up.")
    if found.untold:
        notes.append("What stands in deals that you may not read is not told: they count under their rule.")
    notes.append("An entry with two causes counts in both, and once in the line of what they hold together.")
    return Chart(
        name=NAME,
        title=TITLE,
        sentence=_sentence(found),
        headings=("Cause", "Entries", "Money", "Of the blocked money", "Together so far"),
        rows=rows,
        right=(1, 2, 3, 4),
        note=" ".join(note for note in notes if note),
        picture=Picture(draw=lambda look: _draw(kept, look), height=lambda _: 34 + ROW * len(kept)) if kept else None,
    )


def _sentence(found: Pareto) -> str:
    if not found.causes:
        return NOTHING_HELD
    first = found.causes[0]
    if found.blocked is None:
        return f"{counted(found.entries, 'entry is', 'entries are')} held, none with a readable amount."
    said = f"{found.blocked} is held in {counted(found.priced, 'entry', 'entries')}"
    said += f"; the largest cause is {first.what}: {first.leading}, {percent(first.share)}"
    if len(found.causes) > 3:
        said += f". The first three causes hold {percent(found.causes[2].so_far)} together"
    return f"{said}."


def short(amount: Money | None) -> str:
    """`USD 3.51 M`, three digits or four: for a picture, beside which a table has all digits."""
    if amount is None:
        return "–"
    for size, unit in _UNITS:
        if abs(amount.major) >= size:
            found = amount.major / size
            digits = 2 if abs(found) < 10 else 1 if abs(found) < 100 else 0
            return f"{amount.currency} {found:,.{digits}f}{unit}"
    return f"{amount.currency} {amount.major:,.0f}"


def _figure(cause: Held) -> str:
    """The money drawn; where it is nothing, that in the cause's own first currency."""
    drawn = cause.leading if cause.leading and cause.leading.minor else next(iter(cause.amounts), None)
    return f"{short(drawn)} · {counted(cause.entries, 'deal')}"


def _draw(kept: Sequence[Held], look: Look) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt  # noqa: PLC0415 - lazy, as everywhere in the charts

    bars = [
        Bar(key=f"{n:03}", label=shown(cause.what, look.letters), value=_figure(cause)) for n, cause in enumerate(kept)
    ]
    rows = [
        {"key": bar.key, "share": cause.share, "so_far": cause.so_far} for bar, cause in zip(bars, kept, strict=True)
    ]
    colours, base = look.colours, alt.Chart(values(rows)).encode(y=y_of(bars))
    title = "of the blocked money: each alone (bar), and with all above it (line)"
    axis = alt.Axis(title=title if look.size is Size.WIDE else "bar: alone, line: with all above", format="%")
    axis.values = [0, 0.25, 0.5, 0.75, 1]
    scale = alt.Scale(domain=[0, 1], nice=False)
    alone = alt.X("share:Q", scale=scale, axis=axis)
    so_far = alt.X("so_far:Q", scale=scale, axis=axis)
    return alt.layer(
        base.mark_bar(height=3, yOffset=9, color=colours.line).encode(x=so_far),
        base.mark_tick(height=12, yOffset=9, thickness=2.5, color=colours.soft).encode(x=so_far),
        base.mark_bar(height=12, yOffset=9, cornerRadius=2, color=colours.warn).encode(x=alone),
        *label_layer(bars, look),
    )
