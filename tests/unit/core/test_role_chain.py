"""The chain of a role at a moment: who is asked at each level, who is skipped and why; weekends, zones, leavers."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handoff.core.entry import EntryKind
from handoff.core.ownership import EntryOwner, Level, answering, entry_owner, levels, people_of, resolve
from handoff.core.pack import Accountable, Owners
from handoff.core.violation import Failure, Violation
from tests.unit.mappings.demo_deal import demo

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
ROTA = {"people": ["bob", "cid", "dov"], "since": "2026-11-07", "hours": ["10:00-12:00"]}
CALENDARS = {
    "kiritimati": {"zone": "Pacific/Kiritimati", "hours": {"mon-fri": ["09:00-17:00"]}},
    "honolulu": {"zone": "Pacific/Honolulu", "hours": {"mon-fri": ["09:00-17:00"]}},
}


def owners(roles: dict[str, Any], **people: dict[str, Any]) -> Owners:
    known = {
        name: {"name": name.title(), "email": f"{name}@example.com"} for name in ("ann", "bob", "cid", "dov", "tia")
    }
    return Owners.model_validate(
        {
            "tie_breaker": "tia",
            "calendars": CALENDARS,
            "people": {name: person | people.get(name, {}) for name, person in known.items()},
            "roles": {name: {"title": name, **role} for name, role in roles.items()},
            "rules": {},
            "failures": {},
        }
    )


CHAIN = {
    "first": {"person": "ann", "backup": "second"},
    "second": {"person": "bob", "backup": "third"},
    "third": {"person": "cid"},
}
AWAY = {"absent": [{"from": "2026-11-20", "until": "2026-11-30", "why": "holiday"}]}
SKIPPED = "absent from 2026-11-20 until 2026-11-30: holiday"


def asked(found: tuple[Level, ...]) -> list[tuple[str, str | None]]:
    return [(level.role, level.person_id) for level in found]


def test_every_level_names_its_person_and_the_tie_breaker_is_the_last():
    found = levels(owners(CHAIN), "first", {}, NOW)
    assert asked(found) == [("first", "ann"), ("second", "bob"), ("third", "cid"), ("tie_breaker", "tia")]
    assert [level.number for level in found] == [0, 1, 2, 3]


def test_a_level_without_anybody_is_skipped_and_says_why():
    found = levels(owners(CHAIN, bob=AWAY), "first", {}, NOW)
    assert asked(found) == [("first", "ann"), ("second", None), ("third", "cid"), ("tie_breaker", "tia")]
    assert found[1].skipped == (("bob", SKIPPED),)


def test_nobody_is_asked_twice_but_the_tie_breaker():
    twice = {"first": {"person": "ann", "backup": "second"}, "second": {"person": "ann", "backup": "third"}}
    found = levels(owners({**twice, "third": {"person": "tia"}}), "first", {}, NOW)
    assert asked(found) == [("first", "ann"), ("second", None), ("third", "tia"), ("tie_breaker", "tia")]
    assert found[1].skipped == (("ann", "is asked already, as level 0"),)


def test_an_absent_tie_breaker_answers_all_the_same_and_says_so():
    found = levels(owners(CHAIN, tia=AWAY), "first", {}, NOW)[-1]
    assert (found.person_id, found.away) == ("tia", SKIPPED)


def test_a_person_who_left_is_skipped_from_that_day_on():
    map_ = owners(CHAIN, ann={"left": "2026-11-25"})
    assert resolve(map_, "first", {}, datetime(2026, 11, 24, 23, 59, tzinfo=UTC)).person_id == "ann"
    found = resolve(map_, "first", {}, datetime(2026, 11, 25, tzinfo=UTC))
    assert (found.person_id, found.skipped) == ("bob", (("ann", "left the company on 2026-11-25"),))


@pytest.mark.parametrize(
    ("calendar", "moment", "who"),
    [
        ("kiritimati", "2026-11-19T09:59Z", "ann"),  # 23:59 of the 19th there
        ("kiritimati", "2026-11-19T10:00Z", "bob"),  # the 20th begins there
        ("honolulu", "2026-11-20T09:59Z", "ann"),
        ("honolulu", "2026-11-20T10:00Z", "bob"),
        ("honolulu", "2026-12-01T09:59Z", "bob"),
        ("honolulu", "2026-12-01T10:00Z", "ann"),
    ],
)
def test_an_absence_is_in_days_where_the_person_is(calendar: str, moment: str, who: str):
    map_ = owners(CHAIN, ann={**AWAY, "calendar": calendar})
    assert resolve(map_, "first", {}, datetime.fromisoformat(moment)).person_id == who


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-10-31T12:00Z", "ann"),  # before the rota begins
        ("2026-11-06T23:59Z", "ann"),
        ("2026-11-07T00:00Z", "bob"),
        ("2026-11-08T23:59Z", "bob"),
        ("2026-11-09T00:00Z", "ann"),
        ("2026-11-14T12:00Z", "cid"),
        ("2026-11-21T12:00Z", "dov"),
        ("2026-11-28T12:00Z", "bob"),
    ],
)
def test_a_weekend_rota_names_who_answers_in_turns(moment: str, who: str):
    map_ = owners({"first": {"person": "ann", "weekend": ROTA}})
    assert resolve(map_, "first", {}, datetime.fromisoformat(moment)).person_id == who


def test_a_weekend_is_that_of_the_role_and_can_be_left_out():
    saturday = datetime(2026, 11, 6, 10, tzinfo=UTC)  # in Kiritimati
    map_ = owners({"first": {"person": "ann", "weekend": ROTA, "calendar": "kiritimati"}})
    assert resolve(map_, "first", {}, saturday).person_id == "bob"
    assert resolve(map_, "first", {}, saturday, rota=False).person_id == "ann"


def test_who_is_absent_on_their_weekend_is_skipped_for_the_roles_own_person():
    map_ = owners({"first": {"person": "ann", "weekend": ROTA}}, bob=AWAY)
    found = resolve(map_, "first", {}, datetime(2026, 11, 28, 12, tzinfo=UTC))
    assert (found.person_id, found.level, found.skipped) == ("ann", 0, (("bob", SKIPPED),))


def test_people_of_the_rota_hold_the_role():
    assert people_of(owners({"first": {"person": "ann", "weekend": ROTA}}), "first", {}) == {"ann", "bob", "cid", "dov"}


def late(step: str) -> Violation:
    return Violation(rule=Failure.STEP_LATE, field=step, seen=None, allowed="", message="")


def owner(*violations: Violation) -> EntryOwner:
    return entry_owner(demo(), violations, {}, NOW)


def test_a_late_step_is_its_own_roles_and_else_the_failures():
    for name, step in demo().workflow.steps.items():
        assert owner(late(name)).role == answering(demo(), late(name)).role == step.role
    assert owner(late("a step of an older pack")).role == demo().owners.failures["step_late"].role


@pytest.mark.parametrize(("given", "backup_has"), [(2, 2), (None, 8)])
def test_an_entry_knows_its_kind_its_calendar_and_the_backups_time(given: int | None, backup_has: int):
    approval = Accountable(role="first", respond_within_hours=8, escalate_within_hours=given, kind=EntryKind.APPROVAL)
    map_ = owners(CHAIN, ann={"calendar": "honolulu"}).model_copy(update={"rules": {"currency_allowed": approval}})
    violation = Violation(rule="currency_allowed", field="", seen=None, allowed="", message="")
    found = entry_owner(replace(demo(), owners=map_), [violation], {}, NOW)
    assert (found.kind, found.respond_within_hours) == (EntryKind.APPROVAL, 8)
    assert (found.escalate_within_hours, found.calendar.zone) == (backup_has, "Pacific/Honolulu")
