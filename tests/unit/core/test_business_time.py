"""Business time is what a person with a wall clock would count, minute by minute, wherever they are."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from handoff.core.business_time import ALWAYS, Calendar, calendar_of
from handoff.core.pack import Owners, Rota, WorkingTime
from tests.unit.core.minute_counter import ZONES, some_hours, some_start, text

CASES = 10_000
BERLIN = {"zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]}}


def calendar(**change: Any) -> Calendar:
    return Calendar.of(WorkingTime.model_validate(BERLIN | change))


def utc(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


def test_business_time_equals_counting_minute_by_minute_in_forty_zones(record_property: Any):
    random, different, near_changes = Random(20261125), [], 0
    assert len(ZONES) == len(set(ZONES)) == 40
    for n, zone in enumerate(ZONES):
        for _ in range(5):  # calendars per zone, each asked 50 times
            hours = some_hours(random, zone)
            rota = (
                Rota(people=("ann",), since=date(2026, 1, 3), hours=tuple(map(text, hours.rota)))
                if hours.rota
                else None
            )
            tested = Calendar.of(WorkingTime.model_validate(hours.yaml()), rota)
            for _ in range(CASES // 200):
                start = some_start(random, zone)
                end = start + timedelta(minutes=random.choice([random.randrange(2000), random.randrange(12000)]))
                minutes = random.randint(1, 2400)
                counted, after = hours.count(start, end), hours.after(start, minutes)
                near_changes += tested.local(start).utcoffset() != tested.local(end).utcoffset()
                if tested.between(start, end) != timedelta(minutes=counted):
                    different.append((n, start, end, counted))
                if tested.add(start, timedelta(minutes=minutes)) != after:
                    different.append((n, start, minutes, after))
    record_property("differences", len(different))
    print(f"{CASES} cases, {near_changes} over a change of the clocks: {len(different)} differences")
    assert near_changes > 1000
    assert different == []


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-25T08:00", 0, "2026-11-25T08:00"),
        ("2026-11-25T07:00", 1, "2026-11-25T09:00"),  # Berlin opens at 8 UTC in winter
        ("2026-11-25T08:00", 3, "2026-11-25T11:00"),  # the end of the morning, not the start of the afternoon
        ("2026-11-25T08:00", 4, "2026-11-25T13:00"),
        ("2026-11-27T16:00", 2, "2026-11-30T09:00"),  # over a weekend
        ("2026-03-27T16:00", 2, "2026-03-30T08:00"),  # and a change of the clocks: Monday opens at 7 UTC
        ("2026-10-23T15:00", 2, "2026-10-26T09:00"),
        ("2026-12-31T16:30", 1, "2027-01-01T08:30"),  # the year's end; without a country no day is a holiday
        ("2028-02-28T16:30", 1, "2028-02-29T08:30"),  # a leap day
    ],
)
def test_hours_are_those_of_the_wall_clock_there(start: str, hours: int, end: str):
    assert calendar().add(utc(start), timedelta(hours=hours)) == utc(end)
    assert calendar().between(utc(start), utc(end)) == timedelta(hours=hours)


def test_a_period_over_a_change_of_the_clocks_counts_the_minutes_that_pass():
    night = calendar(hours={"sun": ["01:00-04:00"]})
    spring, autumn = utc("2026-03-29T00:00"), utc("2026-10-24T23:00")
    assert night.between(spring, spring + timedelta(hours=12)) == timedelta(hours=2)
    assert night.between(autumn, autumn + timedelta(hours=12)) == timedelta(hours=4)


def test_a_period_that_ends_within_the_repeated_hour_is_worked_twice():
    night = calendar(hours={"sun": ["01:00-02:30"]})
    found = night.intervals(utc("2026-10-24T12:00"), utc("2026-10-25T12:00"))
    assert found == [
        (utc("2026-10-24T23:00"), utc("2026-10-25T00:30")),
        (utc("2026-10-25T01:00"), utc("2026-10-25T01:30")),
    ]


def test_holidays_and_closed_days_are_not_worked_by_the_rota_neither():
    rota = Rota(people=("ann",), since=date(2026, 1, 3), hours=("10:00-12:00",))
    days = BERLIN | {"holidays": {"country": "DE", "subdivision": "BE"}, "closed": ["2026-12-24"]}
    berlin = Calendar.of(WorkingTime.model_validate(days), rota)
    assert berlin.intervals(utc("2026-12-23T13:00"), utc("2026-12-28T09:00")) == [
        (utc("2026-12-23T13:00"), utc("2026-12-23T17:00")),
        # the 24th is closed, the 25th and Saturday the 26th are holidays
        (utc("2026-12-27T09:00"), utc("2026-12-27T11:00")),
        (utc("2026-12-28T08:00"), utc("2026-12-28T09:00")),
    ]


def test_without_a_calendar_the_clock_runs_round_the_clock():
    start = utc("2026-10-24T12:00:00.000001")
    assert Calendar.of(None) is ALWAYS
    assert ALWAYS.add(start, timedelta(hours=24)) == start + timedelta(hours=24)
    assert ALWAYS.intervals(start, start + timedelta(days=9)) == [(start, start + timedelta(days=9))]
    written_out = calendar(zone="UTC", hours={"mon-sun": ["00:00-24:00"]})
    assert written_out == ALWAYS


def test_nothing_counts_before_the_start():
    assert calendar().intervals(utc("2026-11-25T09:00"), utc("2026-11-25T09:00")) == []
    assert calendar().between(utc("2026-11-26T09:00"), utc("2026-11-25T09:00")) == timedelta(0)


def test_a_week_runs_over_its_end_and_a_minute_written_twice_counts_once():
    israel = calendar(zone="Asia/Jerusalem", hours={"sun-thu": ["09:00-17:00"], "sun": ["08:00-10:00"]})
    assert [bool(day) for day in israel.week] == [True, True, True, True, False, False, True]
    assert israel.week[6] == ((480, 1020),)


@pytest.mark.parametrize("given", [calendar(), ALWAYS, calendar(holidays={"country": "JP"}, closed=["2026-12-29"])])
def test_a_calendar_is_kept_as_json_and_read_back(given: Calendar):
    assert Calendar.from_document(json.loads(json.dumps(given.document()))) == given


@pytest.mark.parametrize(
    ("working", "sentence"),
    [
        ({"hours": {}}, "the calendar in Europe/Berlin has no working hour for years after 2026-11-25"),
        ({"zone": "Europe/Bern"}, "'Europe/Bern' is no time zone: write a name such as Europe/Berlin"),
        ({"zone": "../etc"}, "'../etc' is no time zone: write a name such as Europe/Berlin"),
        ({"zone": "Europe"}, "'Europe' is no time zone: write a name such as Europe/Berlin"),
        ({"hours": {"mo": ["09:00-10:00"]}}, "'mo' is no day of the week: write mon, or a range such as mon-fri"),
        ({"hours": {"mon": ["9-17"]}}, "'9-17' is no period of a day: write it as 09:00-12:30"),
        ({"hours": {"mon": ["09:00-24:30"]}}, "'09:00-24:30' goes beyond the day: end it at 24:00"),
        ({"holidays": {"country": "XX"}}, "no public holidays are known for XX"),
        ({"holidays": {"country": "DE", "subdivision": "ZZ"}}, "no public holidays are known for DE, subdivision ZZ"),
    ],
)
def test_a_broken_calendar_is_a_sentence_and_never_endless(working: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        calendar(**working).add(utc("2026-11-25T09:00"), timedelta(hours=1))


def test_hours_that_run_backwards_are_refused():
    with pytest.raises(ValueError, match="'17:00-09:00' ends before it begins: write a night as"):
        calendar(hours={"mon": ["17:00-09:00"]})


def test_a_moment_without_a_zone_and_a_negative_span_are_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        calendar().between(datetime(2026, 11, 25), utc("2026-11-26T09:00"))  # noqa: DTZ001 - what is tried out
    with pytest.raises(ValueError, match="cannot be negative"):
        calendar().add(utc("2026-11-25T09:00"), timedelta(hours=-1))


@pytest.mark.parametrize("document", [{}, {"hours": []}, {"hours": {"mon": 9}, "closed": [], "zone": 1}])
def test_what_is_no_calendar_is_refused(document: dict[str, Any]):
    with pytest.raises(ValueError, match="this is no calendar"):
        Calendar.from_document(document)


def test_the_calendar_is_the_persons_else_the_roles_else_the_companys():
    calendars = {name: BERLIN | {"zone": zone} for name, zone in (("own", "Asia/Tokyo"), ("role", "Europe/Berlin"))}
    owners = Owners.model_validate(
        {
            "tie_breaker": "ann",
            "calendars": {**calendars, "all": BERLIN | {"zone": "America/New_York"}},
            "calendar": "all",
            "people": {
                "ann": {"name": "Ann", "email": "ann@example.com", "calendar": "own"},
                "bob": {"name": "Bob", "email": "bob@example.com"},
            },
            "roles": {
                "with": {
                    "title": "With",
                    "person": "bob",
                    "calendar": "role",
                    "weekend": {"people": ["ann"], "since": "2026-01-03", "hours": ["10:00-12:00"]},
                },
                "without": {"title": "Without", "person": "ann"},
            },
            "rules": {},
            "failures": {},
        }
    )
    found = {
        (role, who): calendar_of(owners, role, who) for role in ("with", "without") for who in ("ann", "bob", "x@y")
    }
    zones = {key: each.zone for key, each in found.items()}
    assert zones == {
        ("with", "ann"): "Asia/Tokyo",
        ("with", "bob"): "Europe/Berlin",
        ("with", "x@y"): "Europe/Berlin",
        ("without", "ann"): "Asia/Tokyo",
        ("without", "bob"): "America/New_York",
        ("without", "x@y"): "America/New_York",
    }
    assert found["with", "ann"].week[5] == ((600, 720),)
    assert found["with", "bob"].week[5] == found["without", "bob"].week[5] == ()  # not on the rota
    nobody = owners.model_copy(update={"calendar": None})
    assert calendar_of(nobody, "without", "bob") == ALWAYS
