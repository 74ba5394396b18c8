"""The connection to SQLite or PostgreSQL, and the one place that knows how they differ."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from sqlalchemy import URL, Connection, Engine, Select, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import ConfigurationError
from core.settings import PostgresqlSettings
from core.urls import printed_url
from store.errors import StoreError
from store.refusals import StoreRefused, meaning, no_connection

if TYPE_CHECKING:
    import psycopg

BUSY_TIMEOUT = 30.0
"""Seconds that a writer of SQLite waits for another one."""
KEEPALIVE: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A server that is no longer there, or a network that is cut, is noticed within some eleven seconds."""
_SERVER_KEEPALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"
"""So is a client, by the server: what it held is free again."""
OLDEST_SERVER = 15
"""The oldest PostgreSQL that Vigie is tested on."""
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

    def __init__(self, url: str, options: PostgresqlSettings | None = None) -> None:
        self.url = _parsed(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._options = options or PostgresqlSettings()
        self.engine = _sqlite_engine(self.url) if self.is_sqlite else _postgresql_engine(self.url, self._options)
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
                transaction = connection.begin()
            except DBAPIError as error:
                raise no_connection(self.printed, _cause(error)) from error
            try:
                with transaction:
                    yield connection
            except IntegrityError:  # of one row: whoever writes it knows what that means
                raise
            except DBAPIError as error:
                if error.connection_invalidated:  # the server stopped, was restarted, or sent us away
                    raise no_connection(self.printed, _cause(error)) from error
                if (known := meaning(self.printed, _cause(error))) is not None:
                    raise known from error
                raise

    def session(self, **settings: str | int) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection to PostgreSQL outside the pool, without transactions: for locks of a session and for listening.

        `settings` are parameters of the server, in force for this connection. `StoreError` when there is none now.
        """
        if self.is_sqlite:
            raise StoreError(f"{self.printed} is a file; it has no sessions.")
        import psycopg  # takes a tenth of a second, which commands on SQLite need not wait for

        options = " ".join((self._server_options(), *(f"-c {name}={value}" for name, value in settings.items())))
        try:
            return psycopg.connect(**self.connection_parameters() | {"options": options}, autocommit=True)
        except psycopg.Error as error:
            raise no_connection(self.printed, error) from error

    def connection_parameters(self) -> dict[str, Any]:
        """What libpq is given for a connection to PostgreSQL."""
        _, parameters = self.engine.dialect.create_connect_args(self.url)
        return {**KEEPALIVE, **parameters, "options": self._server_options()}

    def _server_options(self) -> str:
        return _postgresql_options(self.url, self._options)

    def lock(self, connection: Connection, name: str) -> None:
        """Wait until no other writer holds the lock of this name; held until the transaction ends.

        SQLite has one writer anyway. PostgreSQL takes an advisory lock, so that two writers that read before they write
        decide one after the other.
        """
        if not self.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key(name)})

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
        if not self.is_sqlite:
            return
        try:
            _write_ahead_log(self.engine)
        except DBAPIError as error:
            raise no_connection(self.printed, _cause(error)) from error
        except sqlite3.Error as error:
            raise no_connection(self.printed, error) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    @property
    def printed(self) -> str:
        """The URL for people, password hidden."""
        return printed_url(self.url.render_as_string(hide_password=True))


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    """The distinct values in pieces that fit into one statement, in their order."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), size):
        yield distinct[start : start + size]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            "The database URL cannot be read: correct VIGIE_DATABASE_URL, which looks like sqlite:///file or "
            "postgresql://user:password@host:5432/name."
        ) from error
    if parsed.host and "@" in parsed.host:  # the rest of the password, which is not shown
        raise ConfigurationError("The password in VIGIE_DATABASE_URL holds an @, which is written %40 there.")
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigurationError("The store needs a database file; an SQLite database in memory is lost at once.")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    raise ConfigurationError(
        f"The store runs on SQLite or PostgreSQL, and the database URL names {backend}: correct VIGIE_DATABASE_URL."
    )


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


def _postgresql_engine(url: URL, options: PostgresqlSettings) -> Engine:
    engine = create_engine(
        url,
        connect_args={**KEEPALIVE, "options": _postgresql_options(url, options)},
        pool_size=options.pool_size,
        max_overflow=options.pool_overflow,
        pool_pre_ping=True,
        **_ENGINE_OPTIONS,
    )
    printed = printed_url(url.render_as_string(hide_password=True))

    # before SQLAlchemy looks at the server itself, which trips over what it does not know
    @event.listens_for(engine, "connect", insert=True)
    def _refuse_unsuitable(connection: psycopg.Connection[Any], _entry: ConnectionPoolEntry) -> None:
        if (problem := _unsuitable(connection)) is not None:
            connection.close()
            raise StoreRefused(f"The database {printed} cannot be used: {problem}")

    return engine


def _unsuitable(connection: psycopg.Connection[Any]) -> str | None:
    """Why a server that answers is none that Vigie works with; both facts came with the connection."""
    version, encoding = connection.info.server_version, connection.info.parameter_status("server_encoding")
    if version < OLDEST_SERVER * 10_000:
        return (
            f"it runs on PostgreSQL {version // 10_000}, and Vigie needs {OLDEST_SERVER} or later. "
            "Upgrade the server, or name another one in VIGIE_DATABASE_URL."
        )
    if encoding != "UTF8":
        return f"its encoding is {encoding}. Make one with `createdb --encoding=UTF8 --template=template0`."
    return None


def _postgresql_options(url: URL, options: PostgresqlSettings) -> str:
    """Limits in force for every connection, after those that the URL gives."""
    statement, lock = int(options.statement_timeout * 1000), int(options.lock_timeout * 1000)
    own = (
        f"-c statement_timeout={statement} -c lock_timeout={lock}"
        f" -c idle_in_transaction_session_timeout={statement} -c timezone=UTC {_SERVER_KEEPALIVE}"
    )
    given = url.query.get("options")
    return f"{given} {own}" if isinstance(given, str) else own


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


def lock_key(name: str) -> int:
    """The number under which PostgreSQL knows the advisory lock of this name."""
    return crc32(f"vigie:{name}".encode())


def _cause(error: DBAPIError) -> BaseException:
    return error.orig or error
