"""Copies of a whole database by its own engine: SQLite's online backup, and PostgreSQL's `pg_dump` and `pg_restore`.

An operator who knows the engine can use the copy without Vigie.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, func, inspect, select, text

from store.backup.manifest import BackupError
from store.database import Database
from store.refusals import first_line
from store.tables import metadata

SQLITE_FILE = "store.sqlite"
POSTGRESQL_FILE = "store.pgdump"
KEPT_FREE = frozenset({"meta", "firings", "counters", "host_budgets"})
"""Tables that a store has rows in as soon as it was started once."""


def dump(database: Database, folder: Path) -> tuple[str, dict[str, int]]:
    """Copy the store as it is at one moment, while others write; the file's name and the rows of every table."""
    return _dump_sqlite(database, folder) if database.is_sqlite else _dump_postgresql(database, folder)


def engine_version(database: Database) -> str:
    """Version of the engine that serves the store."""
    with database.read() as connection:
        question = "SELECT sqlite_version()" if database.is_sqlite else "SHOW server_version"
        return str(connection.execute(text(question)).scalar_one())


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows of every table of ours that there is, by name."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
        if table.name in there
    }


def occupied(database: Database) -> str | None:
    """The first table that holds something; `None` for a store that is new or was started and never used."""
    with database.read() as connection:
        counts = row_counts(connection)
    return next((name for name, count in sorted(counts.items()) if count and name not in KEPT_FREE), None)


def load_postgresql(database: Database, dump_file: Path) -> None:
    """Fill the database from a dump, in one transaction: all of it or nothing.

    The dump goes through a pipe, so that a restore that is killed takes `pg_restore` along, which would fill the
    database behind the back of whoever repeats it.
    """
    options = ("--single-transaction", "--exit-on-error", "--clean", "--if-exists", "--no-owner", "--no-privileges")
    with dump_file.open("rb") as dump:
        _run("pg_restore", database, options, dump)


def check_sqlite(path: Path) -> None:
    """Refuse a file that SQLite finds damaged."""
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise BackupError(f"The copy of the store is damaged: {found[0]}.")


def _dump_sqlite(database: Database, folder: Path) -> tuple[str, dict[str, int]]:
    target = folder / SQLITE_FILE
    try:
        with closing(sqlite3.connect(target)) as copy:
            with closing(sqlite3.connect(f"file:{database.url.database}?mode=ro", uri=True, timeout=60.0)) as source:
                source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        check_sqlite(target)
    except sqlite3.Error as error:
        raise BackupError(
            f"The store cannot be copied to {target}: {first_line(error)}. Make room there, and look whether both "
            "disks are well; nothing that is there counts as a backup."
        ) from error
    copied = Database(f"sqlite:///{target}")
    try:
        with copied.read() as connection:
            return SQLITE_FILE, row_counts(connection)
    finally:
        copied.close()


def _dump_postgresql(database: Database, folder: Path) -> tuple[str, dict[str, int]]:
    """The dump and the counts see the same snapshot, which this transaction exports while it lasts."""
    engine = database.engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection, connection.begin():
        for setting in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.execute(text(f"SET LOCAL {setting} = 0"))
        snapshot = str(connection.execute(text("SELECT pg_export_snapshot()")).scalar_one())
        options = ("--format=custom", f"--snapshot={snapshot}", "--no-owner", "--no-privileges")
        _run("pg_dump", database, (*options, f"--file={folder / POSTGRESQL_FILE}"))
        return POSTGRESQL_FILE, row_counts(connection)


def _run(program: str, database: Database, arguments: Sequence[str], fed: BinaryIO | None = None) -> None:
    found = shutil.which(program)
    if found is None:
        raise BackupError(
            f"{program} is not on this machine: install PostgreSQL's client programs, of the server's version or newer "
            "(Debian: postgresql-client)."
        )
    given = database.connection_parameters()
    password = given.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    # Not the limits of everyday work, nor what is the driver's own.
    parameters = {name: value for name, value in given.items() if isinstance(value, str | int) and name != "options"}
    place = make_conninfo("", **parameters)
    command = [found, "--no-password", f"--dbname={place}", *arguments]
    code, said = _done(command, environment, fed)
    if code:
        raise BackupError(f"{program} failed: {_words(said.splitlines())}.")


def _done(command: Sequence[str], environment: Mapping[str, str], fed: BinaryIO | None) -> tuple[int, str]:
    """The exit code of a program and what it complained about."""
    with tempfile.TemporaryFile() as said:
        with subprocess.Popen(  # noqa: S603 (found on the machine, arguments are ours)
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
        ) as process:
            if process.stdin is not None:
                with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # it says itself why it ended
                    shutil.copyfileobj(fed or io.BytesIO(), pipe)
        said.seek(0)
        return process.returncode, said.read().decode(errors="replace")


def _words(lines: Iterable[str]) -> str:
    said = [line.strip() for line in lines if "error" in line.lower()] or [line.strip() for line in lines]
    return (said[0] if said else "it gave no reason").rstrip(".")[:400]
