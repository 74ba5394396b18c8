"""The queues that have tables of their own, and the bounded step of work that each asks for again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack

from alerts import matching, outbox
from core import clock
from core.errors import ConfigurationError
from core.settings import Settings
from scheduler.loops import Step
from scheduler.orders import Queue
from search import indexer, new_matcher, open_index
from store import Store
from store.session_locks import SessionLock

BATCH = 200

Maker = Callable[[Settings, Store, ExitStack], Step]


def _index(settings: Settings, store: Store, stack: ExitStack) -> Step:
    alone = stack.enter_context(_OneWriter(settings, store))
    alone.check()
    index = stack.enter_context(open_index(settings, writable=True))

    def step() -> int:
        alone.check()
        return indexer.drain(store, index, BATCH)

    return step


def _match(settings: Settings, store: Store, stack: ExitStack) -> Step:
    matcher = new_matcher(settings)
    stack.callback(matcher.close)
    state = matching.MatcherState(matcher)
    return lambda: matching.drain(store, state, BATCH)


def _deliver(settings: Settings, store: Store, stack: ExitStack) -> Step:
    return lambda: outbox.deliver_due(store, settings, clock.now()).total


STEPS: Mapping[Queue, Maker] = {Queue.INDEX: _index, Queue.MATCH: _match, Queue.DELIVER: _deliver}
TABLES: Mapping[str, Queue] = {"index_queue": Queue.INDEX, "match_queue": Queue.MATCH, "outbox": Queue.DELIVER}
"""Which queue is to look when there is new work in a table."""


def has_work(store: Store, queue: Queue) -> bool:
    """Whether a step of the queue would find something to do now."""
    if queue is Queue.INDEX:
        return store.index_queue.free()
    if queue is Queue.MATCH:
        return store.match_queue.free()
    due = store.outbox.next_due()
    return due is not None and due <= clock.now()


class _OneWriter(AbstractContextManager["_OneWriter"]):
    """Sees to it that the embedded index has one writer, also where workers of several machines share a store.

    Each machine has an index folder of its own: with two writers each would hold a part of the notices. The settings
    alone say which engine it is, so a second writer is refused before it has opened anything.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._lock = None if settings.search.on_cluster else SessionLock(store.database, "index writer")

    def check(self) -> None:
        """`ConfigurationError` when another worker writes."""
        if self._lock is not None and not self._lock.acquire():
            raise ConfigurationError(
                "Another worker writes the search index already, and the embedded engine has one index on one machine: "
                "serve the queue index with one worker only, or use Elasticsearch."
            )

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()
