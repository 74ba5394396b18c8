"""What a worker does with each kind of job: the tasks of Procrastinate, and when one that failed is tried again."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job, Status

from core import clock
from core.errors import VigieError
from core.settings import Settings
from monitoring import exports
from pipelines import pauses
from scheduler import children, chores
from scheduler.distributed import DistributedDispatch, TwinsAllowed
from scheduler.jobs import unfinished
from scheduler.lanes import Command, crawl_of_days, newest_run, regular_crawl
from scheduler.local import missing_days
from scheduler.loops import Step
from scheduler.orders import Kind, Order, Queue
from store import Store
from store.session_locks import SessionLock, portal_lock

log = logging.getLogger(__name__)

POOL = 4
"""Connections of a worker for its jobs' own rows, beside those that listen and those of the store."""
STEPS_PER_JOB = 20
"""Steps that a job of a queue does at most before it makes room for others."""
RESTS = timedelta(hours=20)
"""A day of the background that was tried in vain is tried again after that."""
KEPT_HOURS = 14 * 24
"""How long jobs that failed or were cancelled can be looked at."""


class CrawlUnfinished(VigieError):
    """A crawl did not begin, or ended before its windows had a verdict."""


class BackOff(BaseRetryStrategy):
    """Tries again after a wait that doubles; a job whose worker ends is handed to another one at once."""

    def __init__(self, first: float, longest: float, tries: int | None = None) -> None:
        """Waits in seconds; `tries`: how often a job is begun at most, None for ever."""
        self._first, self._longest, self._tries = first, longest, tries

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None to give up."""
        if self.is_last(job):
            return None
        if isinstance(exception, asyncio.CancelledError | JobAborted):
            return RetryDecision(retry_at=clock.now())
        return RetryDecision(retry_at=clock.now() + timedelta(seconds=self.wait(job.attempts)))

    def is_last(self, job: Job) -> bool:
        """Whether the job is given up when this try fails."""
        return self._tries is not None and job.attempts + 1 >= self._tries

    def wait(self, attempts: int) -> float:
        """Seconds to wait after so many tries before this one."""
        return float(min(self._longest, self._first * 2 ** min(attempts, 20)))


CRAWLS = BackOff(first=15.0, longest=900.0, tries=8)
DRAINS = BackOff(first=1.0, longest=60.0)
SHORT = BackOff(first=5.0, longest=300.0, tries=6)


class Workplace:
    """One worker process: what its jobs work with."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        steps: Mapping[Queue, Step],
        command: Command,
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._store = store
        self._steps = steps
        self._command = command
        self._stopping = stopping
        self._dispatch = DistributedDispatch(store)

    async def crawl(self, context: JobContext, portal: str) -> None:
        """The regular crawl of a portal, then its background."""
        began = clock.now()
        code = await self._child(context, portal, regular_crawl(portal))
        if code:
            await asyncio.to_thread(self._judge_regular, portal, began, code)
        await asyncio.to_thread(self._dispatch.ask, Order.backfill(portal))

    async def backfill(self, context: JobContext, portal: str) -> None:
        """The newest days of a portal's past that are missing, then the next ones."""
        chunk = await asyncio.to_thread(self._next_chunk, portal)
        if chunk is None:
            return
        began = clock.now()
        code = await self._child(context, portal, crawl_of_days(portal, *chunk))
        if code and not await asyncio.to_thread(self._has_begun, portal, began):
            raise CrawlUnfinished(f"The crawl of {portal} ended with code {code} before it began.")
        await asyncio.to_thread(self._dispatch.ask, Order.backfill(portal))

    def drain(self, context: JobContext) -> None:
        """Work as long as there is some, with room for others in between."""
        queue = Queue(context.job.queue)
        for _ in range(STEPS_PER_JOB):
            if self._stopping.is_set() or context.should_abort() or not self._steps[queue]():
                return
        self._dispatch.ask(Order(kind=Kind(queue.value)))

    def chore(self, context: JobContext, /, **arguments: str) -> None:
        """Digests, the watch."""
        order = Order.model_validate({"kind": context.job.task_name, **arguments})
        chores.run(order, self._settings, self._store)

    def export(self, context: JobContext, /, **arguments: str) -> None:
        """An export; the last try in vain opens an incident."""
        try:
            self.chore(context, **arguments)
        except Exception as error:
            if context.job.id is not None and SHORT.is_last(context.job):
                exports.given_up(self._store, context.job.id, arguments["target"], error)
            raise

    async def leave(self, app: App, job: Job) -> None:
        """Let a job wait again whose worker died; an export at whose every try that happened is given up."""
        if job.task_name == Kind.EXPORT and job.id is not None and SHORT.is_last(job):
            log.error("The workers of %s died at every try; it is given up", job.call_string)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
            died = VigieError("Its worker died at every try: too little memory, perhaps.")
            await asyncio.to_thread(exports.given_up, self._store, job.id, str(job.task_kwargs["target"]), died)
            return
        log.warning("The worker of %s shows no sign of life; the job waits again", job.call_string)
        await app.job_manager.retry_job(job, retry_at=clock.now())  # or somebody else did in this very moment

    async def forget(self, context: JobContext) -> None:
        """What nobody needs any more, ended jobs among it."""
        await asyncio.to_thread(self.chore, context)
        await context.app.job_manager.delete_old_jobs(
            KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    async def _child(self, context: JobContext, portal: str, arguments: tuple[str, ...]) -> int:
        """A crawl in a process of its own, if nothing else crawls the portal; the crawl itself makes sure of it."""
        await asyncio.to_thread(self._refuse_busy, portal)
        try:
            return await children.run(self._command(*arguments, "--job", str(context.job.id)))
        except asyncio.CancelledError:
            if context.abort_reason() is AbortReason.USER_REQUEST:
                raise JobAborted from None
            raise

    def _refuse_busy(self, portal: str) -> None:
        with SessionLock(self._store.database, portal_lock(portal)) as lock:
            if not lock.acquire():
                raise CrawlUnfinished(f"Another process crawls {portal} at this moment.")

    def _judge_regular(self, portal: str, began: datetime, code: int) -> None:
        if not self._has_begun(portal, began) or unfinished(self._store.runs.recent(portal)):
            raise CrawlUnfinished(
                f"The crawl of {portal} ended with code {code} before its end; `vigie runs` says why."
            )

    def _has_begun(self, portal: str, since: datetime) -> bool:
        latest = self._store.runs.latest(portal)
        return latest is not None and latest.started_at >= since

    def _next_chunk(self, portal: str) -> tuple[date, date] | None:
        if pauses.of(self._store, portal) is not None:
            return None
        rested = clock.now() - RESTS
        tried = {item.start for item in self._store.windows.incomplete(portal) if item.ended_at > rested}
        return newest_run([day for day in missing_days(self._settings, self._store, portal) if day not in tried])


def application(settings: Settings, store: Store, place: Workplace) -> App:
    """The tasks, on connections to the store's database."""
    parameters: dict[str, Any] = store.database.connection_parameters()
    app = App(connector=PsycopgConnector(kwargs=parameters, min_size=1, max_size=POOL, timeout=10.0))
    app.job_manager = TwinsAllowed(app.connector)
    app.task(name=Kind.CRAWL.value, pass_context=True, retry=CRAWLS)(place.crawl)
    app.task(name=Kind.BACKFILL.value, pass_context=True, retry=CRAWLS)(place.backfill)
    app.task(name=Kind.FORGET.value, pass_context=True, retry=SHORT)(place.forget)
    app.task(name=Kind.EXPORT.value, pass_context=True, retry=SHORT)(place.export)
    for kind in (Kind.INDEX, Kind.MATCH, Kind.DELIVER):
        app.task(name=kind.value, pass_context=True, retry=DRAINS)(place.drain)
    for kind in (Kind.DIGESTS, Kind.WATCH, Kind.CHECK_MATCHING):
        app.task(name=kind.value, pass_context=True, retry=SHORT)(place.chore)
    return app
