"""What only a cluster has: versions, many writers, aliases, blocks, an index that somebody removes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from core.clock import frozen_at, now
from notices.model import Lot, LotResult, Organisation, RawAddress, Tender
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.client import connect
from search.errors import IndexUnavailable
from search.indexer import drain, drain_all, reindex
from search.port import IndexState, Sort
from search.query import NoticeQuery
from store import Store
from store.quarantine import REFUSED_BY_INDEX
from store.records import Saving
from tests.contracts.search.search_material import NOW, document, estimate, notice
from tests.support.search_index import PREFIX, emptied, forget, opened, settings_for
from tests.support.search_servers import SearchServer

ALL = NoticeQuery()


@pytest.fixture
def cluster_index(server: SearchServer) -> Iterator[ElasticsearchIndex]:
    """An empty index on one server."""
    with emptied(server) as index:
        yield index


@pytest.fixture
def own(server: SearchServer) -> Iterator[ElasticsearchIndex]:
    """An index that nobody else uses and that is still to be made."""
    prefix = f"{PREFIX}x{secrets.token_hex(3)}"
    with opened(server, prefix) as index:
        yield index
    with connect(settings_for(server)) as client:
        forget(client, prefix)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    """An empty store."""
    with Store(sqlite_url) as opened_store:
        yield opened_store


def titled(title: str, version: int) -> object:
    """Notice 1 in a version."""
    return document(1, title={"fr": title}).model_copy(update={"version": version})


def title_of(index: ElasticsearchIndex) -> str:
    """The title of the only notice."""
    (hit,) = index.search(ALL, now=NOW).hits
    return hit.highlights["title"].text


def test_an_old_version_never_overwrites_a_new_one(own: ElasticsearchIndex) -> None:
    own.index([titled("two", 2)])
    outcome = own.index([titled("one", 1), document(2)])
    assert outcome.outdated == ("be_bda:1",)
    assert own.size() == 2
    own.delete(["be_bda:2"])
    assert title_of(own) == "two"
    assert own.index([titled("two again", 2)]).outdated == ()
    assert title_of(own) == "two again"


def test_what_the_store_says_is_current_replaces_whatever_is_there(own: ElasticsearchIndex) -> None:
    own.index([titled("two", 2)])
    own.replace([titled("one", 1)])
    assert title_of(own) == "one"


def test_a_document_that_no_request_may_hold_is_found_out_and_refused_alone(cluster_index: ElasticsearchIndex) -> None:
    endless = document(1).model_copy(update={"id": "be_bda:" + "é" * 400})
    outcome = cluster_index.index([*(document(number) for number in range(2, 40)), endless])
    assert [refusal.notice_id for refusal in outcome.refused] == [endless.id]
    assert cluster_index.size() == 38


def test_a_scan_is_of_one_moment_of_the_index(cluster_index: ElasticsearchIndex) -> None:
    cluster_index.index([document(number) for number in range(30)])
    for sort in (Sort.PUBLISHED, Sort.DEADLINE):
        reading = cluster_index.scan(ALL, now=NOW, sort=sort)
        found = [next(reading)]
        cluster_index.delete([f"be_bda:{number}" for number in range(10)])
        found += reading
        assert len(set(found)) == len(found) == 30
        cluster_index.index([document(number) for number in range(30)])


def test_a_scan_goes_beyond_the_window_of_a_page(
    cluster_index: ElasticsearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.elasticsearch.asking._SCAN_PAGE", 7)
    cluster_index.index([document(number) for number in range(30)])
    for sort in Sort:
        assert len(set(cluster_index.scan(ALL, now=NOW, sort=sort))) == 30


def test_an_index_that_is_not_there_yet_is_made_by_a_writer_and_missed_by_a_reader(
    server: SearchServer, own: ElasticsearchIndex
) -> None:
    with ElasticsearchIndex(settings_for(server, own._alias.removesuffix("-notices")), writable=False) as reader:
        assert reader.status().state is IndexState.UNAVAILABLE
        with pytest.raises(IndexUnavailable, match="vigie up"):
            reader.count(ALL, now=NOW)
        assert own.status().state is IndexState.REBUILDING
        own.rebuild_queued()
        assert reader.status().state is IndexState.READY


def test_clearing_puts_an_empty_index_in_place_and_leaves_none_behind(own: ElasticsearchIndex) -> None:
    own.index([document(1)])
    own.rebuild_queued()
    own.clear()
    assert own.size() == 0
    assert own.status().needs_rebuild
    (name,) = own._client.indices.get(index=f"{own._alias}-*").body
    assert name.endswith("-000002")


def save(store: Store, *numbers: int) -> None:
    """Save notices of these numbers."""
    store.notices.save_many([Saving(notice=notice(number)) for number in numbers])


def test_an_index_that_somebody_removed_is_made_again_and_filled_from_the_store(
    own: ElasticsearchIndex, store: Store
) -> None:
    save(store, 1, 2, 3)
    drain_all(store, own)
    assert own.size() == 3
    (name,) = own._client.indices.get(index=f"{own._alias}-*").body
    own._client.indices.delete(index=name)
    with pytest.raises(IndexUnavailable):
        own.index([document(1)])
    assert own._client.indices.get(index=f"{own._alias}*", allow_no_indices=True).body == {}
    drain_all(store, own)
    assert own.size() == 3
    assert own.status().state is IndexState.READY


def test_an_index_that_somebody_emptied_is_filled_again_from_the_store_and_only_once_in_a_while(
    own: ElasticsearchIndex, store: Store
) -> None:
    save(store, 1, 2, 3)
    drain_all(store, own)
    for left in (3, 0):
        own.delete([f"be_bda:{number}" for number in (1, 2, 3)])
        assert drain_all(store, own) == left
        assert own.size() == left
    with frozen_at(now() + timedelta(hours=2)):
        assert drain_all(store, own) == 3


def test_a_full_disk_makes_the_queue_wait_and_nothing_is_lost(own: ElasticsearchIndex, store: Store) -> None:
    save(store, 1)
    drain_all(store, own)
    save(store, 2)
    own._client.indices.put_settings(index=own._alias, settings={"index.blocks.read_only_allow_delete": True})
    with pytest.raises(IndexUnavailable, match="faute de place"):
        drain(store, own)
    assert "place" in (own.status().sentence or "")
    assert own.count(ALL, now=NOW) == 1
    own._client.indices.put_settings(index=own._alias, settings={"index.blocks.read_only_allow_delete": None})
    drain_all(store, own)
    assert own.count(ALL, now=NOW) == 2


def _closed(index: ElasticsearchIndex) -> Callable[[], object]:
    index._client.indices.close(index=index._alias)
    return lambda: index._client.indices.open(index=index._alias)


def _meta(index: ElasticsearchIndex) -> dict[str, Any]:
    (said,) = index._client.indices.get_mapping(index=index._alias).body.values()
    return dict(said["mappings"]["_meta"])


def _named_twice(index: ElasticsearchIndex) -> Callable[[], object]:
    name = f"{index._alias}-restored"
    index._client.indices.create(index=name, aliases={index._alias: {}}, mappings={"_meta": _meta(index)})
    return lambda: index._client.indices.delete(index=name)


def _of_a_later_program(index: ElasticsearchIndex) -> Callable[[], object]:
    meta = _meta(index)
    index._client.indices.put_mapping(index=index._alias, meta={**meta, "mapping_version": 99})
    return lambda: index._client.indices.put_mapping(index=index._alias, meta=meta)


@pytest.mark.parametrize(
    ("broken", "words"), [(_closed, "fermé"), (_named_twice, "plusieurs"), (_of_a_later_program, "autre schéma")]
)
def test_an_index_that_takes_nothing_now_is_told_and_its_notices_wait(
    own: ElasticsearchIndex, store: Store, broken: Callable[[ElasticsearchIndex], Callable[[], object]], words: str
) -> None:
    save(store, 1)
    drain_all(store, own)
    mend = broken(own)
    save(store, 2, 3)
    for _ in range(2):
        with pytest.raises(IndexUnavailable, match=words):
            drain(store, own)
    assert own.status().state is IndexState.UNAVAILABLE
    assert own.status().sentence
    assert (store.index_queue.depth(), store.quarantine.held()) == (2, [])
    mend()
    drain_all(store, own)
    assert (own.size(), store.index_queue.depth()) == (3, 0)


def test_a_notice_that_the_index_refuses_goes_to_quarantine_and_leaves_it_once_it_is_taken(
    own: ElasticsearchIndex, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = RawAddress(segment="a.warc.gz", offset=0, length=1, digest="a" * 64, media_type="application/xml")
    store.notices.save_many([Saving(notice=notice(number, raw=raw)) for number in (1, 2)])
    with monkeypatch.context() as patch:
        patch.setattr("search.document.IndexDocument.of", classmethod(_unfit(1)))
        drain_all(store, own)
    (held,) = store.quarantine.held()
    assert (held.native_id, held.path) == ("1", REFUSED_BY_INDEX)
    assert str(1 << 70) in held.reason
    assert store.index_queue.depth() == 0
    assert own.size() == 1
    reindex(store, own)
    drain_all(store, own)
    assert store.quarantine.held() == []
    assert own.size() == 2


def _unfit(number: int) -> object:
    from search.document import IndexDocument

    whole = IndexDocument.of.__func__

    def of(cls: type[IndexDocument], stored: object) -> IndexDocument:
        made: IndexDocument = whole(cls, stored)
        return made.model_copy(update={"amounts": (1 << 70,)}) if made.id == f"be_bda:{number}" else made

    return of


def test_an_index_ahead_of_its_store_follows_the_store(own: ElasticsearchIndex, store: Store) -> None:
    save(store, 1)
    drain_all(store, own)
    own.index([document(1, title={"fr": "of a later store"}).model_copy(update={"version": 9})])
    store.notices.enqueue_all()
    drain_all(store, own)
    assert title_of(own) == "Avis numéro 1"


def test_lots_and_results_are_kept_whole_for_whoever_asks_the_cluster_itself(
    cluster_index: ElasticsearchIndex,
) -> None:
    lots = (
        Lot(id="LOT-0001", title={"fr": "Voirie"}, values=(estimate(500),)),
        Lot(id="LOT-0002", title={"fr": "Égouts"}, values=(estimate(90_000),)),
    )
    winner = Organisation(name={"fr": "Routes SA"})
    tender = Tender(tenderers=(winner,), winner=True, value=estimate("88000.50"))
    result = LotResult(lot_id="LOT-0002", status="selec-w", tenders_received=3, tenders=(tender,))
    cluster_index.index([document(1, lots=lots, results=(result,))])

    def found(path: str, **terms: object) -> int:
        clauses = [{"term": {f"{path}.{name.replace('__', '.')}": value}} for name, value in terms.items()]
        query = {"nested": {"path": path, "query": {"bool": {"filter": clauses}}}}
        return int(cluster_index._client.count(index=cluster_index._alias, query=query).body["count"])

    assert found("lots", id="LOT-0001", amounts__amount=500) == 1
    assert found("lots", id="LOT-0002", amounts__amount=500) == 0
    assert found("results", winners="Routes SA", amounts__amount=88_000.5, tenders_received=3) == 1
