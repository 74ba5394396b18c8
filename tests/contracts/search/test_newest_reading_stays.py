"""Two index workers and one notice: whoever is slower, the index ends with what the store says last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from core import clock
from search.document import IndexDocument
from search.elasticsearch import ElasticsearchIndex
from search.indexer import drain
from search.port import Indexed, Seen
from search.query import NoticeQuery
from store import Store
from store.queues import LEASE
from store.records import Origin
from tests.contracts.search.search_material import NOW
from tests.support.search_index import emptied
from tests.support.search_servers import SearchServer
from tests.support.store_examples import address, saving

WITH_RAW = {"raw": address()}


class Slow:
    """A worker's index: it stalls with the documents in hand while something happens."""

    def __init__(self, index: ElasticsearchIndex, meanwhile: Callable[[], object]) -> None:
        self._index = index
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> object:
        return getattr(self._index, name)

    def index(self, documents: Sequence[IndexDocument], *, seen: Seen = Seen.NOW) -> Indexed:
        self._meanwhile()
        return self._index.index(documents, seen=seen)


def read_again(store: Store) -> None:
    """A better parser reads the archived payload of the same version."""
    store.notices.save(saving(title={"fr": "Lu par un meilleur analyseur"}, origin=Origin.REPLAY, **WITH_RAW))


def joined(store: Store) -> None:
    """Another portal's notice brings an older procedure."""
    store.notices.save(saving("0001", title={"fr": "Lu par un meilleur analyseur"}, procedure_id="P"))
    store.notices.save(
        saving(title={"fr": "Lu par un meilleur analyseur"}, procedure_id="P", origin=Origin.REPLAY, **WITH_RAW)
    )


@pytest.mark.parametrize("what_happens", [read_again, joined])
def test_an_older_reading_never_overwrites_a_newer_one_of_the_same_version(
    server: SearchServer, sqlite_url: str, what_happens: Callable[[Store], None]
) -> None:
    with emptied(server) as index, Store(sqlite_url) as slow, Store(sqlite_url) as fast:
        slow.notices.save(saving(**WITH_RAW))

        def meanwhile() -> None:
            what_happens(fast)
            with clock.frozen_at(clock.now() + LEASE + timedelta(seconds=1)):  # the slow one has lost its rows
                while drain(fast, index):
                    pass

        drain(slow, Slow(index, meanwhile))  # type: ignore[arg-type]
        titles = [hit.highlights["title"].text for hit in index.search(NoticeQuery(), now=NOW).hits]
        assert set(titles) == {"Lu par un meilleur analyseur"}
        assert slow.index_queue.depth() == 0
