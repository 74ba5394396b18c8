"""Queues of notice versions that wait to be indexed or matched, worked on by any number of processes.

Whoever takes rows holds them for a while (`LEASE`); nobody else is given them before that ends, or before their holder
is seen to be dead. A row leaves only when it is acknowledged, by its own number, so no row is passed over when two
transactions commit in another order than they began. No transaction is open while the work is done.

What belongs together is worked on by one process at a time: the versions of one notice, and for matching the notices
of one procedure, because what was told before decides what is told next.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Table,
    and_,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)

from core.clock import now
from store import wakeups
from store.columns import Instant
from store.database import Database, chunks
from store.records import Origin, QueueRow
from store.tables import notices

LEASE = timedelta(minutes=2)
"""How long taken rows belong to whoever took them. A batch that lasts longer may be done twice, which harms nothing."""


class Queue:
    """One queue, as one holder sees it."""

    def __init__(self, database: Database, table: Table, *, by_procedure: bool = False) -> None:
        self._database = database
        self._table = table
        self._together = notices.c.procedure_key if by_procedure else notices.c.id
        self._host = f"{_machine()}/"
        self.holder = f"{self._host}{os.getpid()}/{secrets.token_hex(4)}"
        """Who takes rows: machine, process and instance."""
        self._holds = False

    def take(self, limit: int, lease: timedelta = LEASE) -> list[QueueRow]:
        """The oldest rows that nobody else holds; they stay in the queue until they are acknowledged.

        Rows that this holder took before and did not acknowledge are among them: work that failed is done again.
        """
        at = now()
        with self._database.write() as connection:
            self._database.lock(connection, f"take:{self._table.name}")
            free = self._free(connection, at)
            ids = connection.scalars(self._database.claiming(free.limit(limit))).all()
            if not ids:
                return []
            claimed = {"claimed_by": self.holder, "claimed_until": at + lease}
            statement = update(self._table).where(self._table.c.id.in_(ids)).values(claimed).returning(self._table)
            rows = sorted(connection.execute(statement), key=lambda row: row.id)
        self._holds = True
        return [_record(row) for row in rows]

    def acknowledge(self, rows: Iterable[QueueRow]) -> int:
        """Remove rows whose work is done; how many were still there."""
        with self._database.write() as connection:
            return remove(connection, self._table, rows)

    def give_back(self) -> None:
        """Let others take what this holder took and did not acknowledge."""
        if self._holds:
            mine = self._table.c.claimed_by == self.holder
            with self._database.write() as connection:
                connection.execute(update(self._table).where(mine).values(claimed_by=None, claimed_until=None))
            self._holds = False

    def free(self) -> bool:
        """Whether there is a row that this holder could take now."""
        with self._database.read() as connection:
            return connection.scalar(self._free(connection, now()).limit(1)) is not None

    def depth(self) -> int:
        """Rows that wait."""
        with self._database.read() as connection:
            return connection.execute(select(func.count()).select_from(self._table)).scalar_one()

    def notice_ids(self) -> list[str]:
        """The notices that wait, oldest row first, whoever holds their rows; nothing is taken."""
        with self._database.read() as connection:
            found = connection.scalars(select(self._table.c.notice_id).order_by(self._table.c.id))
            return list(dict.fromkeys(found))

    def waiting(self, notice_ids: Iterable[str]) -> set[str]:
        """Which of these notices have a row, held by somebody or not."""
        found: set[str] = set()
        with self._database.read() as connection:
            for ids in chunks(notice_ids):
                found.update(
                    connection.scalars(select(self._table.c.notice_id).where(self._table.c.notice_id.in_(ids)))
                )
        return found

    def oldest(self) -> datetime | None:
        """Since when the longest waiting row waits."""
        with self._database.read() as connection:
            since: datetime | None = connection.scalar(select(func.min(self._table.c.queued_at)))
        return since

    def _free(self, connection: Connection, at: datetime) -> Select[tuple[int]]:
        """Numbers of the rows that may be taken, oldest first."""
        free = select(self._table.c.id).order_by(self._table.c.id)
        held = self._table.alias("held")
        theirs = and_(held.c.claimed_until > at, held.c.claimed_by != self.holder)
        holders = connection.scalars(select(held.c.claimed_by).where(theirs).distinct()).all()
        alive = [holder for holder in holders if not self._is_dead(holder)]
        if not alive:
            return free
        of_held = notices.alias("of_held")
        busy = (
            select(of_held.c[self._together.name])
            .join_from(held, of_held, of_held.c.id == held.c.notice_id)
            .where(theirs, held.c.claimed_by.in_(alive))
        )
        return free.where(self._table.c.notice_id.not_in(select(notices.c.id).where(self._together.in_(busy))))

    def _is_dead(self, holder: str) -> bool:
        """Whether a holder was a process of this machine that is gone; of others only their lease tells."""
        process = holder.removeprefix(self._host).partition("/")[0]
        if not holder.startswith(self._host) or not process.isdecimal():
            return False
        try:
            os.kill(int(process), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


def _machine() -> str:
    """The name of this machine; a container that shares its host's name has processes of its own."""
    try:
        return f"{socket.gethostname()}:{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return socket.gethostname()


def _record(row: Row[Any]) -> QueueRow:
    return QueueRow(
        row_id=row.id,
        notice_id=row.notice_id,
        version=row.version,
        origin=Origin(row.origin),
        queued_at=row.queued_at,
    )


def remove(connection: Connection, table: Table, rows: Iterable[QueueRow]) -> int:
    """Delete rows inside a transaction of the caller."""
    return sum(
        connection.execute(delete(table).where(table.c.id.in_(ids))).rowcount
        for ids in chunks(row.row_id for row in rows)
    )


def append(connection: Connection, table: Table, entries: Sequence[tuple[str, int, Origin]]) -> None:
    """Queue notice versions inside the transaction that writes them.

    A replay says something else in the same version, so it begins another edition: of two processes that index the
    notice at once, the one that has read the older edition cannot overwrite the newer.
    """
    for ids in chunks(id_ for id_, _, origin in entries if origin is Origin.REPLAY):
        connection.execute(update(notices).where(notices.c.id.in_(ids)).values(revision=notices.c.revision + 1))
    at = now()
    rows = [
        {"notice_id": id_, "version": version, "origin": origin, "queued_at": at} for id_, version, origin in entries
    ]
    if rows:
        connection.execute(insert(table), rows)
        wakeups.ring(connection, table.name)


def refill(connection: Connection, table: Table) -> int:
    """Make the queue hold every current notice exactly once, for a rebuild; how many those are.

    One statement, so that no notice is passed over, for which millions of notices take longer than others may.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(delete(table))
    current = select(notices.c.id, notices.c.version, literal(Origin.REPLAY.value), literal(now(), Instant)).order_by(
        notices.c.id
    )
    columns = ["notice_id", "version", "origin", "queued_at"]
    wakeups.ring(connection, table.name)
    return connection.execute(insert(table).from_select(columns, current)).rowcount
