"""The connection to SQLite or PostgreSQL, and the one place that knows how they differ."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, Select, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import ConfigurationError
from store.errors import StoreError

BUSY_TIMEOUT = 30.0
"""Seconds that a writer waits for another one."""
STATEMENT_TIMEOUT = 60.0
"""Seconds after which PostgreSQL gives a statement up."""
CHUNK = 500
"""Values in one `IN` list; SQLite takes 32,766 and PostgreSQL 65,535 parameters."""

_ENGINE_OPTIONS: dict[str, Any] = {
    # Without it the count of an insert is lost, and with it whether a conflict was met.
    "execution_options": {"preserve_rowcount": True},
    # Parameters are notices and addresses of people; they do not belong into error messages and logs.
    "hide_parameters": True,
}

Insert = sqlite.Insert | postgresql.Insert
SelectT = TypeVar("SelectT", bound=Select[Any])
T = TypeVar("T")


class Database:
    """Short transactions on one database, safe from several threads and processes."""

    def __init__(self, url: str) -> None:
        self.url = _parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url)
        self._writer = self.engine.execution_options(vigie_writes=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._connected(self.engine) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block and rolls back on any error.

        On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), so that what it reads cannot change before it
        writes.
        """
        with self._connected(self._writer) as connection:
            yield connection

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(engine.connect())
                stack.enter_context(connection.begin())
            except OperationalError as error:
                raise StoreError(f"The database {self.printed} cannot be used: {_first_line(error)}.") from error
            yield connection

    def lock(self, connection: Connection, name: str) -> None:
        """Wait until no other writer holds the lock of this name; held until the transaction ends.

        SQLite has one writer anyway. PostgreSQL takes an advisory lock, so that two writers that read before they write
        decide one after the other.
        """
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(name)})

    def insert(self, table: Table) -> Insert:
        """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def claiming(self, statement: SelectT) -> SelectT:
        """The rows of a queue that no other transaction is working on.

        PostgreSQL locks them and skips the locked ones; on SQLite the writer is alone.
        """
        return statement if self.is_sqlite else statement.with_for_update(skip_locked=True)

    def prepare(self) -> None:
        """What must be done once for a new database, outside any transaction."""
        if self.is_sqlite:
            _write_ahead_log(self.engine)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @property
    def printed(self) -> str:
        """The URL for people, password hidden."""
        return self.url.render_as_string(hide_password=True)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The distinct values in pieces that fit into one statement, in their order."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError(
            "The database URL cannot be read; it looks like sqlite:///file or postgresql://..."
        ) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigurationError("The store needs a database file; an SQLite database in memory is lost at once.")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(f"The store runs on SQLite or PostgreSQL, and the database URL names {backend}.")


def _sqlite_engine(url: URL) -> Engine:
    Path(str(url.database)).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT},
        pool_size=5,
        max_overflow=45,
        **_ENGINE_OPTIONS,
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
        # The driver of Python 3.11 begins transactions by itself and late; None leaves them to the event below.
        connection.isolation_level = None
        for pragma in ("foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("vigie_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: URL) -> Engine:
    milliseconds = int(STATEMENT_TIMEOUT * 1000)
    options = (
        f"-c statement_timeout={milliseconds} -c lock_timeout={int(BUSY_TIMEOUT * 1000)}"
        f" -c idle_in_transaction_session_timeout={milliseconds} -c timezone=UTC"
    )
    given = url.query.get("options")
    merged = f"{given} {options}" if isinstance(given, str) else options
    return create_engine(
        url,
        connect_args={"options": merged},
        pool_size=5,
        max_overflow=15,
        pool_pre_ping=True,
        **_ENGINE_OPTIONS,
    )


def _write_ahead_log(engine: Engine) -> None:
    """Readers do not wait for the writer; the mode stays in the file.

    Switching wants the database for itself for a moment and does not honour the busy timeout, so it is tried again.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT
    pooled = engine.raw_connection()
    try:
        while True:
            try:
                pooled.cursor().execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
    finally:
        pooled.close()


def _lock_key(name: str) -> int:
    return crc32(f"vigie:{name}".encode())


def _first_line(error: OperationalError) -> str:
    return str(error.orig).strip().splitlines()[0]
