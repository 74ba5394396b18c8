"""Moving a whole store into another one, between SQLite and PostgreSQL in either direction.

Tables are copied in the order of their foreign keys, in batches by primary key; how far it got is kept in the target,
in the transaction of each batch, so that an interrupted move goes on where it was. Nothing may write to the source
meanwhile: it is locked. At the end the rows of both are compared, table by table, by number and by checksum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Integer, Row, Select, Table, delete, func, insert, select, text, tuple_
from sqlalchemy.exc import DBAPIError

from core.errors import VigieError
from notices.model import Frozen
from store import migrate
from store.database import Database
from store.errors import StoreError
from store.facade import UNFINISHED_COPY, Store
from store.procrastinate_schema import META_KEY
from store.refusals import first_line
from store.tables import meta, metadata

BATCH = 500
WAIT_SECONDS = 2.0
"""How long the source's writers are waited for before the move is refused."""
PROGRESS = "copy:progress"
OF_ITS_OWN = frozenset({UNFINISHED_COPY, PROGRESS, META_KEY, migrate.OLDEST_CODE})
"""Keys of `meta` that each store has for itself."""

Say = Callable[[str], None]


class Moved(Frozen):
    """What is in both stores now."""

    tables: int
    rows: int


class _Progress(Frozen):
    table: str
    last: tuple[Any, ...]


class _Sum(Frozen):
    """Number of rows, and the sum of their digests: the same in whatever order they come."""

    rows: int
    digest: str


def move(source: Store, target: Store, say: Say, *, afresh: bool = False) -> Moved:
    """Copy everything, and compare. Raises `VigieError` when the target holds anything else, when something writes to
    the source, and when the two differ at the end.
    """
    if source.database.url == target.database.url:
        raise VigieError("The store cannot be moved into itself.")
    _prepare(source, target, afresh=afresh)
    with _locked(source.database) as reading:
        rows = 0
        for table in metadata.sorted_tables:
            count = _copy(reading, target.database, table)
            rows += count
            say(f"{table.name}: {count} rows")
        _sequences(reading, source.database, target.database)
        _compare(reading, target.database)
    with target.database.write() as connection:
        connection.execute(delete(meta).where(meta.c.key.in_([UNFINISHED_COPY, PROGRESS])))
    return Moved(tables=len(metadata.sorted_tables), rows=rows)


def _prepare(source: Store, target: Store, *, afresh: bool) -> None:
    """Make the target's tables and mark it unfinished; refuse one that holds anything but a copy begun before."""
    target.migrate()
    mark = source.database.printed
    found = target.meta.get(UNFINISHED_COPY)
    if found is not None and (afresh or found != mark):
        _empty(target.database)
        found = None
    if found is None:
        _refuse_occupied(target.database)
        _empty(target.database)
        target.meta.set(UNFINISHED_COPY, mark)


def _refuse_occupied(database: Database) -> None:
    from store.backup.dumps import occupied

    if table := occupied(database):
        raise VigieError(f"The store {database.printed} is not empty (table {table}); a move needs an empty one.")


def _empty(database: Database) -> None:
    with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            kept = [~table.c.key.in_(OF_ITS_OWN - {PROGRESS, UNFINISHED_COPY})] if table is meta else []
            connection.execute(delete(table).where(*kept))


@contextmanager
def _locked(database: Database) -> Iterator[Connection]:
    """A transaction on the source during which nobody else writes, and that reads one state."""
    try:
        with _sqlite_locked(database) if database.is_sqlite else _postgresql_locked(database) as connection:
            yield connection
    except (StoreError, DBAPIError) as error:
        cause = error if isinstance(error, DBAPIError) else error.__cause__
        if not isinstance(cause, DBAPIError) or "lock" not in str(cause.orig).lower():
            raise
        raise VigieError(
            f"Something writes to {database.printed}: stop every process of Vigie first ({first_line(cause.orig)})."
        ) from error


@contextmanager
def _sqlite_locked(database: Database) -> Iterator[Connection]:
    with database.engine.execution_options(vigie_writes=True).connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 (a connection that was just opened)
        driver.execute(f"PRAGMA busy_timeout = {int(WAIT_SECONDS * 1000)}")
        with connection.begin():
            yield connection
        connection.invalidate()  # with its short patience


@contextmanager
def _postgresql_locked(database: Database) -> Iterator[Connection]:
    with database.write() as connection:
        for setting, value in (
            ("lock_timeout", int(WAIT_SECONDS * 1000)),
            ("statement_timeout", 0),
            ("idle_in_transaction_session_timeout", 0),
        ):
            connection.execute(text(f"SET LOCAL {setting} = {value}"))
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
        yield connection


def _copy(reading: Connection, target: Database, table: Table) -> int:
    """Copy what the target lacks of a table; how many rows the table has."""
    last = _resumed(target, table)
    while last != _DONE:
        rows = reading.execute(_page(table, last)).all()
        last = tuple(rows[-1]._mapping[column] for column in table.primary_key) if len(rows) == BATCH else _DONE
        with target.write() as connection:
            if rows:
                _insert(connection, table, rows)
            _note(target, connection, table, last)
    return int(reading.execute(select(func.count()).select_from(table).where(*_copied(table))).scalar_one())


_DONE: tuple[Any, ...] = ("done",)


def _page(table: Table, last: Sequence[Any] | None) -> Select[Any]:
    key = list(table.primary_key)
    page = select(table).where(*_copied(table)).order_by(*key).limit(BATCH)
    if not last:
        return page
    if len(key) == 1:
        return page.where(key[0] > last[0])
    return page.where(tuple_(*key) > tuple_(*(_bound(column, value) for column, value in zip(key, last, strict=True))))


def _bound(column: Column[Any], value: Any) -> Any:
    from sqlalchemy import bindparam

    return bindparam(None, value, type_=column.type)


def _copied(table: Table) -> list[Any]:
    """What of a table is moved: everything but what each store has for itself."""
    return [~meta.c.key.in_(OF_ITS_OWN)] if table is meta else []


def _insert(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    values = [{column.name: _plain(row._mapping[column]) for column in table.columns} for row in rows]
    try:
        connection.execute(insert(table), values)
    except DBAPIError as error:
        key = ", ".join(str(rows[0]._mapping[column]) for column in table.primary_key)
        raise VigieError(
            f"Table {table.name}, in the {len(rows)} rows from {key}: the target does not take them: "
            f"{first_line(error.orig)}."
        ) from error


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def _resumed(target: Database, table: Table) -> tuple[Any, ...] | None:
    """After which key to go on; `_DONE` for a table that is there already."""
    with target.read() as connection:
        found = connection.scalar(select(meta.c.value).where(meta.c.key == PROGRESS))
    if found is None:
        return None
    progress = json.loads(found)
    order = [each.name for each in metadata.sorted_tables]
    at, here = order.index(progress["table"]), order.index(table.name)
    if here != at:
        return _DONE if here < at else None
    kinds = [column.type.python_type if column.type else str for column in table.primary_key]
    last = progress["last"]
    if last == list(_DONE):
        return _DONE
    return tuple(_from_text(value, kind) for value, kind in zip(last, kinds, strict=True))


def _note(target: Database, connection: Connection, table: Table, last: tuple[Any, ...]) -> None:
    noted = [value.isoformat() if isinstance(value, date) else value for value in last]
    value = json.dumps({"table": table.name, "last": noted})
    statement = target.insert(meta).values(key=PROGRESS, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def _from_text(value: Any, kind: type[Any]) -> Any:
    return kind.fromisoformat(value) if issubclass(kind, date) else value


def _sequences(reading: Connection, source: Database, target: Database) -> None:
    """Numbers that were given are not given again, also those of rows that are gone."""
    for table in metadata.sorted_tables:
        (key, *others) = list(table.primary_key)
        if others or not isinstance(key.type, Integer) or key.foreign_keys:
            continue
        highest = max(_last_number(reading, source, table), int(reading.scalar(select(func.max(key))) or 0))
        with target.write() as connection:
            _set_number(connection, target, table, highest)


def _last_number(connection: Connection, database: Database, table: Table) -> int:
    if not database.is_sqlite:
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name})
        found = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608
        return int(found.last_value) if found.is_called else 0
    if not _numbers_are_kept(table):
        return 0
    question = text("SELECT seq FROM sqlite_sequence WHERE name = :table")
    return int(connection.scalar(question, {"table": table.name}) or 0)


def _set_number(connection: Connection, database: Database, table: Table, highest: int) -> None:
    if not database.is_sqlite:
        asked = "SELECT setval(pg_get_serial_sequence(:table, 'id'), :last, :given)"
        connection.execute(text(asked), {"table": table.name, "last": max(highest, 1), "given": highest > 0})
    elif _numbers_are_kept(table) and highest:
        names = {"table": table.name, "last": highest}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :table"), names)
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :last)"), names)


def _numbers_are_kept(table: Table) -> bool:
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def _compare(reading: Connection, target: Database) -> None:
    for table in metadata.sorted_tables:
        with target.read() as connection:
            before, after = _summed(reading, table), _summed(connection, table)
        if before.rows != after.rows:
            raise VigieError(
                f"Table {table.name} has {before.rows} rows in the source and {after.rows} in the copy: something "
                "wrote to one of them. Repeat the move with --afresh."
            )
        if before.digest != after.digest:
            raise VigieError(f"Table {table.name} is not the same in the copy. Repeat the move with --afresh.")


def _summed(connection: Connection, table: Table) -> _Sum:
    rows, total = 0, 0
    key = list(table.primary_key)
    last: tuple[Any, ...] | None = None
    while True:
        page = connection.execute(_page(table, last)).all()
        for row in page:
            total += int.from_bytes(row_digest(table, row))
        rows += len(page)
        if len(page) < BATCH:
            return _Sum(rows=rows, digest=f"{total % (1 << 256):064x}")
        last = tuple(page[-1]._mapping[column] for column in key)


def row_digest(table: Table, row: Row[Any]) -> bytes:
    """sha256 of a row as Python sees it, which is the same on both engines."""
    values = [_canonical(row._mapping[column]) for column in table.columns]
    return hashlib.sha256(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def _canonical(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview | bytearray):
        return bytes(value).hex()
    return value
