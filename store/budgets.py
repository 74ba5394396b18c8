"""What may be asked of a portal's host, by all machines together: so many requests a second, so many at a time.

Whoever wants to send a request reserves its moment and a connection in one short transaction, waits for the moment, and
gives the connection back with the answer. The clock is the database's, the same for every machine.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from core.clock import now
from store.columns import Instant
from store.database import Database
from store.tables import host_budgets

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LOOK_AGAIN = 0.25
"""Seconds until somebody whom no connection is free for asks again."""


class Turn(NamedTuple):
    """An answer to whoever wants to send a request."""

    wait: float
    """Seconds to wait: for the moment of the request, or before asking again."""
    number: str | None
    """The connection that is reserved, to be given back; None when none is free."""


def new_number(holder: str = "") -> str:
    """A number for a connection to reserve, which says who holds it."""
    return f"{holder}/{secrets.token_hex(4)}"


class Budgets:
    """The budget of every host."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, host: str, interval: float, connections: int, lease: float, number: str | None = None) -> Turn:
        """A moment at least `interval` seconds after the one before, and one of so many connections.

        A connection that is not given back is free again `lease` seconds after its moment. Whoever asks again because
        the first answer was lost on the way says by the same `number` that it is no second connection.
        """
        number = number or new_number()
        with self._database.write() as connection:
            at, next_free, held = self._locked(connection, host)
            held.pop(number, None)
            if len(held) >= connections:
                return Turn(LOOK_AGAIN, None)
            moment = max(at, next_free)
            held[number] = (moment + timedelta(seconds=lease)).isoformat()
            self._write(connection, host, moment + timedelta(seconds=interval), held)
        return Turn((moment - at).total_seconds(), number)

    def give_back(self, host: str, number: str) -> None:
        """The answer is there: the connection is free."""
        with self._database.write() as connection:
            _, next_free, held = self._locked(connection, host)
            held.pop(number, None)
            self._write(connection, host, next_free, held)

    def give_back_all(self, host: str, holder: str) -> None:
        """The connections of a holder (see `new_number`) are free: it is no more."""
        with self._database.write() as connection:
            _, next_free, held = self._locked(connection, host)
            left = {number: until for number, until in held.items() if not number.startswith(f"{holder}/")}
            if left != held:
                self._write(connection, host, next_free, left)

    def hold_back(self, host: str, seconds: float) -> None:
        """The host asks for a pause: nobody sends a request before it is over."""
        with self._database.write() as connection:
            at, next_free, held = self._locked(connection, host)
            self._write(connection, host, max(next_free, at + timedelta(seconds=seconds)), held)

    def _locked(self, connection: Connection, host: str) -> tuple[datetime, datetime, dict[str, str]]:
        """Now, when the host is free, and who is connected; the row is ours until the transaction ends."""
        new = {"host": host, "next_free_at": _LONG_AGO, "connections": {}}
        connection.execute(self._database.insert(host_budgets).values(new).on_conflict_do_nothing())
        mine = select(host_budgets.c.next_free_at, host_budgets.c.connections).where(host_budgets.c.host == host)
        row = connection.execute(mine.with_for_update()).one()
        at = self._now(connection)
        held = {number: until for number, until in row.connections.items() if datetime.fromisoformat(until) > at}
        return at, row.next_free_at, held

    def _now(self, connection: Connection) -> datetime:
        """After waiting for the row, so that time does not stand still meanwhile."""
        if self._database.is_sqlite:
            return now()
        return connection.execute(select(func.clock_timestamp(type_=Instant))).scalar_one()

    def _write(self, connection: Connection, host: str, next_free: datetime, held: dict[str, str]) -> None:
        values = {"next_free_at": next_free, "connections": held}
        connection.execute(update(host_budgets).where(host_budgets.c.host == host).values(values))
