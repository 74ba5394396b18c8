"""The engines that must pass the contract tests of search: the embedded one, and Elasticsearch on two servers.

`elasticsearch` is where texts are analysed; `elasticsearch-core` is the real product without analysers of languages,
which all tests pass but those marked `analysed`. A server of one's own stands for both. `docs/search-engines.md` tells
more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from search.embedded import EmbeddedIndex
from search.matcher import EmbeddedMatcher
from search.port import Matcher, SearchIndex
from tests.support.search_index import emptied
from tests.support.search_matcher import without_profiles
from tests.support.search_servers import SearchServer, fixtures

SERVERS = fixtures()
MATCHERS = ("embedded", "elasticsearch")
"""Engines with a matcher of their own; the Elasticsearch core has no percolator."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test of an index runs on each engine; those of Elasticsearch alone, on each server."""
    analysed = metafunc.definition.get_closest_marker("analysed") is not None
    servers = [name for name in SERVERS if not (analysed and name == "elasticsearch-core")]
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", servers, indirect=True, scope="session")
    elif {"index", "matcher"} <= set(metafunc.fixturenames):  # each engine with its own matcher, where it has one
        pairs = [(name, name if name in MATCHERS else "embedded") for name in ("embedded", *servers)]
        metafunc.parametrize(("index", "matcher"), pairs, indirect=True)
    elif "index" in metafunc.fixturenames:
        metafunc.parametrize("index", ["embedded", *servers], indirect=True)
    elif "matcher" in metafunc.fixturenames:
        metafunc.parametrize("matcher", MATCHERS, indirect=True)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> SearchServer:
    """A search server."""
    found: SearchServer = request.getfixturevalue(SERVERS[request.param])
    return found


@pytest.fixture
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    """An empty index of one engine."""
    if request.param == "embedded":
        with EmbeddedIndex.writer(tmp_path / "index") as opened:
            opened.rebuild_queued()
            yield opened
        return
    with emptied(request.getfixturevalue(SERVERS[request.param])) as opened:
        yield opened


@pytest.fixture
def matcher(request: pytest.FixtureRequest) -> Iterator[Matcher]:
    """An empty matcher of one engine."""
    if request.param == "embedded":
        yield EmbeddedMatcher()
        return
    with without_profiles(request.getfixturevalue(SERVERS[request.param])) as matcher:
        yield matcher
