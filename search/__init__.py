"""Search: the query language, the index and the matcher. Others import from here, `search.query` and `search.port`."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

from core.settings import Settings
from search.caretaking import Caretaker
from search.embedded import EmbeddedIndex
from search.errors import IndexRefused, IndexUnavailable
from search.matcher import EmbeddedMatcher
from search.port import Matcher, SearchIndex
from search.scratch import Scratch

__all__ = ["for_pages", "new_matcher", "open_caretaker", "open_index", "open_scratch", "refuse_unusable"]

PAGE_TIMEOUT = 8.0
"""Seconds that somebody who looks at a page waits for a node of a cluster; then another node is asked, once."""

log = logging.getLogger(__name__)


def for_pages(settings: Settings) -> Settings:
    """The settings with the patience of people: workers wait longer for a cluster that is slow or hangs."""
    patience = {
        "timeout": min(settings.search.timeout, PAGE_TIMEOUT),
        "retries": min(settings.search.retries, 1),
    }
    return settings.model_copy(update={"search": settings.search.model_copy(update=patience)})


def open_index(settings: Settings, *, writable: bool) -> SearchIndex:
    """The index of this installation: on the Elasticsearch that the settings name, else the embedded one.

    Raises `IndexReadOnly` when `writable` and another process already writes to the embedded one, and
    `ConfigurationError` when the settings of the cluster cannot be used.
    """
    if settings.search.on_cluster:
        from search.elasticsearch import ElasticsearchIndex  # a client that most installations never load

        return ElasticsearchIndex(settings.search, writable=writable)
    if writable:
        return EmbeddedIndex.writer(settings.index_dir)
    return EmbeddedIndex.reader(settings.index_dir)


def open_caretaker(settings: Settings) -> Caretaker:
    """Who looks after the indices of this installation.

    Raises `ConfigurationError` when the settings of the cluster cannot be used.
    """
    if settings.search.on_cluster:
        from search.elasticsearch.caretaker import ElasticsearchCaretaker

        return ElasticsearchCaretaker(settings.search)
    from search.embedded.caretaker import EmbeddedCaretaker  # needs this module's neighbours, which import it

    return EmbeddedCaretaker(settings.index_dir)


def open_scratch(settings: Settings) -> AbstractContextManager[Scratch]:
    """An empty index of the same engine, which is gone at the end of the block."""
    if settings.search.on_cluster:
        from search.elasticsearch.scratch import scratch

        return scratch(settings.search)
    from search.embedded.scratch import scratch as in_a_folder

    return in_a_folder()


def new_matcher(settings: Settings) -> Matcher:
    """The matcher of this installation: the one on its cluster, which all processes share, or an empty one.

    Raises `ConfigurationError` when the settings of the cluster cannot be used.
    """
    if settings.search.on_cluster:
        from search.elasticsearch.matcher import ElasticsearchMatcher

        return ElasticsearchMatcher(settings.search)
    return EmbeddedMatcher()


def refuse_unusable(settings: Settings) -> None:
    """Ask the cluster that the settings name, before a process that lives long begins.

    Raises `IndexRefused`, a `ConfigurationError`, when it will not serve them (wrong key, certificate, product). One
    that is only away is told in the log. The embedded engine has nothing to refuse.
    """
    if not settings.search.on_cluster:
        return
    from search.elasticsearch.client import refuse_unusable as ask

    try:
        ask(settings.search)
    except IndexRefused:
        raise
    except IndexUnavailable as error:
        log.warning("%s", error)
