"""Entries and notices: who writes second loses, and a notice is put out once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.store import entries, handoffs
from handoff.store.handoffs import LostRaceError, Pulled
from handoff.store.session import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield opened
    opened.close()


def opened(tx: sa.Connection) -> sa.Row[Any]:
    handoffs.ingest(tx, [Pulled(deal_id="a", content_hash="h", content={})], "salesforce", "org", NOW)
    row = handoffs.by_deal(tx, "a")
    assert row is not None
    people = {"person": "ana", "owner_name": "Ana", "owner_email": "ana@example.com", "role": "finance"}
    times = {"opened_at": NOW, "due_at": NOW, "judged_at": NOW}
    fixed = {"state": "open", "episode": 1, "pack_fingerprint": "p"}
    entries.opened(tx, deal_id="a", handoff_id=row.id, **people, **times, **fixed)
    return entries.of_deals(tx, ["a"])["a"]


def test_the_second_of_two_writers_of_an_entry_loses(store: Store):
    with store.write() as tx:
        row = opened(tx)
        entries.change(tx, row, person="bob")
        with pytest.raises(LostRaceError, match="changed under us"):
            entries.change(tx, row, person="cleo")


def test_a_notice_is_put_out_once(store: Store):
    notice = {"kind": "entry_opened", "person": "ana", "state": "pending", "created_at": NOW, "dedupe_key": "k"}
    with store.write() as tx:
        own = {**notice, "entry_id": opened(tx).id}
        entries.notify(tx, [own, own])
        entries.notify(tx, [own])
        entries.notify(tx, [])
        assert tx.execute(sa.text("SELECT count(*) FROM notice")).scalar() == 1
