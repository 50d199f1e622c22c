"""Times, shares and counts as people say them."""

import pytest

from handoff.report.wording import duration, percent, times


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "–"),
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 day"),
        (187_200, "2 days 4 h"),
    ],
)
def test_a_time_in_its_two_largest_units(seconds: int | None, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, "–"), (0.0, "0 %"), (1.0, "100 %"), (0.5, "50.0 %"), (0.9999, "99.9 %"), (0.0001, "0.1 %")],
)
def test_a_share_is_never_all_nor_nothing_unless_it_is(share: float | None, said: str) -> None:
    assert percent(share) == said


def test_once_twice_and_more() -> None:
    assert [times(n) for n in (1, 2, 3)] == ["once", "twice", "3 times"]
