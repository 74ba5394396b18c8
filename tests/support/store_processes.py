"""Processes that use the store and the archive, to be started and killed by the fault tests.

Run as a module: `python -m tests.support.store_processes TASK ARGUMENTS...`. A process says what it has done on its
standard output and blocks where a test wants to kill it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from store import Archive, Store
from tests.support.store_examples import PUBLISHED, saving

ROOT = Path(__file__).parent.parent.parent
BATCH = 20


@contextmanager
def started(task: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that runs a task; killed at the end of the block if it still lives."""
    command = [sys.executable, "-m", "tests.support.store_processes", task, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[str], line: str) -> None:
    """Wait until the process says this."""
    assert process.stdout is not None
    for said in process.stdout:
        if said.strip() == line:
            return
    raise AssertionError(f"the process ended before it said {line!r}")


def save_until_killed(url: str, batches: str, table: str) -> None:
    """Save batches, then block in the middle of one more, when it has written to `table` and not committed."""
    store = Store(url)
    for number in range(int(batches)):
        _save_batch(store, number)
        _say(f"saved {number}")

    @event.listens_for(store.database.engine, "after_cursor_execute")
    def _block(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(f"INSERT INTO {table}"):
            _say("middle")
            threading.Event().wait()

    _save_batch(store, int(batches))


def rebuild_until_killed(url: str, beginning: str, times: str) -> None:
    """Rebuild the procedures, and block when a statement that begins so was executed so often, not yet committed."""
    store = Store(url)
    seen = 0

    @event.listens_for(store.database.engine, "after_cursor_execute")
    def _block(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal seen
        seen += statement.startswith(beginning)
        if seen == int(times):
            _say("middle")
            threading.Event().wait()

    store.procedures.rebuild()
    _say("done")


def save_endlessly(url: str) -> None:
    """Save one batch after the other until somebody ends it."""
    store = Store(url)
    number = 0
    while True:
        _save_batch(store, number)
        _say(f"saved {number}")
        number += 1


def save_range(url: str, first: str, last: str, step: str) -> None:
    """Save the notices of a range in small batches, after the go."""
    store = Store(url)
    _say("ready")
    sys.stdin.readline()
    ids = list(range(int(first), int(last), int(step)))
    for start in range(0, len(ids), 7):
        store.notices.save_many([saving(str(number)) for number in ids[start : start + 7]])
    _say("done")


def migrate(url: str) -> None:
    """Migrate, after the go."""
    _say("ready")
    sys.stdin.readline()
    with Store(url) as store:
        store.migrate()
    _say("done")


def archive_and_die(url: str, spool: str, payloads: str, torn: str) -> None:
    """Archive payloads and sync, then die by SIGKILL with `torn` bytes of one more record written."""
    archive = Archive(url, Path(spool))
    for number in range(int(payloads)):
        address = archive.put(
            run_id="r1",
            notice_id=f"be_bda:{number}",
            url="https://portal.example/",
            payload=f"payload {number}".encode() * 100,
            media_type="text/plain",
            at=PUBLISHED,
        )
        _say(address.model_dump_json())
    archive.sync()
    write = os.write

    def write_a_part(descriptor: int, data: bytes) -> int:
        write(descriptor, bytes(data)[: int(torn)])
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    if int(torn):
        os.write = write_a_part  # type: ignore[assignment]
        archive.put(
            run_id="r1", notice_id="x:1", url="", payload=os.urandom(500), media_type="text/plain", at=PUBLISHED
        )
    os.kill(os.getpid(), signal.SIGKILL)


def _save_batch(store: Store, number: int) -> None:
    procedure = f"batch-{number}"
    store.notices.save_many([saving(f"{number}-{item}", procedure_id=procedure) for item in range(BATCH)])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


TASKS: dict[str, Callable[..., None]] = {
    task.__name__: task
    for task in (save_until_killed, rebuild_until_killed, save_endlessly, save_range, migrate, archive_and_die)
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](*sys.argv[2:])
