"""A period of days: its bounds in a zone, and what is no day."""

from datetime import UTC, datetime

import pytest

from handoff.core.errors import UsageError
from handoff.core.period import Period

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
"""Still the 23rd in New York."""
ZONE = "America/New_York"


def test_both_days_count_whole_in_the_zone() -> None:
    period = Period.of("2026-10-31", "2026-11-01", ZONE, NOW)
    assert period.begin == datetime(2026, 10, 31, 4, tzinfo=UTC)
    assert period.end == datetime(2026, 11, 2, 5, tzinfo=UTC), "the day on which clocks go back has 25 hours"
    assert period.holds(datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC))
    assert not period.holds(datetime(2026, 11, 2, 5, tzinfo=UTC))
    assert not period.holds(datetime(2026, 10, 31, 3, 59, tzinfo=UTC))


def test_without_days_everything_counts() -> None:
    period = Period.of(None, None, ZONE, NOW)
    assert (period.begin, period.end) == (None, None)
    assert period.holds(NOW)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "2026-02-29", "24.11.2026", "0001-01-01", "9999-12-31"]
)
@pytest.mark.parametrize("option", ["--since", "--until"])
def test_what_is_no_day_is_one_sentence_that_names_the_option(option: str, text: str) -> None:
    days = (text, None) if option == "--since" else (None, text)
    with pytest.raises(UsageError, match=f"^{option} .* is no day of this calendar: write it as 2026-11-24.$"):
        Period.of(*days, ZONE, NOW)


def test_days_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(UsageError, match=r"--since 2026-11-02 is after --until 2026-11-01"):
        Period.of("2026-11-02", "2026-11-01", ZONE, NOW)


def test_a_period_that_has_not_begun_is_refused_by_the_day_of_the_zone() -> None:
    assert Period.of("2026-11-23", None, ZONE, NOW).since is not None
    with pytest.raises(UsageError, match=r"lies ahead \(today is 2026-11-23 in America/New_York\)"):
        Period.of("2026-11-24", None, ZONE, NOW)


def test_a_last_day_far_ahead_is_a_bound_like_any_other() -> None:
    assert Period.of(None, "2999-12-31", ZONE, NOW).holds(NOW)
