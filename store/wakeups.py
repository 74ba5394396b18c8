"""Who waits for work is woken when there is some: `NOTIFY` of PostgreSQL, at the commit of what is new.

A wake-up says where to look and nothing more: one that is lost costs the time to the next look, no work. On SQLite
there are none, and whoever waits looks every moment.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from store.database import Database
from store.errors import StoreError

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

CHANNEL = "vigie_work"
SLICE_SECONDS = 0.5
"""A waiting listener looks that often whether it is to end."""
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 15.0


def ring(connection: Connection, table: str) -> None:
    """Tell, when the transaction commits, that there is work in a table."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_notify(:channel, :table)"), {"channel": CHANNEL, "table": table})


class Listener:
    """Waits for work in one thread, through a connection of its own that is opened again when it is lost."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._retry = FIRST_RETRY_SECONDS

    def wait(self, seconds: float, stopping: threading.Event) -> frozenset[str] | None:
        """The tables in which there is new work, none when the time is over or `stopping` is set.

        None instead of a set: nobody knows what happened meanwhile (the connection was made anew), look everywhere.
        """
        if self._database.is_sqlite:
            stopping.wait(seconds)
            return None
        from psycopg import OperationalError

        try:
            if self._connection is None:
                self._connection = self._database.session()
                self._connection.execute(f"LISTEN {CHANNEL}")
                self._retry = FIRST_RETRY_SECONDS
                return None
            return self._heard(self._connection, time.monotonic() + seconds, stopping)
        except (StoreError, OperationalError) as error:
            log.warning("Wake-ups are lost for now, work is looked for all the same: %s", error)
            self.close()
            stopping.wait(min(seconds, self._retry))
            self._retry = min(2 * self._retry, LONGEST_RETRY_SECONDS)
            return None

    def close(self) -> None:
        """Close the connection; the next wait opens one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _heard(
        self, connection: psycopg.Connection[tuple[Any, ...]], until: float, stopping: threading.Event
    ) -> frozenset[str]:
        heard: set[str] = set()
        while not heard and not stopping.is_set() and (left := until - time.monotonic()) > 0:
            heard.update(told.payload for told in connection.notifies(timeout=min(left, SLICE_SECONDS), stop_after=1))
        if heard:  # what came at the same moment
            heard.update(told.payload for told in connection.notifies(timeout=0))
        return frozenset(heard)
