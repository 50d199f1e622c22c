"""Outages in the store and their notice: one row, one notice, however many runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from checks.rules import names
from handoff.quarantine.outages import PATIENCE, note
from handoff.store import outages
from handoff.store.desk_tables import notice
from handoff.store.events import Author
from handoff.store.session import Store, open_store
from handoff.store.tables import outage
from mappings.pack import load, shipped

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
PACK = load(shipped("demo"), names())
FAILING = {"asana": "no answer"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield made
    made.close()


def seen(store: Store, minutes: float, failing: dict[str, str], *, given_up: bool = False) -> list[str]:
    """A run that saw this; returns whom the notices so far are for."""
    author = Author(actor="sync", at=NOW + timedelta(minutes=minutes))
    working = set() if failing else {"asana"}
    with store.write() as tx:
        note(tx, PACK, failing, author, given_up=set(failing) if given_up else set(), working=working)
    with store.read() as tx:
        return list(tx.execute(sa.select(notice.c.person)).scalars())


def test_a_failure_in_passing_tells_nobody_until_it_has_lasted(store: Store):
    assert seen(store, 0, FAILING) == []
    assert seen(store, 5, FAILING) == []
    assert seen(store, PATIENCE.total_seconds() / 60, FAILING) == ["mei_tanaka"]
    assert seen(store, 300, FAILING, given_up=True) == ["mei_tanaka"]


def test_a_service_that_was_given_up_is_told_at_once_and_once(store: Store):
    assert seen(store, 0, FAILING, given_up=True) == ["mei_tanaka"]
    assert seen(store, 5, FAILING, given_up=True) == ["mei_tanaka"]


def test_an_outage_ends_only_when_its_service_answered(store: Store):
    seen(store, 0, FAILING)
    with store.write() as tx:
        note(tx, PACK, {}, Author(actor="sync", at=NOW), given_up=(), working=())
        assert list(outages.open_ones(tx)) == ["asana"]
    seen(store, 5, {})
    with store.read() as tx:
        assert outages.open_ones(tx) == {}


def test_a_new_outage_after_a_quiet_while_is_told_again(store: Store):
    seen(store, 0, FAILING, given_up=True)
    seen(store, 5, {})
    assert len(seen(store, 20, FAILING, given_up=True)) == 1, "it flickers"
    seen(store, 25, {})
    quiet = 25 + outages.FLICKER.total_seconds() / 60
    assert len(seen(store, quiet, FAILING, given_up=True)) == 2
    with store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(outage)).scalar() == 2
