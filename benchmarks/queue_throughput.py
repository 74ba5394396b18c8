"""Jobs per second of workers on PostgreSQL: Vigie's against a bare Procrastinate worker, and rows of the queue tables.

    python -m benchmarks.queue_throughput [--jobs 2000] [--workers 1,2,4] [--database URL]

Every job finds an empty queue, so what is measured is the way of a job and nothing else. Without `--database` (an empty
one, which is filled) a server is started from the binaries on this machine, without durability.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from procrastinate import App, PsycopgConnector
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from sqlalchemy import text

from scheduler.orders import Kind, Queue
from store import Store
from tests.support import postgres
from tests.support.store_examples import saving

BARE = "bare"
ROWS = 2000
BATCH = 200


def main() -> None:
    """Run everything once and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--database")
    parser.add_argument("--bare-worker", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare_worker:
        asyncio.run(_bare_worker(options.bare_worker))
        return
    with _database(options.database) as url, Store(url) as store:
        store.migrate()
        measured = [_jobs(store, url, options.jobs, int(count)) for count in options.workers.split(",")]
        print(json.dumps({"jobs": options.jobs, "workers": measured, "rows": _rows(store, url)}, indent=2))


@contextlib.contextmanager
def _database(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with postgres.server() as server:
        yield server.create_empty()


def _jobs(store: Store, url: str, jobs: int, workers: int) -> dict[str, float]:
    """Seconds from the order of so many jobs to the end of the last, with so many worker processes waiting."""
    bare = [sys.executable, "-m", "benchmarks.queue_throughput", "--bare-worker", url]
    ours = [sys.executable, "-m", "cli", "worker", "--queues", Queue.MATCH.value]
    rates = {
        name: jobs / _timed(store, url, command, workers, queue, jobs)
        for name, command, queue in ((BARE, bare, BARE), ("vigie", ours, Kind.MATCH.value))
    }
    return {
        "workers": workers,
        "bare jobs/s": round(rates[BARE], 1),
        "vigie jobs/s": round(rates["vigie"], 1),
        "vigie jobs/s per worker": round(rates["vigie"] / workers, 1),
        "vigie to bare": round(rates["vigie"] / rates[BARE], 2),
    }


def _timed(store: Store, url: str, command: list[str], workers: int, queue: str, jobs: int) -> float:
    waiting = threading.Event()
    with contextlib.ExitStack() as stack:
        for _ in range(workers):
            stack.enter_context(_process(command, url))
        while _count(store, "SELECT count(*) FROM procrastinate_workers") < workers:
            waiting.wait(0.05)
        begun = time.perf_counter()
        _order(store, queue, jobs)
        while _count(store, "SELECT count(*) FROM procrastinate_jobs"):
            waiting.wait(0.02)
        return time.perf_counter() - begun


@contextlib.contextmanager
def _process(command: list[str], url: str) -> Iterator[None]:
    """A worker; it is told to stop and waited for, so that it is no longer registered."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"VIGIE_DATABASE_URL": url, "VIGIE_DISPATCH__ENGINE": "distributed", "VIGIE_DATA_DIR": folder}
        own |= {"VIGIE_LOG_LEVEL": "WARNING"}
        root = Path(__file__).parents[1]
        with subprocess.Popen(command, env=os.environ | own | {"PYTHONPATH": str(root)}, cwd=root) as process:
            try:
                yield
            finally:
                process.terminate()


def _order(store: Store, queue: str, jobs: int) -> None:
    manager = JobManager(SyncPsycopgConnector())
    made = [Job(queue=queue, task_name=queue, lock=None, queueing_lock=None) for _ in range(jobs)]
    with store.database.write() as connection:
        manager.batch_defer_jobs(made, connection=connection.connection.driver_connection)


def _count(store: Store, statement: str) -> int:
    with store.database.read() as connection:
        return int(connection.scalar(text(statement)) or 0)


async def _bare_worker(url: str) -> None:
    parameters = Store(url).database.connection_parameters()
    app = App(connector=PsycopgConnector(kwargs=parameters))

    @app.task(name=BARE)
    def nothing() -> None:
        return None

    async with app.open_async():
        await app.run_worker_async(queues=[BARE], concurrency=1, delete_jobs="successful")


def _rows(store: Store, url: str) -> dict[str, float]:
    """Rows per second that one and two processes' worth of threads take and acknowledge."""
    found: dict[str, float] = {"batch": BATCH}
    for takers in (1, 2):
        store.notices.save_many([saving(f"{takers}-{number}") for number in range(ROWS)])
        begun = time.perf_counter()
        with ThreadPoolExecutor(takers) as pool:
            list(pool.map(_drain, [url] * takers))
        found[f"rows/s, {takers} at once"] = round(ROWS / (time.perf_counter() - begun), 1)
    return found


def _drain(url: str) -> None:
    with Store(url) as store:
        while rows := store.match_queue.take(BATCH):
            store.match_queue.acknowledge(rows)


if __name__ == "__main__":
    main()
