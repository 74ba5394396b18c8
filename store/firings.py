"""Firings of scheduled jobs: each is claimed by one process."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from core.clock import now
from store.database import Database
from store.tables import firings


class Firings:
    """Which due times of which jobs were taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, job: str, due_at: datetime) -> bool:
        """Take one due time of a job; True for the first one who asks, for ever False for everybody after."""
        row = {"job": job, "due_at": due_at, "claimed_at": now()}
        with self._database.write() as connection:
            inserted = connection.execute(self._database.insert(firings).values(row).on_conflict_do_nothing())
            return inserted.rowcount == 1

    def last(self, job: str) -> datetime | None:
        """The latest due time of the job that anybody claimed."""
        with self._database.read() as connection:
            due: datetime | None = connection.scalar(select(func.max(firings.c.due_at)).where(firings.c.job == job))
        return due
