"""Judging text in Python, once per distinct value: for the few libraries that know no columns."""

from collections.abc import Callable

import polars as pl

Surely = Callable[[pl.Series], pl.Series]


def judged(text: pl.Expr, valid: Callable[[str], bool], surely: Surely | None = None) -> pl.Expr:
    """Whether `valid` holds of a text. `surely` marks the texts known to be valid without asking."""

    def judge(series: pl.Series) -> pl.Series:
        sure = surely(series) if surely else pl.repeat(value=False, n=len(series), eager=True)
        unsure = series.filter(~sure.fill_null(value=True)).drop_nulls().unique()
        return sure | series.is_in([value for value in unsure if valid(value)])

    return text.map_batches(judge, return_dtype=pl.Boolean, is_elementwise=True)
