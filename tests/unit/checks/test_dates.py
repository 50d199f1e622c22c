"""Today is where the billing entity is (R27)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handoff.core.pack import BillingEntity
from tests.unit.checks.packs import make_pack, make_row, run

RULE = "close_date_not_in_future"


@pytest.mark.parametrize(
    ("now", "entity", "latest"),
    [
        (datetime(2026, 11, 24, 9, 59, 59, tzinfo=UTC), "Acme Pacific", "2026-11-24"),  # UTC+14
        (datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC), "Acme Pacific", "2026-11-25"),
        (datetime(2026, 11, 24, 4, 59, 59, tzinfo=UTC), "Acme Inc", "2026-11-23"),  # New York, UTC-5
        (datetime(2026, 11, 24, 5, 0, 0, tzinfo=UTC), "Acme Inc", "2026-11-24"),
        (
            datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC),
            "Acme GmbH",
            "2026-03-28",
        ),  # Berlin, the night before summer time
        (datetime(2026, 3, 28, 23, 0, 0, tzinfo=UTC), "Acme GmbH", "2026-03-29"),
        (datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC), "Acme GmbH", "2026-03-29"),
        (datetime(2026, 3, 29, 22, 0, 0, tzinfo=UTC), "Acme GmbH", "2026-03-30"),
        (datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC), None, "2026-11-24"),
    ],
)
def test_today_is_the_billing_entitys_own(now: datetime, entity: str | None, latest: str) -> None:
    day = datetime.fromisoformat(latest)
    after = day.replace(day=day.day + 1) if day.day < 30 else day.replace(month=day.month + 1, day=1)
    rows = [make_row(billing_entity=entity, closed_on=on) for on in (latest, after.date().isoformat())]
    assert run(rows, make_pack((RULE,)), now=now).passed == [True, False]


def test_default_entity_decides_for_deals_that_name_none() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    row = make_row(billing_entity=None, closed_on="2026-11-25")
    assert run([row], make_pack((RULE,)), now=now).passed == [False]
    assert run([row], make_pack((RULE,), default_entity="Acme Pacific"), now=now).passed == [True]


def test_unknown_entity_leaves_the_question_open() -> None:
    found = run([make_row(billing_entity="Acme SpA")], make_pack((RULE, "billing_entity_is_canonical"))).violations[0]
    assert {violation.rule: violation.judged for violation in found} == {
        "billing_entity_is_canonical": True,
        RULE: False,
    }


def test_unreadable_close_date_leaves_what_needs_it_open() -> None:
    found = run([make_row(closed_on="31/02/2026")], make_pack()).violations[0]
    assert [violation.rule for violation in found if violation.judged] == ["close_date_readable"]
    assert {violation.rule for violation in found if not violation.judged} == {
        "close_date_after_cut_off",
        "close_date_not_before_engagement",
        "close_date_not_in_future",
        "close_date_not_too_early",
        "kickoff_not_before_close",
        "kickoff_within_horizon",
    }


@pytest.mark.parametrize(
    "rule",
    ["close_date_not_in_future", "close_date_not_too_early", "close_date_after_cut_off", "kickoff_within_horizon"],
)
def test_unreadable_date_is_held_even_when_the_rule_about_reading_is_off(rule: str) -> None:
    row = make_row(closed_on="31/02/2026")
    assert run([row], make_pack((rule,))).passed == [False]
    assert run([row], make_pack((rule,), dates={})).passed == [False]


def test_limits_that_the_pack_does_not_state_limit_nothing() -> None:
    row = make_row(closed_on="1999-01-01", kickoff_on="2050-01-01", amount="999999999")
    rules = ("close_date_not_too_early", "close_date_after_cut_off", "kickoff_within_horizon", "amount_within_limit")
    assert run([row], make_pack(rules, dates={}, amount={})).passed == [True]


@pytest.mark.parametrize("second", [0, 1, 43_199, 43_200, 86_399])
def test_today_holds_at_every_offset_from_utc_minus_12_to_plus_14(second: int) -> None:
    zones = {f"Etc/GMT{hours:+d}": timedelta(hours=-hours) for hours in range(-14, 13)}
    now = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=second)
    entities = {zone: BillingEntity(currencies=("USD",), zone=zone) for zone in zones}
    pack = make_pack((RULE,))
    pack = replace(pack, billing=pack.billing.model_copy(update={"entities": entities}))
    today = {zone: (now + offset).date() for zone, offset in zones.items()}
    after = {zone: day + timedelta(days=1) for zone, day in today.items()}
    rows = [make_row(billing_entity=z, closed_on=d.isoformat()) for days in (today, after) for z, d in days.items()]
    assert run(rows, pack, now=now).passed == [True] * len(today) + [False] * len(after)
