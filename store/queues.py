"""Queues of notice versions that wait to be indexed or matched.

A row leaves only when it is acknowledged, by its own number, so no row is passed over when two transactions commit in
another order than they began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, delete, func, insert, literal, select

from core.clock import now
from store.columns import Instant
from store.database import Database, chunks
from store.records import Origin, QueueRow
from store.tables import notices


class Queue:
    """One queue."""

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table

    def take(self, limit: int) -> list[QueueRow]:
        """The oldest rows, which stay in the queue until they are acknowledged."""
        with self._database.read() as connection:
            rows = connection.execute(select(self._table).order_by(self._table.c.id).limit(limit))
            return [
                QueueRow(
                    row_id=row.id,
                    notice_id=row.notice_id,
                    version=row.version,
                    origin=Origin(row.origin),
                    queued_at=row.queued_at,
                )
                for row in rows
            ]

    def acknowledge(self, rows: Iterable[QueueRow]) -> int:
        """Remove rows whose work is done; how many were still there."""
        with self._database.write() as connection:
            return remove(connection, self._table, rows)

    def depth(self) -> int:
        """Rows that wait."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(self._table)).scalar_one()

    def oldest(self) -> datetime | None:
        """Since when the longest waiting row waits."""
        with self._database.read() as connection:
            since: datetime | None = connection.scalar(select(func.min(self._table.c.queued_at)))
        return since


def remove(connection: Connection, table: Table, rows: Iterable[QueueRow]) -> int:
    """Delete rows inside a transaction of the caller."""
    return sum(
        connection.execute(delete(table).where(table.c.id.in_(ids))).rowcount
        for ids in chunks(row.row_id for row in rows)
    )


def append(connection: Connection, table: Table, entries: Sequence[tuple[str, int, Origin]]) -> None:
    """Queue notice versions inside the transaction that writes them."""
    at = now()
    rows = [
        {"notice_id": id_, "version": version, "origin": origin, "queued_at": at} for id_, version, origin in entries
    ]
    if rows:
        connection.execute(insert(table), rows)


def refill(connection: Connection, table: Table) -> int:
    """Make the queue hold every current notice exactly once, for a rebuild; how many those are."""
    connection.execute(delete(table))
    current = select(notices.c.id, notices.c.version, literal(Origin.REPLAY.value), literal(now(), Instant)).order_by(
        notices.c.id
    )
    columns = ["notice_id", "version", "origin", "queued_at"]
    return connection.execute(insert(table).from_select(columns, current)).rowcount
