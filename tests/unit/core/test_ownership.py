"""One person answers: the role's own, a backup, or the tie-breaker; never nobody, never two."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handoff.core.ownership import accountable, entry_owner, first_violation, resolve
from handoff.core.pack import Owners, Pack
from handoff.core.violation import Failure, Violation
from tests.unit.mappings.demo_deal import demo

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AWAY = [{"from": "2026-11-20", "until": "2026-11-30", "why": "holiday"}]


def person(name: str, *, away: bool = False) -> dict[str, Any]:
    return {"name": name, "email": f"{name.lower()}@example.com", "absent": AWAY if away else []}


def make_owners(roles: dict[str, Any], absent: tuple[str, ...] = ()) -> Owners:
    people = {name: person(name.title(), away=name in absent) for name in ("ann", "bob", "cid", "tia")}
    return Owners.model_validate(
        {
            "tie_breaker": "tia",
            "people": people,
            "roles": {name: {"title": name, **role} for name, role in roles.items()},
            "rules": {},
            "failures": {failure.value: {"role": "first"} for failure in Failure},
        }
    )


CHAIN = {
    "first": {"person": "ann", "backup": "second"},
    "second": {"person": "bob", "backup": "third"},
    "third": {"person": "cid"},
}


@pytest.mark.parametrize(
    ("absent", "who", "level", "skipped"),
    [
        ((), "ann", 0, ()),
        (("ann",), "bob", 1, ("ann",)),
        (("ann", "bob"), "cid", 2, ("ann", "bob")),
        (("ann", "bob", "cid"), "tia", 3, ("ann", "bob", "cid")),
        (("ann", "bob", "cid", "tia"), "tia", 3, ("ann", "bob", "cid")),
    ],
)
def test_the_chain_ends_at_a_person_who_is_there_or_the_tie_breaker(
    absent: tuple[str, ...], who: str, level: int, skipped: tuple[str, ...]
) -> None:
    found = resolve(make_owners(CHAIN, absent), "first", {}, NOW)
    assert (found.person_id, found.level, found.role) == (who, level, "first")
    assert tuple(name for name, _ in found.skipped) == skipped
    assert all(why == "absent from 2026-11-20 until 2026-11-30: holiday" for _, why in found.skipped)


@pytest.mark.parametrize(
    ("day", "who"),
    [("2026-11-19", "ann"), ("2026-11-20", "bob"), ("2026-11-30", "bob"), ("2026-12-01", "ann")],
)
def test_both_days_of_an_absence_count(day: str, who: str) -> None:
    found = resolve(make_owners(CHAIN, ("ann",)), "first", {}, datetime.fromisoformat(f"{day}T12:00Z"))
    assert found.person_id == who


def test_a_circle_of_backups_still_ends() -> None:
    roles = {"first": {"person": "ann", "backup": "second"}, "second": {"person": "bob", "backup": "first"}}
    assert resolve(make_owners(roles, ("ann", "bob")), "first", {}, NOW).person_id == "tia"


def test_a_chain_without_end_is_left_after_ten_roles() -> None:
    roles = {f"r{n}": {"person": "ann", "backup": f"r{n + 1}"} for n in range(50)}
    found = resolve(make_owners({**roles, "first": {"person": "ann", "backup": "r0"}}, ("ann",)), "first", {}, NOW)
    assert (found.person_id, found.level) == ("tia", 10)


@pytest.mark.parametrize("role", ["nobody knows", "empty"])
def test_a_role_that_leads_nowhere_falls_to_the_tie_breaker(role: str) -> None:
    assert resolve(make_owners({**CHAIN, "empty": {}}), role, {}, NOW).person_id == "tia"


BY_REGION = {
    "first": {"look_up": {"field": "region", "people": {"East": "ann"}, "fallback": "cid"}, "backup": "second"},
    "second": {"person": "bob"},
}


@pytest.mark.parametrize(
    ("values", "absent", "who", "skipped"),
    [
        ({"region": "East"}, (), "ann", []),
        ({"region": "West"}, (), "cid", [("region 'West'", "names nobody we know as first")]),
        ({"region": None}, (), "cid", [("region", "is empty")]),
        ({}, (), "cid", [("region", "is empty")]),
        ({"region": "East"}, ("ann",), "cid", [("ann", "absent from 2026-11-20 until 2026-11-30: holiday")]),
        ({"region": None}, ("cid",), "bob", [("region", "is empty"), ("cid", "absent from 2026-11-20 until "
                                                                              "2026-11-30: holiday")]),
    ],
)  # fmt: skip
def test_a_look_up_finds_the_person_of_the_field_or_its_fallback(
    values: dict[str, str | None], absent: tuple[str, ...], who: str, skipped: list[tuple[str, str]]
) -> None:
    found = resolve(make_owners(BY_REGION, absent), "first", values, NOW)
    assert (found.person_id, list(found.skipped)) == (who, skipped)


BY_EMAIL = {"first": {"look_up": {"field": "rep_manager", "email_field": "rep_manager_email", "fallback": "cid"}}}


@pytest.mark.parametrize(
    ("name", "email", "who", "address"),
    [
        ("Ann", "ANN@example.com", "ann", "ann@example.com"),
        ("Zoe New", "Zoe.New@example.com", "zoe.new@example.com", "Zoe.New@example.com"),
        (None, "zoe.new@example.com", "zoe.new@example.com", "zoe.new@example.com"),
        ("The sales team", "sales-team@example.com", "cid", "cid@example.com"),
        ("Zoe New", "no-reply@example.com", "cid", "cid@example.com"),
        ("Zoe New", "none", "cid", "cid@example.com"),
        ("Zoe New", None, "cid", "cid@example.com"),
    ],
)
def test_whom_the_crm_names_answers_unless_it_is_a_group(
    name: str | None, email: str | None, who: str, address: str
) -> None:
    values = {"rep_manager": name, "rep_manager_email": email}
    found = resolve(make_owners(BY_EMAIL), "first", values, NOW)
    assert (found.person_id, found.email) == (who, address)


def violation(rule: str, *, judged: bool = True) -> Violation:
    return Violation(rule=rule, field="", seen=None, allowed="", message="", judged=judged)


def owner(*violations: Violation, pack: Pack | None = None, **values: str | None) -> tuple[str, str, int]:
    found = entry_owner(pack or demo(), violations, values, NOW)
    return found.role, found.person_id, found.respond_within_hours


def test_an_entry_is_owned_by_the_owner_of_its_most_important_violation() -> None:
    late, early = violation("kickoff_within_horizon"), violation("sector_is_canonical")
    assert owner(late, early) == owner(early, late) == ("sales_operations", "priya_nair", 72)
    assert owner(late) == ("delivery", "kwame_mensah", 24)


def test_what_could_not_be_judged_comes_after_what_was() -> None:
    unjudged = violation("deal_name_is_real", judged=False)
    assert first_violation(demo(), [unjudged, violation("service_period_in_order")]).rule == "service_period_in_order"
    assert first_violation(demo(), [unjudged]).rule == "deal_name_is_real"


def test_failures_come_after_the_rules() -> None:
    found = first_violation(demo(), [violation("rule_error"), violation("service_period_in_order")])
    assert found.rule == "service_period_in_order"


def test_the_due_time_is_the_shortest_of_the_owners_own() -> None:
    slow, quick, others = (
        violation("needs_subscription"),  # finance, 72 hours
        violation("payment_terms_within_limit_or_approved"),  # finance, 8 hours
        violation("kickoff_within_horizon"),  # delivery, 24 hours
    )
    assert owner(slow) == ("finance", "tomas_ortega", 72)
    assert owner(slow, others) == ("finance", "tomas_ortega", 72)
    assert owner(slow, quick, others) == ("finance", "tomas_ortega", 8)


def test_an_absent_owner_is_skipped_for_the_backup() -> None:
    found = entry_owner(demo(), [violation("tax_id_when_required")], {}, NOW)
    assert (found.role, found.person_id, found.level) == ("tax", "tomas_ortega", 1)
    assert found.skipped == (("ingrid_solberg", "absent from 2026-09-01 until 2027-08-31: parental leave"),)


def test_every_rule_and_failure_of_the_demo_finds_a_person() -> None:
    for name in (*demo().policies.rules, *(failure.value for failure in Failure)):
        assert owner(violation(name))[1] in demo().owners.people


def test_an_entry_without_a_violation_is_a_defect() -> None:
    with pytest.raises(ValueError, match="at least one violation"):
        entry_owner(demo(), [], {}, NOW)


def test_a_rule_that_the_pack_does_not_name_falls_to_the_owner_of_rule_errors() -> None:
    assert accountable(demo().owners, "rule_of_an_older_pack").role == "crm_admin"
    assert accountable(demo().owners, "rep_known").role == "sales_operations"
    stripped = replace(demo(), owners=demo().owners.model_copy(update={"rules": {}}))
    assert owner(violation("rep_known"), pack=stripped) == ("crm_admin", "mei_tanaka", 8)
