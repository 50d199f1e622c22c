"""The store: one engine, short transactions, a schema that is brought up to date on opening."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from handoff.core.errors import HandoffError
from handoff.core.keys import canonical_json

HEAD = "0006"
"""The schema this code is written for; a test proves that it is Alembic's head."""


_POOL = 70  # threads of a run (64 at most) and the run itself


class StoreError(HandoffError):
    """The store is locked, full, read-only or gone. Nothing was sent without a durable intent."""


class Store:
    """Opens the ledger's database by its SQLAlchemy URL and gives out transactions.

    SQLite is used as the ledger needs it: WAL, synchronous=FULL, BEGIN IMMEDIATE for writers.
    """

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        # Threads of one process queue here rather than in SQLite's sleeping busy handler.
        self._writers = threading.Lock()
        try:
            self.engine = _engine(url, sqlite=self._sqlite)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
            raise StoreError(f"HANDOFF_STORE_URL is not a database URL: {error}") from None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that commits at its end; StoreError when the database does not take it."""
        with self._translated():
            if not self._sqlite:
                with self.engine.begin() as connection:
                    yield connection
                return
            immediate = self.engine.execution_options(immediate=True)
            with self._writers, immediate.begin() as connection:
                yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A consistent view; what is changed under it is lost."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to HEAD; refuse a database that is newer than this code."""
        with self._translated():
            found = self._version()
            if found == HEAD:
                return
            if found is not None and found > HEAD:
                raise StoreError(
                    f"The store has schema {found}, newer than this version of Handoff ({HEAD}): "
                    "install the newer version again; a downgrade would lose rows."
                )
            from handoff.store.migrations import upgrade  # noqa: PLC0415 - Alembic is slow to import

            upgrade(self.engine)

    def close(self) -> None:
        self.engine.dispose()

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            said = " ".join(str(error.orig).split())  # PostgreSQL says it in several lines
            raise StoreError(
                f"The store cannot be used: {said}. Nothing was sent without a durable intent; "
                "put the database right (space, permissions, server) and run again."
            ) from None


def open_store(url: str, home: Path) -> Store:
    """The store, ready: HANDOFF_HOME made, schema up to date. Raises StoreError with one clear sentence."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"HANDOFF_HOME {home} cannot be made: {error.strerror}. Choose another folder.") from None
    store = Store(url)
    store.migrate()
    return store


def _engine(url: str, *, sqlite: bool) -> sa.Engine:
    if not sqlite:
        return sa.create_engine(url, pool_size=_POOL, pool_pre_ping=True, json_serializer=canonical_json)
    arguments = {"timeout": 30, "check_same_thread": False}
    engine = sa.create_engine(url, pool_size=_POOL, connect_args=arguments, json_serializer=canonical_json)
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _on_begin
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
