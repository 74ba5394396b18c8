"""Search: the query language, the index and the matcher. Others import from here, `search.query` and `search.port`."""

from __future__ import annotations

from core.settings import Settings
from search.embedded import EmbeddedIndex
from search.matcher import EmbeddedMatcher
from search.port import Matcher, SearchIndex

__all__ = ["new_matcher", "open_index"]


def open_index(settings: Settings, *, writable: bool) -> SearchIndex:
    """The index of this installation. Raises `IndexReadOnly` when `writable` and another process writes already."""
    if writable:
        return EmbeddedIndex.writer(settings.index_dir)
    return EmbeddedIndex.reader(settings.index_dir)


def new_matcher() -> Matcher:
    """An empty matcher."""
    return EmbeddedMatcher()
