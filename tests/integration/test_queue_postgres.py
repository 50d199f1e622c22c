"""The queue on SQLite and on PostgreSQL: every order and filter gives the same entries, and is walked to its end."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.queue_store import NOW, fill
from checks.rules import names
from handoff.core.entry import EntryState
from handoff.core.settings import Settings
from handoff.report.health import signs
from handoff.report.visible import visible_to
from handoff.store import held_by, queue_pages, runs
from handoff.store.queue_pages import Sort, among, called, of_account
from handoff.store.session import Store, open_store
from handoff.store.tables import entry
from mappings.pack import load, shipped
from tests.integration.test_postgres_story import database
from tests.unit.store.test_sought import brought_up_to_date

__all__ = ["database"]
OPEN = entry.c.state == EntryState.OPEN


@pytest.fixture
def stores(database: str, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    found = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path), open_store(database, tmp_path)
    for store in found:
        fill(store, 120, 20)
    yield found
    for store in found:
        store.close()


def walked(tx: sa.Connection, sort: Sort, *, descending: bool) -> list[int]:
    """All open entries, seven at a time."""
    found: list[int] = []
    page = queue_pages.page(tx, [OPEN], sort=sort, descending=descending, size=7)
    while page.numbers:
        found += page.numbers
        page = queue_pages.page(tx, [OPEN], sort=sort, descending=descending, size=7, after=page.last)
    return found


@pytest.mark.parametrize("sort", Sort)
def test_both_databases_walk_every_order_to_its_end(stores: tuple[Store, Store], sort: Sort):
    for store in stores:
        with store.read() as tx:
            up, down = walked(tx, sort, descending=False), walked(tx, sort, descending=True)
        assert sorted(up) == list(range(21, 141))
        assert down == up[::-1]


def test_both_databases_find_and_count_the_same(stores: tuple[Store, Store]):
    pack = load(shipped("demo"), names())
    answers = []
    for store in stores:
        with store.read() as tx:
            wheres = [
                [OPEN, of_account("UMBRA", EntryState.OPEN)],
                [OPEN, of_account("%", None)],
                [OPEN, called("Gateway 12", EntryState.OPEN)],
                [OPEN, called("0060000", None)],
                [OPEN, among(tx, [1, 25, 26, 10_000])],
                [OPEN, among(tx, [])],
                *([OPEN, visible_to(pack, person)] for person in pack.owners.people),
            ]
            found = [queue_pages.numbers(tx, where, most=1000) for where in wheres]
            sums = sorted(map(tuple, queue_pages.tally(tx, [OPEN], NOW + timedelta(days=1))), key=str)
            answers.append((found, [tuple(int(v) if not isinstance(v, str) else v for v in row) for row in sums]))
    assert answers[0] == answers[1]
    assert answers[0][0][0], "an account is found whatever its letters"


def test_entries_of_before_are_found_on_postgresql_too(database: str, tmp_path: Path):
    brought_up_to_date(database, tmp_path)


def test_both_databases_tell_the_same_of_rules_and_of_work(stores: tuple[Store, Store]):
    since, everybody = NOW - timedelta(days=90), sa.true()
    answers = []
    for store in stores:
        with store.write() as tx:
            runs.worked(tx, "notices", NOW)
            runs.worked(tx, "notices", NOW - timedelta(days=1))
            stopped = held_by.stopped(tx, since, everybody)
            assert {rule: found.held for rule, found in stopped.items()} == held_by.rules(tx, everybody)
            answers.append((stopped, held_by.arrived(tx, since), [s.what for s in signs(tx, Settings(), NOW)]))
    assert answers[0] == answers[1]
    assert answers[0][1] == (140, 0)
    assert sum(found.released for found in answers[0][0].values()) >= 20
