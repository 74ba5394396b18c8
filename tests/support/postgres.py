"""A PostgreSQL server for the tests, and a database of its own for each of them.

The server is the one of `VIGIE_TEST_DATABASE_URL`, else one is started from Debian's binaries for this session. Where
neither is there, the tests are skipped with a sentence; `tests/support/no_skips.py` says where that is a failure.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url, text

from store import Store
from store.database import Database, lock_key

START_TIMEOUT = 60.0


def missing(sentence: str) -> NoReturn:
    """Skip the test with what is missing."""
    pytest.skip(sentence)


class PostgresServer:
    """Makes and drops databases; each is a copy of one that is migrated once."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self._session = secrets.token_hex(4)
        self._template: str | None = None

    def create(self) -> str:
        """URL of a new migrated database."""
        return self._create(self._migrated_template())

    def create_empty(self) -> str:
        """URL of a new database without tables."""
        return self._create("template0")

    def drop(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        self._drop(make_url(url).database)

    def close(self) -> None:
        """Drop the template."""
        if self._template is not None:
            self._drop(self._template)

    def _drop(self, name: str | None) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name or "")))

    def _create(self, template: str) -> str:
        name = f"vigie_test_{self._session}_{secrets.token_hex(4)}"
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _migrated_template(self) -> str:
        if self._template is None:
            url = self.create_empty()
            with Store(url) as store:
                store.migrate()
            self._template = str(make_url(url).database)
        return self._template

    def _execute(self, statement: sql.Composed) -> None:
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def server() -> Iterator[PostgresServer]:
    """The server of this test session."""
    if url := os.environ.get("VIGIE_TEST_DATABASE_URL"):
        yield from _opened(make_url(url))
        return
    binaries = _binaries()
    if binaries is None:
        missing("PostgreSQL is missing: set VIGIE_TEST_DATABASE_URL or install the server (Debian: postgresql-15).")
    folder = Path(tempfile.mkdtemp(prefix="vigie-pg-"))
    try:
        with _running(binaries, folder):
            query = {"host": str(folder)}
            yield from _opened(URL.create("postgresql", username="vigie", database="postgres", query=query))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def restartable_server(connections: int = 100) -> Iterator[RestartableServer]:
    """A server of one test alone, to be stopped or killed and started again; it takes so many connections."""
    binaries = _binaries()
    if binaries is None:
        missing("To restart PostgreSQL its binaries are needed on this machine (Debian: postgresql-15).")
    made = Path(tempfile.mkdtemp(prefix="vigie-pg-"))  # a short path: sockets lie in it
    try:
        process = _Process(binaries, made, connections)
        process.make()
        process.start()
        try:
            yield RestartableServer(process)
        finally:
            process.stop()
    finally:
        shutil.rmtree(made, ignore_errors=True)


class RestartableServer:
    """One database on a server that goes away and comes back."""

    def __init__(self, process: _Process) -> None:
        self._process = process
        self.url = URL.create(
            "postgresql", username="vigie", database="postgres", query={"host": str(process.folder)}
        ).render_as_string(hide_password=False)

    def stop(self) -> None:
        """End every connection, and the server."""
        self._process.stop()

    def kill(self) -> None:
        """End it as a power cut would, whatever it is doing."""
        self._process.kill()

    def start(self) -> None:
        """Start it again, with all that it held."""
        self._process.start()


def holder(database: Database, name: str) -> int | None:
    """The backend that holds a session's lock of this name, if any does."""
    statement = text(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :key"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with database.read() as connection:
        pid: int | None = connection.scalar(statement, {"key": lock_key(name)})
    return pid


def _opened(url: URL) -> Iterator[PostgresServer]:
    found = PostgresServer(url)
    try:
        yield found
    finally:
        found.close()


def _binaries() -> Path | None:
    """The folder of the newest server on this machine."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    if debian:
        return debian[-1].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).resolve().parent if elsewhere else None


@contextmanager
def _running(binaries: Path, folder: Path) -> Iterator[None]:
    """A server on a socket in `folder`, without durability: its data live as long as the tests."""
    process = _Process(binaries, folder)
    process.make()
    process.start()
    try:
        yield
    finally:
        process.stop()


class _Process:
    """A server of ours, started as often as wanted."""

    def __init__(self, binaries: Path, folder: Path, connections: int = 100) -> None:
        self._binaries = binaries
        self.folder = folder
        self._connections = connections
        self._user = _unprivileged_user()
        self._process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make its data folder."""
        if self._user is not None:
            shutil.chown(self.folder, self._user)
        options = ["-U", "vigie", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        initdb: list[str | Path] = [self._binaries / "initdb", "-D", self.folder / "data", *options]
        subprocess.run(initdb, check=True, capture_output=True, user=self._user, cwd=self.folder)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "max_connections": str(self._connections),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._binaries / "postgres", "-D", self.folder / "data", *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd=self.folder)
        _wait_until_ready(self._process, self.folder)

    def stop(self) -> None:
        """End open connections, then the server."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=START_TIMEOUT)
            self._process = None

    def kill(self) -> None:
        """End it and the processes of its connections with SIGKILL."""
        process, self._process = self._process, None
        if process is not None:
            connections = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
            process.kill()
            for pid in connections:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            psycopg.connect(host=str(folder), user="vigie", dbname="postgres").close()
            return
        except psycopg.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                log = (folder / "log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"the PostgreSQL server of the tests did not start: {log}") from error
            time.sleep(0.05)


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; another user runs it then."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    missing("PostgreSQL does not run as root, and there is no user postgres or nobody to run it.")
