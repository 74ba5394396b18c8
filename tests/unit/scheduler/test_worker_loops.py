"""The loops of one machine's workers."""

from __future__ import annotations

import threading

import pytest

from scheduler.loops import work
from store import Store
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
