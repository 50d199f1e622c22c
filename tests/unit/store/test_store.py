"""The store: schema, transactions, the run lock and the chain of events."""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from handoff.core.errors import LockHeldError
from handoff.core.handoff import EffectState, HandoffState
from handoff.store import desk_tables, effects, events, handoffs, runs
from handoff.store.effects import PlannedEffect
from handoff.store.events import Author, Event
from handoff.store.handoffs import LostRaceError, Pulled
from handoff.store.lock import run_lock
from handoff.store.migrations import config
from handoff.store.session import HEAD, Store, StoreError, open_store
from handoff.store.tables import event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AUTHOR = Author(actor="ana", at=NOW, run_id="r1")


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path)
    yield opened
    opened.close()


def pulled(deal_id: str, content_hash: str = "h1") -> Pulled:
    return Pulled(deal_id=deal_id, content_hash=content_hash, content={"Id": deal_id})


def test_the_migrations_make_exactly_the_tables_of_the_code(store: Store):
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), desk_tables.overlay.metadata) == []


def test_the_code_names_the_head_of_the_migrations():
    assert ScriptDirectory.from_config(config()).get_current_head() == HEAD


def test_opening_twice_changes_nothing(store: Store):
    store.migrate()
    with store.read() as tx:
        assert tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]


def test_a_newer_schema_is_refused_rather_than_downgraded(store: Store):
    with store.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer than this version"):
        store.migrate()


def test_sqlite_keeps_what_was_committed_even_when_the_power_goes(store: Store):
    with store.read() as tx:
        assert tx.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert tx.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize("url", ["not a url", "oracle://x"])
def test_a_wrong_store_url_is_one_clear_sentence(url: str, tmp_path: Path):
    with pytest.raises(StoreError, match="HANDOFF_STORE_URL"):
        open_store(url, tmp_path)


def test_a_home_that_cannot_be_made_is_one_clear_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="HANDOFF_HOME"):
        open_store("sqlite://", tmp_path / "file" / "home")


def test_a_full_disk_stops_before_anything_is_sent(store: Store):
    many = [pulled(f"{n:018}", "x" * 60) for n in range(5000)]

    def fill() -> None:
        with store.write() as tx:
            pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
            tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")
            handoffs.ingest(tx, many, "salesforce", "org", NOW)

    with pytest.raises(StoreError, match="full"):
        fill()


def test_a_read_only_store_is_one_clear_sentence(tmp_path: Path):
    open_store(f"sqlite:///{tmp_path / 'handoff.db'}", tmp_path).close()
    store = Store(f"sqlite:///file:{tmp_path / 'handoff.db'}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="readonly"), store.write() as tx:
        runs.stop(tx, "*", "ana", NOW, "why")
    store.close()


def test_a_timestamp_without_a_zone_is_refused(store: Store):
    with pytest.raises(sa.exc.StatementError, match="zone"), store.write() as tx:
        runs.stop(tx, "*", "ana", NOW.replace(tzinfo=None), "why")


def test_ingesting_tells_new_from_changed_from_unchanged(store: Store):
    with store.write() as tx:
        handoffs.ingest(tx, [pulled("a"), pulled("b")], "salesforce", "org", NOW)
    with store.write() as tx:
        found = handoffs.ingest(tx, [pulled("a"), pulled("b", "h2"), pulled("c")], "salesforce", "org", NOW)
    assert found.new == ("c",)
    assert dict(found.changed) == {"b": HandoffState.PULLED}
    assert found.unchanged == ("a",)


def test_a_state_that_the_table_forbids_is_refused(store: Store):
    with store.write() as tx:
        handoffs.ingest(tx, [pulled("a")], "salesforce", "org", NOW)
        row = handoffs.by_deal(tx, "a")
        with pytest.raises(LostRaceError, match="cannot become delivered"):
            handoffs.move(tx, row.id, HandoffState.DELIVERED, NOW)


def test_the_second_of_two_writers_of_an_effect_loses(store: Store):
    with store.write() as tx:
        effects.plan(tx, [PlannedEffect(scope="s", kind="invoice", step="i", service="stripe", body={})])
        row = effects.by_scopes(tx, ["s"])["s"]
        effects.change(tx, row, EffectState.IN_FLIGHT)
        with pytest.raises(LostRaceError, match="changed under us"):
            effects.change(tx, row, EffectState.IN_FLIGHT)


def test_one_scope_is_one_effect_for_ever(store: Store):
    planned = PlannedEffect(scope="s", kind="invoice", step="i", service="stripe", body={})
    with pytest.raises(sa.exc.IntegrityError), store.write() as tx:
        effects.plan(tx, [planned, planned])


def test_a_confirmed_effect_never_moves_again(store: Store):
    with store.write() as tx:
        effects.plan(tx, [PlannedEffect(scope="s", kind="invoice", step="i", service="stripe", body={})])
        effects.change(tx, effects.by_scopes(tx, ["s"])["s"], EffectState.CONFIRMED, external_id="in_1")
        for state in EffectState:
            with pytest.raises(LostRaceError):
                effects.change(tx, effects.by_scopes(tx, ["s"])["s"], state)


@pytest.mark.parametrize(
    ("change", "sealed"),
    [
        ("UPDATE event SET why = 'other' WHERE seq = 1", True),
        ("UPDATE event SET why = 'other' WHERE seq = 1", False),
        ("DELETE FROM event WHERE seq = 2", True),
        ("DELETE FROM event WHERE seq = 2", False),
        ("UPDATE event SET hash = NULL", True),
    ],
)
def test_the_store_refuses_to_change_or_delete_an_event(store: Store, change: str, sealed: bool):
    with store.write() as tx:
        events.append(tx, AUTHOR, [Event(subject=f"deal:{n}", what="held", new={"n": n}) for n in range(4)])
        assert not sealed or events.seal(tx) == 4
    with pytest.raises(sa.exc.IntegrityError, match="only added to"), store.write() as tx:
        tx.execute(sa.text(change))
    with store.read() as tx:
        assert len(tx.execute(sa.select(event)).all()) == 4


def without_its_guard(tx: sa.Connection) -> None:
    """What somebody with the keys of the database can do."""
    for name in ("event_kept", "event_unchanged"):
        tx.execute(sa.text(f"DROP TRIGGER {name}"))


@pytest.mark.parametrize(
    "edit", ["why = 'other' WHERE seq = 2", "actor = 'bob' WHERE seq = 3", "hash = 'x' WHERE seq = 1"]
)
def test_an_edited_event_breaks_the_chain(store: Store, edit: str):
    with store.write() as tx:
        events.append(tx, AUTHOR, [Event(subject=f"deal:{n}", what="held", new={"n": n}) for n in range(4)])
        assert events.seal(tx) == 4
        assert events.broken_links(tx) == []
        without_its_guard(tx)
        tx.execute(sa.text(f"UPDATE event SET {edit}"))
        assert events.broken_links(tx)


def test_a_deleted_event_breaks_the_chain(store: Store):
    with store.write() as tx:
        events.append(tx, AUTHOR, [Event(subject="deal:1", what="held") for _ in range(3)])
        events.seal(tx)
        without_its_guard(tx)
        tx.execute(sa.delete(event).where(event.c.seq == 2))
        assert events.broken_links(tx) == [3]


def test_the_end_of_work_that_is_no_run_is_noted_and_never_goes_back(store: Store):
    with store.write() as tx:
        assert runs.last_worked(tx, "escalate") is None
        runs.worked(tx, "escalate", NOW.replace(year=2025))
        runs.worked(tx, "escalate", NOW)
        runs.worked(tx, "escalate", NOW.replace(year=2025))
        assert runs.last_worked(tx, "escalate") == NOW
        assert runs.last_worked(tx, "notices") is None


def test_the_watermark_never_goes_back(store: Store):
    with store.write() as tx:
        runs.advance_watermark(tx, "salesforce", NOW, "a", NOW)
        runs.advance_watermark(tx, "salesforce", NOW.replace(year=2025), "b", NOW)
        assert runs.read_watermark(tx, "salesforce") == NOW


def test_a_deal_is_counted_once_a_run(store: Store):
    with store.write() as tx:
        runs.start(tx, id="r1", kind="sync", actor="ana", started_at=NOW, pack_fingerprint="p")
        runs.enrol(tx, "r1", ["a", "b", "a"])
        runs.enrol(tx, "r1", ["b", "c"])
        runs.conclude(tx, "r1", [("a", "delivered", None), ("a", "held", "x")])
        assert runs.outcomes(tx, "r1") == {"held": 1, None: 2}


def test_unchanged_is_said_only_of_a_deal_of_which_the_run_has_told_nothing_else(store: Store):
    with store.write() as tx:
        runs.start(tx, id="r1", kind="sync", actor="ana", started_at=NOW, pack_fingerprint="p")
        runs.enrol(tx, "r1", ["a", "b", "c"])
        runs.conclude(tx, "r1", [("a", "held", "x"), ("b", "unchanged", None)])
        runs.conclude_silent(tx, "r1", [("a", "unchanged", None), ("b", "excluded", "y"), ("c", "unchanged", None)])
        assert runs.outcomes(tx, "r1") == {"held": 1, "excluded": 1, "unchanged": 1}


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path):
    with run_lock(tmp_path), pytest.raises(LockHeldError, match="Another run") as refused:  # noqa: SIM117
        with run_lock(tmp_path):
            pass
    assert refused.value.exit_code == 3


def test_a_waiting_run_gets_the_lock_when_it_is_free(tmp_path: Path):
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with run_lock(tmp_path):
            holding.set()
            release.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    threading.Timer(0.2, release.set).start()
    with run_lock(tmp_path, wait_seconds=30):
        pass
    holder.join()


def test_death_frees_the_lock(tmp_path: Path):
    program = (
        "import os, sys; from pathlib import Path; from handoff.store.lock import run_lock\n"
        "with run_lock(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False).returncode == -9
    with run_lock(tmp_path):
        pass
