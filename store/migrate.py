"""Bringing a database to the tables of this version of the code, with Alembic configured in code.

Every migration says which code still works on its result: `oldest_code`, the revision that code was written for. The
newest of these is kept in the database, so that processes of the version before go on while machines are upgraded one
after the other: a migration that adds (*expand*) keeps them working, one that takes away (*contract*) comes a version
later, when no code uses what goes.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from core.errors import ConfigurationError
from store import procrastinate_schema
from store.database import Database
from store.errors import StoreError
from store.tables import meta, metadata

log = logging.getLogger(__name__)

OLDEST_CODE = "oldest code"
"""Key in `meta`: the revision of the oldest code that works on the database as it is."""
TABLE_PATIENCE = 3.0
"""Seconds that a migration waits for a table that is in use; everybody else waits behind it."""
PAUSE = 5.0
TRIES = 200
_FOLDER = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Migrate to the newest revision. Safe from several processes at once: one migrates, the others wait and find it
    done. A database that a newer Vigie migrated is refused.

    Where a table is in use for long (a backup reads all of them) the migration steps back and tries again: whoever
    waits for a table keeps everybody behind him from it, and the processes of the version before go on meanwhile.
    """
    database.prepare()
    for _ in range(TRIES):
        try:
            _upgrade(database)
            return
        except StoreError as error:
            if not _is_busy(error):
                raise
            log.warning("A table is in use, by a backup perhaps; the migration is tried again in %.0f s.", PAUSE)
            time.sleep(PAUSE)
    raise StoreError(
        f"The database {database.printed} could not be migrated, as its tables are in use: stop what reads them for "
        "so long, such as a backup, and start again."
    )


def _upgrade(database: Database) -> None:
    with database.write() as connection:
        _lock(database, connection)
        if not _is_current(database, connection):
            _migrate(database, connection, "head")
            _refuse_incomplete(database, connection)


def _is_busy(error: StoreError) -> bool:
    """Whether the lock of a table was waited for in vain (`lock_not_available`)."""
    original = getattr(error.__cause__, "orig", None)
    return getattr(original, "sqlstate", None) == "55P03"


def upgrade_to(database: Database, revision: str) -> None:
    """Migrate up to an older revision than the newest."""
    database.prepare()
    with database.write() as connection:
        _lock(database, connection)
        _migrate(database, connection, revision)


def downgrade(database: Database, revision: str = "base") -> None:
    """Take migrations back, down to `revision`."""
    with database.write() as connection:
        _lock(database, connection)
        config = _config(connection)
        command.downgrade(config, revision)
        if revision != "base":
            _note_oldest_code(database, connection, config)


def _migrate(database: Database, connection: Connection, revision: str) -> None:
    config = _config(connection)
    command.upgrade(config, revision)
    _note_oldest_code(database, connection, config)


def _note_oldest_code(database: Database, connection: Connection, config: Config) -> None:
    scripts = ScriptDirectory.from_config(config)
    at = MigrationContext.configure(connection).get_current_revision()
    oldest = max(script.module.oldest_code for script in scripts.walk_revisions("base", at or "base"))
    statement = database.insert(meta).values(key=OLDEST_CODE, value=oldest)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": oldest}))


def is_current(database: Database) -> bool:
    """Whether the database has the tables of this version of the code."""
    with database.read() as connection:
        return _is_current(database, connection)


def revision(database: Database) -> str:
    """The revision of the tables; empty before the first migration."""
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""


def has_tables(database: Database) -> bool:
    """Whether some Vigie was started on the database; a file that is not there is not made by asking."""
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return False
    with database.read() as connection:
        return inspect(connection).has_table(meta.name)


def known_revisions() -> frozenset[str]:
    """Every revision that this version of the code can bring up to date."""
    return frozenset(script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions())


def _is_current(database: Database, connection: Connection) -> bool:
    scripts = ScriptDirectory.from_config(_config(connection))
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        oldest = connection.scalar(select(meta.c.value).where(meta.c.key == OLDEST_CODE))
        if oldest in known:
            log.warning("The database was migrated by a newer Vigie (to %s); update this one soon.", found)
            return True
        raise ConfigurationError(
            f"The database {database.printed} was made by a newer Vigie (its tables are at revision {found}); "
            "update this one, or use another database."
        )
    if found != scripts.get_current_head():
        return False
    _refuse_incomplete(database, connection)
    return True


def _refuse_incomplete(database: Database, connection: Connection) -> None:
    """A database that says to be of this version and lacks tables or columns would fail in the middle of work.

    What it has beyond them is no harm. Of a newer Vigie's database it is not asked: its `oldest_code` says that this
    code works on it.
    """
    found = _columns(database, connection)
    wanted = {name: {column.name for column in table.columns} for name, table in metadata.tables.items()}
    tables = wanted.keys() | (set() if database.is_sqlite else {procrastinate_schema.JOBS})
    lacking = sorted(tables - found.keys())
    what = "tables" if lacking else "columns"
    lacking = lacking or sorted(f"{name}.{column}" for name in wanted for column in wanted[name] - found[name])
    if lacking:
        raise ConfigurationError(
            f"The database {database.printed} lacks {len(lacking)} of its {what} ({', '.join(lacking[:3])}): it was "
            "changed by hand or restored in part. Restore a backup, or name an empty database in VIGIE_DATABASE_URL."
        )


_COLUMNS_OF_SQLITE = """
SELECT item.name, info.name FROM sqlite_master AS item, pragma_table_info(item.name) AS info WHERE item.type = 'table'
"""
_COLUMNS_OF_POSTGRESQL = """
SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace <> 'pg_catalog'::regnamespace AND pg_table_is_visible(pg_class.oid) AND relkind IN ('r', 'p')
    AND attnum > 0 AND NOT attisdropped
"""


def _columns(database: Database, connection: Connection) -> dict[str, set[str]]:
    """The columns of every table, in one question: every start asks it, and so does `/readyz`."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, column in connection.execute(text(_COLUMNS_OF_SQLITE if database.is_sqlite else _COLUMNS_OF_POSTGRESQL)):
        found[table].add(column)
    return found


def _lock(database: Database, connection: Connection) -> None:
    if not database.is_sqlite:
        # Building an index over years of notices takes longer than everyday work may, and others wait for it.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = 0"))
    database.lock(connection, "migrate")
    if not database.is_sqlite:
        connection.execute(text(f"SET LOCAL lock_timeout = {int(1000 * TABLE_PATIENCE)}"))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
