"""The long-lived processes of a one-machine installation: the scheduler and the workers of the queues."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from enum import StrEnum

from alerts import matching, outbox
from core import clock
from core.errors import ConfigurationError
from core.settings import Settings
from scheduler.jobs import Jobs
from scheduler.loops import Step, stop_on_signals, work
from scheduler.up import wait_for
from search import indexer, open_index
from store import Store

log = logging.getLogger(__name__)

BATCH = 200
FIRST_WAIT_SECONDS = 30.0


class Queue(StrEnum):
    """A queue that a worker can drain."""

    INDEX = "index"
    MATCH = "match"
    DELIVER = "deliver"


Maker = Callable[[Settings, Store, ExitStack], Step]


def _index(settings: Settings, store: Store, stack: ExitStack) -> Step:
    index = stack.enter_context(open_index(settings, writable=True))
    return lambda: indexer.drain(store, index, BATCH)


def _match(settings: Settings, store: Store, stack: ExitStack) -> Step:
    state = matching.MatcherState()
    return lambda: matching.drain(store, state, BATCH)


def _deliver(settings: Settings, store: Store, stack: ExitStack) -> Step:
    return lambda: outbox.deliver_due(store, settings, clock.now()).total


STEPS: Mapping[Queue, Maker] = {Queue.INDEX: _index, Queue.MATCH: _match, Queue.DELIVER: _deliver}


def run_worker(settings: Settings, queues: Sequence[Queue], *, until_empty: bool = False) -> None:
    """Drain these queues until SIGINT or SIGTERM, or until nothing is waiting."""
    if not queues:
        raise ConfigurationError(f"Name at least one queue: {', '.join(Queue)}.")
    stopping = stop_on_signals()
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(settings))
        steps = {queue.value: STEPS[queue](settings, store, stack) for queue in queues}
        if until_empty:
            _drain(steps, stopping)
        else:
            work(steps, stopping)


def _drain(steps: Mapping[str, Step], stopping: threading.Event) -> None:
    done = 1
    while done and not stopping.is_set():
        done = sum([step() for step in steps.values()])


def run_scheduler(settings: Settings, wait_first: Sequence[tuple[str, int]] = ()) -> None:
    """Fire crawls and digests until SIGINT or SIGTERM; first wait for addresses that must answer."""
    stopping = stop_on_signals()
    for host, port in wait_first:
        if not wait_for(host, port, FIRST_WAIT_SECONDS):
            log.warning("nothing answers at %s:%s; starting all the same", host, port)
    with Store.open(settings) as store:
        jobs = Jobs(settings, store)
        jobs.start()
        try:
            stopping.wait()
        finally:
            jobs.stop()
