"""Loops of the long-lived workers: do a step while there is work, else wait a little, end on a signal."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from core.errors import VigieError
from store.database import Database
from store.refusals import StoreRefused
from store.wakeups import Listener

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0

Step = Callable[[], int]
"""Does a bounded piece of work and returns how much it did; zero means that nothing was waiting."""


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stopping = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGINT, handle)
    signal.signal(signal.SIGTERM, handle)
    return stopping


def work(steps: Mapping[str, Step], stopping: threading.Event, database: Database, idle: float = IDLE_SECONDS) -> None:
    """Run the steps of several queues in turn until `stopping` is set; PostgreSQL wakes who waits for work.

    A step that fails is logged and tried again with a growing wait, while the other queues go on: what it should have
    done stays in its queue. `StoreRefused` ends the loop: none of the queues can be read without the store, and waiting
    does not mend it. A search engine that refuses is waited for: a key may come back, and the queues keep everything.
    """
    waits: dict[str, _Backoff] = {name: _Backoff() for name in steps}
    listener = Listener(database)
    try:
        while not stopping.is_set():
            done = 0
            for name, step in steps.items():
                if stopping.is_set():
                    return
                done += _guarded(name, step, waits[name])
            if not done:
                listener.wait(idle, stopping)
    finally:
        listener.close()


class _Backoff:
    """Until when a failing step sits out."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.until = 0.0

    def failed(self) -> None:
        self.seconds = min(max(self.seconds * 2, FIRST_RETRY_SECONDS), LONGEST_RETRY_SECONDS)
        self.until = time.monotonic() + self.seconds

    def succeeded(self) -> None:
        self.seconds, self.until = 0.0, 0.0


def _guarded(name: str, step: Step, backoff: _Backoff) -> int:
    if time.monotonic() < backoff.until:
        return 0
    try:
        done = step()
    except StoreRefused:
        raise
    except VigieError as error:
        backoff.failed()
        log.error("queue %s: %s Trying again in %.0f s.", name, error, backoff.seconds)
    except Exception:
        backoff.failed()
        log.exception("queue %s failed; trying again in %.0f s", name, backoff.seconds)
    else:
        backoff.succeeded()
        return done
    return 0
