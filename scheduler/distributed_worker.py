"""A worker of the distributed dispatch: takes jobs from PostgreSQL until it is told to stop.

It shows that it lives by a heartbeat, takes over the jobs of workers that do not, and connects again by itself when the
database was away. Told to stop, it begins nothing more, gives running jobs some seconds to end, and hands the others
back to the queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

import psycopg
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from psycopg_pool import PoolTimeout

from core.settings import Settings
from monitoring.heartbeats import Heart
from monitoring.spools import Keeper
from scheduler.distributed import DistributedDispatch
from scheduler.distributed_jobs import Workplace, application
from scheduler.lanes import Command
from scheduler.orders import Kind, Order, Queue
from scheduler.steps import STEPS, TABLES, has_work
from scheduler.supervisor import vigie
from store import Store, StoreError
from store.wakeups import Listener

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""How often a worker looks for work that nobody woke it for: a lease that ended, a mail that is to be tried again."""
UNASKED_SECONDS = 60.0
"""How often each queue looks even though nothing waits in it: whether the index is still there and whole."""
FETCH_SECONDS = 2.0
"""How soon a job begins whose lock was held by another one: nobody is woken for it."""
SHARE_OF_GRACE = 0.5
"""The part of the grace in which running jobs may end by themselves; in the rest they are ended."""
FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 15.0
AWAY = (ConnectorException, psycopg.Error, PoolTimeout, StoreError, OSError)
"""What is raised while the database cannot be reached."""


class DistributedWorker:
    """One worker process."""

    def __init__(self, settings: Settings, queues: Sequence[Queue], command: Command = vigie) -> None:
        self._settings = settings
        self._queues = tuple(dict.fromkeys(queues))
        self._command = command

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set. `ConfigurationError` when a queue cannot be served here."""
        with ExitStack() as stack:
            store = stack.enter_context(Store.open(self._settings))
            steps = {queue: STEPS[queue](self._settings, store, stack) for queue in self._queues if queue in STEPS}
            place = Workplace(self._settings, store, steps, self._command, stopping)
            bell = Bell(store, tuple(steps), stopping)
            stack.enter_context(bell)
            heart = stack.enter_context(Heart(self._settings, store, "worker", ",".join(self._queues)))
            stack.enter_context(Keeper(self._settings, store))
            asyncio.run(self._living(application(self._settings, store, place), place, stopping, heart))

    async def _living(self, app: App, place: Workplace, stopping: threading.Event, heart: Heart) -> None:
        beating = asyncio.create_task(_pulse(heart), name="pulse")
        try:
            await self._serve(app, place, stopping)
        finally:
            beating.cancel()

    async def _serve(self, app: App, place: Workplace, stopping: threading.Event) -> None:
        """Work, and begin anew whenever the database was away."""
        wait = FIRST_RETRY_SECONDS
        while not stopping.is_set():
            began = asyncio.get_running_loop().time()
            try:
                async with app.open_async():
                    await self._until_stopped(app, place, stopping)
            except AWAY as error:
                if asyncio.get_running_loop().time() - began > LONGEST_RETRY_SECONDS:
                    wait = FIRST_RETRY_SECONDS
                log.warning("The database is away (%s); this worker tries again in %.1f s", error, wait)
                await _set_or_over(stopping, wait)
                wait = min(2 * wait, LONGEST_RETRY_SECONDS)

    async def _until_stopped(self, app: App, place: Workplace, stopping: threading.Event) -> None:
        workers = [asyncio.create_task(self._one(app, queue), name=f"queue {queue}") for queue in self._queues]
        others = [
            asyncio.create_task(_take_over(app, place, self._settings.dispatch.stalled_after), name="takeover"),
            asyncio.create_task(_set(stopping), name="stop"),
        ]
        try:
            done, _ = await asyncio.wait([*workers, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in [*workers, *others]:
                task.cancel()
            outcomes = await asyncio.gather(*workers, *others, return_exceptions=True)
        if stopping.is_set():
            return
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        names = ", ".join(task.get_name() for task in done)
        raise ConnectorException(f"{names} ended")

    async def _one(self, app: App, queue: Queue) -> None:
        """One queue, so that long crawls leave the others alone."""
        dispatch = self._settings.dispatch
        await app.run_worker_async(
            queues=[queue.value],
            name=f"{queue}",
            concurrency=self._settings.crawl.at_once if queue is Queue.CRAWL else 1,
            fetch_job_polling_interval=FETCH_SECONDS,
            abort_job_polling_interval=LOOK_SECONDS,
            shutdown_graceful_timeout=dispatch.grace * SHARE_OF_GRACE,
            listen_notify=True,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=dispatch.heartbeat,
            stalled_worker_timeout=dispatch.stalled_after,
        )


class Bell:
    """Turns what is new in the tables of queues into jobs, in a thread: at once when woken, else every few seconds."""

    def __init__(self, store: Store, queues: Sequence[Queue], stopping: threading.Event) -> None:
        self._store = store
        self._queues = queues
        self._stopping = stopping
        self._ended = threading.Event()
        self._unasked_at = 0.0
        self._dispatch = DistributedDispatch(store)
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)

    def __enter__(self) -> Bell:
        if self._queues:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._queues:
            self._thread.join()

    def _run(self) -> None:
        listener = Listener(self._store.database)
        try:
            while not (self._stopping.is_set() or self._ended.is_set()):
                heard = listener.wait(LOOK_SECONDS, self._stopping)
                self._ring_guarded({TABLES[table] for table in heard or () if table in TABLES})
        finally:
            listener.close()

    def _ring_guarded(self, heard: set[Queue]) -> None:
        try:
            self._ring(heard)
        except AWAY as error:
            log.info("No work can be looked for now: %s", error)
        except Exception:
            # Without its bell a worker would sleep through all that is to come.
            log.exception("Work cannot be looked for; this is tried again in a moment")
            self._ended.wait(LOOK_SECONDS)

    def _ring(self, heard: set[Queue]) -> None:
        unasked = time.monotonic() >= self._unasked_at
        for queue in self._queues:
            if unasked or queue in heard or has_work(self._store, queue):
                self._dispatch.ask(Order(kind=Kind(queue.value)))
        if unasked:
            self._unasked_at = time.monotonic() + UNASKED_SECONDS


async def _pulse(heart: Heart) -> None:
    """The event loop lives."""
    while True:
        heart.pulse()
        await asyncio.sleep(LOOK_SECONDS)


async def _take_over(app: App, place: Workplace, stalled_after: float) -> None:
    """Let the jobs of workers without a heartbeat wait again, or leave them to their twins."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after):
            await place.leave(app, job)
        await asyncio.sleep(stalled_after / 3)


async def _set(event: threading.Event) -> None:
    while not event.is_set():  # noqa: ASYNC110 (it is set by a signal handler or another thread)
        await asyncio.sleep(0.1)


async def _set_or_over(event: threading.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_set(event), seconds)


def end_by_force(stopping: threading.Event, grace: float) -> None:
    """End this process when it has not ended so many seconds after it was told to stop.

    What it held is taken over by others: jobs by their heartbeat, rows of queues by the end of their lease.
    """

    def watch() -> None:
        stopping.wait()
        if not threading.Event().wait(grace):
            log.error("This worker did not end in %.0f s; others take over what it has not finished.", grace)
            os._exit(1)

    threading.Thread(target=watch, name="grace", daemon=True).start()
