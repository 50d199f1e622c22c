"""A process dies at every commit and every call of one deal's handoff: the next one ends it as if nothing had been."""

import random

import pytest

from tests.proof.crashes import die, go_on, live
from tests.proof.one_deal import RESTART_S, Company

H = 3600.0
REAL_PAIRS = 30


def test_an_uninterrupted_run_has_at_least_forty_boundaries(company: Company, capsys: pytest.CaptureFixture[str]):
    start = company.keep()
    tale = live(company)
    company.put_back(start)
    commits = sum(1 for name in tale.passed if "commit" in name)
    with capsys.disabled():
        print(f"\n{len(tale.passed)} boundaries of one handoff: {commits} commits, {len(tale.passed) - commits} calls")
    assert len(tale.passed) >= 40


@pytest.mark.slow
def test_a_death_at_each_boundary_changes_nothing_in_the_end(company: Company):
    start = company.keep()
    tale = live(company)
    expected = company.told()
    assert company.wrong() == []
    for n, boundary in enumerate(tale.passed, start=1):
        company.put_back(start)
        assert die(company, n) == boundary
        left = company.content()
        company.put_back(tale.kept[tale.aftermath[n - 1]])
        assert _plain(left) == _plain(company.content()), f"something was written after the death {boundary}"
        go_on(company, expected, f"died {boundary}")
        assert company.wrong() == [], boundary


@pytest.mark.slow
@pytest.mark.parametrize("later_s", [19 * H, 25 * H, 400 * 24 * H])
def test_a_death_changes_nothing_however_late_the_next_sync_comes(company: Company, later_s: float):
    tale = live(company)
    expected = company.told()
    for n, kept in enumerate(tale.kept):
        company.put_back(kept)
        where = tale.passed[tale.aftermath.index(n)]
        go_on(company, expected, where, after_s=later_s)
        assert company.wrong() == [], where


def _plain(content: list[str]) -> list[str]:
    """What is committed, without the random part of a run's id."""
    return [part for part in content if "INSERT INTO" in part and '"run' not in part and '"event"' not in part]


@pytest.mark.slow
def test_two_real_deaths_at_boundaries_drawn_by_chance(company: Company):
    start = company.keep()
    tale = live(company)
    expected = company.told()
    chance = random.Random(11)
    for _ in range(REAL_PAIRS):
        company.put_back(start)
        first = die(company, chance.randint(1, len(tale.passed)))
        company.wait(chance.choice([RESTART_S, 21 * H, 25 * H]))
        second = die(company, chance.randint(1, 12))
        go_on(company, expected, f"died {first}, then {second}")
        assert company.wrong() == []
