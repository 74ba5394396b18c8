"""The long-lived processes beside the site: the scheduler and the workers of the queues."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from core.errors import ConfigurationError
from core.settings import Settings
from monitoring.heartbeats import Heart
from monitoring.spools import Keeper
from scheduler.dispatch import Dispatch, is_distributed
from scheduler.jobs import Jobs
from scheduler.leader import lead
from scheduler.local import LocalDispatch
from scheduler.loops import Step, stop_on_signals, work
from scheduler.orders import Queue
from scheduler.steps import STEPS
from scheduler.up import wait_for
from search import refuse_unusable
from store import Store

__all__ = ["Queue", "dispatch_of", "run_scheduler", "run_worker"]

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 30.0


def run_worker(settings: Settings, queues: Sequence[Queue], *, until_empty: bool = False) -> None:
    """Serve these queues until SIGINT or SIGTERM, or until nothing is waiting."""
    if not queues:
        raise ConfigurationError(f"Name at least one queue: {', '.join(Queue)}.")
    distributed = is_distributed(settings)
    looped = [queue for queue in queues if queue in STEPS]
    if len(looped) < len(queues) and (until_empty or not distributed):
        others = ", ".join(queue for queue in queues if queue not in STEPS)
        raise ConfigurationError(
            f"The queue {others} needs dispatch.engine = distributed and a worker that stays: "
            "on one machine the scheduler does that work itself."
        )
    if Queue.INDEX in queues or Queue.MATCH in queues:
        refuse_unusable(settings)
    stopping = stop_on_signals()
    if distributed and not until_empty:
        from scheduler.distributed_worker import DistributedWorker, end_by_force

        end_by_force(stopping, settings.dispatch.grace)
        DistributedWorker(settings, queues).run(stopping)
        return
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(settings))
        steps = {queue.value: STEPS[queue](settings, store, stack) for queue in looped}
        if until_empty:
            _drain(steps, stopping)
        else:
            heart = stack.enter_context(Heart(settings, store, "worker", ",".join(queues)))
            work({name: _pulsing(heart, step) for name, step in steps.items()}, stopping, store.database)


def _pulsing(heart: Heart, step: Step) -> Step:
    def pulsed() -> int:
        heart.pulse()
        return step()

    return pulsed


def _drain(steps: Mapping[str, Step], stopping: threading.Event) -> None:
    done = 1
    while done and not stopping.is_set():
        done = sum([step() for step in steps.values()])


def dispatch_of(settings: Settings, store: Store) -> Dispatch:
    """Who does what is asked for, in this installation."""
    if not is_distributed(settings):
        return LocalDispatch(settings, store)
    from scheduler.distributed import DistributedDispatch  # one machine starts without Procrastinate

    return DistributedDispatch(store)


def run_scheduler(settings: Settings, wait_first: Sequence[tuple[str, int]] = ()) -> None:
    """Fire crawls and digests, whenever this scheduler leads, until SIGINT or SIGTERM.

    First waits for addresses that must answer.
    """
    is_distributed(settings)  # refuses a store that cannot serve workers
    stopping = stop_on_signals()
    for host, port in wait_first:
        if not wait_for(host, port, FIRST_WAIT_SECONDS):
            log.warning("nothing answers at %s:%s; starting all the same", host, port)
    with Store.open(settings) as store, Heart(settings, store, "scheduler") as heart, Keeper(settings, store):
        lead(store, lambda: _start_jobs(settings, store), stopping, pulse=heart.pulse)


def _start_jobs(settings: Settings, store: Store) -> Callable[[], None]:
    jobs = Jobs(settings, store, dispatch_of(settings, store))
    try:
        jobs.start()
    except BaseException:
        jobs.stop()
        raise
    return jobs.stop
