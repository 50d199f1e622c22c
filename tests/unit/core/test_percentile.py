"""Percentiles by nearest rank, against the definition."""

import math
import random

import pytest

from handoff.core.percentile import nearest_rank


@pytest.mark.parametrize(
    ("values", "p50", "p90"),
    [
        ([7], 7, 7),
        ([1, 2], 1, 2),
        ([3, 1, 2], 2, 3),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 5, 9),
        ([5, 5, 5, 9], 5, 9),
    ],
)
def test_by_hand(values: list[int], p50: int, p90: int) -> None:
    assert (nearest_rank(values, 50), nearest_rank(values, 90)) == (p50, p90)


def test_nothing_measured_has_no_percentile() -> None:
    assert nearest_rank([], 50) is None


@pytest.mark.parametrize("percent", [0, 101, -1])
def test_a_percent_that_is_none_is_refused(percent: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 100"):
        nearest_rank([1], percent)


def test_it_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    rng = random.Random(4)
    for _ in range(500):
        values = [rng.randrange(50) for _ in range(rng.randrange(1, 60))]
        percent = rng.randrange(1, 101)
        enough = [v for v in values if sum(w <= v for w in values) * 100 >= percent * len(values)]
        assert nearest_rank(values, percent) == min(enough)
        assert math.ceil(percent * len(values) / 100) <= len(values)
