"""Business time is what a person with a wall clock would count, minute by minute, wherever they are."""

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
                end = start + timedelta(minutes=random.choice([random.randrange(2000), random.randrange(20000)]))
                minutes = random.randint(1, 3000)
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
