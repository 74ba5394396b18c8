"""What the store promises to several machines: queues, wake-ups, locks, budgets of hosts; on both databases."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from core import clock
from store import Store, session_locks, wakeups
from store.queues import LEASE
from store.session_locks import SessionLock
from store.tables import index_queue, match_queue
from store.wakeups import Listener
from tests.support.store_examples import PUBLISHED, message, saving

PATIENCE = 20.0


def _ids(rows: list[object]) -> list[str]:
    return [row.notice_id.removeprefix("be_bda:") for row in rows]  # type: ignore[attr-defined]


def _save(store: Store, *native_ids: str) -> None:
    store.notices.save_many([saving(native_id) for native_id in native_ids])


@pytest.mark.parametrize("queue", ["index_queue", "match_queue"])
def test_what_one_process_took_no_other_is_given(store: Store, store_url: str, queue: str) -> None:
    _save(store, "1", "2", "3")
    with Store(store_url) as other:
        mine = getattr(store, queue).take(2)
        assert _ids(mine) == ["1", "2"]
        assert _ids(getattr(other, queue).take(10)) == ["3"]
        assert not getattr(other, queue).free() or _ids(getattr(other, queue).take(10)) == ["3"]
        getattr(store, queue).acknowledge(mine)
        assert getattr(store, queue).depth() == 1


def test_work_that_failed_is_taken_again_by_who_took_it(store: Store) -> None:
    _save(store, "1", "2")
    first = store.index_queue.take(10)
    assert store.index_queue.take(10) == first


def test_the_rows_of_a_process_that_is_silent_are_free_when_its_lease_ends(store: Store, store_url: str) -> None:
    _save(store, "1")
    with Store(store_url) as other:
        assert store.index_queue.take(1)
        assert other.index_queue.take(1) == []
        with clock.frozen_at(clock.now() + LEASE + timedelta(seconds=1)):
            assert _ids(other.index_queue.take(1)) == ["1"]
        assert store.index_queue.take(1) == []


def test_the_rows_of_a_process_of_this_machine_that_died_are_free_at_once(store: Store) -> None:
    _save(store, "1")
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    with store.database.write() as connection:
        values = {
            "claimed_by": store.index_queue.holder.replace(str(os.getpid()), str(gone.pid)),
            "claimed_until": clock.now() + LEASE,
        }
        connection.execute(index_queue.update().values(values))
    assert _ids(store.index_queue.take(1)) == ["1"]


def test_the_rows_of_another_machine_wait_for_the_end_of_their_lease(store: Store) -> None:
    _save(store, "1")
    with store.database.write() as connection:
        values = {"claimed_by": f"elsewhere/{os.getpid()}/x", "claimed_until": clock.now() + LEASE}
        connection.execute(index_queue.update().values(values))
    assert store.index_queue.take(1) == []


def test_a_store_that_is_closed_gives_back_what_it_took(store: Store, store_url: str) -> None:
    _save(store, "1")
    with Store(store_url) as other:
        assert other.match_queue.take(1)
        assert store.match_queue.take(1) == []
    assert _ids(store.match_queue.take(1)) == ["1"]


def test_versions_of_one_notice_are_worked_on_by_one_process_at_a_time(store: Store, store_url: str) -> None:
    _save(store, "1")
    with Store(store_url) as other:
        taken = store.index_queue.take(10)
        store.notices.save(saving("1", title={"fr": "Autre toiture"}, notice_version="02"))
        assert store.index_queue.depth() == 2
        assert other.index_queue.take(10) == []
        store.index_queue.acknowledge(taken)
        assert [row.version for row in other.index_queue.take(10)] == [2]


def test_notices_of_one_procedure_are_matched_by_one_process_at_a_time(store: Store, store_url: str) -> None:
    store.notices.save_many([saving("1", procedure_id="one"), saving("2", procedure_id="two")])
    with Store(store_url) as other:
        first = store.match_queue.take(1)
        store.notices.save_many([saving("3", procedure_id="one"), saving("4", procedure_id="three")])
        assert _ids(other.match_queue.take(10)) == ["2", "4"]
        assert _ids(other.index_queue.take(10)) == ["1", "2", "3", "4"]
        store.match_queue.acknowledge(first)
        assert _ids(store.match_queue.take(10)) == ["3"]


def test_processes_that_take_at_once_share_the_queue_without_overlap(store: Store, store_url: str) -> None:
    _save(store, *(f"{number:03}" for number in range(120)))

    def drain(_: int) -> list[str]:
        done: list[str] = []
        with Store(store_url) as own:
            while rows := own.index_queue.take(7):
                own.index_queue.acknowledge(rows)
                done += _ids(list(rows))
        return done

    with ThreadPoolExecutor(4) as pool:
        done = [native_id for part in pool.map(drain, range(4)) for native_id in part]
    assert sorted(done) == [f"{number:03}" for number in range(120)]


@pytest.mark.postgres
def test_no_transaction_is_open_while_taken_rows_are_worked_on(postgres_url: str) -> None:
    with Store(postgres_url) as store, Store(postgres_url) as watching:
        _save(store, "1")
        store.outbox.add(message("m1"))
        assert store.index_queue.take(1)
        assert store.match_queue.take(1)
        assert store.outbox.claim(1, LEASE, PUBLISHED)
        with watching.database.read() as connection:
            others = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            assert connection.scalar(others) == 0


@pytest.mark.postgres
def test_new_work_wakes_who_waits_for_it_when_it_is_committed(postgres_url: str) -> None:
    stopping = threading.Event()
    with Store(postgres_url) as store:
        listener = Listener(store.database)
        assert listener.wait(PATIENCE, stopping) is None  # just connected: look everywhere
        _save(store, "1")
        heard: set[str] = set()
        while heard < {index_queue.name, match_queue.name}:
            heard |= listener.wait(PATIENCE, stopping) or set()
        store.outbox.add(message("m1"))
        assert listener.wait(PATIENCE, stopping) == {"outbox"}
        with pytest.raises(RuntimeError):
            _ring_and_fail(store)
        assert listener.wait(0.2, stopping) == frozenset()
        listener.close()


def _ring_and_fail(store: Store) -> None:
    with store.database.write() as connection:
        wakeups.ring(connection, "index_queue")
        raise RuntimeError("not committed")


@pytest.mark.postgres
def test_a_listener_whose_connection_was_cut_looks_everywhere_and_hears_again(postgres_url: str) -> None:
    stopping = threading.Event()
    with Store(postgres_url) as store:
        listener = Listener(store.database)
        assert listener.wait(PATIENCE, stopping) is None
        _end_other_connections(store)
        while listener.wait(PATIENCE, stopping) is not None:
            pass
        assert listener.wait(PATIENCE, stopping) is None  # connected anew
        store.outbox.add(message("m1"))
        assert listener.wait(PATIENCE, stopping) == {"outbox"}
        listener.close()


def _end_other_connections(store: Store) -> None:
    with store.database.write() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))


# --- locks of a session ----------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_one_process_at_a_time_has_a_lock_and_the_next_has_it_when_the_connection_ends(postgres_url: str) -> None:
    with Store(postgres_url) as store, Store(postgres_url) as elsewhere:
        mine, theirs = SessionLock(store.database, "leader"), SessionLock(elsewhere.database, "leader")
        assert mine.acquire()
        assert mine.acquire()
        assert mine.held()
        assert not theirs.acquire()
        _end_other_connections(elsewhere)
        assert not mine.held()
        assert theirs.acquire()
        assert not mine.acquire()
        theirs.release()
        assert mine.acquire()
        mine.release()


@pytest.mark.postgres
def test_a_lock_that_is_released_can_be_taken_at_once(postgres_url: str) -> None:
    with Store(postgres_url) as store, Store(postgres_url) as elsewhere:
        locks = SessionLock(store.database, "leader"), SessionLock(elsewhere.database, "leader")
        for _ in range(25):
            for lock in locks:
                assert lock.acquire()
                lock.release()
                assert not lock.held()


class _Hanging:
    """A session with a server that has given a lock, and then answers nothing any more."""

    closed = False

    def __init__(self) -> None:
        self.mine, self.theirs = socket.socketpair()
        self.pgconn = SimpleNamespace(socket=self.mine.fileno(), send_query=self.mine.send)

    def execute(self, *_: object) -> SimpleNamespace:
        return SimpleNamespace(fetchone=lambda: (True,))

    def close(self) -> None:
        self.closed = True
        self.mine.close()


def test_a_lock_of_a_server_that_hangs_keeps_nobody_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_locks, "_UNLOCKING", 0.05)
    session = _Hanging()
    with session.theirs, Store("postgresql://nobody@127.0.0.1:1/none") as store:
        monkeypatch.setattr(store.database, "session", lambda: session)
        with SessionLock(store.database, "leader") as lock:
            assert lock.acquire()
        assert session.theirs.recv(100).startswith(b"SELECT pg_advisory_unlock(")
        assert session.closed


@pytest.mark.postgres
def test_a_holder_that_is_silent_for_too_long_loses_its_lock(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        hanging, next_one = SessionLock(store.database, "leader", silence=0.2), SessionLock(store.database, "leader")
        assert hanging.acquire()
        waiting = threading.Event()
        while not next_one.acquire():
            waiting.wait(0.02)
        assert not hanging.held()
        next_one.release()


def test_on_one_machine_a_lock_is_always_had(sqlite_url: str) -> None:
    with Store(sqlite_url) as store, SessionLock(store.database, "leader") as lock:
        assert lock.acquire()
        assert lock.held()


# --- budgets of hosts ------------------------------------------------------------------------------------------------


def test_requests_to_a_host_are_given_moments_one_interval_apart(store: Store, store_url: str) -> None:
    with Store(store_url) as elsewhere:
        waits = [
            part.budgets.reserve("portal.example", 10.0, 9, 60.0).wait for part in (store, elsewhere, store, elsewhere)
        ]
    assert waits[0] == 0
    assert all(9.0 < later - earlier <= 10.0 for earlier, later in pairwise(waits))
    assert store.budgets.reserve("other.example", 10.0, 9, 60.0).wait == 0


def test_machines_that_reserve_at_once_never_share_a_moment(store: Store, store_url: str) -> None:
    def reserve(_: int) -> float:
        with Store(store_url) as own:
            return own.budgets.reserve("portal.example", 100.0, 99, 60.0).wait

    with ThreadPoolExecutor(8) as pool:
        waits = sorted(pool.map(reserve, range(16)))
    assert [round(wait / 100) for wait in waits] == list(range(16))


def test_no_more_connections_than_the_host_grants_are_open_on_all_machines(store: Store, store_url: str) -> None:
    with Store(store_url) as elsewhere:
        first = store.budgets.reserve("portal.example", 0.0, 2, 60.0)
        second = elsewhere.budgets.reserve("portal.example", 0.0, 2, 60.0)
        assert first.number
        assert second.number
        assert store.budgets.reserve("portal.example", 0.0, 2, 60.0).number is None
        elsewhere.budgets.give_back("portal.example", second.number)
        assert store.budgets.reserve("portal.example", 0.0, 2, 60.0).number


def test_a_connection_of_a_crawl_that_died_is_free_when_its_time_is_over(store: Store) -> None:
    assert store.budgets.reserve("portal.example", 0.0, 1, 0.01).number
    waiting = threading.Event()
    while store.budgets.reserve("portal.example", 0.0, 1, 60.0).number is None:
        waiting.wait(0.01)


def test_a_host_that_asks_one_machine_for_a_pause_is_left_alone_by_all(store: Store, store_url: str) -> None:
    with Store(store_url) as elsewhere:
        store.budgets.hold_back("portal.example", 300.0)
        assert elsewhere.budgets.reserve("portal.example", 1.0, 1, 60.0).wait > 290
        store.budgets.hold_back("portal.example", 5.0)  # a shorter one takes nothing back
        assert elsewhere.budgets.reserve("portal.example", 1.0, 2, 60.0).wait > 290
