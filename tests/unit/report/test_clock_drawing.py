"""The clock as a drawing: inside its frame whatever the times are, with its text, and with attributes alone."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from handoff.report.clock_drawing import Clock, drawing

BEGAN = datetime(2026, 11, 24, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLOCK = Clock(
    since=BEGAN,
    now=BEGAN + 3 * HOUR,
    due=BEGAN + 30 * HOUR,
    counted=[(BEGAN, BEGAN + 2 * HOUR)],
    ahead=[(BEGAN + 24 * HOUR, BEGAN + 30 * HOUR)],
    left_out=[(BEGAN + 2 * HOUR, BEGAN + 4 * HOUR)],
    warnings={50: BEGAN + 26 * HOUR, 80: BEGAN + 28 * HOUR},
    local=lambda moment: moment,
    text="2 h of 8 h counted",
)
TAG = "{http://www.w3.org/2000/svg}"


def parsed(clock: Clock) -> ElementTree.Element:
    """As a browser reads it."""
    return ElementTree.fromstring(str(drawing(clock)).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def names(clock: Clock) -> list[str]:
    return [each.get("class", "") for each in parsed(clock).iter(f"{TAG}rect")]


def test_each_span_is_drawn_once() -> None:
    assert names(CLOCK) == ["rest", "ahead", "counted", "left-out"]


def test_it_says_in_words_what_it_shows() -> None:
    picture = parsed(CLOCK)
    assert picture.get("role") == "img"
    assert [title.text for title in picture.iter(f"{TAG}title")] == ["2 h of 8 h counted"]
    labels = " ".join(text.text or "" for text in picture.iter(f"{TAG}text"))
    assert "due Wed 15:00" in labels
    assert "now, Tue 12:00" in labels


def above(clock: Clock) -> list[tuple[float, float, str]]:
    """The labels above the bar: where each begins and ends, in letters of seven points, and what it says."""
    found = []
    for text in parsed(clock).iter(f"{TAG}text"):
        if text.get("class") not in ("due", "warning"):
            continue
        x, width = float(text.get("x", "")), 7 * len(text.text or "")
        begins = x - {"start": 0, "middle": width / 2, "end": width}[text.get("text-anchor", "")]
        found.append((begins, begins + width, text.text or ""))
    return sorted(found)


@pytest.mark.parametrize(
    "warnings",
    [
        {50: BEGAN + 26 * HOUR, 80: BEGAN + 29 * HOUR},
        {50: BEGAN + 30 * HOUR, 80: BEGAN + 30 * HOUR},
        {50: BEGAN, 80: BEGAN + HOUR / 60},
        {50: BEGAN - 9 * HOUR, 80: BEGAN + 900 * HOUR},
        {50: BEGAN + 15 * HOUR, 80: BEGAN + 24 * HOUR},
    ],
)
@pytest.mark.parametrize("due", [HOUR / 60, 4 * HOUR, 26 * HOUR, 30 * HOUR, 300 * HOUR])
def test_due_and_each_warning_are_said_beside_each_other(warnings: dict[int, datetime], due: timedelta) -> None:
    labels = above(replace(CLOCK, warnings=warnings, due=BEGAN + due))
    assert sorted(said.split()[0] for _, _, said in labels) == ["50", "80", "due"]
    assert labels[0][0] >= 0
    assert labels[-1][1] <= 720
    assert all(one[1] < other[0] for one, other in pairwise(labels)), labels


def test_a_label_with_room_stands_at_its_mark_and_one_that_gave_way_leads_to_it() -> None:
    far = replace(CLOCK, warnings={50: BEGAN + 10 * HOUR, 80: BEGAN + 20 * HOUR})
    assert "lead" not in {line.get("class") for line in parsed(far).iter(f"{TAG}line")}
    near = parsed(replace(CLOCK, warnings={80: BEGAN + 29 * HOUR}))
    leads = [line for line in near.iter(f"{TAG}line") if line.get("class") == "lead"]
    assert leads
    assert {line.get("x2") for line in leads} <= {
        line.get("x1") for line in near.iter(f"{TAG}line") if line.get("class") in ("due", "warning")
    }


def test_a_clock_that_ended_says_so() -> None:
    labels = [text.text for text in parsed(replace(CLOCK, ended=True)).iter(f"{TAG}text")]
    assert "ended, Tue 12:00" in labels


def test_it_needs_no_style_and_no_script() -> None:
    assert not re.search(r"style|script|\son", str(drawing(CLOCK)))


def test_a_text_with_markup_stays_text() -> None:
    assert "<b>" not in str(drawing(replace(CLOCK, text="<b>bold</b>")))


@pytest.mark.parametrize(
    "changes",
    [
        {"now": BEGAN, "due": BEGAN, "counted": [], "ahead": [], "left_out": [], "warnings": {}},
        {"now": BEGAN + 2000 * HOUR},
        {"due": BEGAN + 20_000 * HOUR},
        {"left_out": [(BEGAN - 5 * HOUR, BEGAN + 50 * HOUR)]},
        {"warnings": {50: BEGAN - 9 * HOUR, 80: BEGAN + 900 * HOUR}},
    ],
)
def test_everything_stays_inside_its_frame(changes: dict[str, object]) -> None:
    picture = parsed(replace(CLOCK, **changes))  # type: ignore[arg-type]
    for rect in picture.iter(f"{TAG}rect"):
        x, width = float(rect.get("x", "")), float(rect.get("width", ""))
        assert 0 <= x <= x + width <= 720
    for line in picture.iter(f"{TAG}line"):
        assert 0 <= float(line.get("x1", "")) <= 720
    assert sum(1 for _ in picture.iter(f"{TAG}text")) < 20
