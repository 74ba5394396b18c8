"""Digests: the hits of one owner for one local date, with the message that tells them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from core.clock import now
from store.database import Database, chunks
from store.errors import ConflictError, StoreError
from store.outbox import insert_message
from store.records import Digest, OutboxMessage
from store.tables import digests, hits


def digest_id(owner_id: str, key: str) -> str:
    """The id that the digest of this owner and key has or will have, so that a mail can link to it."""
    return hashlib.sha256(f"{owner_id}\n{key}".encode()).hexdigest()[:32]


class Digests:
    """At most one digest per owner and key, whatever the clock does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, owner_id: str, key: str, hit_ids: Sequence[int], outbox: OutboxMessage) -> Digest | None:
        """Write the digest, give it its hits and put its message into the outbox, in one transaction.

        `None` when the owner has a digest of this key already. `ConflictError` when one of the hits went into another
        digest, or away, in between: nothing is written, and the digest is to be built again from what is pending.
        """
        wanted = list(dict.fromkeys(hit_ids))
        digest = Digest(id=digest_id(owner_id, key), owner_id=owner_id, key=key, created_at=now(), hits=len(wanted))
        with self._database.write() as connection:
            self._database.lock(connection, "hits")  # a merge of procedures moves many, in another order
            new = self._database.insert(digests).values(digest.model_dump()).on_conflict_do_nothing()
            if connection.execute(new).rowcount == 0:
                return None
            if _assign(connection, digest.id, wanted) != len(wanted):
                raise ConflictError(
                    "Some hits of this digest were told or removed in between; it is built again later."
                )
            message = outbox.model_copy(update={"digest_id": digest.id, "owner_id": owner_id})
            if not insert_message(self._database, connection, message):
                raise StoreError(f"The outbox has a message {message.id} already, which belongs to another digest.")
        return digest

    def get(self, digest_id: str) -> Digest | None:
        """One digest."""
        return self._first(select(digests).where(digests.c.id == digest_id))

    def latest(self, owner_id: str) -> Digest | None:
        """The owner's last digest."""
        return next(iter(self.recent(owner_id, 1)), None)

    def recent(self, owner_id: str, limit: int = 20) -> list[Digest]:
        """The owner's last digests, newest first."""
        own = select(digests).where(digests.c.owner_id == owner_id)
        newest = own.order_by(digests.c.created_at.desc(), digests.c.id).limit(limit)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(newest)]

    def _first(self, statement: Select[Any]) -> Digest | None:
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else _record(row)


def _assign(connection: Connection, digest: str, hit_ids: Sequence[int]) -> int:
    return sum(
        connection.execute(
            update(hits).where(hits.c.id.in_(some), hits.c.digest_id.is_(None)).values(digest_id=digest)
        ).rowcount
        for some in chunks(hit_ids)
    )


def _record(row: Row[Any]) -> Digest:
    return Digest.model_validate(dict(row._mapping))
