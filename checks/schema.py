"""The frame that the gate judges, and the pandera schema in which each rule is a named check on its column."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData

from checks.rule import Rule
from handoff.core.deal import DEAL_FIELDS, LINE_FIELDS, DealRow

LINE = pl.Struct({field.name: pl.String for field in LINE_FIELDS})
COLUMNS: Mapping[str, pl.DataType] = {**{field.name: pl.String() for field in DEAL_FIELDS}, "lines": pl.List(LINE)}

Check = Callable[[pl.LazyFrame], pl.LazyFrame]


def frame(rows: Sequence[DealRow]) -> pl.DataFrame:
    """Deal rows as one text column per field, plus the lines; blank text becomes null."""
    try:
        built = _build(rows)
    except UnicodeEncodeError:  # half a surrogate pair in one cell must not stop the other deals
        built = _build([_encodable(row) for row in rows])
    blank = [pl.when(pl.col(n).str.contains(r"[^\s]")).then(pl.col(n)).alias(n) for n in COLUMNS if n != "lines"]
    return built.with_columns(blank)


def _build(rows: Sequence[DealRow]) -> pl.DataFrame:
    columns = {
        name: pl.Series(name, [row.values.get(name) for row in rows], dtype=pl.String, strict=False)
        for name in COLUMNS
        if name != "lines"
    }
    lines = [[{name: line.get(name) for name in LINE_NAMES} for line in row.lines] for row in rows]
    return pl.DataFrame({**columns, "lines": pl.Series("lines", lines, dtype=COLUMNS["lines"], strict=False)})


LINE_NAMES = tuple(field.name for field in LINE_FIELDS)


def _encodable(row: DealRow) -> DealRow:
    def clean(values: Mapping[str, str | None]) -> dict[str, str | None]:
        return {k: v.encode("utf-8", "replace").decode() if v else v for k, v in values.items()}

    return DealRow(
        values=clean(row.values), lines=tuple(clean(line) for line in row.lines), translations=row.translations
    )


def schema(rules: Iterable[Rule], checks: Mapping[str, Check], readings: Iterable[str]) -> pa.DataFrameSchema:
    """One column per field with the rules that hang on it; unknown and missing columns are errors.

    Without `ignore_na=False` a check would pass over nulls; one failure case is enough, the masks say the rest.
    """
    by_column: dict[str, list[pa.Check]] = {name: [] for name in COLUMNS}
    for rule in rules:
        check = _named(rule.name, checks[rule.name])
        by_column[rule.column].append(check)
    columns = {n: pa.Column(COLUMNS[n], checks=c, nullable=True, required=True) for n, c in by_column.items()}
    return pa.DataFrameSchema({**columns, **{name: pa.Column(nullable=True) for name in readings}}, strict=True)


def _named(name: str, check: Check) -> pa.Check:
    def judge(seen: PolarsData) -> pl.LazyFrame:
        return check(seen.lazyframe)

    return pa.Check(judge, name=name, ignore_na=False, n_failure_cases=1)
