"""The loops of one machine's workers."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from scheduler import loops
from scheduler.loops import work
from search import IndexRefused
from store import Store
from store.refusals import StoreRefused
from tests.support.store_examples import saving

PATIENCE = 60.0


@pytest.mark.postgres
def test_a_worker_on_postgresql_is_woken_by_new_work_and_does_not_wait_for_its_next_look(postgres_url: str) -> None:
    stopping, looked, done = threading.Event(), threading.Event(), threading.Event()
    with Store(postgres_url) as store:

        def step() -> int:
            rows = store.match_queue.take(10)
            store.match_queue.acknowledge(rows)
            (done if rows else looked).set()
            return len(rows)

        thread = threading.Thread(target=work, args=({"match": step}, stopping, store.database, 10 * PATIENCE))
        thread.start()
        assert looked.wait(PATIENCE)
        store.notices.save(saving())
        assert done.wait(PATIENCE)
        stopping.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_a_step_that_fails_leaves_the_others_their_work(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    stopping, done = threading.Event(), threading.Event()

    def fails() -> int:
        raise OSError("away for a moment")

    def works() -> int:
        done.set()
        stopping.set()
        return 1

    with Store(sqlite_url) as store:
        work({"index": fails, "match": works}, stopping, store.database, 0.01)
    assert done.is_set()
    assert "queue index failed" in caplog.text


def test_a_store_that_is_no_longer_one_of_this_vigie_ends_the_worker(sqlite_url: str) -> None:
    with Store(sqlite_url) as store:

        def step() -> int:
            return len(store.index_queue.take(10))

        assert step() == 0
        with store.database.write() as connection:
            connection.execute(text("ALTER TABLE index_queue DROP COLUMN claimed_by"))
        with pytest.raises(StoreRefused, match="Restore a backup"):
            work({"index": step}, _for_a_moment(), store.database, 0.01)


def test_a_cluster_that_refuses_a_key_for_a_moment_is_waited_for(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loops, "FIRST_RETRY_SECONDS", 0.01)
    stopping, answers = threading.Event(), iter([IndexRefused("La clé est refusée."), None])

    def step() -> int:
        if error := next(answers):
            raise error
        stopping.set()
        return 1

    with Store(sqlite_url) as store:
        work({"index": step}, stopping, store.database, 0.01)
    assert "Trying again" in caplog.text


def _for_a_moment() -> threading.Event:
    """Ends a loop that goes on although it should not."""
    stopping = threading.Event()
    timer = threading.Timer(5.0, stopping.set)
    timer.daemon = True
    timer.start()
    return stopping
