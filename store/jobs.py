"""What is known of the jobs that workers do, read from Procrastinate's tables. Empty on SQLite, which has none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field
from sqlalchemy import Connection, Row, Select, cast, column, exists, func, select, table
from sqlalchemy.dialects.postgresql import ENUM

from notices.model import Frozen
from store.database import Database

_jobs = table(
    "procrastinate_jobs",
    *(column(name) for name in ("id", "queue_name", "task_name", "lock", "queueing_lock", "args", "status")),
    *(column(name) for name in ("priority", "scheduled_at", "attempts", "abort_requested", "worker_id")),
)

_STATUS = ENUM(name="procrastinate_job_status", create_type=False)


class JobState(StrEnum):
    """How far a job is."""

    WAITING = "todo"
    RUNNING = "doing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


UNFINISHED = (JobState.WAITING, JobState.RUNNING)


class JobRecord(Frozen):
    """One job."""

    id: int
    queue: str
    task: str
    arguments: dict[str, Any]
    state: JobState
    lock: str | None
    attempts: int
    to_end: bool = Field(description="somebody cancelled it while it runs")
    not_before: AwareDatetime | None
    worker: int | None

    @property
    def runs(self) -> bool:
        """Whether a worker does it now."""
        return self.state is JobState.RUNNING


class Jobs:
    """The jobs of an installation whose dispatch is distributed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waits(self, connection: Connection, key: str) -> bool:
        """Whether a job of this key (its queueing lock) waits already; inside a transaction of the caller."""
        waiting = exists().where(_jobs.c.queueing_lock == key, _jobs.c.status == _status(JobState.WAITING))
        return bool(connection.scalar(select(waiting)))

    def unfinished(self, lock: str | None = None, queues: Sequence[str] = ()) -> list[JobRecord]:
        """Jobs that wait or run, those that come first at the head; of one lock or of some queues, where named."""
        statement = select(_jobs).where(_jobs.c.status.in_([_status(state) for state in UNFINISHED]))
        if lock is not None:
            statement = statement.where(_jobs.c.lock == lock)
        if queues:
            statement = statement.where(_jobs.c.queue_name.in_(queues))
        return self._fetch(statement.order_by(_jobs.c.status.desc(), _jobs.c.priority.desc(), _jobs.c.id))

    def given_up(self, queues: Sequence[str] = ()) -> list[JobRecord]:
        """Jobs that failed for good or were cancelled, the newest first; of some queues, where named."""
        ended = (JobState.FAILED, JobState.CANCELLED, JobState.ABORTED)
        statement = select(_jobs).where(_jobs.c.status.in_([_status(state) for state in ended]))
        if queues:
            statement = statement.where(_jobs.c.queue_name.in_(queues))
        return self._fetch(statement.order_by(_jobs.c.id.desc()))

    def get(self, job_id: int) -> JobRecord | None:
        """One job in any state."""
        return next(iter(self._fetch(select(_jobs).where(_jobs.c.id == job_id))), None)

    def is_cancelled(self, job_id: int) -> bool:
        """Whether somebody cancelled a job, before it began or while it runs."""
        job = self.get(job_id)
        return job is not None and (job.to_end or job.state in (JobState.CANCELLED, JobState.ABORTED))

    def counts(self) -> dict[str, dict[JobState, int]]:
        """Jobs by queue and state; queues without any are absent."""
        if self._database.is_sqlite:
            return {}
        by = (_jobs.c.queue_name, _jobs.c.status)
        found: dict[str, dict[JobState, int]] = {}
        with self._database.read() as connection:
            for queue, status, count in connection.execute(select(*by, func.count()).group_by(*by)):
                found.setdefault(queue, {})[JobState(status)] = count
        return found

    def _fetch(self, statement: Select[Any]) -> list[JobRecord]:
        if self._database.is_sqlite:
            return []
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]


def _status(state: JobState) -> Any:
    return cast(state.value, _STATUS)


def _record(row: Row[Any]) -> JobRecord:
    not_before: datetime | None = row.scheduled_at
    return JobRecord(
        id=row.id,
        queue=row.queue_name,
        task=row.task_name,
        arguments=row.args,
        state=JobState(row.status),
        lock=row.lock,
        attempts=row.attempts,
        to_end=row.abort_requested,
        not_before=not_before,
        worker=row.worker_id,
    )
