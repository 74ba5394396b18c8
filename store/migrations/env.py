"""Runs migrations on the connection that `store.migrate` hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters tables by copying them.
    render_as_batch=True,
    # SQLite can roll back table definitions; a migration that fails leaves nothing half-done on either database.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
