"""Two people decide on one entry in the same second: one wins, the other is told, nothing is half-written (R40)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from handoff.core.entry import entry_name
from handoff.core.handoff import HandoffState
from handoff.quarantine.decision import ConflictError
from handoff.road import deciding
from handoff.road.deciding import Look
from handoff.road.house import House
from handoff.store.desk_tables import approval, notice, overlay, waiver
from handoff.store.tables import entry, event, handoff
from tests.unit.road.desk_bench import HORIZON, TERMS, DeskBench

TRIALS = 100
Act = Callable[[House, Look], Any]


def _correct(field: str, value: str) -> Act:
    return lambda house, seen: deciding.correct(house, seen, {field: value}, "by phone")


CORRECT = ("tomas_ortega", "correct", _correct("payment_terms", "Net 30"))
OTHERWISE = ("priya_nair", "correct", _correct("payment_terms", "Net 14"))
AMOUNT = ("priya_nair", "correct", _correct("amount", "9000"))
WAIVE = ("kwame_mensah", "waive", lambda house, seen: deciding.waive(house, seen, HORIZON, 3, "agreed"))
ASK = ("priya_nair", "request_approval", lambda house, seen: deciding.request_approval(house, seen, TERMS, "large"))
APPROVE = ("tomas_ortega", "approve", lambda house, seen: deciding.approve(house, seen, TERMS, "yes"))
DECLINE = ("helena_brandt", "decline", lambda house, seen: deciding.decline(house, seen, TERMS, "no"))
CONFIRM = ("tomas_ortega", "confirm_correction", lambda house, seen: deciding.confirm(house, seen, "as signed"))
WITHDRAW = (
    "helena_brandt",
    "withdraw_correction",
    lambda house, seen: deciding.withdraw(house, seen, "amount", "the CRM is right"),
)
# What was done before, and what two people then do at once.
PAIRS = [
    (None, CORRECT, OTHERWISE),
    (None, CORRECT, WAIVE),
    (None, WAIVE, ASK),
    (None, ASK, CORRECT),
    (ASK, APPROVE, DECLINE),
    (ASK, APPROVE, WAIVE),
    (ASK, DECLINE, OTHERWISE),
    (AMOUNT, CONFIRM, WITHDRAW),
    (AMOUNT, WITHDRAW, CORRECT),
    (AMOUNT, CONFIRM, WAIVE),
]
_TABLES = {overlay: "actor", waiver: "actor", approval: "requested_by", event: "actor"}


def test_of_two_who_decide_at_once_exactly_one_wins(tmp_path: Path) -> None:
    bench = DeskBench(tmp_path, deals=TRIALS)
    print(f"{TRIALS} trials of two simultaneous decisions: one winner each, {trials(bench, TRIALS)}")
    bench.close()


def trials(bench: DeskBench, count: int) -> dict[str, int]:
    """So many pairs of simultaneous decisions, each on an entry of its own; how often the first of a pair won."""
    won = {"first": 0, "second": 0}
    for n in range(count):
        before, *two = PAIRS[n % len(PAIRS)]
        name = entry_name(n + 1)
        if before:
            _alone(bench, name, before)
        version = bench.rows(entry, entry.c.id == n + 1)[0].row_version
        counts = _written(bench)
        ends = _at_once(bench, name, two)
        losers = [n for n, end in enumerate(ends) if isinstance(end, ConflictError)]
        assert len(losers) == 1, (name, two, ends)
        loser, winner = two[losers[0]], two[1 - losers[0]]
        assert not isinstance(ends[1 - losers[0]], BaseException)
        said = str(ends[losers[0]])
        assert f"{winner[0]} {winner[1].replace('_', ' ')} at" in said
        assert f"handoff queue show {name}" in said
        assert bench.rows(entry, entry.c.id == n + 1)[0].row_version == version + 1
        more = {key: count - counts[key] for key, count in _written(bench).items()}
        assert more[event.name, loser[0]] == 0
        assert more[event.name, winner[0]] == 1
        assert {key for key, count in more.items() if count and key[1] == loser[0]} == set()
        won["second" if losers[0] == 0 else "first"] += 1
    assert len(bench.rows(handoff, handoff.c.state.not_in([HandoffState.HELD, HandoffState.PULLED]))) == 0
    assert all(row.person for row in bench.rows(notice))
    return won


def _alone(bench: DeskBench, name: str, decider: tuple[str, str, Act]) -> None:
    house = bench.house(decider[0])
    decider[2](house, deciding.look(house, name))


def _at_once(bench: DeskBench, name: str, two: list[tuple[str, str, Act]]) -> list[Any]:
    """Both look, then both decide; returns what each got, or the error."""
    ready = threading.Barrier(2)

    def decide(decider: tuple[str, str, Act]) -> Any:
        house = bench.house(decider[0])
        try:
            seen = deciding.look(house, name)
            ready.wait(timeout=30)
            return decider[2](house, seen)
        except ConflictError as error:
            return error

    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(decide, two))


def _written(bench: DeskBench) -> dict[tuple[str, str], int]:
    """How many rows of each table each person has written."""
    people = ("tomas_ortega", "priya_nair", "kwame_mensah", "helena_brandt")
    found = {(table.name, person): 0 for table in _TABLES for person in people}
    with bench.store.read() as tx:
        for table, column in _TABLES.items():
            for person, count in tx.execute(sa.select(table.c[column], sa.func.count()).group_by(table.c[column])):
                found[table.name, person] = count
    return found
