"""Percentiles by nearest rank: always a value that was measured, never one in between. Pure."""

from collections.abc import Sequence
from typing import TypeVar

Value = TypeVar("Value", int, float)


def nearest_rank(values: Sequence[Value], percent: int) -> Value | None:
    """The smallest value that at least `percent` % of the values do not exceed; None when there are none.

    Of n values in order it is the one at place ceil(percent * n / 100), counted from 1. Raises ValueError for a percent
    that is not from 1 to 100.
    """
    if not 1 <= percent <= 100:
        raise ValueError(f"a percentile is from 1 to 100, not {percent}")
    if not values:
        return None
    place = -(-percent * len(values) // 100)  # in whole numbers: a float could round to the next place
    return sorted(values)[place - 1]
