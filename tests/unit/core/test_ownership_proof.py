"""The proof of the ownership map asks only when somebody comes or goes; that equals asking at every hour."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from time import process_time
from typing import Any

import pytest

from handoff.core.ownership_proof import UNKNOWN, GapKind, gap_at, prove, values_of
from handoff.core.pack import Accountable, Owners, Pack
from tests.unit.mappings.demo_deal import crm, demo

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PEOPLE = ("ann", "bob", "cid", "dov", "tia")
ZONES = ("Pacific/Kiritimati", "Pacific/Honolulu", "Europe/Berlin", "America/New_York")
"""Whole hours from UTC: their midnights are hours that are asked."""


def pack_of(owners: Owners) -> Pack:
    """The demo pack, with one role that answers for everything."""
    rules = {rule: Accountable(role="first") for rule in demo().policies.rules}
    failures = {failure: Accountable(role="first") for failure in demo().owners.failures}
    steps = {name: step.model_copy(update={"role": "first"}) for name, step in demo().workflow.steps.items()}
    owned = owners.model_copy(update={"rules": rules, "failures": failures})
    return replace(demo(), owners=owned, workflow=demo().workflow.model_copy(update={"steps": steps}))


def owners_of(roles: dict[str, Any], people: dict[str, dict[str, Any]]) -> Owners:
    hours = {"mon-fri": ["09:00-17:00"]}
    return Owners.model_validate(
        {
            "tie_breaker": "tia",
            "calendars": {zone: {"zone": zone, "hours": hours} for zone in ZONES},
            "people": {
                name: {"name": name.title(), "email": f"{name}@example.com", **people.get(name, {})} for name in PEOPLE
            },
            "roles": {name: {"title": name, **role} for name, role in roles.items()},
            "rules": {},
            "failures": {},
        }
    )


def some_owners(random: Random) -> Owners:
    """Four roles in a chain, one by look-up, a weekend rota, and everybody away every now and then."""
    people: dict[str, dict[str, Any]] = {}
    for name in PEOPLE:
        absent = []
        for _ in range(random.randrange(4)):
            first = date(2026, 11, 20) + timedelta(days=random.randrange(40))
            absent.append({"from": first, "until": first + timedelta(days=random.randrange(20))})
        people[name] = {"absent": absent, "calendar": random.choice([None, *ZONES])}
        if random.random() < 0.2:
            people[name]["left"] = date(2026, 12, 1) + timedelta(days=random.randrange(25))
    rota = {"people": ["cid", "dov"], "since": date(2026, 12, 5), "hours": ["10:00-12:00"]}
    look_up = {"field": "region", "people": {"East": "ann", "West": "bob", "North": "ann"}, "fallback": "cid"}
    roles = {
        "first": {"look_up": look_up, "backup": "second", "calendar": random.choice(ZONES)},
        "second": {"person": "bob", "backup": "third", "weekend": random.choice([None, rota])},
        "third": {"person": random.choice(PEOPLE)},
    }
    return owners_of(roles, people)


def test_the_proof_equals_asking_at_every_hour():
    random, asked, missing = Random(4), 0, 0
    for _ in range(8):
        owners = some_owners(random)
        proof = prove(pack_of(owners), NOW, days=30)
        for values in values_of(owners, "first"):
            spans = [gap for gap in proof.gaps if dict(gap.values) == values]
            assert all(one.until <= two.since for one, two in pairwise(spans))
            moment = NOW
            while moment < proof.until:
                inside = [(g.kind, g.person, g.missing) for g in spans if g.since <= moment < g.until]
                found = gap_at(owners, "first", values, moment)
                assert inside == ([found] if found else []), (values, moment)
                asked, missing = asked + 1, missing + len(inside)
                moment += timedelta(hours=1)
    assert asked == 8 * 4 * 30 * 24
    assert 500 < missing < asked, "the packs have gaps, and have hours without"


@pytest.mark.parametrize("pack", [demo(), crm()], ids=["demo", "crm"])
def test_the_shipped_packs_are_whole(pack: Pack):
    proof = prove(pack, NOW)
    assert proof.gaps == ()
    assert proof.questions >= proof.chains >= len(proof.roles) > 1


def test_the_proof_costs_a_run_less_than_a_tenth_of_a_second():
    taken = []
    for _ in range(3):
        before = process_time()
        prove(demo(), NOW)
        taken.append(process_time() - before)
    assert min(taken) < 0.1


def test_every_value_of_a_look_up_is_asked_an_empty_field_and_a_value_nobody_knows():
    asked = [values["region"] for values in values_of(demo().owners, "region_director")]
    assert asked == ["APAC", "Americas", "EMEA", None, UNKNOWN]
    both = list(values_of(demo().owners, "reps_manager"))
    assert len(both) == 2 * 5
    assert {(values["rep_manager"], values["region"]) for values in both} >= {(None, "EMEA"), (UNKNOWN, None)}


AWAY = {"absent": [{"from": "2026-12-24", "until": "2027-01-01"}]}
CHAIN = {"first": {"person": "ann", "backup": "second"}, "second": {"person": "bob"}}


@pytest.mark.parametrize(
    ("people", "kinds"),
    [
        ({}, []),
        ({"ann": AWAY}, []),  # bob stands in, and tia behind him
        ({"bob": AWAY}, []),
        ({"tia": AWAY}, []),
        ({"ann": AWAY, "bob": AWAY}, [GapKind.NO_BACKUP]),
        ({"ann": AWAY, "bob": AWAY, "tia": AWAY}, [GapKind.NOBODY]),
        ({"ann": AWAY, "tia": AWAY}, [GapKind.ALONE]),
        ({"bob": AWAY, "tia": AWAY}, [GapKind.ALONE]),
    ],
)
def test_what_is_missing_is_named(people: dict[str, Any], kinds: list[GapKind]):
    gaps = prove(pack_of(owners_of(CHAIN, people)), NOW).gaps
    assert [gap.kind for gap in gaps] == kinds
    for gap in gaps:
        assert (gap.since, gap.until) == (datetime(2026, 12, 24, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC))


def test_a_role_that_only_the_tie_breaker_holds_has_no_backup():
    (gap,) = prove(pack_of(owners_of({"first": {"person": "tia"}}, {})), NOW, days=5).gaps
    assert (gap.kind, gap.person, gap.since, gap.until) == (GapKind.ALONE, "tia", NOW, NOW + timedelta(days=5))


def test_an_absence_without_end_does_not_break_the_proof():
    for_ever = {"absent": [{"from": "0001-01-01", "until": "9999-12-31"}]}
    assert prove(pack_of(owners_of(CHAIN, {"ann": for_ever})), NOW).gaps == ()
