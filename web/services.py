"""What pages ask: the store and the index, opened when first needed and again after a failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import VigieError
from core.settings import Settings
from search import for_pages, open_index
from search.errors import IndexUnavailable
from search.port import SearchIndex
from store import Store, StoreError

_LOG = logging.getLogger(__name__)
_Opened = TypeVar("_Opened")

AT_ONCE: Final = 20
"""Pages that may ask the index at a time: half of the threads, so that the others are there for the store."""
SLOW: Final = 4.0
"""Seconds after which a failure means that the index hangs, and is not just away."""
REST: Final = 15.0
"""Seconds for which an index that hangs is not asked again."""


class Unavailable(VigieError):
    """The store or the index does not answer; the page says so with status 503."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class Services:
    """The store and the read-only index of one web process.

    An index that hangs must not take every thread of the site with it: few ask it at a time, and after one waited in
    vain for long, for a moment nobody does. What the store alone can answer is served meanwhile.
    """

    def __init__(self, settings: Settings, store: Store | None = None, index: SearchIndex | None = None) -> None:
        self.settings = settings
        self._store = store
        self._index = index
        self._owned = store is None
        self._lock = threading.Lock()
        self._asking = threading.BoundedSemaphore(AT_ONCE)
        self._rests_until = 0.0

    @property
    def store(self) -> Store:
        """The store; raises Unavailable while it cannot be opened."""
        with self._lock:
            if self._store is None:
                self._store = _opening("store", lambda: Store.open(self.settings))
            return self._store

    @property
    def index(self) -> SearchIndex:
        """The index, which only the indexer writes; raises Unavailable while there is none."""
        with self._lock:
            if self._index is None:
                self._index = _opening("index", lambda: open_index(for_pages(self.settings), writable=False))
            return self._index

    @property
    def index_if_any(self) -> SearchIndex | None:
        """The index, for what goes on without it and asks it in `turn`; None while there is none."""
        try:
            return self.index
        except Unavailable:
            return None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Stands around all that is asked of the search engine.

        Raises IndexUnavailable when it does not answer, and at once while it rests or enough others ask it.
        """
        if time.monotonic() < self._rests_until:
            raise IndexUnavailable("L’index de recherche n’a pas répondu ; il est laissé en repos un instant.")
        if not self._asking.acquire(blocking=False):
            raise IndexUnavailable("Trop de pages interrogent l’index de recherche en même temps.")
        begun = time.monotonic()
        try:
            yield
        except IndexUnavailable as error:
            _LOG.error("The index does not answer: %s", error)
            if time.monotonic() - begun > SLOW:
                self._rests_until = time.monotonic() + REST
            raise
        finally:
            self._asking.release()

    @contextmanager
    def asking_index(self) -> Iterator[None]:
        """Turn an index that cannot be read, or not now, into Unavailable."""
        try:
            with self.turn():
                yield
        except IndexUnavailable as error:
            raise Unavailable("index") from error

    def close(self) -> None:
        """Give back what was opened here."""
        with self._lock:
            if self._owned:
                for opened in (self._index, self._store):
                    if opened is not None:
                        opened.close()
            self._store = self._index = None


def _opening(part: str, opener: Callable[[], _Opened]) -> _Opened:
    try:
        return opener()
    except VigieError as error:
        _LOG.error("The %s cannot be opened: %s", part, error)
        raise Unavailable(part) from error
    except (OSError, SQLAlchemyError, ValueError) as error:
        _LOG.exception("The %s cannot be opened", part)
        raise Unavailable(part) from error


@contextmanager
def asking_store() -> Iterator[None]:
    """Turn a database that does not answer into Unavailable."""
    try:
        yield
    except StoreError as error:
        _LOG.error("The store does not answer: %s", error)
        raise Unavailable("store") from error
    except DBAPIError as error:
        _LOG.exception("The store does not answer")
        raise Unavailable("store") from error
