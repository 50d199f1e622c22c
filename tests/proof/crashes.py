"""Crashing one deal's handoff at each boundary, and at each pair of them: what is kept, and how it goes on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from handoff.road.sync import sync
from tests.proof.boundaries import Died, Life
from tests.proof.one_deal import RESTART_S, Company, Kept, Road


@dataclass
class Tale:
    """One process as it ran: the boundaries it passed and, for each, the number of what would be kept there.

    Nothing outlives a process but what is committed and what the services have; both change only between a `before`
    and its `after`. An `after` and the `before` that follows are two boundaries with one and the same aftermath.
    """

    passed: list[str]
    aftermath: list[int]
    kept: list[Kept]


@dataclass
class Count:
    """What a test went through."""

    boundaries: int = 0
    pairs: int = 0
    aftermaths: int = 0
    syncs: Counter[int] = field(default_factory=Counter)


def live(company: Company, road: Road = sync) -> Tale:
    """A whole run; what would be kept if it died is kept at each boundary."""
    tale = Tale(passed=[], aftermath=[], kept=[])

    def watch(boundary: str) -> None:
        if not tale.kept or boundary.startswith("after"):
            tale.kept.append(company.keep())
        tale.passed.append(boundary)
        tale.aftermath.append(len(tale.kept) - 1)

    company.walk(road, Life(watch=watch))
    return tale


def die(company: Company, at: int) -> str:
    """A run that dies at boundary number `at` (from 1); returns which one it was."""
    life = Life(dies_at=at)
    try:
        company.sync(life)
    except Died:
        return life.passed[-1]
    raise AssertionError(f"the run outlived boundary {at}: it has only {len(life.passed)}")


def go_on(
    company: Company, expected: dict[str, Any], where: str, *, after_s: float = RESTART_S, road: Road = sync
) -> int:
    """New processes to the end, a while after the crash: then everything is as if there had been none."""
    company.wait(after_s)
    syncs = company.sync_to_the_end(road=road)
    told = company.told()
    if told != expected:
        raise AssertionError(f"{where}: {differences(told, expected)}")
    return syncs


def pairs(company: Company, start: Kept, firsts: Iterable[int]) -> Count:
    """Die at each of `firsts` (indexes into an uninterrupted run's boundaries), and again at each boundary after."""
    company.put_back(start)
    first = live(company)
    expected = company.told()
    count = Count(boundaries=len(first.passed))
    for k in firsts:
        company.put_back(first.kept[first.aftermath[k]])
        company.wait(RESTART_S)
        second = live(company)
        count.pairs += len(second.passed)
        for n, kept in enumerate(second.kept):
            company.put_back(kept)
            where = f"died {first.passed[k]}, then {second.passed[second.aftermath.index(n)]}"
            count.syncs[go_on(company, expected, where)] += 1
            count.aftermaths += 1
    return count


def differences(told: Any, expected: Any, path: str = "") -> list[str]:
    """Where two ends differ, in words; at most ten."""
    if isinstance(told, dict) and isinstance(expected, dict):
        names = sorted({*told, *expected}, key=str)
        found = [d for name in names for d in differences(told.get(name), expected.get(name), f"{path}/{name}")]
    elif isinstance(told, list) and isinstance(expected, list) and len(told) == len(expected):
        two = zip(told, expected, strict=True)
        found = [d for n, (a, b) in enumerate(two) for d in differences(a, b, f"{path}/{n}")]
    else:
        found = [] if told == expected else [f"{path}: {told!r} instead of {expected!r}"]
    return found[:10]
