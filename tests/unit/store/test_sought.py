"""What entries are found, ordered and summed up by: one form of every text, and always what the deal says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from handoff.core.handoff import HandoffState
from handoff.store import entries, handoffs, sought
from handoff.store.handoffs import Pulled
from handoff.store.migrations import upgrade
from handoff.store.session import Store, open_store
from handoff.store.tables import UNREADABLE, entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTRY = {
    "deal_id": "006A",
    "handoff_id": 1,
    "state": "open",
    "episode": 1,
    "person": "ana",
    "owner_name": "Ana",
    "owner_email": "ana@example.com",
    "role": "finance",
    "opened_at": NOW,
    "due_at": NOW,
    "judged_at": NOW,
    "pack_fingerprint": "0",
}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (None, ""),
        ("Umbra GmbH", "umbra gmbh"),
        ("MÜLLER & Söhne", "muller & sohne"),
        ("Björkvik", "bjorkvik"),
        ("BJO\u0308RKVIK", "bjorkvik"),
        ("Crédit Agricole Île-de-France", "credit agricole ile-de-france"),
        ("İstanbul", "istanbul"),
        ("Đặng Văn", "đang van"),
        ("Андрей Ёлкин", "андрей ёлкин"),
        ("ガス", "ガス"),
        ("\u0301a", "\u0301a"),
        ("Große  Straße\r\nII", "grosse strasse ii"),
        ("ＷＩＤＥ", "wide"),
        ("a\x00b", "a b"),
        ("ﷺ" * 300, "صلى الله عليه وسلم" * 300),
    ],
)
def test_a_text_is_compared_in_one_form_of_at_most_255_characters(text: str | None, form: str):
    assert sought.folded(text) == form[:255]


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield opened
    opened.close()


def copied(store: Store) -> tuple[str, str, str, int]:
    with store.read() as tx:
        row = tx.execute(sa.select(*(entry.c[name] for name in sought.COLUMNS))).one()
    return tuple(row)  # type: ignore[return-value]  # the four columns


def test_an_entry_follows_whatever_is_written_of_its_deal(store: Store):
    with store.write() as tx:
        handoffs.ingest(tx, [Pulled(deal_id="006A", content_hash="h", content={})], "salesforce", "org", NOW)
        handoffs.move(tx, 1, HandoffState.HELD, NOW, account_name="Umbra", amount_minor=5, currency="EUR")
        entries.opened(tx, **ENTRY)
    assert copied(store) == ("umbra", "", "EUR", 5)
    with store.write() as tx:
        handoffs.move(tx, 1, HandoffState.HELD, NOW, account_name="Globex", deal_name="Two", currency=None)
        handoffs.note(tx, 1, amount_minor=None)
    assert copied(store) == ("globex", "two", "", UNREADABLE)


def test_entries_of_before_are_given_theirs_by_the_migration(tmp_path: Path):
    brought_up_to_date(f"sqlite:///{tmp_path / 'old.db'}", tmp_path)


def brought_up_to_date(url: str, folder: Path) -> None:
    """A store as it was before, with an entry in it, is opened."""
    old = sa.create_engine(url)
    upgrade(old, "0005")
    tables = sa.MetaData()
    tables.reflect(old)
    at = {"created_at": NOW, "updated_at": NOW, "since": NOW}
    facts = {"account_name": "MÜLLER", "deal_name": None, "amount_minor": 7, "currency": "USD"}
    seen = {"source": "salesforce", "content_hash": "h", "content": {}, "seen_at": NOW}
    row = {"billing_key": "b", "kind": "initial", "revision": 0, "state": "held", "snapshot_id": 1, **at, **facts}
    with old.begin() as tx:
        tx.execute(sa.insert(tables.tables["snapshot"]).values(id=1, deal_id="006A", **seen))
        tx.execute(sa.insert(tables.tables["handoff"]).values(id=1, deal_id="006A", **row))
        tx.execute(sa.insert(tables.tables["entry"]).values(id=1, **ENTRY))
    old.dispose()
    store = open_store(url, folder)
    assert copied(store) == ("muller", "", "USD", 7)
    store.close()
