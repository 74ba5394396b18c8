"""A client in a process of its own that searches all the time, and remembers how each search went."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Final, NamedTuple

from benchmarks.generated_notices import NOW
from benchmarks.questions import Question, questions
from core.settings import SearchSettings
from search.elasticsearch import ElasticsearchIndex
from search.errors import IndexUnavailable
from search.query import NoticeQuery

PAUSE: Final = 0.05
"""Seconds between an answer and the next search, so that one client does not take a whole processor."""
_SPAWN: Final = multiprocessing.get_context("spawn")


class Search(NamedTuple):
    """One search: when it began on the machine's monotonic clock, and how it went."""

    kind: str
    at: float
    seconds: float
    everything: int | None = None
    """How many notices there are, where that was asked for."""
    failure: str | None = None


class Client:
    """The process."""

    def __init__(self, settings: SearchSettings) -> None:
        self._stop = _SPAWN.Event()
        self._ours, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_search, args=(settings.model_dump_json(), self._stop, theirs))
        self._process.start()
        theirs.close()
        self._ours.recv()  # the first answer has come

    def stop(self) -> list[Search]:
        """End it; every search it made. Raises `EOFError` when it ended by itself."""
        self._stop.set()
        found: list[Search] = self._ours.recv()
        self._process.join()
        return found

    def close(self) -> None:
        """End it by force when it still runs."""
        self._process.terminate()
        self._process.join()


@contextmanager
def searching(settings: SearchSettings) -> Iterator[Client]:
    """A client that has begun."""
    client = Client(settings)
    try:
        yield client
    finally:
        client.close()


def _search(settings: str, stop: Event, told: Connection) -> None:
    made: list[Search] = []
    with ElasticsearchIndex(SearchSettings.model_validate_json(settings), writable=False) as index:
        asked = {kind: cycle(some) for kind, some in questions().items()}
        _everything(index)
        told.send("ready")
        while not stop.is_set():
            made.append(_timed("count of everything", partial(_everything, index)))
            for kind, some in asked.items():
                made.append(_timed(kind, partial(_page, next(some), index, len(made))))
                stop.wait(PAUSE)
    told.send(made)


def _timed(kind: str, work: Callable[[], int | None]) -> Search:
    at = time.monotonic()
    try:
        everything = work()
    except IndexUnavailable as error:
        return Search(kind, at, time.monotonic() - at, failure=str(error))
    return Search(kind, at, time.monotonic() - at, everything)


def _everything(index: ElasticsearchIndex) -> int:
    return index.count(NoticeQuery(), now=NOW)


def _page(question: Question, index: ElasticsearchIndex, second: int) -> None:
    question.ask(index, second)
