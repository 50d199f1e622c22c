"""What stands about an entry: only of its episode, only what is still open, only at that moment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.store import entries, handoffs, situations
from handoff.store.desk_tables import approval, overlay, pause, question, waiver
from handoff.store.handoffs import Pulled
from handoff.store.session import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    with opened.write() as tx:
        for deal in ("a", "b"):
            handoffs.ingest(tx, [Pulled(deal_id=deal, content_hash="h", content={})], "salesforce", "org", NOW)
            row = handoffs.by_deal(tx, deal)
            assert row is not None
            person = {"person": "ana", "owner_name": "Ana", "owner_email": "ana@example.com", "role": "ops"}
            times = {"opened_at": NOW, "due_at": NOW, "judged_at": NOW, "pack_fingerprint": "p"}
            entries.opened(tx, deal_id=deal, handoff_id=row.id, state="open", episode=2, **person, **times)
    yield opened
    opened.close()


def put(store: Store, table: sa.Table, **values: Any) -> None:
    with store.write() as tx:
        tx.execute(sa.insert(table).values(**values))


def of(store: Store, deal: str) -> situations.Situation:
    with store.read() as tx:
        rows = list(entries.of_deals(tx, ["a", "b"]).values())
        found = situations.of_entries(tx, rows, NOW)
        return found[next(row.id for row in rows if row.deal_id == deal)]


def test_without_decisions_nothing_stands(store: Store) -> None:
    assert of(store, "a") == situations.Situation()
    with store.read() as tx:
        assert situations.of_entries(tx, [], NOW) == {}


def test_approvals_waivers_and_corrections_count_while_they_are_open(store: Store) -> None:
    common = {"deal_id": "a", "rule": "r"}
    asked = {"role": "x", "requested_by": "ana", "requested_at": NOW, "why": "w", "deadline": NOW, "person": "bo"}
    for state in ("requested", "approved", "declined", "stale"):
        put(store, approval, **common, **asked, state=state, payload_hash="0", concerns={})
    for state in ("active", "expired"):
        put(store, waiver, **common, state=state, actor="ana", at=NOW, until=NOW, why="w")
    for state in ("proposed", "active", "withdrawn"):
        put(store, overlay, deal_id="a", field="amount", state=state, actor="ana", at=NOW, why="w")
    found = of(store, "a")
    assert [row.state for row in (*found.approvals, *found.waivers, *found.proposed)] == [
        "requested",
        "active",
        "proposed",
    ]
    assert [row.state for row in (*found.approved, *found.corrected)] == ["approved", "active"]
    assert of(store, "b") == situations.Situation()


def test_questions_of_this_episode_count_until_they_are_answered(store: Store) -> None:
    asked = {"entry_id": 1, "asked_by": "ana", "asked_of": "bo", "text": "?", "at": NOW, "deadline": NOW}
    for state in ("open", "expired", "answered", "closed"):
        put(store, question, **asked, episode=2, state=state)
    put(store, question, **asked, episode=1, state="open")
    assert [row.state for row in of(store, "a").questions] == ["open", "expired"]


@pytest.mark.parametrize(
    ("since", "until", "ended", "episode", "on"),
    [
        (-HOUR, HOUR, None, 2, True),
        (timedelta(), HOUR, None, 2, True),
        (-HOUR, timedelta(), None, 2, False),
        (HOUR, 2 * HOUR, None, 2, False),
        (-HOUR, HOUR, -HOUR, 2, False),
        (-HOUR, HOUR, None, 1, False),
    ],
)
def test_a_pause_is_on_from_its_beginning_until_its_end(
    store: Store, since: timedelta, until: timedelta, ended: timedelta | None, episode: int, on: bool
) -> None:
    times = {"since": NOW + since, "until": NOW + until, "ended_at": None if ended is None else NOW + ended}
    put(store, pause, entry_id=1, episode=episode, reason="waiting", actor="ana", why="w", **times)
    assert (of(store, "a").pause is not None) is on
