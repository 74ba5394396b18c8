"""Matchers on the search servers of the tests: one index of profiles per server, emptied before each use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from search.elasticsearch.matcher import ElasticsearchMatcher
from tests.support.search_index import IMPATIENT, PREFIX, _made, mappings_for, settings_for
from tests.support.search_servers import SearchServer

MATCHING = f"{PREFIX}m"


def shared(server: SearchServer, prefix: str = MATCHING) -> ElasticsearchMatcher:
    """A process's own matcher on the profiles of an installation, as they are."""
    _made(server.url).add(prefix)
    return ElasticsearchMatcher(settings_for(server, prefix), mappings=mappings_for(server, prefix), patience=IMPATIENT)


@contextmanager
def without_profiles(server: SearchServer, prefix: str = MATCHING) -> Iterator[ElasticsearchMatcher]:
    """A matcher that knows nothing yet."""
    matcher = shared(server, prefix)
    try:
        matcher.clear()
        yield matcher
    finally:
        matcher.close()
