"""A new index in place of the one in use: searches and the queue go on, and nothing is lost, whoever is killed."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock
from core.settings import Settings
from notices.model import Notice
from search import open_caretaker, open_index
from search.caretaking import Progress, Use
from search.comparison import Comparison, compare
from search.elasticsearch import ElasticsearchIndex
from search.elasticsearch.caretaker import ElasticsearchCaretaker
from search.elasticsearch.client import connect
from search.elasticsearch.scratch import scratch
from search.elasticsearch.successor import Successor
from search.errors import IndexUnavailable
from search.indexer import drain_all
from search.query import NoticeQuery
from store import Store
from store.records import Saving
from tests.contracts.search.search_material import NOW, document, notice
from tests.support.search_index import IMPATIENT, PREFIX, _made, mappings_for, opened, settings_for, variables_of
from tests.support.search_servers import SearchServer
from tests.support.search_taking import caretaker

ALL = NoticeQuery()
MANY = 130


def save(store: Store, *notices: Notice) -> None:
    """As a crawl saves them."""
    store.notices.save_many([Saving(notice=item) for item in notices])


def told_nobody(_: Progress) -> None:
    """Progress that nobody watches."""


def found(index: ElasticsearchIndex) -> set[str]:
    """The ids that searches find."""
    index.refresh()
    return set(index.scan(ALL, now=NOW))


def begun(keeper: ElasticsearchCaretaker) -> str:
    """The name of an index whose filling has begun."""
    keeper._generations.begin_next(keeper._successor.alias)
    filling = keeper._successor.found()
    assert filling is not None
    return filling.name


@pytest.fixture
def store_file(sqlite_url: str) -> str:
    """The address of an empty store."""
    return sqlite_url


@pytest.fixture
def store(store_file: str) -> Iterator[Store]:
    """A store with some notices."""
    with Store(store_file) as opened_store:
        save(opened_store, *(notice(number, title={"fr": f"Avis {number}"}) for number in range(MANY)))
        yield opened_store


@pytest.fixture
def prefix(server: SearchServer) -> str:
    """An installation that nobody else uses."""
    name = f"{PREFIX}r{secrets.token_hex(3)}"
    _made(server.url).add(name)
    return name


@pytest.fixture
def index(server: SearchServer, prefix: str, store: Store) -> Iterator[ElasticsearchIndex]:
    """An index that holds what the store holds."""
    with opened(server, prefix) as writer:
        drain_all(store, writer)
        yield writer


@pytest.fixture
def keeper(server: SearchServer, prefix: str) -> Iterator[ElasticsearchCaretaker]:
    """Looks after the indices."""
    taker = caretaker(server, prefix)
    yield taker
    taker.close()


def test_a_new_index_takes_the_place_of_the_old_one_which_stays_until_it_is_dropped(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker
) -> None:
    told: list[Progress] = []
    done = keeper.reindex(store, told.append)
    assert done.written == MANY
    assert done.comparison is not None
    assert done.comparison.agrees
    assert [progress.done for progress in told] == sorted(progress.done for progress in told)
    assert (told[-1].done, told[-1].total) == (MANY, MANY)
    uses = {kept.name: kept.use for kept in keeper.indices()}
    assert uses[str(done.in_use)] is Use.CURRENT
    assert uses[str(done.replaced)] is Use.OLD
    assert found(index) == set(store.notices.ids())
    assert not index.status().needs_rebuild
    with pytest.raises(IndexUnavailable, match="en service"):
        keeper.drop(done.in_use)
    assert keeper.drop(None) == [done.replaced]
    assert len(found(index)) == MANY


def test_what_arrives_changes_and_goes_while_the_store_is_gone_through_is_in_the_new_index(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker
) -> None:
    steps: list[Progress] = []

    def crawl(progress: Progress) -> None:
        number = len(steps)
        steps.append(progress)
        save(
            store,
            notice(1000 + number),
            notice(number, title={"fr": "Rectifié"}),
            notice(120 - number, title={"fr": "R"}),
        )
        drain_all(store, index)
        assert len(found(index)) == MANY + len(steps)  # in the index in use, too

    done = keeper.reindex(store, crawl)
    assert steps
    assert done.comparison is not None
    assert done.comparison.agrees
    assert keeper.compare(store, None).agrees
    assert found(index) == set(store.notices.ids())


def test_a_crawl_that_never_rests_does_not_keep_the_new_index_out_of_use(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def compare_during_a_crawl(*asked: object) -> Comparison:
        new, changed = notice(6000 + len(looks)), notice(len(looks), title={"fr": "Rectifié"})
        save(store, new, changed)
        looks.extend((new.id, changed.id))
        return compare(*asked)

    monkeypatch.setattr("search.elasticsearch.reindexing.compare", compare_during_a_crawl)
    done = keeper.reindex(store, told_nobody)
    assert done.comparison is not None
    assert done.comparison.agrees
    assert set(keeper.compare(store, None).queued) == set(looks)
    drain_all(store, index)
    assert keeper.compare(store, None).agrees
    assert found(index) == set(store.notices.ids())


def test_searches_and_workers_go_on_during_a_reindexing_and_lose_nothing(
    server: SearchServer, prefix: str, index: ElasticsearchIndex, store: Store, store_file: str,
    keeper: ElasticsearchCaretaker,
) -> None:  # fmt: skip
    stopping = threading.Event()
    counts: list[int] = []

    def search() -> None:
        with opened(server, prefix) as reader:
            while not stopping.is_set():
                counts.append(reader.count(ALL, now=NOW))

    def crawl_and_index() -> None:
        with Store(store_file) as own, opened(server, prefix) as writer:
            for number in range(40):
                save(own, notice(2000 + number), notice(number, title={"fr": f"Version {number}"}))
                drain_all(own, writer)

    with ThreadPoolExecutor() as pool:
        searching, crawling = pool.submit(search), pool.submit(crawl_and_index)
        try:
            done = keeper.reindex(store, told_nobody)
            crawling.result()
            again = keeper.reindex(store, told_nobody)
        finally:
            stopping.set()
        searching.result()  # raises what a search raised
    assert min(counts) >= MANY
    assert done.in_use != again.in_use
    assert keeper.compare(store, None).agrees
    assert len(found(index)) == MANY + 40


def test_a_reindexing_that_is_killed_goes_on_where_it_was(
    server: SearchServer, prefix: str, index: ElasticsearchIndex, store: Store, store_file: str,
    keeper: ElasticsearchCaretaker,
) -> None:  # fmt: skip
    child = subprocess.run(
        [sys.executable, "-m", "tests.support.reindex_child", server.product, store_file, "3"],
        env={**os.environ, **variables_of(settings_for(server, prefix))}, timeout=300, check=False,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL
    assert len(found(index)) == MANY
    save(store, notice(3, title={"fr": "Rectifié entretemps"}))  # behind the place where it was killed
    drain_all(store, index)
    done = keeper.reindex(store, told_nobody)
    assert done.written == MANY - 3 * 20
    assert keeper.compare(store, None).agrees
    assert len([kept for kept in keeper.indices() if kept.use is not Use.PROFILES]) == 2


def test_a_reindexing_that_is_killed_between_the_comparison_and_the_move_has_nothing_to_write_again(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(keeper._client.indices, "update_aliases", killed)
        with pytest.raises(KeyboardInterrupt):
            keeper.reindex(store, told_nobody)
    save(store, notice(3, title={"fr": "Rectifié entretemps"}))
    drain_all(store, index)
    done = keeper.reindex(store, told_nobody)
    assert done.written == 0
    assert keeper.compare(store, None).agrees
    assert not index.status().needs_rebuild


def killed(**_: object) -> None:
    """As by a signal."""
    raise KeyboardInterrupt


def test_of_two_reindexings_the_slower_does_not_bring_back_an_older_index(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    move = keeper._generations.succeed

    def overtaken(name: str, alias: str) -> None:
        move(name, alias)  # the faster one
        in_use.append(str(keeper.reindex(store, told_nobody).in_use))
        move(name, alias)

    in_use: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(keeper._generations, "succeed", lambda *names: (patch.undo(), overtaken(*names)))
        with pytest.raises(IndexUnavailable, match="a changé entretemps"):
            keeper.reindex(store, told_nobody)
    assert [kept.name for kept in keeper.indices() if kept.use is Use.CURRENT] == in_use


def test_an_index_that_is_put_in_use_while_it_is_being_dropped_stays(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper._generations.begin_next(keeper._successor.alias)
    listed = keeper.indices()
    (name,) = (kept.name for kept in listed if kept.use is Use.NEXT)
    monkeypatch.setattr(keeper, "indices", lambda: listed)  # what was so when the drop began
    assert keeper.reindex(store, told_nobody).in_use == name
    with pytest.raises(IndexUnavailable, match="a changé entretemps"):
        keeper.drop(name)
    assert len(found(index)) == MANY


def test_the_index_of_a_check_that_runs_is_not_old_and_is_not_dropped(
    server: SearchServer, prefix: str, keeper: ElasticsearchCaretaker
) -> None:
    with scratch(settings_for(server, prefix), mappings_for(server, prefix), IMPATIENT) as checked:
        (kept,) = keeper.indices()
        assert kept.use is Use.CHECK
        assert keeper.drop(None) == []
        with pytest.raises(IndexUnavailable, match="en service"):
            keeper.drop(kept.name)
        checked.add([document(1)])
        assert checked.ids(ALL, NOW) == {"be_bda:1"}


def test_the_index_of_a_check_that_was_killed_is_old_and_dropped_a_day_later(
    server: SearchServer, prefix: str, keeper: ElasticsearchCaretaker
) -> None:
    with scratch(settings_for(server, prefix), mappings_for(server, prefix), IMPATIENT):
        (kept,) = keeper.indices()
        with clock.frozen_at(clock.now() + timedelta(days=1, minutes=1)):
            assert [found.use for found in keeper.indices()] == [Use.OLD]
            assert keeper.drop(None) == [kept.name]


def test_what_the_new_index_lacks_is_written_once_more_before_searches_go_there(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker
) -> None:
    def lose(_: Progress) -> None:
        keeper._successor.bulk.delete(["be_bda:1"], refresh=False)
        keeper._successor.bulk.index([document(2, title={"fr": "Autre"}), document(9999)], refresh=False)

    done = keeper.reindex(store, lose)
    assert done.comparison is not None
    assert done.comparison.agrees
    assert found(index) == set(store.notices.ids())


def test_an_index_that_lacks_notices_or_holds_others_is_told_apart_from_the_store(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker
) -> None:
    index.delete(["be_bda:7"])
    index.index([document(9999)])
    index.replace([document(8, title={"fr": "Autre chose"})])
    compared = keeper.compare(store, None)
    assert (compared.missing, compared.extra, compared.different) == (("be_bda:7",), ("be_bda:9999",), ("be_bda:8",))
    assert (compared.stored, compared.indexed, compared.sampled) == (MANY, MANY, MANY - 1)


def test_an_index_in_preparation_for_another_version_keeps_the_queue_waiting_instead_of_losing_its_rows(
    server: SearchServer, prefix: str, index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker
) -> None:
    filling = begun(keeper)
    connect(settings_for(server, prefix)).indices.put_mapping(index=filling, meta={"mapping_version": 99})
    save(store, notice(5000))
    with pytest.raises(IndexUnavailable, match="autre version"):
        drain_all(store, index)
    assert store.index_queue.depth() == 1
    keeper.drop(filling)
    drain_all(store, index)
    assert "be_bda:5000" in found(index)


def test_what_is_written_while_the_new_index_is_put_in_use_stands_there(
    index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed = index._successor._fed

    def ends_then(_: Successor) -> bool:
        monkeypatch.undo()
        keeper._generations.begin_next(keeper._successor.alias)
        was = fed()
        keeper.reindex(store, told_nobody)
        return was

    stored = set(store.notices.ids())
    cases: tuple[tuple[Callable[[], object], set[str], set[str]], ...] = (
        (lambda: index.index([document(7000)]), {"be_bda:7000"}, set()),
        (lambda: index.delete(["be_bda:1"]), set(), {"be_bda:1"}),
    )
    for write, added, removed in cases:
        monkeypatch.setattr(Successor, "_fed", ends_then)
        before = keeper._generations.current()
        write()
        assert keeper._generations.current() != before
        assert found(index) == (stored | added) - removed


def test_what_the_index_that_is_being_filled_does_not_take_waits(
    server: SearchServer, prefix: str, index: ElasticsearchIndex, store: Store, keeper: ElasticsearchCaretaker
) -> None:
    filling = begun(keeper)
    client = connect(settings_for(server, prefix))
    client.indices.put_settings(index=filling, settings={"index.blocks.write": True})
    with pytest.raises(IndexUnavailable, match="bloqué"):
        index.index([document(7001)])
    client.indices.put_settings(index=filling, settings={"index.blocks.write": None})
    index.index([document(7001)])
    assert "be_bda:7001" in found(index)


def test_the_embedded_index_is_filled_again_in_place_and_compared_with_the_same_calls(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with Store.open(settings) as store:
        save(store, *(notice(number) for number in range(30)))
        keeper = open_caretaker(settings)
        (kept,) = keeper.create()
        assert kept.use is Use.CURRENT
        done = keeper.reindex(store, told_nobody)
        assert done.written == 30
        assert done.comparison is not None
        assert done.comparison.agrees
        with open_index(settings, writable=True) as writer:
            writer.delete(["be_bda:3"])
            assert keeper.reindex(store, told_nobody).comparison is None  # the writer that runs takes them
        assert keeper.compare(store, None).missing == ("be_bda:3",)
        with pytest.raises(IndexUnavailable, match="n’a qu’un index"):
            keeper.drop(None)
