"""Crawls: started, alive, ended or lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update

from core.clock import now
from store.columns import printable
from store.database import Database
from store.errors import StoreError
from store.records import RunCounts, RunPurpose, RunRecord, RunState
from store.tables import runs


class Runs:
    """The history of crawls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, portal: str, purpose: RunPurpose) -> RunRecord:
        """Write down that a crawl begins."""
        at = now()
        record = RunRecord(
            id=_new_id(at), portal=portal, purpose=purpose, state=RunState.RUNNING, started_at=at, heartbeat_at=at
        )
        with self._database.write() as connection:
            connection.execute(insert(runs).values(record.model_dump(mode="python")))
        return record

    def heartbeat(self, run_id: str, counts: RunCounts) -> None:
        """The crawl is alive and has counted this much. A run that already ended is left as it is."""
        values = {"heartbeat_at": now(), "counts": counts.model_dump()}
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id, _is_running()).values(values))

    def finish(
        self,
        run_id: str,
        state: RunState,
        counts: RunCounts,
        message: str | None = None,
        unread: Mapping[str, int] | None = None,
    ) -> RunRecord:
        """Write down how a crawl ended; a run taken for lost that ends after all is believed."""
        at = now()
        values = {
            "state": state,
            "counts": counts.model_dump(),
            "message": message,
            "unread": {printable(path): count for path, count in (unread or {}).items()},
            "ended_at": at,
            "heartbeat_at": at,
        }
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(values))
            found = _one(connection, run_id)
        if found is None:
            raise StoreError(f"There is no run {run_id}.")
        return found

    def get(self, run_id: str) -> RunRecord | None:
        """One run."""
        with self._database.read() as connection:
            return _one(connection, run_id)

    def latest(self, portal: str) -> RunRecord | None:
        """The run of this portal that started last."""
        return next(iter(self.recent(portal, limit=1)), None)

    def recent(self, portal: str | None = None, limit: int = 50) -> list[RunRecord]:
        """The last runs, newest first."""
        statement = select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        if portal is not None:
            statement = statement.where(runs.c.portal == portal)
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]

    def portals(self) -> frozenset[str]:
        """The portals that were ever crawled into this store."""
        with self._database.read() as connection:
            return frozenset(connection.scalars(select(runs.c.portal).distinct()))

    def mark_lost(self, older_than: timedelta) -> list[RunRecord]:
        """Mark the runs whose last sign of life is older than this as lost, and hand those out."""
        at = now()
        silent = func.coalesce(runs.c.heartbeat_at, runs.c.started_at, type_=runs.c.started_at.type) < at - older_than
        message = "The process of this crawl ended without a word."
        values = {"state": RunState.LOST, "ended_at": at, "message": message}
        with self._database.write() as connection:
            changed = connection.execute(update(runs).where(_is_running(), silent).values(values).returning(runs))
            return [_record(row) for row in changed.all()]


def _new_id(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _is_running() -> ColumnElement[bool]:
    return runs.c.state == RunState.RUNNING


def _one(connection: Connection, run_id: str) -> RunRecord | None:
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    return None if row is None else _record(row)


def _record(row: Row[Any]) -> RunRecord:
    return RunRecord.model_validate(dict(row._mapping))
