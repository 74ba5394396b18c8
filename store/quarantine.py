"""Payloads that could not be read, kept until a parser can or a person gives them up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, update

from core.clock import now
from notices.model import RawAddress
from store.database import Database, chunks
from store.errors import StoreError
from store.records import QuarantineEntry, QuarantineState
from store.tables import quarantine

REFUSED_BY_INDEX = "index"
"""The path of what is held because the index does not take it: the notice itself is stored."""


class Quarantine:
    """One entry per portal, native id and payload."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        portal: str,
        native_id: str,
        run_id: str | None,
        raw: RawAddress | None,
        reason: str,
        path: str | None = None,
    ) -> QuarantineEntry:
        """Hold a payload back, with the reason and the path where reading failed; or a notice that came without one.

        The same payload again counts as another attempt. A released one that fails again is held again; one that a
        person discarded stays discarded.
        """
        at = now()
        address, digest = ({}, "") if raw is None else (raw.model_dump(), raw.digest)
        met = {"run_id": run_id, "raw": address, "reason": reason, "path": path, "last_seen_at": at}
        with self._database.write() as connection:
            self._database.lock(connection, f"quarantine:{portal}")
            found = connection.execute(_of_payload(portal, native_id, digest)).one_or_none()
            if found is None:
                first = {
                    "portal": portal,
                    "native_id": native_id,
                    "digest": digest,
                    "first_seen_at": at,
                    "attempts": 1,
                }
                new = insert(quarantine).values(**first, **met, state=QuarantineState.HELD)
                return _record(connection.execute(new.returning(quarantine)).one())
            discarded = found.state == QuarantineState.DISCARDED
            again = update(quarantine).where(quarantine.c.id == found.id)
            state = QuarantineState.DISCARDED if discarded else QuarantineState.HELD
            values = {**met, "state": state, "attempts": found.attempts + 1}
            return _record(connection.execute(again.values(values).returning(quarantine)).one())

    def held(self, portal: str | None = None) -> list[QuarantineEntry]:
        """What is held now, oldest first."""
        statement = select(quarantine).where(quarantine.c.state == QuarantineState.HELD).order_by(quarantine.c.id)
        if portal is not None:
            statement = statement.where(quarantine.c.portal == portal)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]

    def get(self, entry_id: int) -> QuarantineEntry | None:
        """One entry in any state."""
        with self._database.read() as connection:
            row = connection.execute(select(quarantine).where(quarantine.c.id == entry_id)).one_or_none()
        return None if row is None else _record(row)

    def released(self, entry_id: int) -> None:
        """The payload became a notice."""
        self._move(entry_id, QuarantineState.RELEASED)

    def discard(self, entry_id: int) -> None:
        """A person decided that the payload is no notice."""
        self._move(entry_id, QuarantineState.DISCARDED)

    def counts(self) -> dict[str, int]:
        """Held entries by portal; a portal without any is left out."""
        statement = select(quarantine.c.portal, func.count()).where(quarantine.c.state == QuarantineState.HELD)
        with self._database.read() as connection:
            rows = connection.execute(statement.group_by(quarantine.c.portal))
            return {row[0]: row[1] for row in rows}

    def _move(self, entry_id: int, state: QuarantineState) -> None:
        with self._database.write() as connection:
            moved = connection.execute(update(quarantine).where(quarantine.c.id == entry_id).values(state=state))
        if moved.rowcount == 0:
            raise StoreError(f"There is no quarantine entry {entry_id}.")


def release_older(connection: Connection, portal: str, native_ids: Iterable[str], before: datetime) -> None:
    """A crawl read these notices well: what was held of them is no longer needed.

    What the index refused stays held: that a crawl reads a notice well is no news to the index.
    """
    for some in chunks(native_ids):
        connection.execute(
            update(quarantine)
            .where(
                quarantine.c.portal == portal,
                quarantine.c.state == QuarantineState.HELD,
                quarantine.c.native_id.in_(some),
                quarantine.c.last_seen_at <= before,
                or_(quarantine.c.path.is_(None), quarantine.c.path != REFUSED_BY_INDEX),
            )
            .values(state=QuarantineState.RELEASED)
        )


def _of_payload(portal: str, native_id: str, digest: str) -> Select[Any]:
    return select(quarantine).where(
        quarantine.c.portal == portal, quarantine.c.native_id == native_id, quarantine.c.digest == digest
    )


def _record(row: Row[Any]) -> QuarantineEntry:
    values = {key: value for key, value in row._mapping.items() if key != "digest"}
    return QuarantineEntry.model_validate(values | {"raw": row.raw or None})
