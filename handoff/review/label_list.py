"""The texts that wait for a label decision, a page at a time: most money first, from a place that outlives changes."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from handoff.core.errors import UsageError
from handoff.core.pack import Pack
from handoff.report.cause_list import HeldCause
from mappings.decided_labels import label_set_named

SIZE = 50
_PLACE = re.compile(r"(-?[0-9]{1,18})~(-?[0-9]{1,9})~(C-[0-9a-f]{10})")

Place = tuple[int, int, str]
"""Where a text stands: by its money in the currency that leads, then by its deals, then by its cause; least first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A text that holds deals, and the label set that does not know it."""

    cause: HeldCause
    label_set: str
    place: Place

    @property
    def mark(self) -> str:
        """The place, for an address."""
        return "~".join(map(str, self.place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some of the texts, with the marks of what lies before and after them; `total`: of all pages."""

    shown: Sequence[Waiting]
    total: int
    before: str | None = None
    after: str | None = None


def waiting(causes: Iterable[HeldCause], pack: Pack, sets: Collection[str]) -> list[Waiting]:
    """The causes that a decision about one of these label sets could end, most money first; decided ones apart."""
    named = [(cause, name) for cause in causes if (name := _label_set(pack, cause)) in sets]
    found = [(c, name) for c, name in named if name and pack.labels[name].canonical(c.key.seen or "") is None]
    leading = Counter(cause.touched.money[0].currency for cause, _ in found if cause.touched.money)
    main = min(leading, key=lambda code: (-leading[code], code), default="")
    made = [Waiting(cause=c, label_set=name, place=_place(c, main)) for c, name in found]
    return sorted(made, key=lambda each: each.place)


def saying(found: Iterable[Waiting], search: str) -> list[Waiting]:
    """Those in whose text something stands, in large letters or small."""
    wanted = search.strip().casefold()
    return [each for each in found if wanted in (each.cause.key.seen or "").casefold()]


def page(found: Sequence[Waiting], after: str = "", before: str = "") -> Page:
    """One page: the first, the one after a place, or the one before it. Raises UsageError for what is no place."""
    if after and before:
        raise UsageError("The address names two places in the labels: begin at their first page.")
    begin, places = 0, [each.place for each in found]
    if after:
        begin = bisect_right(places, _read(after))
    elif before:
        begin = max(0, bisect_left(places, _read(before)) - SIZE)
    shown = found[begin : begin + SIZE]
    return Page(
        shown=shown,
        total=len(found),
        before=shown[0].mark if shown and begin else None,
        after=shown[-1].mark if begin + SIZE < len(found) else None,
    )


def _label_set(pack: Pack, cause: HeldCause) -> str | None:
    """The set whose owner decides about a cause; None where no one text holds its deals."""
    key = cause.key
    if key.seen is None or key.any_value:
        return None
    return next(filter(None, (label_set_named(pack, source, key.field) for source in pack.fields.sources)), None)


def _place(cause: HeldCause, main: str) -> Place:
    minor = sum(amount.minor for amount in cause.touched.money if amount.currency == main)
    return -minor, -cause.touched.deals, cause.id


def _read(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError("That place in the labels cannot be read: begin at their first page.")
    return int(found[1]), int(found[2]), found[3]
