"""What a rule may ask for: the pack, the source, the facts, and the deal's fields as expressions."""

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from checks.facts import Facts
from checks.readings import amount_of, day_of
from handoff.core.pack import Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One batch's view of the pack. `readings` gathers the conversions that rules share, each computed once."""

    pack: Pack
    source: str
    facts: Facts
    readings: dict[str, pl.Expr] = field(default_factory=dict)

    def text(self, name: str) -> pl.Expr:
        """A deal field as its text; null when empty."""
        return pl.col(name)

    def amount(self, name: str) -> pl.Expr:
        """A deal field as an exact decimal; null when empty or unreadable."""
        return self._read(f"{name} as amount", amount_of(pl.col(name)))

    def day(self, name: str) -> pl.Expr:
        """A deal field as a date; null when empty or unreadable."""
        return self._read(f"{name} as day", day_of(pl.col(name)))

    def _read(self, name: str, expression: pl.Expr) -> pl.Expr:
        self.readings.setdefault(name, expression)
        return pl.col(name)

    def line(self, name: str) -> pl.Expr:
        """A field of one line, inside a rule over lines."""
        return pl.element().struct.field(name)

    def line_amount(self, name: str) -> pl.Expr:
        """A field of one line as an exact decimal; null when empty or unreadable."""
        return amount_of(self.line(name))

    def lines(self, expression: pl.Expr) -> pl.Expr:
        """An expression over one line, applied to every line of a deal."""
        return pl.col("lines").list.eval(expression)

    def always(self) -> pl.Expr:
        """True for every row (a bare literal would be one verdict for all rows, and be refused)."""
        return pl.int_range(pl.len()) >= 0

    def maps(self, name: str) -> bool:
        """Whether the source fills a deal field, or `lines.<field>`, at all."""
        source = self.pack.fields.sources[self.source]
        if name.startswith("lines."):
            return source.lines is not None and name.removeprefix("lines.") in source.lines.fields
        return name in source.fields

    def labels(self, name: str) -> tuple[str, ...]:
        """The canonical labels of a field; none when the source gives it no label set, so that no label passes."""
        label_set = self.pack.label_set_of(self.source, name)
        if label_set is None:
            return ()
        if isinstance(label_set.labels, str):
            raise TypeError(f"the label set of {name} was not expanded when the pack was loaded")
        return label_set.labels

    def group(self, name: str, value: str) -> tuple[str, ...]:
        """A value of a condition: the labels of the group of that name, else the value itself."""
        label_set = self.pack.label_set_of(self.source, name)
        return label_set.groups.get(value, (value,)) if label_set else (value,)

    def known(self, *names: str) -> pl.Expr:
        """Whether all of these fields that the source maps are filled; false when it maps none of them."""
        mapped = [pl.col(name).is_not_null() for name in names if self.maps(name)]
        return pl.all_horizontal(mapped) if mapped else ~self.always()

    def today(self) -> pl.Expr:
        """The calendar day where the billing entity is: entities east and west of us may be a day apart."""
        billing = self.pack.billing
        entities: dict[date, list[str]] = {}
        for label, entity in billing.entities.items():
            entities.setdefault(self._day_in(entity.zone), []).append(label)
        default = billing.entities.get(billing.default_entity or "")
        today: pl.Expr = pl.lit(self._day_in(default.zone if default else "UTC"))
        for day, labels in entities.items():
            today = pl.when(pl.col("billing_entity").is_in(labels)).then(pl.lit(day)).otherwise(today)
        return today

    def _day_in(self, zone: str) -> date:
        return self.facts.now.astimezone(ZoneInfo(zone)).date()
