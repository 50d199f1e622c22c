"""Relative days in a seed: the demo's folder is valid on any day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.seed import SeedError, read_seed

TODAY = date(2027, 1, 5)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{today}", "2027-01-05"),
        ("{today-12}", "2026-12-24"),
        ("{today+60}", "2027-03-06"),
        ("{today+x}", "{today+x}"),
        ("since {today-1}", "since {today-1}"),
        ("{today}\\n", "{today}\n"),
    ],
)
def test_a_value_that_is_wholly_a_relative_day_becomes_that_day(tmp_path: Path, written: str, read: str) -> None:
    (tmp_path / "Deal.json").write_text(f'[{{"day": "{written}", "inner": {{"days": ["{written}", 1, null]}}}}]')
    assert read_seed(tmp_path, TODAY) == {"Deal": [{"day": read, "inner": {"days": [read, 1, None]}}]}


def test_a_csv_cell_may_be_a_relative_day(tmp_path: Path) -> None:
    (tmp_path / "Deal.csv").write_text("Id,CloseDate\n1,{today-1}\n")
    assert read_seed(tmp_path, TODAY) == {"Deal": [{"Id": "1", "CloseDate": "2027-01-04"}]}


def test_days_count_from_today_when_no_day_is_given(tmp_path: Path) -> None:
    (tmp_path / "Deal.json").write_text('[{"day": "{today}"}]')
    before = datetime.now(UTC).date()
    read = date.fromisoformat(read_seed(tmp_path)["Deal"][0]["day"])
    assert before <= read <= before + timedelta(days=1)


def test_a_relative_day_outside_the_calendar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Deal.json").write_text('[{"day": "{today-999999}"}]')
    with pytest.raises(SeedError, match=r"Deal.json: \{today-999999\} is no day of the calendar"):
        read_seed(tmp_path, TODAY)


def test_the_answers_of_a_folder_are_no_seed(tmp_path: Path) -> None:
    (tmp_path / "ANSWERS.json").write_text('{"deals": {}}')
    (tmp_path / "Deal.json").write_text("[]")
    assert read_seed(tmp_path) == {"Deal": []}
