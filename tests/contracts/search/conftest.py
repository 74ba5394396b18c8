"""The engines that must pass the contract tests of search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from search.embedded import EmbeddedIndex
from search.matcher import EmbeddedMatcher
from search.port import Matcher, SearchIndex


def _embedded_index(folder: Path) -> SearchIndex:
    return EmbeddedIndex.writer(folder / "index")


ENGINES: dict[str, Callable[[Path], SearchIndex]] = {"embedded": _embedded_index}
MATCHERS: dict[str, Callable[[], Matcher]] = {"embedded": EmbeddedMatcher}


@pytest.fixture(params=sorted(ENGINES))
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SearchIndex]:
    """An empty index of one engine."""
    with ENGINES[request.param](tmp_path) as opened:
        opened.rebuild_queued()
        yield opened


@pytest.fixture(params=sorted(MATCHERS))
def matcher(request: pytest.FixtureRequest) -> Matcher:
    """An empty matcher of one engine."""
    return MATCHERS[request.param]()
