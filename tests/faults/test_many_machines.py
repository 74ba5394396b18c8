"""Machines that share a store: killed, told to stop, cut off from PostgreSQL. Nothing is lost or done twice."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from scheduler.leader import lead
from scheduler.orders import Kind, Order
from simulated_portals.be_bda.portal import BeBdaPortal
from simulated_portals.be_bda.server import make_portal
from simulated_portals.running import RunningPortal, running_portal
from store import Store
from store.records import RunState, Verdict
from store.session_locks import portal_lock
from tests.support.gates import Gate
from tests.support.machines import PATIENCE, Machines, lose, machines
from tests.support.postgres import holder, restartable_server
from tests.support.store_examples import saving
from tests.support.up import until

pytestmark = pytest.mark.postgres

NOTICES = 60
DUE = datetime(2026, 11, 20, 5, 30, tzinfo=UTC)


@pytest.fixture
def portal() -> Iterator[RunningPortal[BeBdaPortal]]:
    with running_portal(make_portal(invented=NOTICES, seed=3)) as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, postgres_url: str, portal: RunningPortal[BeBdaPortal]) -> Iterator[Machines]:
    with machines(tmp_path, postgres_url, {"be_bda": portal.base_url}) as made:
        yield made


def _in_the_middle_of_a_crawl(
    site: Machines, portal: RunningPortal[BeBdaPortal]
) -> tuple[subprocess.Popen[bytes], Gate]:
    """A worker whose crawl waits for an answer, and what lets the portal give it."""
    gate = Gate(portal)
    worker = site.worker("first", "crawl")
    site.dispatch.ask(Order.crawl("be_bda"))
    assert gate.reached.wait(PATIENCE), site.log("first")
    return worker, gate


def _is_whole(store: Store) -> bool:
    """Whether everything that is open on the portal is stored."""
    window = store.windows.latest_open("be_bda")
    return window is not None and window.verdict is Verdict.COMPLETE and window.stored == window.announced


def test_a_crawl_of_a_machine_that_loses_power_is_taken_over_and_misses_nothing(
    site: Machines, portal: RunningPortal[BeBdaPortal]
) -> None:
    first, gate = _in_the_middle_of_a_crawl(site, portal)
    assert holder(site.store.database, portal_lock("be_bda"))
    lose(first)
    gate.open.set()
    site.worker("second", "crawl")
    until(lambda: _is_whole(site.store), PATIENCE, "the second machine crawls everything")
    assert portal.statistics.as_json()["peak_concurrent_requests"] == 1


def test_a_worker_told_to_stop_ends_its_crawl_within_thirty_seconds_and_another_goes_on(
    site: Machines, portal: RunningPortal[BeBdaPortal]
) -> None:
    first, gate = _in_the_middle_of_a_crawl(site, portal)
    first.send_signal(signal.SIGTERM)
    threading.Timer(1.0, gate.open.set).start()
    assert first.wait(30) == 0, site.log("first")
    assert site.store.runs.recent("be_bda")[-1].state in (RunState.STOPPED, RunState.FINISHED)
    site.worker("second", "crawl")
    until(lambda: _is_whole(site.store), PATIENCE, "the second machine goes on")


def test_workers_killed_in_the_middle_of_batches_lose_no_notice_of_the_queues(site: Machines) -> None:
    worker = site.worker("first", "index,match")
    for number in range(3):
        site.store.notices.save_many([saving(f"{number}-{item}") for item in range(100)])
        until(lambda: site.store.match_queue.depth() < 100, PATIENCE, "the worker works")
        lose(worker)
        worker = site.worker("first", "index,match")
    site.store.notices.save(saving("the last one"))
    until(
        lambda: not (site.store.index_queue.depth() or site.store.match_queue.depth()), PATIENCE, "everything is done"
    )
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    found = site.vigie("first", "search", "toiture", "--all", "--json")
    assert found.wait(PATIENCE) == 0
    assert site.log("first").count("be_bda:") >= 20  # a page of them


def test_of_two_schedulers_one_leads_and_the_other_takes_over_when_it_is_killed(site: Machines) -> None:
    database = site.store.database
    first = site.vigie("first", "scheduler")
    leading = until(lambda: holder(database, "leader"), PATIENCE, "the first one leads")
    second = site.vigie("second", "scheduler")
    until(lambda: "waits for its turn" in site.log("second"), PATIENCE, "the second one waits")
    until(lambda: site.store.firings.last("crawl:be_bda"), PATIENCE, "the first one fires")
    assert site.store.jobs.unfinished(queues=("crawl",))
    lose(first)
    until(lambda: holder(database, "leader") not in (None, leading), 30, "the second one leads")
    second.send_signal(signal.SIGTERM)
    assert second.wait(30) == 0
    with database.read() as connection:
        asked = connection.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = :task"), {"task": Kind.CRAWL.value}
        )
    assert asked == 1


def test_a_leader_that_loses_its_connection_stops_before_the_next_one_starts(postgres_url: str) -> None:
    events: list[str] = []
    began, ended, stopping = threading.Event(), threading.Event(), threading.Event()

    def start() -> object:
        events.append("start")
        began.set()

        def end() -> None:
            events.append("end")
            ended.set()

        return end

    with Store(postgres_url) as store, Store(postgres_url) as watching:
        thread = threading.Thread(target=lead, args=(store, start, stopping, 0.05))
        thread.start()
        assert began.wait(PATIENCE)
        began.clear()
        with watching.database.write() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": holder(watching.database, "leader")})
        assert ended.wait(PATIENCE)
        assert began.wait(PATIENCE)
        stopping.set()
        thread.join(PATIENCE)
        until(lambda: holder(watching.database, "leader") is None, PATIENCE, "the lead is free")
    assert events == ["start", "end", "start", "end"]


def test_a_firing_and_its_job_are_there_together_or_not_at_all(postgres_url: str, tmp_path: Path) -> None:
    with machines(tmp_path, postgres_url) as site:
        order = Order.crawl("be_bda")
        with pytest.raises(RuntimeError):
            site.store.firings.claim("crawl:be_bda", DUE, _dies)
        assert site.store.firings.last("crawl:be_bda") is None
        assert site.dispatch.fire("crawl:be_bda", DUE, order)
        assert not site.dispatch.fire("crawl:be_bda", DUE, order)
        assert [job.task for job in site.store.jobs.unfinished()] == ["crawl"]


def _dies(_connection: object) -> None:
    raise RuntimeError("the leader dies here")


def test_workers_and_scheduler_go_on_by_themselves_when_postgresql_was_restarted(
    tmp_path: Path, portal: RunningPortal[BeBdaPortal]
) -> None:
    with restartable_server() as server, machines(tmp_path, server.url, {"be_bda": portal.base_url}) as site:
        scheduler = site.vigie("leader", "scheduler")
        worker = site.worker("worker", "crawl,index,match,maintain")
        until(lambda: _is_whole(site.store), PATIENCE, "the first crawl is done")
        server.stop()
        until(lambda: "database is away" in site.log("worker"), PATIENCE, "the worker notices")
        until(lambda: "leads no more" in site.log("leader"), PATIENCE, "the leader notices")
        server.start()
        site.store.notices.save(saving("after the restart"))
        until(lambda: not (site.store.match_queue.depth() or site.store.index_queue.depth()), PATIENCE, "queues go on")
        until(lambda: holder(site.store.database, "leader"), PATIENCE, "a scheduler leads again")
        assert (scheduler.poll(), worker.poll()) == (None, None)
        for process in (scheduler, worker):
            process.send_signal(signal.SIGTERM)
        assert (scheduler.wait(30), worker.wait(30)) == (0, 0), site.log("worker")
