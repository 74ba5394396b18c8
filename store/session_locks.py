"""Locks that a process holds as long as it lives, across machines: who leads, who crawls a portal.

An advisory lock of PostgreSQL on a connection of its own. It ends with the connection, however that ends: the process
died, its machine lost power, the network is cut, the server was restarted. Whoever holds one therefore asks from time
to time whether it still does.
"""

from __future__ import annotations

import logging
import selectors
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from store.database import Database, lock_key
from store.errors import StoreError

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

_UNLOCKING = 2.0
"""Seconds that a server has to let a lock go; one that does not answer ends it with the connection."""


def portal_lock(portal: str) -> str:
    """The name of the lock of a portal's crawls, of which there is one at a time."""
    return f"portal:{portal}"


class SessionLock:
    """One lock by name. On SQLite, which one machine has for itself, nobody else is asked and it is always had."""

    def __init__(self, database: Database, name: str, *, silence: float | None = None) -> None:
        """`silence`: after so many seconds without `held()` the server ends the connection, and with it the lock; a
        process that hangs loses it too.
        """
        self._database = database
        self._name = name
        self._silence = silence
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it; False when somebody does. `StoreError` when the database is away."""
        if self._database.is_sqlite or self.held():
            return True
        from psycopg import OperationalError

        limits = {} if self._silence is None else {"idle_session_timeout": int(1000 * self._silence)}
        connection = self._database.session(**limits)
        try:
            answer = connection.execute("SELECT pg_try_advisory_lock(%s)", (lock_key(self._name),)).fetchone()
        except OperationalError as error:
            connection.close()
            raise StoreError(f"The database {self._database.printed} cannot be used: {error}") from error
        if answer is None or not answer[0]:
            connection.close()
            return False
        self._connection = connection
        return True

    def held(self) -> bool:
        """Whether the lock is still had; asks the server."""
        if self._database.is_sqlite:
            return True
        if self._connection is None:
            return False
        from psycopg import OperationalError

        try:
            self._connection.execute("SELECT 1")
        except OperationalError as error:
            log.warning("The lock %s is lost with its connection: %s", self._name, error)
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let others have it: at once where the server answers, else when it notices that the connection ended."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        from psycopg import Error

        try:
            if not connection.closed:
                _unlock(connection, lock_key(self._name))
        except Error as error:
            log.debug("The lock %s ended with its connection: %s", self._name, error)
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def _unlock(connection: psycopg.Connection[tuple[Any, ...]], key: int) -> None:
    """Closing alone would not do: the server lets go a moment later, and whoever asks meanwhile is refused."""
    connection.pgconn.send_query(f"SELECT pg_advisory_unlock({key:d})".encode())
    with selectors.DefaultSelector() as selector:
        selector.register(connection.pgconn.socket, selectors.EVENT_READ)
        selector.select(_UNLOCKING)
