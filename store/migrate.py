"""Bringing a database to the tables of this version of the code, with Alembic configured in code."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from core.errors import ConfigurationError
from store.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Migrate to the newest revision. Safe from several processes at once: one migrates, the others wait and find it
    done. A database that a newer Vigie migrated is refused.
    """
    database.prepare()
    with database.write() as connection:
        _lock(database, connection)
        if not _is_current(database, connection):
            command.upgrade(_config(connection), "head")


def downgrade(database: Database, revision: str = "base") -> None:
    """Take migrations back, down to `revision`."""
    with database.write() as connection:
        _lock(database, connection)
        command.downgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether the database has the tables of this version of the code."""
    with database.read() as connection:
        return _is_current(database, connection)


def _is_current(database: Database, connection: Connection) -> bool:
    scripts = ScriptDirectory.from_config(_config(connection))
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise ConfigurationError(
            f"The database {database.printed} was made by a newer Vigie (its tables are at revision {found}); "
            "update this one, or use another database."
        )
    return found == scripts.get_current_head()


def _lock(database: Database, connection: Connection) -> None:
    if not database.is_sqlite:
        # Building an index over years of notices takes longer than everyday work may, and others wait for it.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
    database.lock(connection, "migrate")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
