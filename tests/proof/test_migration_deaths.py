"""A process dies at each statement of the migrations: the next one finds the old schema or the new one, and goes on."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from handoff.store import runs
from handoff.store.migrations import upgrade
from handoff.store.session import HEAD, Store
from tests.proof.boundaries import Died


def die_at(store: Store, statement: int) -> bool:
    """Migrate, and die before that statement (from 1); whether there was one."""
    left = statement

    def before(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Died(f"before statement {statement}")

    sa.event.listen(store.engine, "before_cursor_execute", before)
    try:
        store.migrate()
    except Died:
        return True
    finally:
        sa.event.remove(store.engine, "before_cursor_execute", before)
        store.close()
    return False


@pytest.mark.slow
@pytest.mark.parametrize("first", [None, "0001"])
def test_a_death_at_each_statement_of_the_migrations_loses_nothing(tmp_path: Path, first: str | None):
    statement = 0
    died = True
    while died:
        statement += 1
        url = f"sqlite:///{tmp_path / f'{statement}.db'}"
        if first:
            begun = Store(url)
            upgrade(begun.engine, first)
            with begun.write() as tx:
                runs.stop(tx, "*", "priya_nair", datetime(2026, 1, 1, tzinfo=UTC), "a row that must not be lost")
            begun.close()
        died = die_at(Store(url), statement)
        after = Store(url)
        after.migrate()
        with after.read() as tx:
            assert tx.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == HEAD
            assert len(runs.stops(tx)) == (1 if first else 0)
        after.close()
    assert statement > 10
