"""Firings of scheduled jobs: each is claimed by one process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from core.clock import now
from store.database import Database
from store.tables import firings

Together = Callable[[Connection], object]


class Firings:
    """Which due times of which jobs were taken."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, job: str, due_at: datetime, together: Together | None = None) -> bool:
        """Take one due time of a job; True for the first one who asks, for ever False for everybody after.

        What `together` writes is in the same transaction: both are there afterwards, or neither.
        """
        row = {"job": job, "due_at": due_at, "claimed_at": now()}
        with self._database.write() as connection:
            inserted = connection.execute(self._database.insert(firings).values(row).on_conflict_do_nothing())
            claimed = inserted.rowcount == 1
            if claimed and together is not None:
                together(connection)
        return claimed

    def forget(self, before: datetime) -> int:
        """Forget claims of due times before an instant, but not the latest of each job; how many those were."""
        newer = firings.alias("newer")
        newer_one = select(newer.c.job).where(newer.c.job == firings.c.job, newer.c.due_at > firings.c.due_at).exists()
        with self._database.write() as connection:
            return connection.execute(delete(firings).where(firings.c.due_at < before, newer_one)).rowcount

    def last(self, job: str) -> datetime | None:
        """The latest due time of the job that anybody claimed."""
        with self._database.read() as connection:
            due: datetime | None = connection.scalar(select(func.max(firings.c.due_at)).where(firings.c.job == job))
        return due
