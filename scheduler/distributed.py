"""Dispatch to workers on any machine: orders are jobs of Procrastinate, in PostgreSQL.

A job waits once (its queueing lock), and jobs of the same lock are done one after the other, wherever. The claim of a
due moment and the job that it asks for are one transaction: a leader that dies in between leaves both or neither.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from procrastinate import exceptions
from procrastinate.connector import BaseConnector
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from psycopg.errors import RaiseException
from sqlalchemy import Connection

from scheduler.dispatch import is_distributed
from scheduler.orders import Order
from store import Store
from store.session_locks import portal_lock

__all__ = ["DistributedDispatch", "TwinsAllowed", "is_distributed"]

log = logging.getLogger(__name__)

_HOLDER = "SELECT status::text AS status, worker_id FROM procrastinate_jobs WHERE id = %(job_id)s"


class TwinsAllowed(JobManager):
    """A job manager that knows that a job may have a twin: the same order, asked for again while it was worked on.

    Two of a queueing lock cannot both wait, so a job that is to be tried again while its twin waits is ended as failed
    (else it would stay *doing* and block its lock for good); the twin does the work.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Let a job wait again, unless its twin does."""
        if not await self._is_still_its_workers(job):
            return
        try:
            await super().retry_job(job, retry_at=retry_at, priority=priority, queue=queue, lock=lock)
        except exceptions.UniqueViolation:
            log.info("Job %s is left to the one that waits already", job.call_string)
            await self.finish_job(job, Status.FAILED, delete_job=False)
        except exceptions.ConnectorException as error:
            _tell_taken_over(job, error)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """Write down how a job ended, unless it is somebody else's now, or ended already."""
        if not await self._is_still_its_workers(job):
            return
        try:
            await super().finish_job(job, status, delete_job)
        except exceptions.ConnectorException as error:
            _tell_taken_over(job, error)

    async def _is_still_its_workers(self, job: Job) -> bool:
        """Whether nobody took the job over from the worker that it was fetched by.

        Procrastinate does not ask: a worker that was suspended for a while would end, or delete, what another one does.
        A job without a worker is still of the one whose row another has removed for its silence: nobody took it yet.
        """
        for row in await self.connector.execute_query_all_async(_HOLDER, job_id=job.id):
            if row["status"] == Status.DOING.value and row["worker_id"] in (None, job.worker_id):
                return True
        log.info("Job %s was taken over by somebody else", job.call_string)
        return False

    async def fetch_job(self, queues: Any, worker_id: int) -> Job | None:
        """The next job; none when another worker took one of the same lock in this very moment."""
        try:
            return await super().fetch_job(queues=queues, worker_id=worker_id)
        except exceptions.UniqueViolation:
            return None


def _tell_taken_over(job: Job, error: exceptions.ConnectorException) -> None:
    """A worker that is slow to show that it lives loses its jobs to others: that is no error. Any other is raised."""
    if not isinstance(error.__cause__, RaiseException):
        raise error
    log.info("Job %s was taken over by somebody else: %s", job.call_string, error.__cause__.diag.message_primary)


class DistributedDispatch:
    """A `Dispatch` whose orders wait in PostgreSQL until a worker takes them."""

    keeps_orders = True

    def __init__(self, store: Store) -> None:
        self._store = store
        # Never opened: every statement is in a transaction of ours, through the connection that is handed over.
        self._manager = JobManager(SyncPsycopgConnector())

    def start(self) -> None:
        """Nothing: workers take the orders."""

    def stop(self) -> None:
        """Nothing: workers go on."""

    def fire(self, job: str, due: datetime, order: Order) -> bool:
        """Claim a due moment and ask for its order, both or neither."""
        return self._store.firings.claim(job, due, lambda connection: self._defer(connection, order))

    def ask(self, order: Order) -> bool:
        """Ask for an order; False when an equal one waits."""
        with self._store.database.write() as connection:
            return self._defer(connection, order)

    def cancel(self, portal: str) -> int:
        """End the running crawl of a portal, wherever it runs, and drop what waits."""
        jobs = self._store.jobs.unfinished(lock=portal_lock(portal))
        return sum(self.cancel_job(job.id) for job in jobs)

    def cancel_job(self, job_id: int) -> bool:
        """End or drop one job; False when it has ended."""
        with self._store.database.write() as connection:
            return self._manager.cancel_job_by_id(job_id, abort=True, connection=_driver(connection))

    def _defer(self, connection: Connection, order: Order) -> bool:
        if self._store.jobs.waits(connection, order.key):
            return False
        try:
            with connection.begin_nested():
                self._manager.defer_job(_job(order), connection=_driver(connection))
        except exceptions.AlreadyEnqueued:
            return False  # by somebody else, in this very moment
        return True


def _job(order: Order) -> Job:
    return Job(
        queue=order.queue.value,
        task_name=order.kind.value,
        priority=order.priority,
        lock=order.lock,
        queueing_lock=order.key,
        task_kwargs=dict(order.arguments),
    )


def _driver(connection: Connection) -> Any:
    return connection.connection.driver_connection
