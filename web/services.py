"""What pages ask: the store and the index, opened when first needed and again after a failure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from core.errors import VigieError
from core.settings import Settings
from search import open_index
from search.errors import IndexUnavailable
from search.port import SearchIndex
from store import Store, StoreError

_LOG = logging.getLogger(__name__)
_Opened = TypeVar("_Opened")


class Unavailable(VigieError):
    """The store or the index does not answer; the page says so with status 503."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


class Services:
    """The store and the read-only index of one web process."""

    def __init__(self, settings: Settings, store: Store | None = None, index: SearchIndex | None = None) -> None:
        self.settings = settings
        self._store = store
        self._index = index
        self._owned = store is None
        self._lock = threading.Lock()

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
                self._index = _opening("index", lambda: open_index(self.settings, writable=False))
            return self._index

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
    except (VigieError, OSError, SQLAlchemyError, ValueError) as error:
        _LOG.exception("The %s cannot be opened", part)
        raise Unavailable(part) from error


@contextmanager
def asking_store() -> Iterator[None]:
    """Turn a database that does not answer into Unavailable."""
    try:
        yield
    except (StoreError, DBAPIError) as error:
        _LOG.exception("The store does not answer")
        raise Unavailable("store") from error


@contextmanager
def asking_index() -> Iterator[None]:
    """Turn an index that cannot be read into Unavailable."""
    try:
        yield
    except IndexUnavailable as error:
        _LOG.exception("The index does not answer")
        raise Unavailable("index") from error
