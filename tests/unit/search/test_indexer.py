"""From the store's queue to the index: nothing is lost, nothing is told twice, and the index can always be rebuilt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from search.document import IndexDocument
from search.embedded import EmbeddedIndex
from search.errors import IndexUnavailable
from search.indexer import drain, drain_all, reindex, requeue_if_needed
from search.query import NoticeQuery
from store import Store
from store.records import Saving
from tests.contracts.search.search_material import NOW, notice

ALL = NoticeQuery()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'store.sqlite'}") as opened:
        opened.migrate()
        yield opened


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    with EmbeddedIndex.writer(tmp_path / "index") as opened:
        yield opened


def save(store: Store, *numbers: int, title: str = "Voirie") -> None:
    """Save notices of these numbers."""
    store.notices.save_many([Saving(notice=notice(number, title={"fr": title})) for number in numbers])


def test_what_is_saved_is_found_once_the_queue_was_drained(store: Store, index: EmbeddedIndex) -> None:
    save(store, 1, 2, 3)
    assert drain_all(store, index, 2) >= 3
    assert store.index_queue.depth() == 0
    assert index.count(NoticeQuery(text="voirie"), now=NOW) == 3
    assert drain(store, index) == 0


def test_a_changed_notice_is_found_by_its_new_words_only(store: Store, index: EmbeddedIndex) -> None:
    save(store, 1)
    drain_all(store, index)
    save(store, 1, title="Éclairage")
    drain_all(store, index)
    assert index.size() == 1
    assert index.count(NoticeQuery(text="voirie"), now=NOW) == 0
    assert index.count(NoticeQuery(text="eclairage"), now=NOW) == 1


def test_rows_stay_in_the_queue_when_the_index_fails(
    store: Store, index: EmbeddedIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, 1, 2)
    requeue_if_needed(store, index)
    before = store.index_queue.depth()

    def broken(documents: Sequence[IndexDocument], **_: object) -> None:
        raise IndexUnavailable("disque plein")

    with monkeypatch.context() as patch:
        patch.setattr(index, "index", broken)
        with pytest.raises(IndexUnavailable):
            drain(store, index)
    assert store.index_queue.depth() == before
    drain_all(store, index)
    assert index.size() == 2


def test_a_deleted_index_is_rebuilt_from_the_store(store: Store, tmp_path: Path) -> None:
    import shutil

    save(store, 1, 2, 3)
    with EmbeddedIndex.writer(tmp_path / "other") as first:
        drain_all(store, first)
    shutil.rmtree(tmp_path / "other")
    with EmbeddedIndex.writer(tmp_path / "other") as second:
        drain_all(store, second)
        assert second.size() == 3
        assert not second.status().needs_rebuild


def test_a_crash_between_clearing_and_queueing_is_made_good_at_the_next_drain(store: Store, tmp_path: Path) -> None:
    save(store, 1, 2)
    with EmbeddedIndex.writer(tmp_path / "index") as writer:
        drain_all(store, writer)
        writer.clear()
    with EmbeddedIndex.writer(tmp_path / "index") as writer:
        assert writer.status().needs_rebuild
        drain_all(store, writer)
        assert writer.size() == 2


def test_reindexing_finds_the_same_and_tells_nobody(store: Store, index: EmbeddedIndex) -> None:
    save(store, 1, 2, 3)
    drain_all(store, index)
    waiting = store.match_queue.depth()
    before = set(index.scan(ALL, now=NOW))
    assert reindex(store, index) == 3
    drain_all(store, index)
    assert set(index.scan(ALL, now=NOW)) == before
    assert store.match_queue.depth() == waiting
