"""Runs migrations on the connection that `upgrade` hands over."""

from alembic import context

from handoff.store import desk_tables  # noqa: F401 - so that the metadata is whole
from handoff.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
