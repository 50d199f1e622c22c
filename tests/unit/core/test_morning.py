"""The moment of a digest: eight in the reader's zone, on a day on which they work."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from handoff.core.morning import morning, zone_of
from handoff.core.pack import Owners

PEOPLE: dict[str, Any] = {
    "ada": {"name": "Ada", "email": "ada@example.com", "calendar": "tokyo"},
    "bob": {"name": "Bob", "email": "bob@example.com"},
    "cleo": {"name": "Cleo", "email": "cleo@example.com", "absent": [{"from": "2026-11-25", "until": "2026-11-26"}]},
    "dora": {"name": "Dora", "email": "dora@example.com", "left": "2026-11-25"},
    "emil": {"name": "Emil", "email": "emil@example.com", "calendar": "cairo"},
    "fay": {"name": "Fay", "email": "fay@example.com", "calendar": "nowhere"},
}
CALENDARS: dict[str, Any] = {
    "tokyo": {"zone": "Asia/Tokyo", "hours": {"mon-fri": ["09:00-18:00"]}, "holidays": {"country": "JP"}},
    "berlin": {"zone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-18:00"]}, "closed": ["2026-12-24"]},
    "cairo": {"zone": "Africa/Cairo", "hours": {"sun-thu": ["09:00-18:00"]}},
    "nowhere": {"zone": "Mars/Olympus", "hours": {"mon-fry": ["09:00-18:00"]}},
}


def owners(**values: Any) -> Owners:
    stated = {"tie_breaker": "bob", "people": PEOPLE, "roles": {}, "rules": {}, "failures": {}}
    return Owners.model_validate({**stated, "calendars": CALENDARS, **values})


@pytest.mark.parametrize(
    ("person", "now", "day"),
    [
        ("ada", "2026-11-24T22:59", None),  # 07:59 in Tokyo
        ("ada", "2026-11-24T23:00", "2026-11-25"),
        ("ada", "2026-11-23T01:00", None),  # Labour Thanksgiving Day
        ("ada", "2026-11-28T01:00", None),  # a Saturday
        ("bob", "2026-11-25T06:59", None),  # 07:59 in Berlin, in winter
        ("bob", "2026-11-25T07:00", "2026-11-25"),
        ("bob", "2026-07-01T06:00", "2026-07-01"),  # in summer
        ("bob", "2026-12-24T12:00", None),  # closed
        ("cleo", "2026-11-25T12:00", None),
        ("cleo", "2026-11-27T12:00", "2026-11-27"),
        ("dora", "2026-11-24T12:00", "2026-11-24"),
        ("dora", "2026-11-25T12:00", None),
        ("emil", "2026-11-27T12:00", None),  # a Friday in Cairo
        ("emil", "2026-11-29T12:00", "2026-11-29"),
        ("fay", "2026-11-25T12:00", None),  # no day can be read
        ("eve@example.com", "2026-11-25T07:00", "2026-11-25"),  # a stranger, by the company's calendar
    ],
)
def test_the_morning_of_a_person(person: str, now: str, day: str | None):
    found = morning(owners(calendar="berlin"), person, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == (date.fromisoformat(day) if day else None)


def test_a_role_lends_its_calendar_to_its_person():
    roles = {"ops": {"title": "Ops", "person": "bob", "calendar": "tokyo"}}
    assert zone_of(owners(roles=roles, calendar="berlin"), "bob").key == "Asia/Tokyo"
    assert zone_of(owners(roles=roles, calendar="berlin"), "ada").key == "Asia/Tokyo"
    assert zone_of(owners(roles=roles, calendar="berlin"), "cleo").key == "Europe/Berlin"


def test_without_any_calendar_it_is_utc_from_monday_to_friday():
    bare = owners(calendars={}, people={"bob": PEOPLE["bob"]})
    assert morning(bare, "bob", datetime(2026, 11, 25, 7, 59, tzinfo=UTC)) is None
    assert morning(bare, "bob", datetime(2026, 11, 25, 8, 0, tzinfo=UTC)) == date(2026, 11, 25)
    assert morning(bare, "bob", datetime(2026, 11, 28, 8, 0, tzinfo=UTC)) is None


def test_a_zone_that_does_not_exist_is_read_as_utc():
    assert zone_of(owners(), "fay").key == "UTC"
    assert zone_of(owners(), "ada").key == "Asia/Tokyo"
