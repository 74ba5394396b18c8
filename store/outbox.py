"""Messages to deliver at least once, always under the same id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from store import wakeups
from store.database import Database
from store.errors import StoreError
from store.records import OutboxMessage, OutboxState
from store.tables import outbox


class MessageGone(StoreError):
    """The message was deleted, with its owner."""


class Outbox:
    """Whoever delivers claims due messages for a while; one whose deliverer dies is due again when the lease ends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, message: OutboxMessage) -> OutboxMessage:
        """Put a message in; one of the same id that is there already stays as it is and is handed out."""
        with self._database.write() as connection:
            insert_message(self._database, connection, message)
            return _record(connection.execute(select(outbox).where(outbox.c.id == message.id)).one())

    def claim(self, limit: int, lease: timedelta, now: datetime) -> list[OutboxMessage]:
        """Due messages, the longest due first; nobody else is given them before `now + lease`.

        `attempts` counts claims, so that a message that kills its deliverer is counted too.
        """
        due = (
            select(outbox.c.id)
            .where(outbox.c.state == OutboxState.PENDING, outbox.c.next_attempt_at <= now)
            .order_by(outbox.c.next_attempt_at, outbox.c.id)
            .limit(limit)
        )
        with self._database.write() as connection:
            ids = connection.scalars(self._database.claiming(due)).all()
            leased = update(outbox).where(outbox.c.id.in_(ids)).returning(outbox)
            values = {"next_attempt_at": now + lease, "attempts": outbox.c.attempts + 1}
            rows = {row.id: row for row in connection.execute(leased.values(values))}
        return [_record(rows[id_]) for id_ in ids]

    def holds(self, claimed: OutboxMessage) -> bool:
        """Whether a claimed message still is what it was: nobody sent, dropped, deleted or claimed it since."""
        statement = select(outbox.c.state, outbox.c.next_attempt_at).where(outbox.c.id == claimed.id)
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return row is not None and tuple(row) == (OutboxState.PENDING, claimed.next_attempt_at)

    def sent(self, message_id: str, receipt: str, at: datetime) -> None:
        """The receiver accepted the message, in these words. `MessageGone` when it is there no more."""
        values = {"state": OutboxState.SENT, "receipt": receipt, "sent_at": at, "last_error": None}
        with self._database.write() as connection:
            changed = connection.execute(update(outbox).where(outbox.c.id == message_id).values(values))
        if changed.rowcount == 0:
            raise MessageGone(f"There is no message {message_id} in the outbox.")

    def retry(self, message_id: str, at: datetime, error: str) -> None:
        """Delivery failed for now; try again at this instant. A message that was sent after all stays sent."""
        self._failed(message_id, {"next_attempt_at": at, "last_error": error})

    def dead(self, message_id: str, error: str) -> None:
        """The receiver refused for good; an operator sees it. A message that was sent after all stays sent."""
        self._failed(message_id, {"state": OutboxState.DEAD, "last_error": error})

    def drop(self, message_id: str, reason: str) -> bool:
        """Give a message up on purpose, for this reason; False when there is none that is pending or dead."""
        undelivered = outbox.c.state.in_((OutboxState.PENDING, OutboxState.DEAD))
        statement = update(outbox).where(outbox.c.id == message_id, undelivered)
        with self._database.write() as connection:
            values = {"state": OutboxState.DROPPED, "last_error": reason}
            return connection.execute(statement.values(values)).rowcount == 1

    def revive(self, message_id: str, at: datetime) -> bool:
        """Make a dead message due at this instant, as if it had never been tried; False when none is dead."""
        dead = (outbox.c.id == message_id, outbox.c.state == OutboxState.DEAD)
        values = {"state": OutboxState.PENDING, "attempts": 0, "next_attempt_at": at}
        with self._database.write() as connection:
            wakeups.ring(connection, outbox.name)
            return connection.execute(update(outbox).where(*dead).values(values)).rowcount == 1

    def in_state(self, state: OutboxState, limit: int = 50) -> list[OutboxMessage]:
        """Messages of one state, oldest first."""
        ordered = select(outbox).where(outbox.c.state == state).order_by(outbox.c.created_at, outbox.c.id)
        return self._fetch(ordered.limit(limit))

    def get(self, message_id: str) -> OutboxMessage | None:
        """One message in any state."""
        return next(iter(self._fetch(select(outbox).where(outbox.c.id == message_id))), None)

    def counts(self) -> dict[OutboxState, int]:
        """Messages by state; every state is there."""
        statement = select(outbox.c.state, func.count()).group_by(outbox.c.state)
        with self._database.read() as connection:
            found = {OutboxState(state): count for state, count in connection.execute(statement)}
        return {state: found.get(state, 0) for state in OutboxState}

    def recent(self, limit: int = 50) -> list[OutboxMessage]:
        """The last messages, newest first."""
        return self._fetch(select(outbox).order_by(outbox.c.created_at.desc(), outbox.c.id.desc()).limit(limit))

    def next_due(self) -> datetime | None:
        """When the next message falls due; may lie in the past."""
        pending = outbox.c.state == OutboxState.PENDING
        with self._database.read() as connection:
            due: datetime | None = connection.scalar(select(func.min(outbox.c.next_attempt_at)).where(pending))
        return due

    def _failed(self, message_id: str, values: dict[str, Any]) -> None:
        pending = (outbox.c.id == message_id, outbox.c.state == OutboxState.PENDING)
        with self._database.write() as connection:
            connection.execute(update(outbox).where(*pending).values(values))

    def _fetch(self, statement: Select[Any]) -> list[OutboxMessage]:
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]


def insert_message(database: Database, connection: Connection, message: OutboxMessage) -> bool:
    """Put a message in, in a transaction of the caller; False when one of the same id is there already."""
    new = database.insert(outbox).values(message.model_dump()).on_conflict_do_nothing()
    wakeups.ring(connection, outbox.name)
    return connection.execute(new).rowcount == 1


def _record(row: Row[Any]) -> OutboxMessage:
    return OutboxMessage.model_validate(dict(row._mapping))
